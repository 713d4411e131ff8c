"""What can be asked about parts: those of one machine, and the versions of its programs they were told apart by.

Times in rows are aware UTC datetimes, durations seconds.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Limit, MachineRange, decode_cursor, encode_cursor
from hub.calendars import store as calendars
from hub.calendars.model import plan_of, planned
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.machines.questions import find_machine
from hub.machines.store import Known
from hub.parts import decision_store, store
from hub.parts.decision_model import Decision
from hub.parts.model import Part, Ran, floor_us
from hub.parts.store import Made, Version

_US_PER_S = 1e6
_LONGEST_US = 86_400_000_000
"""Gaps are looked at for borders of shifts so far back; a longer one is delay anyway."""


class PartRange(MachineRange, frozen=True, kw_only=True):
    """Parts of one machine; `program` narrows them (None: all)."""

    program: str | None = None


class ProgramsOf(msgspec.Struct, frozen=True, kw_only=True):
    """Programs of one machine; `program` narrows them (None: all)."""

    site: str
    machine: str
    program: str | None = None


class OneVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a program; of its runs the newest `limit`."""

    site: str
    machine: str
    program: str
    version: int
    limit: Limit = 1000


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part. `gap_s`: since the run before it, None where that was of another program.

    `grade`: A agrees with a count by the machine, B by signature, C by time only, as a person decided. `floor_s`: the
    gaps that belong to it (none across a border of a shift, where there is a calendar), held, active. Of `held_s`,
    `programmed_held_s` recurs at the same step in at least half of the full runs and belongs to the work,
    `disturbance_s` is the rest.
    """

    program: Annotated[str, Discloses("know_how")]
    version: Annotated[int, Discloses("know_how")]
    started_at: Annotated[datetime, Discloses("progress")]
    ended_at: Annotated[datetime, Discloses("progress")]
    grade: Annotated[str, Discloses("actual_times")]
    rule: Annotated[str, Discloses("actual_times")]
    stitched: Annotated[bool, Discloses("actual_times")]
    active_s: Annotated[float, Discloses("actual_times")]
    held_s: Annotated[float, Discloses("actual_times")]
    floor_s: Annotated[float, Discloses("actual_times")]
    gap_s: Annotated[float | None, Discloses("actual_times")]
    programmed_held_s: Annotated[float, Discloses("actual_times")]
    disturbance_s: Annotated[float, Discloses("actual_times")]


class ProgramRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a program. `reference` None: no signature was seen often enough, so its runs yield no part.

    `counting_since` None: the machine's part counter was never seen to count while it ran. `rule`: the machine's part
    rule. `verdict`: what a person decided (confirmed, corrected, rejected; None: nobody did). `programmed`: steps at
    which holds recur.
    """

    program: Annotated[str, Discloses("know_how")]
    version: Annotated[int, Discloses("know_how")]
    comment: Annotated[str | None, Discloses("know_how")]
    since: Annotated[datetime, Discloses("know_how")]
    until: Annotated[datetime, Discloses("know_how")]
    runs: Annotated[int, Discloses("actual_times")]
    complete: Annotated[int, Discloses("actual_times")]
    parts: Annotated[int, Discloses("progress")]
    reference: Annotated[tuple[str, ...] | None, Discloses("know_how")]
    reference_times: Annotated[int, Discloses("actual_times")]
    counting_since: Annotated[datetime | None, Discloses("know_how")]
    longest_gap_s: Annotated[float, Discloses("actual_times")]
    rule: Annotated[str | None, Discloses("know_how")]
    verdict: Annotated[str | None, Discloses("know_how")]
    programmed: Annotated[tuple[str, ...], Discloses("know_how")]


class VersionRunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a version, as parts are judged by it. `grade`: of the part that began with or within it, None: none.

    `parts`: how many began with or within it. `joins`: it goes on with a part that an earlier run began.
    """

    started_at: Annotated[datetime, Discloses("state")]
    ended_at: Annotated[datetime, Discloses("state")]
    active_s: Annotated[float, Discloses("actual_times")]
    held_s: Annotated[float, Discloses("actual_times")]
    complete: Annotated[bool, Discloses("actual_times")]
    test: Annotated[bool, Discloses("actual_times")]
    signature: Annotated[tuple[str, ...], Discloses("know_how")]
    counted: Annotated[int, Discloses("actual_times")]
    parts: Annotated[int, Discloses("progress")]
    joins: Annotated[bool, Discloses("progress")]
    grade: Annotated[str | None, Discloses("actual_times")]


class SignatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One signature of a version's runs, with how many runs and how many complete ones had it."""

    signature: Annotated[tuple[str, ...], Discloses("know_how")]
    runs: Annotated[int, Discloses("actual_times")]
    complete: Annotated[int, Discloses("actual_times")]
    reference: Annotated[bool, Discloses("know_how")]
    started_at: Annotated[datetime, Discloses("state")]


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about a program, the newest first; `at` is the start of a run of the version meant."""

    number: Annotated[int, Discloses("know_how")]
    kind: Annotated[str, Discloses("know_how")]
    started_at: Annotated[datetime, Discloses("know_how")]
    signature: Annotated[tuple[str, ...] | None, Discloses("know_how")]
    who: Annotated[str | None, Discloses("people")]
    decided_at: Annotated[datetime, Discloses("know_how")]
    why: Annotated[str | None, Discloses("know_how")]


def parts(room: Room, params: PartRange) -> Found[PartRow]:
    """Parts of one machine that touch the window, whole, by start."""
    known = find_machine(room, params.site, params.machine)
    made = store.parts(
        room.reader, known.machine_id, params.from_us, params.to_us, params.limit + 1,
        started_from_us=_cursor_us(params.cursor), program=params.program,
    )  # fmt: skip
    following = encode_cursor(made[params.limit].part.started_us) if len(made) > params.limit else None
    shown = made[: params.limit]
    borders = _borders(room, known.machine, shown)
    return Found([_part_row(one, borders) for one in shown], following)


def _borders(room: Room, machine: str, made: Sequence[Made]) -> list[int]:
    """Where shifts and breaks begin and end while these parts were made; none where nobody wrote a calendar."""
    calendar = calendars.calendar(room.reader)
    if not made or plan_of(calendar, machine) is None:
        return []
    first, last = made[0].part.started_us - _LONGEST_US, max(one.part.ended_us for one in made)
    stretches = planned(calendar, machine, first, last, calendars.zone_of(calendar, machine))
    return sorted({at for start, end, _ in stretches for at in (start, end) if first < at < last})


def _cursor_us(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [int(started_us)]:
            return started_us
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


def _part_row(made: Made, borders_us: Sequence[int]) -> PartRow:
    part = made.part
    gap = part.gaps_us[0]
    return PartRow(
        program=made.program, version=made.version, started_at=from_us(part.started_us),
        ended_at=from_us(part.ended_us), grade=part.grade, rule=part.rule, stitched=part.stitched,
        active_s=part.active_us / _US_PER_S, held_s=part.held_us / _US_PER_S,
        floor_s=floor_us(part, made.longest_gap_us, borders_us) / _US_PER_S,
        gap_s=None if gap is None else gap / _US_PER_S,
        programmed_held_s=part.programmed_us / _US_PER_S,
        disturbance_s=(part.held_us - part.programmed_us) / _US_PER_S,
    )  # fmt: skip


def programs(room: Room, params: ProgramsOf) -> Found[ProgramRow]:
    """Versions of one machine's programs, the newest first."""
    known = find_machine(room, params.site, params.machine)
    rule = machines.part_rule(room.reader, known.machine_id)
    return Found([_program_row(v, rule) for v in store.program_versions(room.reader, known.machine_id, params.program)])


def _program_row(found: Version, rule: str | None) -> ProgramRow:
    return ProgramRow(
        program=found.program, version=found.version, comment=found.comment, since=from_us(found.since_us),
        until=from_us(found.until_us), runs=found.runs, complete=found.complete, parts=found.parts,
        reference=found.reference, reference_times=found.times,
        counting_since=None if found.counting_since_us is None else from_us(found.counting_since_us),
        longest_gap_s=found.longest_gap_us / _US_PER_S, rule=rule, verdict=found.verdict, programmed=found.programmed,
    )  # fmt: skip


