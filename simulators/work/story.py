"""The whole day of the group: what is said and what was so, from one seed and the moment it began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.work import material, truth
from simulators.work.floor import Floor, Work
from simulators.work.group import BAD_LOT, GROUP
from simulators.work.plan import Plan, plans
from simulators.work.telling import Telling, mistakes

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """One company's day: what was planned, how it went, what its machines and people say, what was so."""

    plan: Plan
    floor: Floor
    records: list[Json]
    lots: list[material.Step]
    truth: Json


@dataclass(frozen=True, slots=True)
class Story:
    """The group's day. `recall`: by company, the lots that something of the bad coil went into."""

    days: tuple[Day, ...]
    recall: dict[str, list[str]]

    def truth(self) -> Json:
        """All answers as JSON."""
        return {
            "companies": [day.truth for day in self.days],
            "bad_lot": BAD_LOT,
            "given_lot": {"from": f"LOT-{material.GIVEN_ORDER}", "to": material.RECEIVED_LOT},
            "recall": self.recall,
        }


def tell(seed: int, start: datetime) -> Story:
    """The day of that seed, begun at `start`. Half a second of work.

    Raises:
        ValueError: with this seed the lot that is handed over is not done in time.
    """
    first, second, third = plans()
    giving = Work(first, seed, {}).day()
    done = material.finished(giving, first.find(material.GIVEN_ORDER))
    arrives = material.taken_at(giving)
    assert done is not None
    taking = Work(second, seed, {material.TAKING_ORDER: arrives}).day()
    received = arrives - material.TRAVEL_MS // 2, float(done[1])
    days = tuple(
        _day(floor, seed, start, received if floor is taking else None)
        for floor in (giving, taking, Work(third, seed, {}).day())
    )
    bad = truth.descendants(days[0].truth["links"], BAD_LOT)
    there = [material.RECEIVED_LOT, *truth.descendants(days[1].truth["links"], material.RECEIVED_LOT)]
    return Story(days, {GROUP[0].slug: bad, GROUP[1].slug: sorted(there), GROUP[2].slug: []})


def _day(floor: Floor, seed: int, start: datetime, received: tuple[int, float] | None) -> Day:
    wrong = mistakes(floor, seed)
    lots = material.steps(floor, received)
    telling = Telling(floor, wrong, start)
    return Day(floor.plan, floor, telling.records(lots), lots, truth.told(floor, wrong, lots, telling.time))
