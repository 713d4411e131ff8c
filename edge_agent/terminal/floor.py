"""What the terminal knows of the work at its site: its own taps upon the hub's list. Pure.

The hub's word on an operation counts where it was made after the last tap here and that tap is at the hub; else the
taps made here count, on top of what the hub knew before. Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract.times import to_us
from contract.worklist import Check, Worklist, WorkOperation
from edge_agent.terminal.deeds import PROGRESS, Deed


@dataclass(frozen=True, slots=True)
class Tapped:
    """A tap that is on disk. `at_hub`: acknowledged by the hub; `refused`: why the hub keeps it aside, unread."""

    id: str
    at_us: int
    deed: Deed
    at_hub: bool
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """How an operation stands. `people` are at it now; `lots` went into it here."""

    status: str = "planned"
    good: int = 0
    reject: int = 0
    rework: int = 0
    people: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    machine: str | None = None
    since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Standstill:
    """A machine that a person said stands, since when and why."""

    machine: str
    from_us: int
    reason: str
    text: str | None = None


def standing(listed: WorkOperation | None, made_us: int, taps: Sequence[Tapped]) -> Work:
    """An operation by the hub's list of `made_us` and the taps made here on it, in their order."""
    work = Work()
    if listed is not None:
        work = Work(listed.status or "planned", listed.good or 0, listed.reject or 0, listed.rework or 0)
    hub_counts = listed is not None and listed.good is not None
    for tap in taps:
        known_there = tap.at_hub and tap.at_us <= made_us
        after = _after(work, tap)
        if known_there and hub_counts:
            after = replace(after, good=work.good, reject=work.reject, rework=work.rework)
        if known_there and listed is not None and listed.status is not None:
            after = replace(after, status=work.status)
        work = after
    return work if work.status in ("started", "paused") else replace(work, people=())


def _after(work: Work, tap: Tapped) -> Work:
    deed = tap.deed
    if deed.action == "lot_in" and deed.lot is not None:
        return replace(work, lots=(*(one for one in work.lots if one != deed.lot), deed.lot))
    if deed.action not in PROGRESS:
        return work
    people = work.people
    if deed.operator is not None and deed.action in ("start", "resume"):
        people = (*(one for one in people if one != deed.operator), deed.operator)
    return replace(
        work,
        status={"start": "started", "resume": "started", "pause": "paused", "finish": "finished"}.get(
            deed.action, work.status
        ),
        good=work.good + (deed.good or 0),
        reject=work.reject + (deed.reject or 0),
        rework=work.rework + (deed.rework or 0),
        people=people,
        machine=deed.machine or work.machine,
        since_us=tap.at_us if deed.action in ("start", "pause", "resume", "finish") else work.since_us,
    )


def refusal(work: Work, deed: Deed) -> str | None:
    """Why a deed cannot be, as the key of a message; None where it can."""
    match work.status, deed.action:
        case "planned", "pause" | "resume" | "first_ok" | "report" | "finish":
            return "not_started"
        case "started", "start" if deed.operator in work.people or not work.people:
            return "started_already"
        case "started", "resume":
            return "not_paused"
        case "paused", "pause":
            return "paused_already"
        case "paused", "start":
            return "paused_resume"
        case "finished", "pause" | "resume" | "first_ok" | "finish":
            return "finished_already"
    return None


def is_more_than_ordered(work: Work, deed: Deed, ordered: int | None) -> bool:
    """Whether there would be more good pieces than were ordered."""
    return ordered is not None and bool(deed.good) and work.good + (deed.good or 0) > ordered


def standstills(taps: Iterable[Tapped]) -> dict[str, Standstill]:
    """The machines that stand as people said, by key: the last stop of each that no `run` followed."""
    found: dict[str, Standstill] = {}
    for tap in taps:
        deed = tap.deed
        if deed.machine is None:
            continue
        if deed.action == "stop":
            found[deed.machine] = Standstill(deed.machine, deed.from_us or tap.at_us, deed.reason or "", deed.text)
        elif deed.action == "run":
            found.pop(deed.machine, None)
    return found


def find_operation(worklist: Worklist | None, order: str, operation: str) -> WorkOperation | None:
    """The operation on the list; case does not matter where the exact one is not there."""
    operations = () if worklist is None else worklist.operations
    for fold in (str, str.casefold):
        for one in operations:
            if (fold(one.order), fold(one.operation)) == (fold(order), fold(operation)):
                return one
    return None


def checks_of(worklist: Worklist | None, listed: WorkOperation | None) -> tuple[Check, ...]:
    """The inspection plan of an operation; empty where there is none."""
    if worklist is None or listed is None:
        return ()
    for plan in worklist.plans:
        if (plan.item, plan.operation) == (listed.item, listed.operation):
            return plan.checks
    return ()


def is_inside(check: Check, value: float | None, *, passed: bool | None = None) -> bool | None:
    """Whether a result is within the limits (the limits themselves are); None where there is nothing to hold it to."""
    if check.kind == "attribute":
        return passed
    if value is None or (check.lower is None and check.upper is None):
        return None
    return (check.lower is None or value >= check.lower) and (check.upper is None or value <= check.upper)


def made_us(worklist: Worklist | None) -> int:
    """When the hub made the list."""
    return 0 if worklist is None else to_us(worklist.made_at)
