"""What can be asked about calendars: the plans, the days that differ, a month, and a machine's planned stretches.

Days are local calendar days of the scope's time zone; times in rows are aware UTC datetimes, hours ``HH:MM``.
"""

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import MachineRange, Nothing, decode_cursor, encode_cursor
from hub.calendars import store
from hub.calendars.commands import check_scope
from hub.calendars.model import DayPlan, day_plan, plan_of, planned, zone_name
from hub.calendars.text_model import HoursText, ShiftText, hours_text, shift_text, span_texts
from hub.errors import Invalid
from hub.machines.questions import find_machine

MAX_DAYS: Final = 400
DAY_US: Final = 86_400_000_000
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


class MonthOf(msgspec.Struct, frozen=True, kw_only=True):
    """A month (``2026-11``, from 2000-01 to 2099-12) of a scope: "" (the company), a site, or ``site/machine``."""

    month: str
    scope: str = ""


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """The ordinary week of a scope. `holidays`: public holidays are days off."""

    scope: Annotated[str, Discloses("availability")]
    shifts: Annotated[tuple[ShiftText, ...], Discloses("availability")]
    unattended: Annotated[tuple[ShiftText, ...], Discloses("availability")]
    holidays: Annotated[bool, Discloses("availability")]
    zone: Annotated[str, Discloses("availability")]


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is different on one day of a scope: `kind` closed, working or extra."""

    scope: Annotated[str, Discloses("availability")]
    day: Annotated[date, Discloses("availability")]
    kind: Annotated[str, Discloses("availability")]
    name: Annotated[str | None, Discloses("availability")]
    hours: Annotated[tuple[HoursText, ...], Discloses("availability")]
    unattended: Annotated[bool, Discloses("availability")]


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day as planned. `off`: why nothing ordinary is (weekly, holiday, closed). `plan`: whose plan applies.

    `plan` None: nobody set one, so all time counts as planned.
    """

    day: Annotated[date, Discloses("availability")]
    holiday: Annotated[str | None, Discloses("availability")]
    off: Annotated[str | None, Discloses("availability")]
    differs: Annotated[bool, Discloses("availability")]
    names: Annotated[tuple[str, ...], Discloses("availability")]
    shift: Annotated[tuple[HoursText, ...], Discloses("availability")]
    unattended: Annotated[tuple[HoursText, ...], Discloses("availability")]
    shift_s: Annotated[int, Discloses("availability")]
    unattended_s: Annotated[int, Discloses("availability")]
    plan: Annotated[str | None, Discloses("availability")]
    zone: Annotated[str, Discloses("availability")]


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A planned stretch ``[start, end)``: `kind` shift or unattended."""

    start: Annotated[datetime, Discloses("availability")]
    end: Annotated[datetime, Discloses("availability")]
    kind: Annotated[str, Discloses("availability")]


def check_window(from_us_: int, to_us_: int) -> None:
    """Invalid where a window is longer than calendars are laid out for at once."""
    if to_us_ - from_us_ > MAX_DAYS * DAY_US:
        raise Invalid(f"from and to lie more than {MAX_DAYS} days apart; ask for less at a time", "from")


def plans(room: Room, _params: Nothing) -> Found[PlanRow]:
    """Every plan, by scope."""
    found = store.calendar(room.reader)
    return Found([
        PlanRow(
            scope=scope, shifts=tuple(map(shift_text, plan.shifts)),
            unattended=tuple(map(shift_text, plan.unattended)), holidays=plan.holidays, zone=zone_name(found, scope),
        )
        for scope, plan in sorted(found.plans.items())
    ])  # fmt: skip


def days(room: Room, _params: Nothing) -> Found[DayRow]:
    """Every day that differs, by day."""
    return Found([
        DayRow(
            scope=one.scope, day=one.day, kind=one.kind, name=one.name,
            hours=tuple(map(hours_text, one.hours)), unattended=one.unattended,
        )
        for one in store.calendar(room.reader).days
    ])  # fmt: skip


def month(room: Room, params: MonthOf) -> Found[MonthRow]:
    """Every day of a month."""
    named = _MONTH.fullmatch(params.month)
    if named is None:
        raise Invalid(f"{params.month[:20]!r} is no month; write it like 2026-11", "month")
    check_scope(params.scope, room.registry, room.reader)
    year, number = int(named[1]), int(named[2])
    found = store.calendar(room.reader)
    chosen = plan_of(found, params.scope)
    scope, zone = None if chosen is None else chosen[0], zone_name(found, params.scope)
    laid = (day_plan(found, params.scope, date(year, number, n + 1)) for n in range(monthrange(year, number)[1]))
    return Found([_month_row(plan, scope, zone) for plan in laid])


def _month_row(plan: DayPlan, scope: str | None, zone: str) -> MonthRow:
    return MonthRow(
        day=plan.day, holiday=plan.holiday, off=plan.off, differs=plan.differs, names=plan.names,
        shift=span_texts(plan.shift_min), unattended=span_texts(plan.unattended_min),
        shift_s=60 * sum(b - a for a, b in plan.shift_min),
        unattended_s=60 * sum(b - a for a, b in plan.unattended_min), plan=scope, zone=zone,
    )  # fmt: skip


def planned_stretches(room: Room, params: MachineRange) -> Found[PlannedRow]:
    """Planned stretches of one machine, cut to the window, by start."""
    known = find_machine(room, params.site, params.machine)
    check_window(params.from_us, params.to_us)
    found = store.calendar(room.reader)
    zone = store.zone_of(found, known.machine)
    stretches = planned(found, known.machine, _after(params), params.to_us, zone)
    rows = [PlannedRow(start=from_us(a), end=from_us(b), kind=kind) for a, b, kind in stretches[: params.limit]]
    return Found(rows, encode_cursor(stretches[params.limit][0]) if len(stretches) > params.limit else None)


def _after(params: MachineRange) -> int:
    if params.cursor is None:
        return params.from_us
    match decode_cursor(params.cursor):
        case [int(start)] if params.from_us <= start <= params.to_us:
            return start
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


QUESTIONS: Final = (
    Question(name="calendars.plans", summary="The ordinary week of the company, its sites and machines",
             params=Nothing, row=PlanRow, run=plans),
    Question(name="calendars.days", summary="Days that differ: closed, worked on a holiday, extra hours",
             params=Nothing, row=DayRow, run=days),
    Question(name="calendars.month", summary="How a month is planned", params=MonthOf, row=MonthRow, run=month),
    Question(name="calendars.planned", summary="Planned stretches of one machine over a window",
             params=MachineRange, row=PlannedRow, run=planned_stretches),
)  # fmt: skip
