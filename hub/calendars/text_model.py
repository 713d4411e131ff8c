"""Hours and weekdays as people write them (``08:00``, ``mon``), and plans made of them, checked. Pure.

Times are local wall-clock times ``HH:MM``, 00:00 to 24:00; full-width digits are read too. Invalid names the field, as
``shifts.0.breaks.1.start``.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec

from hub.calendars.model import DAY_MIN, Hours, Plan, Shift, union, worked
from hub.errors import Invalid

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAY_WORDS: Final[tuple[Weekday, ...]] = get_args(Weekday)
MAX_SHIFTS: Final = 12
MAX_BREAKS: Final = 12
MAX_NAME: Final = 64
Text = Annotated[str, msgspec.Meta(max_length=200)]
_TIME: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)


class HoursText(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of a day; an `end` that is not later than `start` is on the next day."""

    start: Text
    end: Text


class ShiftText(msgspec.Struct, frozen=True, kw_only=True):
    """A shift, or unattended hours, on some weekdays."""

    name: Text
    weekdays: tuple[Weekday, ...]
    start: Text
    end: Text
    breaks: tuple[HoursText, ...] = ()


def minute_of(text: str, field: str) -> int:
    """Minutes since midnight of ``HH:MM``; Invalid where it is none.

    >>> minute_of("08:30", "start"), minute_of("２４：００", "end")
    (510, 1440)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _TIME.fullmatch(plain)
    minute = int(found[1]) * 60 + int(found[2]) if found is not None else DAY_MIN + 1
    if minute > DAY_MIN:
        raise Invalid(f"{field} {text[:20]!r} is no time of day; write it like 08:00", field)
    return minute


def text_of(minute: int) -> str:
    """``HH:MM`` of minutes since midnight; 24:00 stays, later ones are of the next day.

    >>> text_of(510), text_of(1440), text_of(1500)
    ('08:30', '24:00', '01:00')
    """
    minute = minute if minute <= DAY_MIN else minute - DAY_MIN
    return f"{minute // 60:02}:{minute % 60:02}"


def hours_of(text: HoursText, field: str) -> Hours:
    """Checked hours."""
    start = minute_of(text.start, f"{field}.start")
    if start == DAY_MIN:
        raise Invalid(f"{field}.start 24:00 is the end of a day; write 00:00", f"{field}.start")
    return Hours(start, minute_of(text.end, f"{field}.end"))


def hours_text(hours: Hours) -> HoursText:
    """Hours as people write them."""
    return HoursText(start=text_of(hours.start_min), end=text_of(hours.end_min))


def span_texts(spans: Iterable[tuple[int, int]]) -> tuple[HoursText, ...]:
    """Minutes of a day as people write them."""
    return tuple(HoursText(start=text_of(a), end=text_of(b)) for a, b in spans)


def plan_from(
    shifts: Sequence[ShiftText], unattended: Sequence[ShiftText], *, holidays: bool, zone: str | None
) -> Plan:
    """A checked plan; Invalid names the field that is wrong."""
    for field, rows in (("shifts", shifts), ("unattended", unattended)):
        if len(rows) > MAX_SHIFTS:
            raise Invalid(f"{field}: {len(rows)} rows; at most {MAX_SHIFTS} are taken", field)
    if not shifts and not unattended:
        raise Invalid("a calendar needs at least one shift or unattended hours; remove it to have none", "shifts")
    return Plan(
        shifts=tuple(_shift(row, f"shifts.{n}") for n, row in enumerate(shifts)),
        unattended=tuple(_shift(row, f"unattended.{n}") for n, row in enumerate(unattended)),
        holidays=holidays, zone=zone,
    )  # fmt: skip


def name_from(text: str, field: str) -> str:
    """A name of 1 to 64 printable characters, NFKC, outer spaces dropped."""
    name = unicodedata.normalize("NFKC", text).strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(f"{field} must have 1 to {MAX_NAME} printable characters", field)
    return name


def _shift(row: ShiftText, field: str) -> Shift:
    if not row.weekdays:
        raise Invalid(f"{field}: choose at least one weekday", f"{field}.weekdays")
    if len(row.breaks) > MAX_BREAKS:
        raise Invalid(f"{field}: {len(row.breaks)} breaks; at most {MAX_BREAKS} are taken", f"{field}.breaks")
    days = tuple(sorted({WEEKDAY_WORDS.index(word) for word in row.weekdays}))
    hours = hours_of(HoursText(start=row.start, end=row.end), field)
    breaks = tuple(hours_of(pause, f"{field}.breaks.{n}") for n, pause in enumerate(row.breaks))
    shift = Shift(name=name_from(row.name, f"{field}.name"), weekdays=days, hours=hours, breaks=breaks)
    _check_breaks(shift, field)
    return shift


def _check_breaks(shift: Shift, field: str) -> None:
    whole = _length(worked(msgspec.structs.replace(shift, breaks=())))
    for number, pause in enumerate(shift.breaks):
        alone = msgspec.structs.replace(shift, breaks=(pause,))
        if _length(worked(alone)) != whole - _minutes(pause):
            said = f"{text_of(pause.start_min)}-{text_of(pause.end_min)}"
            raise Invalid(f"{field}: the break {said} is not within the shift", f"{field}.breaks.{number}.start")
    left = worked(shift)
    if _length(left) != whole - sum(_minutes(pause) for pause in shift.breaks):
        raise Invalid(f"{field}: two breaks overlap", f"{field}.breaks")
    if not left:
        raise Invalid(f"{field}: the breaks leave nothing of the shift", f"{field}.breaks")


def _minutes(hours: Hours) -> int:
    return (hours.end_min - hours.start_min) % DAY_MIN or DAY_MIN


def _length(spans: Iterable[tuple[int, int]]) -> int:
    return sum(b - a for a, b in union(spans))


def shift_text(shift: Shift) -> ShiftText:
    """A shift as people write it."""
    hours = hours_text(shift.hours)
    return ShiftText(
        name=shift.name, weekdays=tuple(WEEKDAY_WORDS[day] for day in shift.weekdays), start=hours.start, end=hours.end,
        breaks=tuple(hours_text(pause) for pause in shift.breaks),
    )  # fmt: skip
