"""Recordings of real machines: one change a line, `time|item|value`, plain or gzip.

A condition line has more fields (`time|item|level|code|severity|qualifier|text`); its value is everything
after the second `|`. Times are UTC. Lines are sorted by time, and lines of one time keep their order, because
they belong together.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

UNAVAILABLE = "UNAVAILABLE"

Value = float | str | None
"""A number, a text, or None: the source says it does not know."""


class RecordingError(ValueError):
    """A recording cannot be read; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` (UTC) the source called `address` changed to `value`."""

    at: datetime
    address: str
    value: Value


@dataclass(frozen=True, slots=True)
class Recording:
    """Changes in time order, and for each item whether it is a number."""

    changes: tuple[Change, ...]
    numeric: dict[str, bool]


def read(path: Path) -> Recording:
    """Read a recording from a file, gzip if its name ends in `.gz`.

    Raises:
        RecordingError: the file cannot be opened, or a line is not `time|item|value`.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise RecordingError(f"cannot read recording {path}: {problem}") from problem
    return parse(text.split("\n"))


def parse(lines: Iterable[str]) -> Recording:
    """Lines to a recording; an item is numeric when each of its values but UNAVAILABLE is a finite number."""
    rows = sorted((_row(number, line) for number, line in enumerate(lines, 1) if line.strip()), key=_time)
    numeric: dict[str, bool] = {}
    for _, item, text in rows:
        numeric[item] = numeric.get(item, True) and (text == UNAVAILABLE or _is_number(text))
    return Recording(
        changes=tuple(Change(at, item, _value(text, numeric=numeric[item])) for at, item, text in rows),
        numeric=numeric,
    )


def _row(number: int, line: str) -> tuple[datetime, str, str]:
    parts = line.rstrip("\r").split("|", 2)
    if len(parts) != 3 or not parts[1]:
        raise RecordingError(f"line {number} is not time|item|value: {line[:80]!r}")
    try:
        at = datetime.fromisoformat(parts[0])
    except ValueError as problem:
        raise RecordingError(f"line {number} does not begin with a time: {line[:80]!r}") from problem
    return at if at.tzinfo else at.replace(tzinfo=UTC), parts[1], parts[2]


def _time(row: tuple[datetime, str, str]) -> datetime:
    return row[0]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _value(text: str, *, numeric: bool) -> Value:
    if text == UNAVAILABLE:
        return None
    return float(text) if numeric else text