def _version(room: Room, params: OneVersion) -> tuple[Known, Version]:
    known = find_machine(room, params.site, params.machine)
    found = store.find_version(room.reader, known.machine_id, params.program, params.version)
    if found is None:
        raise NotFound(f"version {params.version} of program {params.program[:80]!r} on {known.machine}")
    return known, found


def version_runs(room: Room, params: OneVersion) -> Found[VersionRunRow]:
    """The newest runs of one version, by start, each with the parts that it made."""
    known, found = _version(room, params)
    runs = store.runs_of(room.reader, known.machine_id, found, params.limit)
    if not runs:
        return Found([])
    made = store.parts(
        room.reader, known.machine_id, runs[0].started_us, runs[-1].ended_us + 1, -1, program=found.program
    )
    return Found(_version_runs(runs, [one.part for one in made]))


def _version_runs(runs: Sequence[Ran], parts: Sequence[Part]) -> list[VersionRunRow]:
    rows, starts = [], [part.started_us for part in parts]
    for run in runs:
        first, after = bisect_left(starts, run.started_us), bisect_left(starts, run.ended_us)
        own = parts[first:after]
        joins = first > 0 and parts[first - 1].ended_us >= run.ended_us
        rows.append(
            VersionRunRow(
                started_at=from_us(run.started_us), ended_at=from_us(run.ended_us), active_s=run.active_us / _US_PER_S,
                held_s=run.held_us / _US_PER_S, complete=run.complete, test=run.test, signature=run.signature,
                counted=sum(by for _, by in run.counted), parts=len(own), joins=joins,
                grade=own[0].grade if own else parts[first - 1].grade if joins else None,
            )
        )  # fmt: skip
    return rows


def signatures(room: Room, params: OneVersion) -> Found[SignatureRow]:
    """Every signature of a version's runs, the most frequent of complete runs first."""
    known, found = _version(room, params)
    runs = [run for run in store.runs_of(room.reader, known.machine_id, found) if not run.test]
    complete = Counter(run.signature for run in runs if run.complete)
    first = {run.signature: run.started_us for run in reversed(runs)}
    times = Counter(run.signature for run in runs)
    order = sorted(times, key=lambda steps: (-complete[steps], -times[steps], first[steps]))
    rows = [
        SignatureRow(
            signature=steps, runs=times[steps], complete=complete[steps], reference=steps == found.reference,
            started_at=from_us(first[steps]),
        )
        for steps in order[: params.limit]
    ]  # fmt: skip
    return Found(rows)


def decisions(room: Room, params: ProgramsOf) -> Found[DecisionRow]:
    """Everything that people decided about a program of a machine, the newest first."""
    known = find_machine(room, params.site, params.machine)
    said = decision_store.decisions(room.reader, known.machine, params.program or "")
    return Found([_decision_row(each) for each in reversed(said)])


def _decision_row(said: Decision) -> DecisionRow:
    return DecisionRow(
        number=said.number, kind=said.kind, started_at=from_us(said.at_us), signature=said.signature, who=said.who,
        decided_at=from_us(said.when_us), why=said.why,
    )  # fmt: skip


QUESTIONS = (
    Question(
        name="parts.parts", summary="Parts of one machine over a window", params=PartRange, row=PartRow, run=parts
    ),
    Question(
        name="parts.programs", summary="Versions of one machine's programs", params=ProgramsOf, row=ProgramRow,
        run=programs,
    ),
    Question(
        name="parts.runs", summary="Runs of one program version, with the parts they made", params=OneVersion,
        row=VersionRunRow, run=version_runs,
    ),
    Question(
        name="parts.signatures", summary="Signatures of one program version's runs", params=OneVersion,
        row=SignatureRow, run=signatures,
    ),
    Question(
        name="parts.decisions", summary="What people decided about a program", params=ProgramsOf, row=DecisionRow,
        run=decisions,
    ),
)  # fmt: skip
