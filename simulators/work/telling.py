"""What machines and people say of the day: records in the hub's words, in the order of being said.

A record is a JSON object with its kind and `at`; who sends it adds numbers and `seen`. Machines speak of themselves as
`mtconnect` does; people tap at terminals, give reasons afterwards, measure, and move lots. They also make mistakes:
some count wrongly, some forget to say that they are done, some leave a stop without a reason. Pure and seeded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.wires import rfc3339
from simulators.work.floor import END, Floor, Standing, Stint
from simulators.work.group import Station
from simulators.work.material import Step

Json = dict[str, Any]
WRONG_COUNTS = 2
FORGOTTEN = 2
UNTOLD_ODDS = 0.15
OFF_MS = 1000
ALARM_MS = 2000
"""A machine that breaks down has ended its program before it says so."""
COUNTED = ("counter", "signature")
"""Machines that know what they made of one order: only there can a hub notice a person's mistake."""
REASONS = {
    "setup": "setup",
    "material": "material",
    "breakdown": "breakdown",
    "absent": "operator",
    "no_work": "no-work",
}
"""The hub's codes for why a machine stands."""
HEALTHY = {"availability": "AVAILABLE", "power": "ON", "estop": "ARMED", "mode": "AUTOMATIC", "execution": "READY"}
Key = tuple[str, str]
"""Order and number of an operation."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What people tell wrongly: by how much they miscount an operation, which they never report as done."""

    counts: dict[Key, int]
    forgotten: frozenset[Key]
    untold: frozenset[tuple[str, int]]
    """Standings nobody explains: machine and beginning."""


def mistakes(floor: Floor, seed: int) -> Mistakes:
    """Some of each company's finished work, and some of the standing; what was forgotten had been made in full."""
    company = floor.plan.company
    dice = Random(f"{seed}/{company.slug}/mistakes")  # noqa: S311 - a seeded story, no secret
    counted = [s for s in floor.stints if s.station.rule in COUNTED and s.end is not None]
    done = [(stint.orders[0][0], company.operation(stint.position)) for stint in counted]
    whole = [
        key for key, stint in zip(done, counted, strict=True) if stint.good(key[0]) == floor.plan.find(key[0]).quantity
    ]
    forgotten = frozenset(dice.sample(whole, min(FORGOTTEN, len(whole))))
    chosen = dice.sample([key for key in done if key not in forgotten], WRONG_COUNTS)
    wrong = {key: dice.choice((-2, -1, 1, 3)) for key in chosen}
    untold = {
        (machine, standing.start)
        for machine, all_of in floor.standing.items()
        for standing in all_of
        if dice.random() < UNTOLD_ODDS
    }
    return Mistakes(wrong, forgotten, frozenset(untold))


