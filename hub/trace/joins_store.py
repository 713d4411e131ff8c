"""What a step of a lot is joined with: its operation, and what its machine did meanwhile. Reads other rooms' facts.

Meanwhile is from the first step of that operation at that machine (the material was put in) until the step itself,
at most a day; where it is the first, the instant alone. Times are microseconds since 1970.
"""

from typing import Final

import msgspec

from hub.machines import store as machines
from hub.orders import store as orders
from hub.orders.model import Operation
from hub.stores.company import Reader
from hub.timeline import open_model
from hub.timeline import store as timeline
from hub.timeline.fold import Interval
from hub.timeline.state_model import MAY_RUN
from hub.trace import steps_store
from hub.trace.model import Step

DAY_US: Final = 86_400_000_000
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
    began = steps_store.began(reader, step) if step.work is not None else None
    from_us = max(min(began if began is not None else step.at_us, step.at_us), step.at_us - DAY_US)
    to_us = step.at_us + 1  # the instant of the step counts
    closed = timeline.intervals(reader, known.machine_id, from_us, to_us, None)
    known_until = known.life.known_until_us if known.life is not None else None
    open_ = open_model.open_intervals(timeline.tail(reader, known.machine_id), known_until, now_us)
    shown = open_model.cut(open_model.joined(closed, open_), from_us, to_us)
    conditions = machines.conditions(reader, known.machine_id, from_us, to_us)
    alarms = dict.fromkeys(one.text or one.code or one.id for one in conditions)
    return Meanwhile(from_us, step.at_us, _by_state(shown), _programs(shown), tuple(alarms)[:MOST_ALARMS])


def _by_state(intervals: list[Interval]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in intervals:
        found[one.state] = found.get(one.state, 0) + one.end_us - one.start_us
    return found


def _programs(intervals: list[Interval]) -> tuple[str, ...]:
    """Those that ran; where none did, the one that was loaded."""
    ran = dict.fromkeys(one.program for one in intervals if one.program is not None and one.state in MAY_RUN)
    return tuple(ran) or tuple(one.program for one in intervals[-1:] if one.program is not None)
