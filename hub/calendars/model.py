"""When work is planned: shifts less breaks, unattended hours, holidays, closing days and exceptions. Pure.

A calendar holds plans and days, each for a scope: the whole company (``""``), a site (``main``) or one machine
(``main/laser-1``). A machine follows the most specific plan there is. Days add up from the company to the machine:
`closed` takes away all before it, `working` has the plan apply although the day is a holiday or closed, `extra` adds
hours. A stretch belongs to the day it begins on: a night shift runs on into a closed day.

Where no plan applies all time counts as planned, save closed days: nobody said what is not.

Hours are minutes since local midnight; an end that is not later than its start is on the next day. Stretches are
half-open ``[start, end)`` in microseconds since 1970, UTC, sorted, and apart; where hours overlap, "shift" wins.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal, TypeAlias

import msgspec

from contract.times import from_us, to_us
from hub.calendars.holiday_model import holiday

Kind: TypeAlias = Literal["shift", "unattended"]
DayKind: TypeAlias = Literal["closed", "working", "extra"]
Stretch: TypeAlias = tuple[int, int, Kind]
DAY_MIN: Final = 1440
DEFAULT_ZONE: Final = "Asia/Tokyo"
WEEKDAYS: Final = range(7)
_MIN_US: Final = 60_000_000
_DAY: Final = timedelta(days=1)


class Hours(msgspec.Struct, frozen=True):
    """``[start_min, end_min)`` of a day; an end not later than the start is on the next day."""

    start_min: int
    end_min: int


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Hours on some weekdays (0 is Monday), less their breaks."""

    name: str
    weekdays: tuple[int, ...]
    hours: Hours
    breaks: tuple[Hours, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An ordinary week. `holidays`: public holidays are days off. `zone`: the site's time zone (None: Asia/Tokyo)."""

    shifts: tuple[Shift, ...] = ()
    unattended: tuple[Shift, ...] = ()
    holidays: bool = True
    zone: str | None = None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What is different on one day. `hours` only where `extra`; `name` says why (夏季休業)."""

    scope: str
    day: date
    kind: DayKind
    name: str | None = None
    hours: tuple[Hours, ...] = ()
    unattended: bool = False


class Calendar(msgspec.Struct, frozen=True):
    """All plans by scope, and all days that differ."""

    plans: dict[str, Plan] = {}
    days: tuple[Day, ...] = ()


class DayPlan(msgspec.Struct, frozen=True):
    """How one day of one machine is planned. `off`: why nothing ordinary is ("weekly", "holiday", "closed")."""

    day: date
    shift_min: tuple[tuple[int, int], ...]
    unattended_min: tuple[tuple[int, int], ...]
    holiday: str | None
    off: Literal["weekly", "holiday", "closed"] | None
    names: tuple[str, ...]
    differs: bool


def scopes(machine: str) -> tuple[str, ...]:
    """The scopes that a machine (or a site, or "" for the company) is in, the widest first.

    >>> scopes("main/laser-1"), scopes("main"), scopes("")
    (('', 'main', 'main/laser-1'), ('', 'main'), ('',))
    """
    if not machine:
        return ("",)
    site = machine.partition("/")[0]
    return ("", site) if site == machine else ("", site, machine)


def plan_of(calendar: Calendar, machine: str) -> tuple[str, Plan] | None:
    """The most specific plan of a machine and the scope it was made for; None where there is none."""
    for scope in reversed(scopes(machine)):
        plan = calendar.plans.get(scope)
        if plan is not None:
            return scope, plan
    return None


def zone_name(calendar: Calendar, machine: str) -> str:
    """The time zone that a machine's calendar is in: of the most specific plan that says one."""
    for scope in reversed(scopes(machine)):
        plan = calendar.plans.get(scope)
        if plan is not None and plan.zone is not None:
            return plan.zone
    return DEFAULT_ZONE


def planned(calendar: Calendar, machine: str, from_us: int, to_us_: int, zone: tzinfo) -> list[Stretch]:
    """The planned stretches of a machine within ``[from_us, to_us)``, cut to it."""
    found: list[Stretch] = []
    differing = _differing(calendar, machine)
    chosen = plan_of(calendar, machine)
    for day in _days(from_us, to_us_, zone):
        plan = _day_plan(None if chosen is None else chosen[1], day, differing.get(day, ()))
        found += [(*_us(day, span, zone), "shift") for span in plan.shift_min]
        found += [(*_us(day, span, zone), "unattended") for span in plan.unattended_min]
    shifts = union((a, b) for a, b, kind in found if kind == "shift")
    alone = subtract(union((a, b) for a, b, kind in found if kind == "unattended"), shifts)
    whole: list[Stretch] = [*((a, b, "shift") for a, b in shifts), *((a, b, "unattended") for a, b in alone)]
    return sorted((max(a, from_us), min(b, to_us_), kind) for a, b, kind in whole if a < to_us_ and b > from_us)


def day_plan(calendar: Calendar, machine: str, day: date) -> DayPlan:
    """How one day is planned; minutes since its midnight, over 1440 on the next day."""
    chosen = plan_of(calendar, machine)
    return _day_plan(None if chosen is None else chosen[1], day, _differing(calendar, machine).get(day, ()))


def _day_plan(plan: Plan | None, day: date, differing: Sequence[Day]) -> DayPlan:
    kept = holiday(day) if plan is None or plan.holidays else None
    rest: Literal["holiday", "closed"] | None = "holiday" if plan is not None and kept is not None else None
    extras: list[Day] = []
    for one in differing:
        match one.kind:
            case "closed":
                rest, extras = "closed", []
            case "working":
                rest = None
            case "extra":
                extras.append(one)
    ordinary = plan is None or any(day.weekday() in each.weekdays for each in (*plan.shifts, *plan.unattended))
    shift, unattended = ([], []) if rest is not None else _ordinary(plan, day.weekday())
    for extra in extras:
        (unattended if extra.unattended else shift).extend(_span(hours) for hours in extra.hours)
    shifts = union(shift)
    return DayPlan(
        day, tuple(shifts), tuple(subtract(union(unattended), shifts)), kept,
        rest if rest is not None else None if ordinary else "weekly",
        tuple(one.name for one in differing if one.name), bool(differing),
    )  # fmt: skip


def _ordinary(plan: Plan | None, weekday: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Shift and unattended minutes of an ordinary weekday."""
    if plan is None:
        return [(0, DAY_MIN)], []
    shift = [span for each in plan.shifts if weekday in each.weekdays for span in worked(each)]
    return shift, [span for each in plan.unattended if weekday in each.weekdays for span in worked(each)]


def worked(shift: Shift) -> list[tuple[int, int]]:
    """A shift's minutes less its breaks."""
    start, end = _span(shift.hours)
    breaks = []
    for pause in shift.breaks:
        a, b = _span(pause)
        breaks.append((a, b) if a >= start else (a + DAY_MIN, b + DAY_MIN))
    return subtract([(start, end)], union(breaks))


def _span(hours: Hours) -> tuple[int, int]:
    end = hours.end_min if hours.end_min > hours.start_min else hours.end_min + DAY_MIN
    return hours.start_min, end


def _differing(calendar: Calendar, machine: str) -> dict[date, list[Day]]:
    """The days that differ for a machine, those of the widest scope first."""
    order = {scope: place for place, scope in enumerate(scopes(machine))}
    found: dict[date, list[Day]] = {}
    for day in sorted((d for d in calendar.days if d.scope in order), key=lambda d: order[d.scope]):
        found.setdefault(day.day, []).append(day)
    return found


def _days(from_us_: int, to_us_: int, zone: tzinfo) -> Iterable[date]:
    """Every local day on which a stretch that touches the window may begin."""
    day = from_us(from_us_).astimezone(zone).date() - _DAY
    last = from_us(to_us_).astimezone(zone).date()
    while day <= last:
        yield day
        day += _DAY


def _us(day: date, span: tuple[int, int], zone: tzinfo) -> tuple[int, int]:
    start, end = (_moment_us(day, minute, zone) for minute in span)
    return start, end


def _moment_us(day: date, minute: int, zone: tzinfo) -> int:
    """The wall clock's `minute` of `day`, over 1440 on the next day."""
    days, rest = divmod(minute, DAY_MIN)
    on = day + days * _DAY
    return to_us(datetime(on.year, on.month, on.day, rest // 60, rest % 60, tzinfo=zone).astimezone(UTC))


def union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans joined where they touch or overlap, sorted; empty ones left out.

    >>> union([(5, 9), (0, 3), (3, 4), (8, 10), (7, 7)])
    [(0, 4), (5, 10)]
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def subtract(spans: Iterable[tuple[int, int]], holes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of some spans lies in none of the holes (sorted, apart).

    >>> subtract([(0, 10), (20, 30)], [(2, 3), (8, 22)])
    [(0, 2), (3, 8), (22, 30)]
    """
    left: list[tuple[int, int]] = []
    for start, end in spans:
        at = start
        for a, b in holes:
            if b <= at or a >= end:
                continue
            if a > at:
                left.append((at, a))
            at = max(at, b)
        if at < end:
            left.append((at, end))
    return left