class Telling:
    """All that is said of one company's day that began at `start`."""

    def __init__(self, floor: Floor, wrong: Mistakes, start: datetime) -> None:
        self._floor = floor
        self._wrong = wrong
        self._start = start

    def records(self, lots: list[Step]) -> list[Json]:
        """Everything, by time; what one says at one moment stays in its order.

        A hand-over between companies is no record: `simulators.work.feed.hand_over` does it.
        """
        said = [
            *self._machines(),
            *self._people(),
            *self._measuring(),
            *(self._lot(step) for step in lots if not step.given),
        ]
        return [record for _, record in sorted(said, key=lambda each: each[0])]

    def _said(self, at: int, kind: str, **fields: Any) -> tuple[int, Json]:
        told = {key: value for key, value in fields.items() if value is not None}
        return at, {"kind": kind, "at": self.time(at), **told}

    def time(self, at: int) -> str:
        """RFC 3339 of a moment of the day."""
        return rfc3339(self._start + timedelta(milliseconds=at))

    def _machines(self) -> Iterator[tuple[int, Json]]:
        for station in self._floor.plan.company.stations:
            if station.key is None:
                continue
            stints = [stint for stint in self._floor.stints if stint.station is station]
            yield self._said(
                0, "machine", machine=station.key, name=station.name, driver="opcua", state_model="mtconnect",
                part_rule=station.rule or "person", signals=[{"name": name} for name in (*HEALTHY, "program", "step")],
            )  # fmt: skip
            for signal, value in HEALTHY.items():
                yield self._signal(0, station, signal, value)
            if station.rule == "counter":
                yield self._signal(0, station, "part_count", 0)
            count = 0
            for stint in stints:
                yield from self._stint(stint, count)
                count += len(stint.pieces)
            yield from self._alarms(station)
            yield self._signal(END + OFF_MS, station, "power", "OFF")

    def _signal(self, at: int, station: Station, signal: str, value: str | int) -> tuple[int, Json]:
        return self._said(at, "observation", machine=station.key, signal=signal, value=value)

    def _stint(self, stint: Stint, count: int) -> Iterator[tuple[int, Json]]:
        station, (order, *_) = stint.station, stint.orders
        product = self._floor.plan.find(order[0]).product
        yield self._signal(stint.start, station, "program", stint.program)
        if station.rule != "nest":
            yield self._signal(stint.start, station, "program_comment", product.name)
        if station.rule == "signature":
            yield self._signal(stint.start, station, "order", order[0])
            yield self._signal(stint.start, station, "operation", self._floor.plan.company.operation(stint.position))
        for piece in stint.pieces:
            count += 1
            for run in piece.runs:
                yield self._signal(run.start, station, "execution", "ACTIVE")
                for number, label in enumerate(run.steps):
                    at = run.start + (run.end - run.start) * number // len(run.steps)
                    yield self._signal(at, station, "step", label)
                if run is piece.runs[-1] and station.rule == "counter":
                    yield self._signal(run.end - 500, station, "part_count", count)
                yield self._signal(run.end, station, "execution", "READY" if run is piece.runs[-1] else "STOPPED")
                yield self._signal(run.end, station, "step", "0")

    def _alarms(self, station: Station) -> Iterator[tuple[int, Json]]:
        assert station.key is not None
        for standing in self._floor.standing.get(station.key, []):
            if standing.cause == "breakdown":
                alarm = {"machine": station.key, "id": "fault", "code": "E100", "text": "搬送異常"}
                at = standing.start + ALARM_MS
                yield self._signal(at, station, "estop", "TRIGGERED")
                yield self._said(at, "condition", level="fault", **alarm)
                if standing.end < END:
                    yield self._signal(standing.end, station, "estop", "ARMED")
                    yield self._said(standing.end, "condition", level="normal", **alarm)

    def _people(self) -> Iterator[tuple[int, Json]]:
        for stint in self._floor.stints:
            for order, *_ in stint.orders:
                yield from self._taps(stint, order)
        for machine, all_of in self._floor.standing.items():
            for standing in all_of:
                if (machine, standing.start) not in self._wrong.untold:
                    yield self._reason(machine, standing)

    def _taps(self, stint: Stint, order: str) -> Iterator[tuple[int, Json]]:
        key = order, self._floor.plan.company.operation(stint.position)
        common = {
            "order": order, "operation": key[1], "machine": stint.station.key, "operator": stint.station.operator,
        }  # fmt: skip
        yield self._said(stint.start, "progress", action="start", **common)
        if stint.pieces and stint.station.machine is not None:
            yield self._said(stint.pieces[0].runs[-1].end + 1000, "progress", action="first_ok", **common)
        counted = {
            "good": stint.good(order) + self._wrong.counts.get(key, 0),
            "reject": stint.rejects(order),
            "rework": stint.reworks(order),
        }
        if stint.end is None:
            yield self._said(END - 2000, "progress", action="report", **counted, **common)
            yield self._said(END - 1000, "progress", action="pause", reason="day-end", **common)
        elif key not in self._wrong.forgotten:
            yield self._said(stint.end + 3000, "progress", action="finish", **counted, **common)

    def _reason(self, machine: str, standing: Standing) -> tuple[int, Json]:
        station = next(s for s in self._floor.plan.company.stations if s.key == machine)
        return self._said(
            min(standing.end + 5000, END - 500), "reason", machine=machine, code=REASONS[standing.cause],
            operator=station.operator, **{"from": self.time(standing.start), "to": self.time(standing.end)},
        )  # fmt: skip

    def _measuring(self) -> Iterator[tuple[int, Json]]:
        for series in self._floor.series.values():
            gauge = series.gauge
            position = int(gauge.operation) // 10 - 1
            station = self._floor.plan.company.stations[position]
            for point in series.points:
                yield self._said(
                    point.at + 2000, "inspection", machine=station.key, order=point.order, operation=gauge.operation,
                    characteristic=gauge.characteristic, value=point.value, unit=gauge.unit,
                    instrument=gauge.instrument, operator=station.operator,
                )  # fmt: skip

    def _lot(self, step: Step) -> tuple[int, Json]:
        parents, taken = [name for name, _ in step.parents], [amount for _, amount in step.parents]
        return self._said(
            step.at, "lot", action=step.action, lot=step.lot, item=step.item, quantity=step.quantity, unit=step.unit,
            parents=parents or None, taken=taken or None, order=step.order, operation=step.operation,
            machine=step.machine, customer=step.customer,
        )  # fmt: skip
