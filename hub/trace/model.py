"""What a step in the life of a lot is, what parentage it claims, and which claims close a circle. Pure.

Lots and serials (a serial is a lot of one) form a graph without circles (DESIGN §6.5). Steps are ordered by
(time, epoch number, number): that order, not the one they arrived in, decides which of two contradicting steps
stands. Times are microseconds since 1970; quantities are in the unit that stands beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

Action: TypeAlias = Literal["receive", "consume", "produce", "split", "merge", "ship"]
Direction: TypeAlias = Literal["back", "forward"]
Identity: TypeAlias = tuple[int, int]
"""(epoch number, number) of a record."""
MAX_NAME: Final = 64


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One `lot` record as it counts."""

    at_us: int
    epoch_no: int
    seq: int
    action: Action
    lot: str
    item: str | None = None
    quantity: float | None = None
    unit: str | None = None
    parents: tuple[str, ...] = ()
    taken: tuple[float | None, ...] = ()
    order: str | None = None
    operation: str | None = None
    machine: str | None = None
    operator: str | None = None
    customer: str | None = None
    certificate: str | None = None

    @property
    def identity(self) -> Identity:
        """Which record it is."""
        return self.epoch_no, self.seq

    @property
    def place(self) -> tuple[int, int, int]:
        """Its place among all steps."""
        return self.at_us, self.epoch_no, self.seq

    @property
    def work(self) -> tuple[str, str] | None:
        """(order, operation) it belongs to; None where it names no order."""
        return None if self.order is None else (self.order, self.operation or "")


class Claim(msgspec.Struct, frozen=True):
    """One step says that `parent` went into `child`; `stated`: how much of the parent, where that is said."""

    parent: str
    child: str
    stated: float | None


def claims_of(step: Step) -> list[Claim]:
    """The parentage that a step claims by itself: each of its parents went into its lot.

    How much of a parent: `taken` says it; a step with one parent other than `produce` says it by its own quantity.
    """
    if step.action == "ship":
        return []
    alone = len(step.parents) == 1 and step.action != "produce"
    taken = step.taken or ((step.quantity,) if alone else ())
    return [
        Claim(parent, step.lot, taken[number] if number < len(taken) else None)
        for number, parent in enumerate(step.parents)
    ]


def derived_claims(steps: Iterable[Step]) -> dict[Identity, list[Claim]]:
    """The parentage of what one operation of an order produced without naming parents: all that it had consumed.

    `steps` are those of one operation; a `consume` with parents says itself where they went.
    """
    eaten: dict[str, None] = {}
    found: dict[Identity, list[Claim]] = {}
    for step in sorted(steps, key=lambda one: one.place):
        if step.action == "consume" and not step.parents:
            eaten[step.lot] = None
        elif step.action == "produce" and not step.parents:
            found[step.identity] = [Claim(lot, step.lot, None) for lot in eaten if lot != step.lot]
    return found


class Claimant(msgspec.Struct, frozen=True):
    """A step with the edges (parent, child) that it claims; lots by their numbers."""

    place: tuple[int, int, int]
    edges: tuple[tuple[int, int], ...]


def circular(claimants: Iterable[Claimant]) -> set[Identity]:
    """The steps that cannot stand: in the order of their places, each that would close a circle with those before.

    The result depends on the steps alone, not on the order they are given in.
    """
    children: dict[int, set[int]] = {}
    refused: set[Identity] = set()
    for claimant in sorted(claimants, key=lambda one: one.place):
        if any(_reaches(children, child, parent) for parent, child in claimant.edges):
            refused.add(claimant.place[1:])
            continue
        for parent, child in claimant.edges:
            children.setdefault(parent, set()).add(child)
    return refused


def _reaches(children: Mapping[int, set[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        fresh = children.get(here, set()) - seen
        seen |= fresh
        waiting += fresh
    return False


def depths(start: int, links: Sequence[tuple[Any, ...]], direction: Direction = "forward") -> dict[int, int]:
    """How many links (parent, child, …) each lot is away from `start` in a direction, by the shortest way.

    Links that come ring by ring, as a database's recursion finds them, are taken in one pass; any other order is
    noticed and counted ring by ring.
    """
    near, far = (1, 0) if direction == "back" else (0, 1)
    found = {start: 0}
    for link in links:
        depth = found.get(link[near])
        if depth is None or found.setdefault(link[far], depth + 1) > depth + 1:
            return _by_rings(start, [(each[near], each[far]) for each in links])
    return found


def _by_rings(start: int, edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    following: dict[int, list[int]] = {}
    for near, far in edges:
        following.setdefault(near, []).append(far)
    found, ring, depth = {start: 0}, [start], 0
    while ring:
        depth += 1
        ring = list({far: None for near in ring for far in following.get(near, ()) if far not in found})
        found.update(dict.fromkeys(ring, depth))
    return found
