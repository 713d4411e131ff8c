"""What the templates of the calendar page show, made of the gate's rows: the month's grid and the forms' rows. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN: Final = 1440
SHIFT_ROWS: Final = 3
UNATTENDED_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of a day's bar, in minutes since midnight; `next_day` where it runs on past it."""

    left: int
    width: int
    kind: str
    next_day: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the grid; None stands for what the month does not have."""

    day: int
    iso: str
    holiday: str | None
    off: str | None
    differs: bool
    names: tuple[str, ...]
    hours: str
    unattended: str
    boxes: tuple[Box, ...]
    said: tuple[str, ...]
    today: bool


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift, or unattended hours, as a row of the form."""

    name: str = ""
    weekdays: tuple[str, ...] = WEEK[:5]
    start: str = ""
    end: str = ""
    breaks: str = ""


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The form of a plan as it is shown; `fault` is (row and part, what is wrong)."""

    shifts: Sequence[ShiftRow] = ()
    unattended: Sequence[ShiftRow] = ()
    holidays: bool = True
    zone: str = ""
    fault: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DayForm:
    """The form of a day that differs, as it is shown."""

    day: str = ""
    kind: str = "closed"
    name: str = ""
    hours: str = ""
    unattended: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """The grid of a month: weeks of seven cells, Monday first."""

    weeks: list[list[Cell | None]] = field(default_factory=list)
    plan: str | None = None
    zone: str = ""


def build_month(rows: Sequence[Any], today: date) -> Month:
    """Rows of `calendars.month` as a grid."""
    cells: list[Cell | None] = [None] * rows[0].day.weekday()
    cells += [_cell(row, today) for row in rows]
    cells += [None] * (-len(cells) % 7)
    weeks = [cells[n : n + 7] for n in range(0, len(cells), 7)]
    return Month(weeks, rows[0].plan, rows[0].zone)


def _cell(row: Any, today: date) -> Cell:
    boxes = [_box(hours, kind) for kind in ("unattended", "shift") for hours in getattr(row, kind)]
    return Cell(
        row.day.day, row.day.isoformat(), row.holiday, row.off, row.differs, row.names, _hours(row.shift_s),
        _hours(row.unattended_s), tuple(boxes), tuple(f"{one.start}–{one.end}" for one in row.shift), row.day == today,
    )  # fmt: skip


def _box(hours: Any, kind: str) -> Box:
    start, end = minutes(hours.start), minutes(hours.end)
    over = end <= start
    return Box(start, (DAY_MIN if over else end) - start, kind, over)


def minutes(text: str) -> int:
    """Minutes since midnight of ``HH:MM``."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def _hours(seconds: int) -> str:
    """Hours with at most one decimal; empty where there are none."""
    return f"{seconds / 3600:.1f}".removesuffix(".0") if seconds else ""


def shift_rows(found: Iterable[Any], least: int) -> list[ShiftRow]:
    """Shifts as rows of the form, with room for another."""
    rows = [
        ShiftRow(one.name, one.weekdays, one.start, one.end, ", ".join(f"{p.start}-{p.end}" for p in one.breaks))
        for one in found
    ]
    return rows + [ShiftRow()] * max(1, least - len(rows))
