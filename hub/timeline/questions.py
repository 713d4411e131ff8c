"""What can be asked about states and runs: the board, one machine's intervals, its runs, strips of a day.

Times in rows are aware UTC datetimes, durations seconds. Nothing is said beyond the last proof of life.
"""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from contract.keys import split_machine_key
from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import MachineRange, Nothing, RunRange, decode_cursor, encode_cursor
from hub.errors import Invalid
from hub.machines import store as machines
from hub.machines.questions import find_machine
from hub.machines.store import Known
from hub.timeline import open_model, store
from hub.timeline.fold import Interval
from hub.timeline.run_model import OpenRun, Run
from hub.web.times import DEFAULT_ZONE

_US_PER_S = 1e6  # dividing keeps 81.257 s what it is


class MachineNow(msgspec.Struct, frozen=True, kw_only=True):
    """One machine as it is now. `silent`: its agent or its link has not given proof of life within 30 s."""

    site: Annotated[str, Discloses("identity")]
    machine: Annotated[str, Discloses("identity")]
    name: Annotated[str, Discloses("identity")]
    maker: Annotated[str | None, Discloses("identity")]
    model: Annotated[str | None, Discloses("identity")]
    state: Annotated[str, Discloses("state")]
    since: Annotated[datetime | None, Discloses("state")]
    known_until: Annotated[datetime | None, Discloses("state")]
    silent: Annotated[bool, Discloses("state")]
    connected: Annotated[bool | None, Discloses("state")]
    reason: Annotated[str | None, Discloses("know_how")]
    coverage_today: Annotated[float | None, Discloses("state")]
    program: Annotated[str | None, Discloses("know_how")]
    step: Annotated[str | None, Discloses("know_how")]
    part_count: Annotated[int | None, Discloses("progress")]
    alarms: Annotated[int, Discloses("breakdowns")]
    alarm_text: Annotated[str | None, Discloses("know_how")]
    agent: Annotated[str | None, Discloses("know_how")]
    driver: Annotated[str | None, Discloses("know_how")]
    state_model: Annotated[str | None, Discloses("know_how")]
    proof: Annotated[str | None, Discloses("know_how")]


class StateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One state with one program over ``[start, end)``."""

    start: Annotated[datetime, Discloses("state")]
    end: Annotated[datetime, Discloses("state")]
    state: Annotated[str, Discloses("state")]
    program: Annotated[str | None, Discloses("know_how")]


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a program; `ended_at` None while it is open."""

    program: Annotated[str | None, Discloses("know_how")]
    started_at: Annotated[datetime, Discloses("state")]
    ended_at: Annotated[datetime | None, Discloses("state")]
    active_s: Annotated[float, Discloses("actual_times")]
    held_s: Annotated[float, Discloses("actual_times")]
    blind_s: Annotated[float, Discloses("actual_times")]
    elapsed_s: Annotated[float, Discloses("actual_times")]
    complete: Annotated[bool, Discloses("actual_times")]
    signature: Annotated[tuple[str, ...], Discloses("know_how")]


