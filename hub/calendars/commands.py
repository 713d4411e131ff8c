"""What people change of a calendar: the plan of a scope, and single days. Scopes: "", a site, or ``site/machine``."""

from datetime import date
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hub.access.catalogue import Books, Change
from hub.calendars import store
from hub.calendars.model import Day, DayKind
from hub.calendars.text_model import MAX_SHIFTS, HoursText, ShiftText, hours_of, name_from, plan_from
from hub.companies.commands import Done
from hub.directory.company import CompanyView
from hub.directory.roles import Role
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.stores.company import Reader

KEEPERS_OF_BOOKS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
Scope = Annotated[str, msgspec.Meta(max_length=127)]
Text = Annotated[str, msgspec.Meta(max_length=200)]


class SetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An ordinary week of a scope, in place of the one before. `holidays`: public holidays are days off."""

    scope: Scope
    shifts: tuple[ShiftText, ...] = ()
    unattended: tuple[ShiftText, ...] = ()
    holidays: bool = True
    zone: Text | None = None


class TheScope(msgspec.Struct, frozen=True, kw_only=True):
    """A scope whose plan is to go."""

    scope: Scope


class SetDay(msgspec.Struct, frozen=True, kw_only=True):
    """What is different on one day: `closed`, `working` although it is a holiday, or `extra` hours."""

    scope: Scope
    day: date
    kind: DayKind
    name: Text | None = None
    hours: tuple[HoursText, ...] = ()
    unattended: bool = False


class TheDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a scope that is to be ordinary again."""

    scope: Scope
    day: date


def check_scope(scope: str, registry: CompanyView, reader: Reader) -> None:
    """NotFound where the company has no such site or machine."""
    if not scope or any(site.site == scope for site in registry.sites):
        return
    if "/" in scope and machines.find(reader, scope) is not None:
        return
    raise NotFound(f"site or machine {scope!r}")


def _set_plan(books: Books, params: SetPlan) -> Done:
    check_scope(params.scope, books.registry, books.writer)
    zone = _zone(params.zone)
    plan = plan_from(params.shifts, params.unattended, holidays=params.holidays, zone=zone)
    store.set_plan(books.writer, params.scope, plan)
    books.touched.add(("calendars", params.scope))
    return Done()


def _zone(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    try:
        return ZoneInfo(text.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"{text[:60]!r} is no time zone; write it like Asia/Tokyo", "zone") from None


def _remove_plan(books: Books, params: TheScope) -> Done:
    if not store.remove_plan(books.writer, params.scope):
        raise NotFound(f"calendar of {params.scope!r}")
    books.touched.add(("calendars", params.scope))
    return Done()


def _set_day(books: Books, params: SetDay) -> Done:
    check_scope(params.scope, books.registry, books.writer)
    if (params.kind == "extra") != bool(params.hours):
        said = "extra hours are missing" if params.kind == "extra" else "only an extra day has hours"
        raise Invalid(f"{said}; write them like 08:00 to 12:00", "hours")
    if len(params.hours) > MAX_SHIFTS:
        raise Invalid(f"{len(params.hours)} stretches of hours; at most {MAX_SHIFTS} are taken", "hours")
    hours = tuple(hours_of(text, f"hours.{n}") for n, text in enumerate(params.hours))
    name = name_from(params.name, "name") if params.name and params.name.strip() else None
    entry = Day(
        scope=params.scope, day=params.day, kind=params.kind, name=name, hours=hours, unattended=params.unattended
    )
    store.set_day(books.writer, entry)
    books.touched.add(("calendars", params.scope))
    return Done()


def _remove_day(books: Books, params: TheDay) -> Done:
    if not store.remove_day(books.writer, params.scope, params.day):
        raise NotFound(f"entry for {params.day.isoformat()} in the calendar of {params.scope!r}")
    books.touched.add(("calendars", params.scope))
    return Done()


COMMANDS: Final = (
    Change(name="calendars.set_plan", summary="Set the shifts of the company, a site or a machine", params=SetPlan,
           result=Done, roles=KEEPERS_OF_BOOKS, run=_set_plan),
    Change(name="calendars.remove_plan", summary="Remove the shifts of the company, a site or a machine",
           params=TheScope, result=Done, roles=KEEPERS_OF_BOOKS, run=_remove_plan),
    Change(name="calendars.set_day", summary="Close a day, work on a holiday, or add hours", params=SetDay,
           result=Done, roles=KEEPERS_OF_BOOKS, run=_set_day),
    Change(name="calendars.remove_day", summary="Have a day be ordinary again", params=TheDay, result=Done,
           roles=KEEPERS_OF_BOOKS, run=_remove_day),
)  # fmt: skip
