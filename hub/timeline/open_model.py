"""What is said of time that no closed fact covers yet: the open interval, silence, and a window's edges. Pure.

The open interval is never shown beyond the machine's last proof of life. Where that is older than GRACE_US, the time
since then is `unknown`: questions say so, the ledger holds no guess. Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from hub.timeline.fold import Interval, Tail
from hub.timeline.run_model import BRIDGE_US, OpenRun, counted
from hub.timeline.state_model import State

GRACE_US: Final = 30_000_000


class Now(msgspec.Struct, frozen=True):
    """A machine's state as it is told now. `silent`: no proof of life within the grace."""

    state: State
    since_us: int | None
    program: str | None
    silent: bool


def is_silent(known_until_us: int | None, now_us: int) -> bool:
    """Whether the last proof of life is too old, or there never was one."""
    return known_until_us is None or now_us - known_until_us > GRACE_US


def open_intervals(tail: Tail, known_until_us: int | None, now_us: int) -> list[Interval]:
    """The open interval up to the last proof of life, then `unknown` until now once the grace is over."""
    if tail.since_us is None:
        return []
    silent = is_silent(known_until_us, now_us)
    if silent and tail.state == "unknown":
        return _some(tail.since_us, now_us, "unknown", tail.program)
    until = max(known_until_us if known_until_us is not None else tail.since_us, tail.since_us)
    shown = _some(tail.since_us, min(until, max(now_us, tail.since_us)), tail.state, tail.program)
    return shown + _some(until, now_us, "unknown", None) if silent else shown


def joined(closed: list[Interval], open_: list[Interval]) -> list[Interval]:
    """Closed intervals and what follows them; a first one of those with the same state and program goes on."""
    if closed and open_:
        last, first = closed[-1], open_[0]
        if (last.state, last.program, last.end_us) == (first.state, first.program, first.start_us):
            return [*closed[:-1], Interval(last.start_us, first.end_us, last.state, last.program), *open_[1:]]
    return [*closed, *open_]


def now_of(tail: Tail, known_until_us: int | None, now_us: int) -> Now:
    """The state now, with since when; `unknown` from the last proof of life on where the machine is silent."""
    silent = is_silent(known_until_us, now_us)
    if tail.since_us is None:
        return Now("unknown", None, None, silent)
    if silent and tail.state != "unknown":
        return Now("unknown", max(known_until_us or 0, tail.since_us), None, silent=True)
    return Now(tail.state, tail.since_us, tail.program, silent)


def run_now(run: OpenRun, known_until_us: int | None, now_us: int) -> tuple[OpenRun, int | None]:
    """An open run counted up to what is known, and its end where silence or blindness has ended it already."""
    known = min(now_us, max(known_until_us if known_until_us is not None else run.at_us, run.at_us))
    blind_since = run.blind_since_us
    if blind_since is None and is_silent(known_until_us, now_us):
        blind_since = known
    over = blind_since is not None and now_us - blind_since > BRIDGE_US
    return counted(run, known), blind_since if over else None


def cut(intervals: Iterable[Interval], from_us: int, to_us: int) -> list[Interval]:
    """Intervals cut to a window; what lies outside is left out."""
    return [
        Interval(max(i.start_us, from_us), min(i.end_us, to_us), i.state, i.program)
        for i in intervals
        if i.start_us < to_us and i.end_us > from_us
    ]


def _some(start_us: int, end_us: int, state: State, program: str | None) -> list[Interval]:
    return [Interval(start_us, end_us, state, program)] if end_us > start_us else []
