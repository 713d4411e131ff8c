"""What a step of a lot is joined with: its operation, and what its machine did meanwhile. Reads other rooms' facts.

Work on a lot lasts from when its operation began at the machine (somebody said so, material was put in, or the machine
ran for it) until the lot itself is reported. What the machine did meanwhile is told for a day at most. Times are
microseconds since 1970.
"""

from typing import Final

import msgspec

from hub.machines import store as machines
from hub.orders import store as orders
from hub.orders.model import Operation
from hub.progress import store as progress
from hub.stores.company import Reader
from hub.timeline import open_model
from hub.timeline import store as timeline
from hub.timeline.fold import Interval
from hub.timeline.state_model import MAY_RUN
from hub.trace import steps_store
from hub.trace.model import Step

DAY_US: Final = 86_400_000_000
LONGEST_WORK_US: Final = 31 * DAY_US
MOST_ALARMS: Final = 20


class Meanwhile(msgspec.Struct, frozen=True):
    """What a machine did in ``[from_us, to_us]``: µs by state, programs in their order, alarms that were up."""

    from_us: int
    to_us: int
    state_us: dict[str, int]
    programs: tuple[str, ...]
    alarms: tuple[str, ...]


def operation_of(reader: Reader, step: Step) -> Operation | None:
    """The operation that a step names; None where it names none, or none that is known."""
    if step.order is None or step.operation is None:
        return None
    return orders.find_operation(reader, step.order, step.operation)


def machine_meanwhile(reader: Reader, step: Step, machine: str | None, now_us: int) -> Meanwhile | None:
    """What the machine of a step did meanwhile; None where there is no such machine."""
    known = None if machine is None else machines.find(reader, machine)
    if known is None or step.action in {"receive", "ship"}:
        return None
    from_us = max(began(reader, step, known.machine), step.at_us - DAY_US)
    to_us = step.at_us + 1  # the instant of the step counts
    closed = timeline.intervals(reader, known.machine_id, from_us, to_us, None)
    known_until = known.life.known_until_us if known.life is not None else None
    open_ = open_model.open_intervals(timeline.tail(reader, known.machine_id), known_until, now_us)
    shown = open_model.cut(open_model.joined(closed, open_), from_us, to_us)
    conditions = machines.conditions(reader, known.machine_id, from_us, to_us)
    alarms = dict.fromkeys(one.text or one.code or one.id for one in conditions)
    return Meanwhile(from_us, step.at_us, _by_state(shown), _programs(shown), tuple(alarms)[:MOST_ALARMS])


def began(reader: Reader, step: Step, machine: str) -> int:
    """When work on what a step reports began at a machine: with its operation, at the latest with the step itself."""
    if step.order is None or step.operation is None:
        return step.at_us
    told = (steps_store.began(reader, step), progress.began(reader, step.order, step.operation, machine))
    return min([step.at_us, *(at for at in told if at is not None)])


def made_at(reader: Reader, machine: str, from_us: int, to_us: int) -> list[int]:
    """The lots that a machine worked on at some time in ``[from, to)``: their numbers.

    Rather one too many than one too few: of an operation with several lots each counts from the operation's begin.
    """
    found: set[int] = set()
    for number, step in steps_store.made_from(reader, machine, from_us, to_us + LONGEST_WORK_US):
        here = step.machine == machine or _was_here(reader, step, machine)
        if here and began(reader, step, machine) < to_us:
            found.add(number)
    return sorted(found)


def _was_here(reader: Reader, step: Step, machine: str) -> bool:
    if step.order is None or step.operation is None:
        return False
    return progress.began(reader, step.order, step.operation, machine) is not None


def _by_state(intervals: list[Interval]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in intervals:
        found[one.state] = found.get(one.state, 0) + one.end_us - one.start_us
    return found


def _programs(intervals: list[Interval]) -> tuple[str, ...]:
    """Those that ran; where none did, the one that was loaded."""
    ran = dict.fromkeys(one.program for one in intervals if one.program is not None and one.state in MAY_RUN)
    return tuple(ran) or tuple(one.program for one in intervals[-1:] if one.program is not None)
