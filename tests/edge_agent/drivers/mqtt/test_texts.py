"""Encodings: Shift_JIS as machines mean it, texts that cannot be read spoil only themselves."""

import json

import pytest

from edge_agent.drivers.mqtt.decode import Decoded
from edge_agent.drivers.mqtt.routing import routes_of
from edge_agent.drivers.mqtt.settings import SignalSettings

ALARM = "非常停止 ①表示"  # the second byte of 表 is a backslash, ① is in no standard Shift_JIS


def said(payload: bytes, *signals: SignalSettings, encoding: str = "utf-8") -> list[object]:
    decoded = Decoded([], {})
    decoder = routes_of(signals, encoding).of("t")
    assert decoder is not None
    decoder.decode(payload, 0, decoded)
    assert set(decoded.wrong) == {r.address for r in decoded.readings if r.quality == "bad" and r.code != "NoValue"}
    return [r.value if r.quality == "good" else r.code for r in decoded.readings]


def signal(path: str | None = None, **fields: object) -> SignalSettings:
    return SignalSettings(topic="t", path=path, **fields)


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("shift_jis", "cp932"),
        ("euc_jp", "euc_jis_2004"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-8", "utf-8"),
    ],
)
def test_text_plain_and_in_json_and_numbers_beside_it(encoding: str, codec: str):
    whole = json.dumps({"text": ALARM, "n": 1.5, "表": 2}, ensure_ascii=False)
    signals = (signal("$.text"), signal("$.n"), signal("$.表"))
    assert said(whole.encode(codec), *signals, encoding=encoding) == [ALARM, 1.5, 2]
    assert said(f" {ALARM}\r\n".encode(codec), signal(), encoding=encoding) == [ALARM]
    assert said(json.dumps(ALARM, ensure_ascii=False).encode(codec), signal(), encoding=encoding) == [ALARM]
    assert said("12.50".encode(codec), signal(), encoding=encoding) == [12.5]


def test_half_width_katakana_is_not_taken_for_utf_8():
    payload = '"ﾃｱ"'.encode("cp932")
    assert payload.decode() == '"ñ"'
    assert said(payload, signal(), encoding="shift_jis") == ["ﾃｱ"]
    assert said(b'{"a":' + payload + b"}", signal("$.a"), encoding="shift_jis") == ["ﾃｱ"]


def test_an_address_may_have_an_encoding_of_its_own():
    payload = '{"text":"停止","n":1}'.encode("cp932")
    assert said(payload, signal("$.text", encoding="shift_jis"), signal("$.n")) == ["停止", 1]


def test_a_text_that_cannot_be_read_spoils_only_itself():
    payload = b'{"text":"\x83e\x83X\x83g","n":1}'
    assert said(payload, signal("$.text"), signal("$.n")) == ["BadEncoding", 1]
    assert said(b"\x83e\x83X\x83g", signal()) == ["BadEncoding"]
    assert said(b"\x83", signal(), encoding="shift_jis") == ["BadEncoding"]
    assert said(b'{"text":"\x83', signal("$.text"), encoding="shift_jis") == ["BadEncoding"]


def test_what_fills_up_a_text_is_no_part_of_it():
    assert said(b"O1234   \0\0", signal()) == ["O1234"]
    assert said(b'{"p":"O1234   \\u0000"}', signal("$.p")) == ["O1234"]
    assert said(b" \0\0", signal()) == ["NoValue"]


def test_a_byte_order_mark_is_passed_over():
    bom = b"\xef\xbb\xbf"
    assert said(bom + b'{"a":1}', signal("$.a")) == [1]
    assert said(bom + b"READY", signal()) == ["READY"]


def test_json_in_a_text_of_json_is_looked_into():
    inner = json.dumps({"a": [1, {"b": "x"}]})
    assert said(json.dumps({"payload": inner}).encode(), signal("$.payload.a[1].b")) == ["x"]
    assert said(json.dumps(inner).encode(), signal("$.a[0]")) == [1]
    assert said(json.dumps({"payload": "{broken"}).encode(), signal("$.payload.a")) == ["NoPath"]
