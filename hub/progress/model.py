"""How far an operation is: planned → started → (paused) → finished, and how many (DESIGN §6.5). Pure.

Amounts of reports add up: each says what came since the one before. The quantity is the machine's where its parts are
bound to the operation, and the reports' else; where both are there and differ, both are shown. What contradicts
itself is kept and named, never mended. Times are microseconds since 1970.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec

Action: TypeAlias = Literal["start", "pause", "resume", "finish", "first_ok", "report"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
Status: TypeAlias = Literal["planned", "started", "paused", "finished"]
Fault: TypeAlias = Literal[
    "counts_differ", "more_than_ordered", "negative", "finished_not_started", "fewer_than_ordered", "finish_missing",
    "nothing_ordered",
]  # fmt: skip
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)
_STATUS_AFTER: Final[dict[Action, Status]] = {
    "start": "started", "resume": "started", "first_ok": "started", "pause": "paused", "finish": "finished",
}  # fmt: skip


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reported of an operation; of two at one instant the higher (epoch_no, seq) is the later."""

    at_us: int
    epoch_no: int
    seq: int
    order: str
    operation: str
    action: Action
    machine: str | None = None
    good: int | None = None
    reject: int | None = None
    rework: int | None = None
    reason: str | None = None
    operator: str | None = None


class Bound(msgspec.Struct, frozen=True):
    """What machines did for an operation. `made` None: they ran for it, but do not tell parts."""

    made: int | None
    started_us: int
    ended_us: int
    runs: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far an operation is. `machine_good`: parts that machines made, None where none are bound.

    `reported_good`: the sum of what was reported, None where nobody reported a quantity. `good` is the one that counts.
    `disagree`: `faults` names something that does not add up.
    """

    status: Status
    ordered: int | None
    good: int
    reject: int
    rework: int
    machine_good: int | None
    reported_good: int | None
    remaining: int | None
    started_us: int | None
    finished_us: int | None
    faults: tuple[Fault, ...]

    @property
    def disagree(self) -> bool:
        """Whether something about it does not add up."""
        return bool(self.faults)


def in_order(reports: Iterable[Report]) -> list[Report]:
    """Reports as they count, by time; the same whatever order they came in."""
    return sorted(reports, key=lambda each: (each.at_us, each.epoch_no, each.seq))


def standing(ordered: int | None, reports: Iterable[Report], bound: Bound | None) -> Standing:
    """How far an operation is, of which `ordered` are to be made (None: it is no operation of ours)."""
    told = in_order(reports)
    status, started_us, finished_us, unstarted = _course(told)
    if bound is not None:
        started_us = bound.started_us if started_us is None else min(started_us, bound.started_us)
        status = "started" if status == "planned" else status
        unstarted = False
    reported = _sum(each.good for each in told)
    reject, rework = _sum(each.reject for each in told) or 0, _sum(each.rework for each in told) or 0
    made = bound.made if bound is not None else None
    good = max(0, made - reject - rework) if made is not None else reported or 0
    result = Standing(
        status=status, ordered=ordered, good=good, reject=reject, rework=rework, machine_good=made,
        reported_good=reported, remaining=None if ordered is None else max(0, ordered - good), started_us=started_us,
        finished_us=finished_us if status == "finished" else None, faults=(),
    )  # fmt: skip
    return msgspec.structs.replace(result, faults=_faults(result, told, unstarted=unstarted))


def _course(told: Sequence[Report]) -> tuple[Status, int | None, int | None, bool]:
    """Status, when it started, when it last finished, and whether it finished without ever having started."""
    status: Status = "planned"
    started_us = finished_us = None
    unstarted = False
    for each in told:
        if status == "planned" and each.action == "finish":
            unstarted = True
        after = _STATUS_AFTER.get(each.action, "started" if status == "planned" else status)
        # a first good piece or a count reported after the end only corrects what was said
        status = status if status == "finished" and each.action in ("first_ok", "report", "pause") else after
        started_us = each.at_us if started_us is None else started_us
        finished_us = each.at_us if each.action == "finish" else finished_us
    return status, started_us, finished_us, unstarted


def _sum(amounts: Iterable[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _faults(found: Standing, told: Sequence[Report], *, unstarted: bool) -> tuple[Fault, ...]:
    """What does not add up, in the order of `FAULTS`."""
    made, reported, ordered = found.machine_good, found.reported_good, found.ordered
    wrong: set[Fault] = set()
    if made is not None and reported is not None:
        told_of = reported + found.reject + found.rework
        # while it is under way a person reports behind the machine: only more than was made is wrong then
        if told_of > made or (told_of != made and found.status == "finished"):
            wrong.add("counts_differ")
    if any((amount or 0) < 0 for each in told for amount in (each.good, each.reject, each.rework)):
        wrong.add("negative")
    if unstarted:
        wrong.add("finished_not_started")
    if ordered is None:
        wrong.add("nothing_ordered")
    else:
        if max(found.good, reported or 0) > ordered:
            wrong.add("more_than_ordered")
        if found.status == "finished" and found.good < ordered:
            wrong.add("fewer_than_ordered")
        if found.status != "finished" and made is not None and found.good >= ordered:
            wrong.add("finish_missing")
    return tuple(fault for fault in FAULTS if fault in wrong)
