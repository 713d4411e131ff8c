"""Reasons of one company on disk, its reason codes and threshold; and a machine's stops, computed from its timeline.

Times are microseconds since 1970, UTC.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from contract.records import Reason, is_own_time
from contract.times import to_us
from hub.calendars import store as calendars
from hub.calendars.model import Calendar, planned, union
from hub.machines.report_model import Reported
from hub.machines.store import Known
from hub.stops.model import (
    DEFAULT_REASONS,
    DEFAULT_THRESHOLD_S,
    Given,
    Looked,
    ReasonCode,
    Span,
    Standing,
    looked,
    stretches,
)
from hub.stores.company import Reader, Writer
from hub.timeline import open_model
from hub.timeline import store as timeline
from hub.timeline.fold import Interval

_S: Final = 1_000_000
_HOUR_US: Final = 3600 * _S
_REACH_US: Final = (_HOUR_US, 24 * _HOUR_US, 8 * 24 * _HOUR_US, 64 * 24 * _HOUR_US)
"""How far beyond a window is looked for the ends of the stretches that are under way at its edges."""
_THRESHOLD: Final = "threshold_s"


def keep(writer: Writer, reports: Sequence[Reported]) -> Iterable[tuple[str, str]]:
    """Keeps the reasons among the reports; the machines whose stops they change."""
    rows = [_row(one, one.record) for one in reports if isinstance(one.record, Reason)]
    writer.many(
        "INSERT OR REPLACE INTO stop_reports (epoch_no, seq, machine, from_at, to_at, code, text, operator, ongoing,"
        " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return {("stops", str(row[2])) for row in rows}


def _row(one: Reported, reason: Reason) -> tuple[object, ...]:
    """`from` and `to` were told by the clock that told `at`: where that was corrected they move along."""
    at, seen = to_us(reason.at), to_us(reason.seen)
    moved = one.seen_us - seen if is_own_time(at, seen, None) else 0
    return (
        one.epoch_no, one.seq, reason.machine, to_us(reason.from_) + moved, to_us(reason.to) + moved,
        reason.code, reason.text, reason.operator, reason.ongoing, one.at_us,
    )  # fmt: skip


def givens(reader: Reader, machine: str, from_us: int, to_us_: int) -> list[Given]:
    """The reasons given for some time within ``[from, to]``, those withdrawing others among them."""
    rows = reader.all(
        "SELECT from_at, to_at, code, text, operator, ongoing, at, epoch_no, seq FROM stop_reports"
        " WHERE machine = ? AND to_at >= ? AND from_at <= ? ORDER BY at, epoch_no, seq",
        (machine, from_us, to_us_),
    )
    return [
        Given(start, end, code, text, operator, bool(ongoing), at, epoch_no, seq)
        for start, end, code, text, operator, ongoing, at, epoch_no, seq in rows
    ]


def reason_codes(reader: Reader) -> list[ReasonCode]:
    """The company's reasons, in its order; the default ones where it chose none."""
    rows = reader.all("SELECT code, ja, en, grp FROM stop_reasons ORDER BY position")
    return [ReasonCode(*row) for row in rows] if rows else list(DEFAULT_REASONS)


def set_reason_codes(writer: Writer, codes: Sequence[ReasonCode]) -> None:
    """Puts these reasons in place of those before; none: the default ones."""
    writer.run("DELETE FROM stop_reasons")
    writer.many(
        "INSERT INTO stop_reasons (code, ja, en, grp, position) VALUES (?, ?, ?, ?, ?)",
        [(one.code, one.ja, one.en, one.group, place) for place, one in enumerate(codes)],
    )


def threshold_s(reader: Reader) -> int:
    """How long a machine must stand for it to be a stop."""
    row = reader.one("SELECT value FROM stop_settings WHERE name = ?", (_THRESHOLD,))
    return DEFAULT_THRESHOLD_S if row is None else int(row[0])


def set_threshold_s(writer: Writer, seconds: int) -> None:
    """Sets how long a machine must stand for it to be a stop."""
    writer.run("INSERT OR REPLACE INTO stop_settings (name, value) VALUES (?, ?)", (_THRESHOLD, seconds))


def stops_of(reader: Reader, known: Known, calendar: Calendar, window: Span, now_us: int) -> Looked:
    """What a machine's planned time within a window went to, as far as it is known now.

    Stretches at the window's edges are looked at whole, so that neighbouring windows say the same of one stop.
    """

    def whole(a: int, b: int) -> list[Standing]:
        return stretches(_intervals(reader, known, a, b, now_us)[0], _planned(calendar, known, a, b))

    threshold_us = threshold_s(reader) * _S
    # a reason may have been tapped a little before the stretch it is for
    start, end = _began(whole, window[0]) - threshold_us, _ends(whole, window[1])
    intervals, open_us = _intervals(reader, known, start, end, now_us)
    return looked(
        intervals, _planned(calendar, known, start, end), givens(reader, known.machine, start, end),
        threshold_us, window, open_us,
    )  # fmt: skip


def _began(whole: Callable[[int, int], list[Standing]], at_us: int) -> int:
    """Where the stretch began that is under way at `at_us`; `at_us` where none is."""
    start = at_us
    for reach in _REACH_US:
        found = whole(at_us - reach, at_us)
        if not found or found[-1].end_us < at_us:
            return at_us
        start = found[-1].start_us
        if start > at_us - reach:
            return start
    return start


def _ends(whole: Callable[[int, int], list[Standing]], at_us: int) -> int:
    """Where the stretch ends that is under way at `at_us`; `at_us` where none is."""
    end = at_us
    for reach in _REACH_US:
        found = whole(at_us, at_us + reach)
        if not found or found[0].start_us > at_us:
            return at_us
        end = found[0].end_us
        if end < at_us + reach:
            return end
    return end


def _planned(calendar: Calendar, known: Known, from_us: int, to_us_: int) -> list[Span]:
    zone = calendars.zone_of(calendar, known.machine)
    return union((a, b) for a, b, _ in planned(calendar, known.machine, from_us, to_us_, zone))


def _intervals(
    reader: Reader, known: Known, from_us: int, to_us_: int, now_us: int
) -> tuple[list[Interval], int | None]:
    """The intervals within a window, and where the open one ends for now if the machine stands in it."""
    tail = timeline.tail(reader, known.machine_id)
    known_until = known.life.known_until_us if known.life is not None else None
    lasting = open_model.open_intervals(tail, known_until, now_us)
    closed = timeline.intervals(reader, known.machine_id, from_us, to_us_, None)
    whole = open_model.cut(open_model.joined(closed, lasting), from_us, to_us_)
    stands = len(lasting) == 1 and lasting[0].state not in ("running", "unknown")
    return whole, lasting[0].end_us if stands else None
