"""Changes of one machine, in source-time order → states that tile time, and runs. Pure.

Changes with the same source time are one step. The same set of changes gives the same facts however it was cut:
a `Tail` is everything the fold must remember between two steps, and folding on from one is exact.
"""

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from contract.records import UNSEEN, Value
from hub.timeline import run_model
from hub.timeline.run_model import OpenRun, Run
from hub.timeline.state_model import MAY_RUN, State, known_value, state_of

Change: TypeAlias = tuple[int, str, Value, str | None]
"""(at_us, signal, value or None where not known, native code), ascending in `at_us`."""
Model: TypeAlias = tuple[int, str]
"""(from_us, state model), ascending; the first one counts for all earlier time too."""


class Interval(msgspec.Struct, frozen=True):
    """One state with one program, over ``[start_us, end_us)``."""

    start_us: int
    end_us: int
    state: State
    program: str | None


class Tail(msgspec.Struct):
    """The fold's memory after the step at `at_us`: newest values, signals not seen, the open interval and run."""

    at_us: int | None = None
    values: dict[str, Value] = {}
    unseen: set[str] = set()
    state: State = "unknown"
    program: str | None = None
    since_us: int | None = None
    run: OpenRun | None = None
    count: int | None = None


class Folded(msgspec.Struct):
    """Facts that closed, in order, and the tail to fold on from."""

    tail: Tail
    intervals: list[Interval]
    runs: list[Run]


def copy_of(tail: Tail) -> Tail:
    """A tail that shares nothing with the given one."""
    return msgspec.json.decode(encoded(tail), type=Tail)


def encoded(tail: Tail) -> bytes:
    """As it is stored: the same bytes for the same tail."""
    return msgspec.json.encode(tail, order="deterministic")


def fold(tail: Tail, changes: Iterable[Change], models: tuple[Model, ...]) -> Folded:
    """Folds changes later than `tail.at_us` into it. `tail` itself is used up: pass a copy to keep it."""
    folded = Folded(tail, [], [])
    model = "" if not models else models[0][1]
    coming = list(models[1:])
    step_at: int | None = None
    for at_us, signal, value, code in changes:
        if step_at is not None and at_us != step_at:
            _step(folded, step_at, model)
        while coming and coming[0][0] <= at_us:
            model = coming.pop(0)[1]
        step_at = at_us
        if signal == "part_count":
            _count_part(tail, at_us, value)
        tail.values[signal] = known_value(signal, value)
        if value is None and code in UNSEEN:
            tail.unseen.add(signal)
        else:
            tail.unseen.discard(signal)
    if step_at is not None:
        _step(folded, step_at, model)
    return folded


def _step(folded: Folded, at_us: int, model: str) -> None:
    tail = folded.tail
    before, state = tail.state, state_of(model, tail.values, tail.unseen)
    program = _name(tail.values.get("program"))
    if tail.since_us is None:
        tail.since_us = at_us
    elif (state, program) != (tail.state, tail.program):
        folded.intervals.append(Interval(tail.since_us, at_us, tail.state, tail.program))
        tail.since_us = at_us
    tail.at_us, tail.state, tail.program = at_us, state, program
    _step_run(folded, at_us, before)


def _step_run(folded: Folded, at_us: int, before: State) -> None:
    tail = folded.tail
    state, program = tail.state, tail.program
    run, by_program_change = tail.run, False
    if run is not None:
        if run_model.continues(run, at_us, state, program):
            run_model.advance(run, at_us, state, program, tail.values)
            return
        by_program_change = state in MAY_RUN and before in MAY_RUN
        folded.runs.append(run_model.closed(run, at_us, state))
        tail.run = None
    if state in MAY_RUN:
        whole = before != "unknown" and not by_program_change
        tail.run = run_model.opened(at_us, state, program, tail.values, whole=whole)


def _count_part(tail: Tail, at_us: int, count: Value) -> None:
    """Notes a change of the part counter with the run under way; a count that is not known changes nothing."""
    if not isinstance(count, int | float):
        return
    if tail.run is not None and tail.count is not None and count != tail.count:
        tail.run.evidence.counted.append((at_us, int(count - tail.count)))
    tail.count = int(count)


def _name(value: Value) -> str | None:
    if value is None or value == "":
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
