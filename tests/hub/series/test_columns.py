"""What goes into a column comes out unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.series import columns, model

values = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-1000, 1000, places=3).map(float)
points = st.lists(st.tuples(st.integers(-(10**15), 2 * 10**15), values, st.integers(0, 2)), min_size=1, max_size=80)


@given(points)
def test_round_trip(some: list[columns.Point]) -> None:
    ordered = columns.in_order(some)
    assert columns.decode(columns.encode(ordered)) == ordered


@given(points)
def test_only_an_exact_repeat_counts_once(some: list[columns.Point]) -> None:
    assert columns.in_order(some + some[::-1]) == columns.in_order(some)
    assert set(columns.in_order(some)) == set(some)


def test_regular_readings_of_a_sensor_take_about_a_byte() -> None:
    hour = [(1_000_000 * n, round(20 + 0.1 * (n % 7), 1), 0) for n in range(3600)]
    assert len(columns.encode(hour)) < 3600


@given(points)
def test_joined_minutes_are_the_hour(some: list[columns.Point]) -> None:
    ordered = columns.in_order(
        [(time, value, quality) for time, value, quality in some if value is None or abs(value) < 1e9]
    )
    direct = {r.start_us: r for r in model.roll_up(ordered, model.HOUR_US)}
    joined = {r.start_us: r for r in model.join(model.roll_up(ordered, model.MINUTE_US), model.HOUR_US)}
    assert direct.keys() == joined.keys()
    for start, rollup in direct.items():
        assert (rollup.count, rollup.low, rollup.high) == (joined[start].count, joined[start].low, joined[start].high)
        assert rollup.mean == pytest.approx(joined[start].mean, abs=1e-6)
    assert model.unpack(model.pack(list(joined.values()))) == list(joined.values())
