"""What the hub says beside what was true. Where nobody looked it may be unknown; it may never be anything wrong.

All times µs since 1970, UTC; windows are half-open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from contract.times import rfc3339, to_us
from tests.journey.faults.ledger import LedgerWatch
from tests.support.hub import HubProcess

S = 1_000_000
PROOF_US = 6 * S
"""A proof of life is kept at least every 5 s: so far back a loss may reach."""
MARGIN_US = S
SPAN_TOLERANCE_S = 0.010

Json = dict[str, Any]
Piece = tuple[int, int, str, str | None]
"""(start, end, state, program)"""


@dataclass(frozen=True, slots=True)
class Outage:
    """One fault as a machine saw it: it lasted over ``[began, back)``, and by `seen` all was well again.

    `blind`: nobody may have looked meanwhile; `surely`: nobody did.
    """

    began: int
    back: int
    seen: int
    blind: bool
    surely: bool
    lossy: bool
    """What was said meanwhile is kept by nobody."""
    repeats: bool
    """What is sent twice by the machine's side is no duplicate of ours."""

    def excuses_unknown(self, start: int, end: int) -> bool:
        return self.blind and self.began - PROOF_US <= start and end <= self.seen + MARGIN_US

    def touches(self, start: int, end: int) -> bool:
        return start < self.seen + MARGIN_US and end > self.began - PROOF_US

    def covers(self, at: int) -> bool:
        return self.began - MARGIN_US <= at <= self.seen + MARGIN_US


class Wrong(AssertionError):
    """The hub does not say what was true."""


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


def stamp(at: int) -> str:
    return rfc3339(at)


def pieces(rows: Iterable[Json], since: int, until: int) -> list[Piece]:
    """Intervals cut to a window."""
    found = [(us(r["start"]), us(r["end"]) if r["end"] else until, r["state"], r["program"]) for r in rows]
    return [(max(a, since), min(b, until), state, program) for a, b, state, program in found if a < until and b > since]


def states(hub: HubProcess, machine: str, true: Json, window: tuple[int, int], outages: list[Outage]) -> int:
    """Judges the states in a window; µs that were unknown though the machine knew better."""
    since, until = window
    asked = {"from": rfc3339(since), "to": rfc3339(until)}
    said = pieces(hub.pages(f"/machines/main/{machine}/states", "intervals", **asked), since, until)
    if not said or (said[0][0], said[-1][1]) != window or any(a[1] != b[0] for a, b in pairwise(said)):
        raise Wrong(f"{machine}: its states do not tile {stamp(since)} to {stamp(until)}: {said[:2]} … {said[-2:]}")
    unknown = 0
    for one in said:
        for other in pieces(true["intervals"], one[0], one[1]):
            start, end, was, _ = other
            if one[2] == "unknown" != was:
                unknown += end - start
                if not any(outage.excuses_unknown(max(start, since), end) for outage in outages):
                    raise Wrong(
                        f"{machine}: unknown without a reason {stamp(start)} to {stamp(end)}; it was {other[2:]}"
                    )
            elif one[2] == was and one[3] is None and any(o.excuses_unknown(max(start, since), end) for o in outages):
                continue  # it runs, but what was not said yet
            elif one[2:] != other[2:]:
                raise Wrong(f"{machine}: {stamp(start)} to {stamp(end)} said {one[2:]}, it was {other[2:]}")
            # whoever reads again later is told since when each value holds, which may light up an earlier dark
            elif was != "unknown" and any(_is_dark(outage, start, end) for outage in outages[-1:]):
                raise Wrong(f"{machine}: known while nobody looked, {stamp(start)} to {stamp(end)}: {one[2:]}")
    return unknown


