"""The calendar of one company on disk: plans by scope, and the days that differ."""

from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from hub.calendars.model import Calendar, Day, Plan, zone_name
from hub.stores.company import Reader, Writer

_plan: msgspec.json.Decoder[Plan] = msgspec.json.Decoder(Plan)
_day: msgspec.json.Decoder[Day] = msgspec.json.Decoder(Day)


def calendar(reader: Reader) -> Calendar:
    """The whole calendar; empty where nobody has set one."""
    plans = {scope: _plan.decode(plan) for scope, plan in reader.all("SELECT scope, plan FROM calendar_plans")}
    days = reader.all("SELECT entry FROM calendar_days ORDER BY day, scope")
    return Calendar(plans, tuple(_day.decode(entry) for (entry,) in days))


def zone_of(found: Calendar, machine: str) -> ZoneInfo:
    """The time zone that the calendar of a machine (or a site) is in."""
    return ZoneInfo(zone_name(found, machine))


def set_plan(writer: Writer, scope: str, plan: Plan) -> None:
    """Puts a scope's plan in place of the one before."""
    body = msgspec.json.encode(plan).decode()
    writer.run("INSERT OR REPLACE INTO calendar_plans (scope, plan) VALUES (?, ?)", (scope, body))


def remove_plan(writer: Writer, scope: str) -> bool:
    """Takes a scope's plan away; whether there was one."""
    return writer.run("DELETE FROM calendar_plans WHERE scope = ?", (scope,)) > 0


def set_day(writer: Writer, entry: Day) -> None:
    """Puts what is different on a day of a scope in place of what was said before."""
    body = msgspec.json.encode(entry).decode()
    writer.run(
        "INSERT OR REPLACE INTO calendar_days (scope, day, entry) VALUES (?, ?, ?)",
        (entry.scope, entry.day.isoformat(), body),
    )


def remove_day(writer: Writer, scope: str, day: date) -> bool:
    """Has a day of a scope be ordinary again; whether it was not."""
    return writer.run("DELETE FROM calendar_days WHERE scope = ? AND day = ?", (scope, day.isoformat())) > 0
