"""What really happened, as a hub that was told everything would answer: JSON, durations in seconds, moments RFC 3339.

Nothing here looks at what was said but where a person's mistake is part of the answer: then both are given, what was
told and what was so, for such an operation must be listed as disagreeing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from simulators.work.floor import END, Floor, Standing
from simulators.work.gauging import DRIFT_FROM, first_signal
from simulators.work.group import Station
from simulators.work.material import Step
from simulators.work.telling import REASONS, Mistakes

Json = dict[str, Any]
STOP_MS = 120_000
"""Shorter standing is no stop."""


def told(floor: Floor, wrong: Mistakes, lots: list[Step], time: Callable[[int], str]) -> Json:
    """All answers about one company's day."""
    return {
        "company": floor.plan.company.slug,
        "from": time(0),
        "until": time(END),
        "operations": [
            _operation(floor, wrong, order.order, position)
            for order in floor.plan.orders
            for position in range(len(floor.plan.company.stations))
        ],
        "machines": [
            _machine(floor, wrong, station, time) for station in floor.plan.company.stations if station.key is not None
        ],
        "characteristics": [_series(floor, name) for name in sorted(floor.series)],
        "links": _links(lots),
        "shipped": sorted(
            ({"lot": s.lot, "customer": s.customer, "quantity": s.quantity} for s in lots if s.action == "ship"),
            key=lambda each: str(each["lot"]),
        ),
    }


def _operation(floor: Floor, wrong: Mistakes, order: str, position: int) -> Json:
    """`told`: what people said of it; `machine`: how many its machine worked on, None where no machine can know."""
    stint = floor.stint(order, position)
    key = order, floor.plan.company.operation(position)
    answer: Json = {"order": order, "operation": key[1], "machine": None, "misreported": None}
    if stint is None:
        nothing = {"status": "planned", "good": 0, "reject": 0, "rework": 0}
        return answer | nothing | {"told": dict(nothing)}
    counts = {"good": stint.good(order), "reject": stint.rejects(order), "rework": stint.reworks(order)}
    answer |= {"status": "finished" if stint.end is not None else "paused", **counts, "told": dict(counts)}
    answer["told"]["status"] = answer["status"]
    if stint.station.rule is not None and stint.pieces:
        answer["machine"] = stint.made(order)
    if key in wrong.counts:
        answer["told"]["good"] += wrong.counts[key]
        answer["misreported"] = "count"
    if key in wrong.forgotten:
        answer["told"] = {"status": "started", "good": 0, "reject": 0, "rework": 0}
        answer["misreported"] = "finish"
    return answer


def _machine(floor: Floor, wrong: Mistakes, station: Station, time: Callable[[int], str]) -> Json:
    """Runs, two-start pieces, and stops: `reasons` in seconds by code, "" where nobody said why.

    `counted`: whether its signals tell pieces.
    """
    assert station.key is not None
    stints = [stint for stint in floor.stints if stint.station is station]
    pieces = [piece for stint in stints for piece in stint.pieces]
    runs = sorted((run.start, run.end) for piece in pieces for run in piece.runs)
    stops = _stops(runs, floor.standing.get(station.key, []), wrong, station.key)
    totals: Counter[str] = Counter()
    for start, end, code in stops:
        totals[code] += end - start
    return {
        "machine": station.key,
        "counted": station.rule is not None,
        "runs": len(runs),
        "pieces": len(pieces),
        "two_starts": sum(len(piece.runs) > 1 for piece in pieces),
        "running_s": sum(end - start for start, end in runs) / 1000,
        "stop_s": sum(totals.values()) / 1000,
        "reasons": {code: span / 1000 for code, span in sorted(totals.items())},
        "stops": [{"from": time(start), "to": time(end), "code": code or None} for start, end, code in stops],
    }


def _stops(
    runs: list[tuple[int, int]], standing: list[Standing], wrong: Mistakes, machine: str
) -> list[tuple[int, int, str]]:
    """(from, to, code) of standing of two minutes and more, cut where the reason changes; they tile it."""
    edges = [0, *(moment for run in runs for moment in run), END]
    found: list[tuple[int, int, str]] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start < STOP_MS:
            continue
        said = [s for s in standing if (machine, s.start) not in wrong.untold and s.start < end and s.end > start]
        marks = sorted({start, end, *(max(s.start, start) for s in said), *(min(s.end, end) for s in said)})
        for a, b in pairwise(marks):
            codes = [REASONS[s.cause] for s in said if s.start <= a and s.end >= b]
            code = codes[-1] if codes else ""
            if found and found[-1][1] == a and found[-1][2] == code and a > start:
                found[-1] = (found[-1][0], b, code)
            else:
                found.append((a, b, code))
    return found


def _series(floor: Floor, characteristic: str) -> Json:
    """Points, those beyond the limits, from which point it drifts and at which a chart speaks (counted from 0)."""
    series = floor.series[characteristic]
    values = [point.value for point in series.points]
    low, high = series.gauge.limits
    drifts = series.drifts and len(values) > DRIFT_FROM
    return {
        "characteristic": characteristic,
        "values": values,
        "beyond": [number for number, value in enumerate(values) if not low <= value <= high],
        "drift_from": DRIFT_FROM if drifts else None,
        "first_signal": first_signal(values),
    }


def _links(lots: Iterable[Step]) -> list[Json]:
    return [{"from": parent, "to": step.lot, "quantity": amount} for step in lots for parent, amount in step.parents]


def descendants(links: Iterable[Json], lot: str) -> list[str]:
    """Every lot that something of this one went into, sorted; without itself."""
    all_links = list(links)
    found: set[str] = set()
    waiting = [lot]
    while waiting:
        here = waiting.pop()
        fresh = {link["to"] for link in all_links if link["from"] == here} - found
        found |= fresh
        waiting += fresh
    return sorted(found)
