"""Times as machines write them. 2026-11-20 09:00:37.383 in Tokyo is 00:00:37.383 UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.times import from_us, to_us
from edge_agent.drivers.mqtt.settings import ConnectionSettings, SignalSettings
from edge_agent.drivers.mqtt.times import time_of, zone_of

TOKYO = zone_of("Asia/Tokyo")
SECOND = to_us(datetime(2026, 11, 20, 0, 0, 37, tzinfo=UTC))
EXACT = SECOND + 383_000
NINE_HOURS_US = 32_400_000_000


@pytest.mark.parametrize(
    ("told", "us"),
    [
        ("2026-11-20T00:00:37.383Z", EXACT),
        ("2026-11-20T09:00:37.383+09:00", EXACT),
        ("2026-11-20 09:00:37,383+0900", EXACT),
        ("2026-11-20 09:00:37.383", EXACT),
        ("2026/11/20 09:00:37.383", EXACT),
        ("2026/11/20 9:00:37", SECOND),
        ("2026/11/20 09:00:37:383", EXACT),
        ("2026.11.20 09:00:37.383456789", EXACT + 456),
        ("2026/11/20_09:00:37", SECOND),
        ("2026/11/20 00:00:37Z", SECOND),
        ("2026年11月20日 9時0分37秒", SECOND),
        ("2026年11月20日09時00分37秒", SECOND),
        ("20261120T090037", SECOND),
        ("20261120 090037", SECOND),
        ("20261120090037", SECOND),
        ("20261120090037383", EXACT),
        (20261120090037, SECOND),
        (20261120090037383, EXACT),
        (" 2026-11-20T09:00:37\0\0", SECOND),
        (str(SECOND // 1_000_000), SECOND),
        (str(EXACT // 1000), EXACT),
        (str(EXACT), EXACT),
        (EXACT, EXACT),
        (EXACT * 1000, EXACT),
        (f"{EXACT // 1_000_000}.383", EXACT),
    ],
)
def test_a_clock_that_keeps_tokyo_time(told: object, us: int):
    assert time_of(told, "auto", TOKYO) == us


@pytest.mark.parametrize(
    "told",
    [
        "26/11/20 09:00:37", "2026-11-20", "20261120T", "20/11/2026 09:00:37", "2026/13/20 09:00:37", "09:00:37",
        "0000-00-00 00:00:00", "2026/11/20 25:00:00", "", " ", "now", "9" * 100, 20261320090037, 1e300, -1e300, 10**40,
        float("nan"), float("inf"), None, True, [], {}, "2026-11-20T09:00:37+99:99", "２０２６/11/20 09:00:37",
    ],
)  # fmt: skip
def test_what_is_none_is_said(told: object):
    found = time_of(told, "auto", TOKYO)
    assert isinstance(found, str)
    assert "\n" not in found
    assert len(found) < 160


@pytest.mark.parametrize("told", ["2026-11-20 09:00:37", "2026/11/20 09:00:37", 20261120090037])
def test_without_offset_and_zone_nothing_is_guessed(told: object):
    assert "set time_zone" in str(time_of(told))


def test_an_unset_clock_is_told_as_it_is():
    assert from_us(int(time_of("0001-01-02T00:00:00Z"))).year == 1  # what .NET writes for no time, a day later
    assert from_us(int(time_of("1601-01-01T00:00:00Z"))).year == 1601


def test_a_unit_that_is_said_counts():
    assert time_of(20261120090037, "ms", TOKYO) == 20261120090037000
    assert time_of("5", "s") == 5_000_000
    assert time_of(5_000, "ns") == 5


@given(
    st.datetimes(
        min_value=from_us(946_684_800_000_000).replace(tzinfo=None),
        max_value=from_us(4_102_444_800_000_000).replace(tzinfo=None),
    ),
    st.sampled_from(["%Y/%m/%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%Y.%m.%d_%H:%M:%S.%f"]),
)
def test_no_microsecond_is_lost(moment: datetime, form: str):
    told = to_us(moment.replace(tzinfo=UTC)) - NINE_HOURS_US
    assert time_of(moment.strftime(form), "auto", TOKYO) == told


@given(
    st.one_of(
        st.text(), st.from_regex(r"\d{1,20}([-/:. T]\d{1,20}){0,7}(Z|[+-]\d\d:?\d\d)?"), st.integers(), st.floats()
    ),
    st.sampled_from(["auto", "s", "ms", "us", "ns"]),
    st.sampled_from([None, UTC, TOKYO, zone_of("-23:59"), zone_of("Europe/Berlin")]),
)
def test_anything_gives_a_time_that_can_be_written_or_a_reason(told: object, unit: str, zone):
    found = time_of(told, unit, zone)
    assert isinstance(found, str) or from_us(found).year > 0


@pytest.mark.parametrize("zone", ["Asia/Edo", "", "/etc/passwd", "..", "+9", "JST+9"])
def test_zones_that_are_none(zone: str):
    with pytest.raises(ValidationError, match="Asia/Tokyo"):
        ConnectionSettings(url="mqtt://192.0.2.5", time_zone=zone)
    with pytest.raises(ValidationError, match="Asia/Tokyo"):
        SignalSettings(topic="t", time_zone=zone)
