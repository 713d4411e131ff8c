"""Payloads: one parse for all signals of a topic, and a reason in plain words for what cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.drivers.mqtt.decode import Decoded
from edge_agent.drivers.mqtt.paths import split_path
from edge_agent.drivers.mqtt.routing import routes_of
from edge_agent.drivers.mqtt.settings import Alive, ConnectionSettings, SignalSettings

ARRIVED = 1_795_165_200_000_000
NINE = 1_795_165_200_000_000  # 2026-11-20T09:00:00Z


def decode(payload: bytes, *signals: SignalSettings) -> Decoded:
    decoded = Decoded([], {})
    routes_of(signals).of("t").decode(payload, ARRIVED, decoded)
    return decoded


def signal(path: str | None = None, time: str | None = None, **more: object) -> SignalSettings:
    return SignalSettings(topic="t", path=path, time=time, **more)


@pytest.mark.parametrize(
    ("payload", "path", "value", "code"),
    [
        (b"ACTIVE\n", None, "ACTIVE", None),
        (b'"ACTIVE"', None, "ACTIVE", None),
        (b"1.5", None, 1.5, None),
        (b"true", None, True, None),
        (b"007", None, "007", None),
        (b"null", None, None, "NoValue"),
        (b"", None, None, "NoValue"),
        (b"", "$.a", None, "NoValue"),
        (b"\x83v", None, None, "BadEncoding"),
        (b'{"a":1}', None, None, "WrongType"),
        (b'{"a":1}', "$.a", 1, None),
        (b'{"a":[{"b":2}]}', "$.a[0].b", 2, None),
        (b'{"load %":3}', "$['load %']", 3, None),
        (b'{"a":null}', "$.a", None, "NoValue"),
        (b'{"a":{}}', "$.a", None, "WrongType"),
        (b'{"a":1}', "$.b", None, "NoPath"),
        (b'{"a":"xy"}', "$.a[0]", None, "NoPath"),
        (b"[1]", "$[1]", None, "NoPath"),
        (b'{"a":NaN}', "$.a", None, "BadPayload"),
        (b"[" * 100_000, "$.a", None, "BadPayload"),
    ],
)
def test_payloads(payload: bytes, path: str | None, value: object, code: str | None):
    (reading,) = decode(payload, signal(path)).readings
    assert (reading.value, reading.code, reading.at_us) == (value, code, ARRIVED)
    assert reading.quality == ("good" if code is None else "bad")


@pytest.mark.parametrize(
    ("at", "unit", "us"),
    [
        ("2026-11-20T09:00:00Z", "auto", NINE),
        ("2026-11-20T18:00:00.000001+09:00", "auto", NINE + 1),
        (NINE, "auto", NINE),
        (NINE // 1000, "auto", NINE),
        (NINE // 1_000_000, "auto", NINE),
        (NINE / 1_000_000 + 0.25, "auto", NINE + 250_000),
        (86_400, "auto", 86_400_000_000),
        (86_400, "ms", 86_400_000),
    ],
)
def test_times_are_exact_to_the_microsecond(at: object, unit: str, us: int):
    (reading,) = decode(json.dumps({"v": 1, "at": at}).encode(), signal("$.v", "$.at", time_unit=unit)).readings
    assert (reading.value, reading.at_us) == (1, us)


@pytest.mark.parametrize("at", ["yesterday", "2026-11-20T09:00:00", None, True, [], "9" * 500])
def test_a_time_that_is_none_makes_the_reading_bad_and_says_why(at: object):
    decoded = decode(json.dumps({"v": 1, "at": at}).encode(), signal("$.v", "$.at"))
    assert [(r.value, r.code, r.at_us) for r in decoded.readings] == [(None, "BadTime", ARRIVED)]
    assert decoded.wrong[0]


def test_one_payload_holds_many_signals():
    decoded = decode(b'{"a":1,"b":{"c":"x"}}', signal("$.a"), signal("$.b.c"), signal("$.d"), signal("$.a"))
    assert [(r.address, r.value) for r in decoded.readings] == [(0, 1), (1, "x"), (2, None), (3, 1)]
    assert set(decoded.wrong) == {2}


@given(st.binary(max_size=60))
def test_any_bytes_give_one_reading_per_signal(payload: bytes):
    decoded = decode(payload, signal("$.a", "$.b"), signal(None), signal("$[0]"))
    assert [r.address for r in decoded.readings] == [0, 1, 2]
    assert all((r.quality == "bad") == (r.value is None) for r in decoded.readings)


@pytest.mark.parametrize("path", ["", "a", ".a", "$a", "$.", "$..a", "$.a[", "$.a[x]", "$.a[-1]", "$.*"])
def test_other_paths_are_refused_with_the_form_to_write(path: str):
    with pytest.raises(ValueError, match=r"\$\.axes\[0\]\.load"):
        split_path(path) if path != "$.*" else signal("$.a b[*]")


@pytest.mark.parametrize("topic", ["", "shop/+a", "shop/#/a", "shop#", "$share/g/shop/a", "/" * 100])
def test_other_topics_are_refused(topic: str):
    with pytest.raises(ValidationError, match="topic"):
        SignalSettings(topic=topic)


@pytest.mark.parametrize("url", ["", "192.0.2.5", "ssl://192.0.2.5", "ws://h", "mqtt://u:p@h", "mqtt://h:99999"])
def test_other_urls_are_refused(url: str):
    with pytest.raises(ValidationError, match=r"mqtts?://"):
        ConnectionSettings(url=url)


def test_what_a_proof_of_life_proves():
    plain = ConnectionSettings(url="mqtt://192.0.2.5")
    assert plain.proof == "path"
    assert plain.model_copy(update={"alive": Alive(topic="a", limit_s=5)}).proof == "machine"


@pytest.mark.parametrize(
    "fields", [{"password_env": "X"}, {"username": "u", "password_env": "X", "password_file": "f"}]
)
def test_passwords_need_a_user_and_one_place(fields: dict[str, str]):
    with pytest.raises(ValidationError, match="password"):
        ConnectionSettings(url="mqtt://192.0.2.5", **fields)
