"""How the day goes at the stations: who works when on what, piece by piece, and why a machine stands. Seeded, pure.

Orders pass the stations one after the other as whole lots. A station takes the next order when it is free and the
order has come; it is set up, works piece by piece, and now and then stands. What is not done at the end of the day
stays undone: a piece that would not be finished is not begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from simulators.work.gauging import Series
from simulators.work.group import DAY_S, Station
from simulators.work.plan import Nest, Plan

END = DAY_S * 1000
LAST = END - 150_000
"""What would not be done by then is not begun any more."""
TWO_STARTS_ODDS = 0.06
BREAK_ODDS = 0.012
REJECT_ODDS = 0.005
REWORK_ODDS = 0.006
SETUP_S = (200, 420)
LOAD_S = (6, 15)
BREAK_S = (400, 1100)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch in which a machine ran a program: the steps it did, from `start` to `end`."""

    start: int
    end: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, or one sheet: its runs (more than one where it was started twice), and what became of it.

    Of the pieces of its operation `reject` were thrown away and `rework` put aside; all others are good.
    """

    runs: tuple[Run, ...]
    reject: int = 0
    rework: int = 0
    measured: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A machine stands for a cause: `setup`, `material`, `breakdown`, `absent`, `no_work`."""

    start: int
    end: int
    cause: str


@dataclass(slots=True)
class Stint:
    """One operation of one order (or the several of one nest) at its station, as it really went."""

    station: Station
    position: int
    orders: tuple[tuple[str, int, int], ...]
    """(order, pieces that came, pieces each run gives)."""
    program: str
    start: int
    pieces: list[Piece] = field(default_factory=list)
    end: int | None = None
    """When it was done; None where the day was over before."""

    @property
    def last(self) -> int:
        """When the last piece so far was done, or it was begun."""
        return self.pieces[-1].runs[-1].end if self.pieces else self.start

    def made(self, order: str) -> int:
        """Pieces of an order that were worked on, good or not."""
        return len(self.pieces) * next(share for name, _, share in self.orders if name == order)

    def rejects(self, order: str) -> int:
        """Pieces of an order that were thrown away; a nest's bad pieces are of its first order."""
        return sum(piece.reject for piece in self.pieces) if order == self.orders[0][0] else 0

    def reworks(self, order: str) -> int:
        """Pieces that were put aside because they need more work."""
        return sum(piece.rework for piece in self.pieces) if order == self.orders[0][0] else 0

    def good(self, order: str) -> int:
        """Pieces that went on."""
        return self.made(order) - self.rejects(order) - self.reworks(order)


@dataclass(slots=True)
class Floor:
    """One company's day: all stints in order of beginning, why each machine stood, and its measurements."""

    plan: Plan
    stints: list[Stint] = field(default_factory=list)
    standing: dict[str, list[Standing]] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)

    def stint(self, order: str, position: int) -> Stint | None:
        """How an operation went; None where it was never begun."""
        found = (s for s in self.stints if s.position == position and any(name == order for name, *_ in s.orders))
        return next(found, None)