class StripRow(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of one machine, for the small strips of the board."""

    site: Annotated[str, Discloses("identity")]
    machine: Annotated[str, Discloses("identity")]
    start: Annotated[datetime, Discloses("state")]
    end: Annotated[datetime, Discloses("state")]
    state: Annotated[str, Discloses("state")]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time ``[from_us, to_us)`` over all machines."""

    from_us: int
    to_us: int


def start_of_day_us(now_us: int, zone: str = DEFAULT_ZONE) -> int:
    """When the local day of `now_us` began."""
    local = from_us(now_us).astimezone(ZoneInfo(zone))
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1_000_000


def machines_now(room: Room, _params: Nothing) -> Found[MachineNow]:
    """Every machine as it is now, by site and name."""
    alarms = machines.active_conditions(room.reader)
    rows = [_machine_now(room, known, alarms.get(known.machine_id, [])) for known in machines.all_machines(room.reader)]
    return Found(rows)


def _machine_now(room: Room, known: Known, alarms: list[machines.ConditionChange]) -> MachineNow:
    site, machine = split_machine_key(known.machine)
    life, record = known.life, known.record
    known_until = life.known_until_us if life is not None else None
    tail = store.tail(room.reader, known.machine_id)
    now = open_model.now_of(tail, known_until, room.now_us)
    values = machines.values_of(room.reader, known.machine_id, ("step", "part_count"))
    step, count = values.get("step"), values.get("part_count")
    told = now.state != "unknown"
    return MachineNow(
        site=site,
        machine=machine,
        name=(record.name if record is not None else None) or machine,
        maker=record.maker if record is not None else None,
        model=record.model if record is not None else None,
        state=now.state,
        since=from_us(now.since_us) if now.since_us is not None else None,
        known_until=from_us(known_until) if known_until is not None else None,
        silent=now.silent,
        connected=life.connected if life is not None else None,
        reason=life.reason if life is not None else None,
        coverage_today=_coverage_today(room, known),
        program=now.program,
        step=str(step) if told and step is not None else None,
        part_count=int(count) if told and isinstance(count, int | float) else None,
        alarms=len(alarms),
        alarm_text=(alarms[0].text or alarms[0].code or alarms[0].id) if alarms else None,
        agent=life.agent if life is not None else None,
        driver=record.driver if record is not None else None,
        state_model=record.state_model if record is not None else None,
        proof=record.proof if record is not None else None,
    )


def _coverage_today(room: Room, known: Known) -> float | None:
    """Known time over elapsed time since the local day began; None before the machine was first seen."""
    start = start_of_day_us(room.now_us)
    by_state = store.state_us(room.reader, known.machine_id, start, room.now_us)
    for interval in open_model.cut(_open(room, known), start, room.now_us):
        by_state[interval.state] = by_state.get(interval.state, 0) + interval.end_us - interval.start_us
    elapsed = room.now_us - start
    if not by_state or elapsed <= 0:
        return None
    return round((sum(by_state.values()) - by_state.get("unknown", 0)) / elapsed, 4)


def _open(room: Room, known: Known) -> list[Interval]:
    known_until = known.life.known_until_us if known.life is not None else None
    return open_model.open_intervals(store.tail(room.reader, known.machine_id), known_until, room.now_us)


def _window(room: Room, known: Known, from_us_: int, to_us_: int, limit: int | None = None) -> list[Interval]:
    """Intervals cut to a window, the open one among them."""
    closed = store.intervals(room.reader, known.machine_id, from_us_, to_us_, limit)
    if limit is not None and len(closed) >= limit:
        return open_model.cut(closed, from_us_, to_us_)
    return open_model.cut(open_model.joined(closed, _open(room, known)), from_us_, to_us_)


def states(room: Room, params: MachineRange) -> Found[StateRow]:
    """Intervals of one machine, cut to the window, by start."""
    known = find_machine(room, params.site, params.machine)
    from_ = _cursor_us(params.cursor, params.from_us)
    found = _window(room, known, from_, params.to_us, params.limit + 1)
    rows = [
        StateRow(start=from_us(i.start_us), end=from_us(i.end_us), state=i.state, program=i.program)
        for i in found[: params.limit]
    ]
    following = encode_cursor(found[params.limit].start_us) if len(found) > params.limit else None
    return Found(rows, following)


def runs(room: Room, params: RunRange) -> Found[RunRow]:
    """Runs of one machine that touch the window, whole, by start; the open one last."""
    known = find_machine(room, params.site, params.machine)
    from_ = params.from_us
    after = _cursor_us(params.cursor, None)
    closed = store.runs(
        room.reader, known.machine_id, from_, params.to_us, params.limit + 1,
        started_from_us=after, program=params.program, complete=params.complete,
    )  # fmt: skip
    if len(closed) > params.limit:
        return Found([_run_row(run) for run in closed[: params.limit]], encode_cursor(closed[params.limit].started_us))
    rows = [_run_row(run) for run in closed]
    tail = store.tail(room.reader, known.machine_id)
    if tail.run is not None and not params.complete and params.program in (None, tail.run.program):
        last = _open_run_row(room, known, tail.run)
        if tail.run.started_us < params.to_us and (last.ended_at is None or last.ended_at > from_us(from_)):
            rows.append(last)
    return Found(rows)


def _cursor_us(cursor: str | None, otherwise: Any) -> Any:
    if cursor is None:
        return otherwise
    parts = decode_cursor(cursor)
    if len(parts) != 1 or not isinstance(parts[0], int):
        raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")
    return parts[0]


def _run_row(run: Run) -> RunRow:
    return RunRow(
        program=run.program, started_at=from_us(run.started_us), ended_at=from_us(run.ended_us),
        active_s=run.active_us / _US_PER_S, held_s=run.held_us / _US_PER_S, blind_s=run.blind_us / _US_PER_S,
        elapsed_s=(run.ended_us - run.started_us) / _US_PER_S, complete=run.complete, signature=run.signature,
    )  # fmt: skip


def _open_run_row(room: Room, known: Known, run: OpenRun) -> RunRow:
    known_until = known.life.known_until_us if known.life is not None else None
    now, ended = open_model.run_now(run, known_until, room.now_us)
    return RunRow(
        program=now.program, started_at=from_us(now.started_us), ended_at=from_us(ended) if ended is not None else None,
        active_s=now.active_us / _US_PER_S, held_s=now.held_us / _US_PER_S, blind_s=now.blind_us / _US_PER_S,
        elapsed_s=(now.active_us + now.held_us + now.blind_us) / _US_PER_S, complete=False,
        signature=tuple(now.signature),
    )  # fmt: skip


def strips(room: Room, params: Window) -> Found[StripRow]:
    """States of every machine over a window, by machine and start; neighbours with one state are joined."""
    rows: list[StripRow] = []
    for known in machines.all_machines(room.reader):
        site, machine = split_machine_key(known.machine)
        for interval in _joined(_window(room, known, params.from_us, params.to_us)):
            start, end = from_us(interval.start_us), from_us(interval.end_us)
            rows.append(StripRow(site=site, machine=machine, start=start, end=end, state=interval.state))
    return Found(rows)


def _joined(intervals: list[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for interval in intervals:
        if joined and joined[-1].state == interval.state and joined[-1].end_us == interval.start_us:
            interval = Interval(joined.pop().start_us, interval.end_us, interval.state, None)  # noqa: PLW2901  (grows)
        joined.append(interval)
    return joined


QUESTIONS = (
    Question(
        name="machines.now", summary="Every machine as it is now", params=Nothing, row=MachineNow, run=machines_now
    ),
    Question(
        name="timeline.states", summary="States of one machine over a window", params=MachineRange, row=StateRow,
        run=states,
    ),
    Question(name="timeline.runs", summary="Runs of one machine over a window", params=RunRange, row=RunRow, run=runs),
    Question(
        name="timeline.strips", summary="States of every machine over a window", params=Window, row=StripRow, run=strips
    ),
)  # fmt: skip
