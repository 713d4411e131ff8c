"""Planned stretches: shifts, breaks, nights, unattended hours, holidays, closed and extra days, over one machine."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.times import from_us, to_us
from hub.calendars.model import Calendar, Day, Hours, Plan, Shift, day_plan, planned

JST = ZoneInfo("Asia/Tokyo")
WEEK = (0, 1, 2, 3, 4)
LASER = "main/laser-1"


def hm(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def span(text: str) -> Hours:
    start, end = text.split("-")
    return Hours(hm(start), hm(end))


def shift(hours: str, *breaks: str, weekdays: tuple[int, ...] = WEEK) -> Shift:
    return Shift(name=hours, weekdays=weekdays, hours=span(hours), breaks=tuple(map(span, breaks)))


def at(text: str, zone: ZoneInfo = JST) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC))


def laid(calendar: Calendar, from_: str, to: str, machine: str = LASER, zone: ZoneInfo = JST) -> list[str]:
    """Stretches as ``MM-DD HH:MM-HH:MM kind`` of the local wall clock."""
    found = planned(calendar, machine, at(from_, zone), at(to, zone), zone)
    local = [(from_us(a).astimezone(zone), from_us(b).astimezone(zone), kind) for a, b, kind in found]
    return [f"{a:%m-%d %H:%M}-{b:%H:%M} {kind}" for a, b, kind in local]


DAYS = Plan(shifts=(shift("08:00-17:00", "12:00-13:00", "15:00-15:10"),), unattended=(shift("17:00-08:00"),))
DAY_SHIFT = Calendar({"": Plan(shifts=DAYS.shifts)})


def test_breaks_are_cut_out_of_a_shift() -> None:
    assert laid(DAY_SHIFT, "2026-11-20", "2026-11-23") == [
        "11-20 08:00-12:00 shift", "11-20 13:00-15:00 shift", "11-20 15:10-17:00 shift",
    ]  # fmt: skip


def test_unattended_hours_go_over_midnight_and_are_a_class_of_their_own() -> None:
    assert laid(Calendar({"": DAYS}), "2026-11-20T16:00", "2026-11-21T09:00") == [
        "11-20 16:00-17:00 shift", "11-20 17:00-08:00 unattended",
    ]  # fmt: skip


def test_a_night_shift_runs_on_into_a_day_off() -> None:
    night = Calendar({"": Plan(shifts=(shift("21:00-06:00", "01:00-02:00"),))})
    assert laid(night, "2026-11-22T12:00", "2026-11-24T00:00") == []  # Sunday, then 勤労感謝の日
    assert laid(night, "2026-11-20T12:00", "2026-11-21T12:00") == [
        "11-20 21:00-01:00 shift", "11-21 02:00-06:00 shift",
    ]  # fmt: skip


def test_where_hours_overlap_the_shift_wins_and_the_break_is_unattended() -> None:
    both = Calendar({"": Plan(shifts=(shift("08:00-17:00", "12:00-13:00"),), unattended=(shift("00:00-24:00"),))})
    assert laid(both, "2026-11-20", "2026-11-21") == [
        "11-20 00:00-08:00 unattended", "11-20 08:00-12:00 shift", "11-20 12:00-13:00 unattended",
        "11-20 13:00-17:00 shift", "11-20 17:00-00:00 unattended",
    ]  # fmt: skip


def test_public_holidays_are_days_off_unless_the_plan_works_on_them() -> None:
    monday = ("2026-11-23", "2026-11-24")
    assert laid(DAY_SHIFT, *monday) == []
    assert day_plan(DAY_SHIFT, LASER, date(2026, 11, 23)).off == "holiday"
    working = Calendar({"": Plan(shifts=DAYS.shifts, holidays=False)})
    assert len(laid(working, *monday)) == 3


def test_days_add_up_from_the_company_to_the_machine() -> None:
    summer = date(2026, 8, 13)
    closed = Day(scope="", day=summer, kind="closed", name="夏季休業")
    urgent = Day(scope=LASER, day=summer, kind="extra", hours=(span("09:00-12:00"),))
    calendar = Calendar(DAY_SHIFT.plans, (urgent, closed))
    assert laid(calendar, "2026-08-13", "2026-08-14") == ["08-13 09:00-12:00 shift"]
    assert laid(calendar, "2026-08-13", "2026-08-14", "main/press-1") == []
    found = day_plan(calendar, LASER, summer)
    assert (found.off, found.names, found.differs) == ("closed", ("夏季休業",), True)


def test_a_holiday_can_be_worked_and_a_machine_be_closed_alone() -> None:
    culture = date(2026, 11, 3)
    days = (Day(scope="", day=culture, kind="working"), Day(scope=LASER, day=culture, kind="closed"))
    calendar = Calendar(DAY_SHIFT.plans, days)
    assert len(laid(calendar, "2026-11-03", "2026-11-04", "main/press-1")) == 3
    assert laid(calendar, "2026-11-03", "2026-11-04") == []


def test_extra_hours_join_the_shift_they_touch() -> None:
    late = Day(scope="main", day=date(2026, 11, 20), kind="extra", hours=(span("17:00-19:30"),))
    assert laid(Calendar(DAY_SHIFT.plans, (late,)), "2026-11-20T15:10", "2026-11-21") == ["11-20 15:10-19:30 shift"]


def test_a_machine_follows_the_most_specific_plan() -> None:
    own = Plan(shifts=(shift("06:00-14:00"),))
    calendar = Calendar({"": DAYS, "main": Plan(shifts=(shift("07:00-15:00"),)), LASER: own})
    for machine, hours in ((LASER, "06:00-14:00"), ("main/mill-1", "07:00-15:00")):
        assert laid(calendar, "2026-11-20", "2026-11-21", machine) == [f"11-20 {hours} shift"]
    assert len(laid(calendar, "2026-11-20", "2026-11-21", "north/mill-1")) > 1


def test_without_a_plan_all_time_counts_save_closed_days() -> None:
    closed = Day(scope="main", day=date(2026, 11, 21), kind="closed")
    days = ("2026-11-20", "2026-11-24")
    assert laid(Calendar(), *days) == ["11-20 00:00-00:00 shift"]
    assert laid(Calendar({}, (closed,)), *days) == ["11-20 00:00-00:00 shift", "11-22 00:00-00:00 shift"]


def test_clocks_that_change_make_a_day_longer_or_shorter() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    always = Calendar({"": Plan(shifts=(shift("00:00-24:00", weekdays=tuple(range(7))),), holidays=False)})
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 20), 24)):
        window = (at(day.isoformat(), berlin), at((day + timedelta(days=1)).isoformat(), berlin))
        ((start, end, _),) = planned(always, LASER, *window, berlin)
        assert (end - start) // 3_600_000_000 == hours


MINUTES = st.integers(0, 1439)
HOURS = st.builds(Hours, MINUTES, st.integers(0, 1440))
SHIFTS = st.lists(
    st.builds(
        lambda weekdays, hours: Shift(name="x", weekdays=tuple(weekdays), hours=hours),
        st.sets(st.integers(0, 6), min_size=1), HOURS,
    ),
    max_size=3,
).map(tuple)  # fmt: skip
ENTRIES = st.lists(
    st.builds(
        lambda scope, day, kind, hours: Day(
            scope=scope, day=date(2026, 11, day), kind=kind, hours=(hours,) if kind == "extra" else ()
        ),
        st.sampled_from(["", "main", LASER]), st.integers(18, 24), st.sampled_from(["closed", "working", "extra"]),
        HOURS,
    ),
    max_size=4, unique_by=lambda entry: (entry.scope, entry.day),
).map(tuple)  # fmt: skip
CALENDARS = st.builds(
    lambda shifts, unattended, days, some: Calendar(
        {"": Plan(shifts=shifts, unattended=unattended)} if some else {}, days
    ),
    SHIFTS, SHIFTS, ENTRIES, st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(calendar=CALENDARS, cut=st.integers(0, 5 * 1440))
def test_stretches_are_sorted_apart_and_the_same_however_a_window_is_cut(calendar: Calendar, cut: int) -> None:
    start, end = at("2026-11-19"), at("2026-11-24")
    middle = start + cut * 60_000_000
    whole = planned(calendar, LASER, start, end, JST)
    assert all(a < b for a, b, _ in whole)
    assert all(one[1] <= two[0] for one, two in pairwise(whole))
    halves = planned(calendar, LASER, start, middle, JST) + planned(calendar, LASER, middle, end, JST)
    for kind in ("shift", "unattended"):
        assert sum(b - a for a, b, k in halves if k == kind) == sum(b - a for a, b, k in whole if k == kind)