class Work:
    """Lets one company work for a day. `waits`: orders that cannot begin before a moment."""

    def __init__(self, plan: Plan, seed: int, waits: Mapping[str, int]) -> None:
        self._plan = plan
        self._dice = Random(f"{seed}/{plan.company.slug}/floor")  # noqa: S311 - a seeded story, no secret
        self._waits = waits
        self._free = [0] * len(plan.company.stations)
        self._floor = Floor(plan)
        self._floor.series = {p.gauge.characteristic: Series(p.gauge, seed) for p in plan.company.products}

    def day(self) -> Floor:
        """The whole day."""
        company = self._plan.company
        arrives = {order.order: self._waits.get(order.order, 0) for order in self._plan.orders}
        comes = {order.order: order.quantity for order in self._plan.orders}
        for position, station in enumerate(company.stations):
            waiting = self._groups(station)
            while waiting:
                group = min(waiting, key=lambda group: self._turn(group, arrives, self._free[position]))
                waiting.remove(group)
                names, nest = group
                stint = self._begin(position, station, names, comes, nest, max(arrives[name] for name in names))
                for name in names:
                    done = stint is not None and stint.end is not None
                    arrives[name] = stint.end if stint and stint.end is not None else END
                    comes[name] = stint.good(name) if stint and done else 0
            if station.key is not None:
                self._stand(station.key, self._free[position], END, "no_work")
        self._floor.stints.sort(key=lambda stint: (stint.start, stint.position))
        return self._floor

    def _groups(self, station: Station) -> list[tuple[tuple[str, ...], Nest | None]]:
        """What is worked on together: the orders of a nest, or one order."""
        if station.rule == "nest":
            return [(tuple(name for name, _ in nest.lines), nest) for nest in self._plan.nests]
        return [((order.order,), None) for order in self._plan.orders]

    def _turn(
        self, group: tuple[tuple[str, ...], Nest | None], arrives: Mapping[str, int], free: int
    ) -> tuple[int, bool, str]:
        """Who is there goes first, and of them the one that somebody waited for."""
        names, _ = group
        return max(free, *(arrives[name] for name in names)), names[0] not in self._waits, names[0]

    def _begin(
        self, position: int, station: Station, names: tuple[str, ...], comes: Mapping[str, int], nest: Nest | None,
        ready: int,
    ) -> Stint | None:  # fmt: skip
        begin = max(ready, self._free[position])
        setup = self._ms(*SETUP_S) if station.machine else self._ms(20, 60)
        if begin + setup >= LAST or not all(comes[name] for name in names):
            return None
        shares = dict(nest.lines) if nest else dict.fromkeys(names, 1)
        orders = tuple((name, comes[name], shares[name]) for name in names)
        product = self._plan.find(names[0]).product
        program = nest.program if nest else f"P{product.item.partition('-')[2]}-{position + 1}"
        stint = Stint(station, position, orders, program, begin)
        self._floor.stints.append(stint)
        if station.key is not None:
            self._stand(station.key, self._free[position], begin, "material")
            self._stand(station.key, begin, begin + setup, "setup")
        cycle_s = product.cycles_s[position] * (sum(shares.values()) if nest else 1)
        count = nest.sheets if nest else comes[names[0]]
        self._work(stint, begin + setup, count, cycle_s)
        stood = self._floor.standing[station.key][-1].end if station.key is not None else 0
        self._free[position] = max(stint.last if stint.pieces else begin + setup, stood)
        return stint

    def _work(self, stint: Stint, now: int, count: int, cycle_s: float) -> None:
        for number in range(count):
            if number:
                now += self._pause(stint, now)
            runs = self._runs(stint.station, now, round(cycle_s * 1000 * self._dice.uniform(0.97, 1.03)))
            if runs[-1].end >= LAST:
                return
            stint.pieces.append(self._judge(stint, runs))
            now = runs[-1].end
        stint.end = now

    def _pause(self, stint: Stint, now: int) -> int:
        """How long until the next piece; once in a while something is wrong."""
        key = stint.station.key
        if key is None or self._dice.random() >= BREAK_ODDS:
            return self._ms(*LOAD_S)
        span = self._ms(*BREAK_S)
        self._stand(key, now, min(now + span, END), self._dice.choice(("breakdown", "breakdown", "absent")))
        return span

    def _runs(self, station: Station, start: int, cycle: int) -> tuple[Run, ...]:
        blocks = station.blocks
        if station.rule != "signature" or self._dice.random() >= TWO_STARTS_ODDS:
            return (Run(start, start + cycle, blocks),)
        cut = self._dice.randint(1, len(blocks) - 1)
        first = start + cycle * cut // len(blocks)
        again = first + self._ms(20, 50)
        return Run(start, first, blocks[:cut]), Run(again, again + cycle - (first - start), blocks[cut - 1 :])

    def _judge(self, stint: Stint, runs: tuple[Run, ...]) -> Piece:
        gauge = self._plan.find(stint.orders[0][0]).product.gauge
        measured = None
        if gauge.operation == self._plan.company.operation(stint.position) and len(stint.pieces) % gauge.every == 0:
            series = self._floor.series[gauge.characteristic]
            measured = series.take(stint.orders[0][0], runs[-1].end)
            low, high = gauge.limits
            if not low <= measured <= high:
                return Piece(runs, reject=1, measured=measured)
        chance = self._dice.random()
        return Piece(
            runs,
            reject=int(chance < REJECT_ODDS and measured is None),
            rework=int(REJECT_ODDS <= chance < REJECT_ODDS + REWORK_ODDS),
            measured=measured,
        )

    def _stand(self, machine: str, start: int, end: int, cause: str) -> None:
        if end > start:
            self._floor.standing.setdefault(machine, []).append(Standing(start, end, cause))

    def _ms(self, low: float, high: float) -> int:
        return round(self._dice.uniform(low, high) * 1000)