def _is_dark(outage: Outage, start: int, end: int) -> bool:
    return outage.surely and min(end, outage.back) > max(start, outage.began + MARGIN_US // 2)


def runs(hub: HubProcess, machine: str, true: Json, window: tuple[int, int], outages: list[Outage]) -> int:
    """Judges the runs that lie wholly in a window and out of the dark; how many.

    Of a run that was partly in the dark the hub may know the rest as a run of its own.
    """
    since, until = window
    asked = {"from": rfc3339(since), "to": rfc3339(until)}
    rows = hub.pages(f"/machines/main/{machine}/runs", "runs", **asked)
    said, told = _clear(rows, window, outages), _clear(true["runs"], window, outages)
    if len({run["started_at"] for run in rows}) != len(rows):
        raise Wrong(f"{machine}: a run is told twice: {[run['started_at'] for run in rows]}")
    rests = [(us(run["started_at"]), us(run["ended_at"])) for run in true["runs"] if us(run["started_at"]) not in told]
    extra, missing = said.keys() - told.keys(), told.keys() - said.keys()
    extra = {at for at in extra if not any(a <= at and us(said[at]["ended_at"]) <= b for a, b in rests)}
    if extra or missing:
        raise Wrong(f"{machine}: runs too many {sorted(map(stamp, extra))}, missing {sorted(map(stamp, missing))}")
    for start, run in told.items():
        fault = _difference(run, said[start])
        if fault:
            raise Wrong(f"{machine}: run of {stamp(start)}: {fault}")
    return len(told)


def _clear(rows: Iterable[Json], window: tuple[int, int], outages: list[Outage]) -> dict[int, Json]:
    found = {}
    for row in rows:
        if row["ended_at"] is None:
            continue
        start, end = us(row["started_at"]), us(row["ended_at"])
        inside = window[0] < start and end < window[1]
        if inside and not any(outage.touches(start, end) for outage in outages):
            found[start] = row
    return found


def _difference(true: Json, said: Json) -> str | None:
    if us(true["ended_at"]) != us(said["ended_at"]):
        return f"ended {said['ended_at']}, it was {true['ended_at']}"
    for name in ("active_s", "held_s", "blind_s"):
        if abs(true[name] - said[name]) > SPAN_TOLERANCE_S:
            return f"{name} {said[name]}, it was {true[name]}"
    for name in ("program", "complete", "signature"):
        if true[name] != said[name]:
            return f"{name} {said[name]!r}, it was {true[name]!r}"
    return None


def serials(
    ledger: LedgerWatch, machine: str, true: Json, window: tuple[int, int], outages: list[Outage]
) -> tuple[int, int]:
    """(lost, duplicated) among the serials of a window: every one once, at its own time, where somebody looked."""
    here = ledger.times[machine]
    lost = duplicated = 0
    for at, number in true["serials"]:
        if not window[0] <= at < window[1]:
            continue
        times = here.get(int(number), [])
        if at not in times:
            lost += not any(outage.lossy and outage.covers(at) for outage in outages)
        elif len(times) > 1:
            duplicated += not any((outage.repeats or outage.lossy) and outage.covers(at) for outage in outages)
    return lost, duplicated


def telemetry(
    hub: HubProcess,
    address: str,
    true: list[list[Any]],
    window: tuple[int, int],
    outages: list[Outage],
    *,
    repeats: bool,
) -> int:
    """Judges every sample of one measure in a window; how many were true.

    An OPC UA server says a value again only where it changed (no `repeats`).
    """
    machine, _, signal = address.partition("/")
    asked = {"from": rfc3339(window[0]), "to": rfc3339(window[1]), "limit": "5000"}
    rows = hub.pages(f"/machines/main/{machine}/series/{signal}", "samples", **asked)
    said = [(us(row["t"]), row["mean"]) for row in rows if row["mean"] is not None]
    told = {(at, value) for at, value in true if value is not None and window[0] <= at < window[1]}
    unchanged = {(at, value) for (_, before), (at, value) in pairwise(true) if value == before}
    if len(said) != len(set(said)):
        raise Wrong(f"{address}: samples twice")
    missing = {
        point
        for point in told - set(said) - (set() if repeats else unchanged)
        if not any(outage.lossy and outage.covers(point[0]) for outage in outages)
    }
    extra = {point for point in set(said) - told if not any(outage.covers(point[0]) for outage in outages)}
    if missing or extra:
        show = [(stamp(at), value) for at, value in (*sorted(missing)[:3], *sorted(extra)[:3])]
        raise Wrong(f"{address}: {len(missing)} samples missing, {len(extra)} too many of {len(told)}: {show}")
    return len(told)
