"""Runs: one stretch of a program (DESIGN §6.2). Pure; times are microseconds since 1970, UTC.

A run opens when the state becomes `running` or `held` and none is open, and stays open through both. An `unknown`
stretch of at most 180 s is bridged where the state after it is `running` or `held` and the program is the same or
not known; a longer one ends the run where it began. Any other state ends it. A change from one known program to
another ends it and opens the next at that instant; a program first known during a run names it.
"""

from typing import Final

import msgspec

from contract.records import Value
from hub.timeline.state_model import MAY_RUN, State, Values

BRIDGE_US: Final = 180_000_000
SLOW_PERCENT: Final = 90


class Evidence(msgspec.Struct):
    """What is known of a run beside its times; parts are judged by it (DESIGN §6.3)."""

    comment: str | None = None
    """The program's comment."""
    test: bool = False
    """It ran dry or block by block at some time."""
    slow_us: int = 0
    """Of its active time, with the feed override under SLOW_PERCENT."""
    counted: list[tuple[int, int]] = []
    """(when, by how much) the part counter changed while it was open."""
    holds: list[tuple[str, int]] = []
    """(at which step, how long) it was held; "" before the first step."""


class Run(msgspec.Struct, frozen=True):
    """A run that has ended. Durations in microseconds; their sum is `ended_us - started_us`.

    `closed_us` is the step that showed the end: later than `ended_us` where the run ended blind.
    `complete`: opened neither out of `unknown` nor by a program change, and ended into `idle`. `signature`: the
    values of `step` while it was open, repeats and zeros dropped.
    """

    started_us: int
    ended_us: int
    closed_us: int
    program: str | None
    active_us: int
    held_us: int
    blind_us: int
    complete: bool
    signature: tuple[str, ...]
    evidence: Evidence


class OpenRun(msgspec.Struct):
    """A run under way, counted up to `at_us`. `blind_since_us` is set while its state is not known."""

    started_us: int
    at_us: int
    state: State
    program: str | None
    whole: bool
    """Opened neither out of `unknown` nor by a program change."""
    signature: list[str]
    active_us: int = 0
    held_us: int = 0
    blind_us: int = 0
    blind_since_us: int | None = None
    blind_steps: list[str] = []
    slow: bool = False
    evidence: Evidence = msgspec.field(default_factory=Evidence)


def opened(at_us: int, state: State, program: str | None, values: Values, *, whole: bool) -> OpenRun:
    """A run that begins now; `values` are the signals' values now."""
    run = OpenRun(started_us=at_us, at_us=at_us, state=state, program=program, whole=whole, signature=[])
    _note(run.signature, values.get("step"))
    _witness(run, values)
    return run


def continues(run: OpenRun, at_us: int, state: State, program: str | None) -> bool:
    """Whether the run is still open once the machine is in this state with this program."""
    if run.blind_since_us is not None and at_us - run.blind_since_us > BRIDGE_US:
        return False
    if state == "unknown":
        return True
    return state in MAY_RUN and (program is None or run.program is None or program == run.program)


def advance(run: OpenRun, at_us: int, state: State, program: str | None, values: Values) -> None:
    """Counts the time until now in the state it was in, then takes over the new one."""
    _count(run, at_us)
    step = values.get("step")
    if state == "unknown":
        if run.blind_since_us is None:
            run.blind_since_us = at_us
        _note(run.blind_steps, step)
    else:
        if run.blind_since_us is not None:
            run.blind_us += at_us - run.blind_since_us
            run.blind_since_us = None
            for blind_step in run.blind_steps:
                _note(run.signature, blind_step)
            run.blind_steps = []
        _note(run.signature, step)
    run.state = state
    if run.program is None:
        run.program = program
    _witness(run, values)


def closed(run: OpenRun, at_us: int, into: State) -> Run:
    """The run as it ended at `at_us` into a state; a run that was blind ended where that began."""
    _count(run, at_us)
    blind = run.blind_since_us is not None
    return Run(
        started_us=run.started_us,
        ended_us=run.blind_since_us if run.blind_since_us is not None else at_us,
        closed_us=at_us,
        program=run.program,
        active_us=run.active_us,
        held_us=run.held_us,
        blind_us=run.blind_us,
        complete=run.whole and not blind and into == "idle",
        signature=tuple(run.signature),
        evidence=run.evidence,
    )


def counted(run: OpenRun, at_us: int) -> OpenRun:
    """A copy with the time until `at_us` counted in the state it is in, without evidence; the run is unchanged."""
    copy = msgspec.structs.replace(run, evidence=Evidence())
    _count(copy, at_us)
    return copy


def _count(run: OpenRun, at_us: int) -> None:
    length, evidence = at_us - run.at_us, run.evidence
    if run.state == "running":
        run.active_us += length
        evidence.slow_us += length if run.slow else 0
    elif run.state == "held":
        run.held_us += length
        step = run.signature[-1] if run.signature else ""
        before = evidence.holds.pop()[1] if evidence.holds and evidence.holds[-1][0] == step else 0
        evidence.holds.append((step, before + length))
    run.at_us = at_us


def _witness(run: OpenRun, values: Values) -> None:
    """Notes what the signals say beside state, program and step."""
    override, comment = values.get("feed_override"), values.get("program_comment")
    run.slow = isinstance(override, int | float) and override < SLOW_PERCENT
    if run.state == "running" and (values.get("dry_run") or values.get("single_block")):
        run.evidence.test = True
    if run.evidence.comment is None and comment:
        run.evidence.comment = str(comment)


def _note(signature: list[str], step: Value) -> None:
    """Appends a known step; 0 is no step, and the one it is at already is not repeated."""
    if step is None or step == "":
        return
    name = str(int(step)) if isinstance(step, float) and step.is_integer() else str(step)
    if name != "0" and (not signature or signature[-1] != name):
        signature.append(name)
