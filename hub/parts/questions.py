"""What can be asked about parts: those of one machine, and the versions of its programs they were told apart by.

Times in rows are aware UTC datetimes, durations seconds.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import MachineRange, decode_cursor, encode_cursor
from hub.errors import Invalid
from hub.machines.questions import find_machine
from hub.parts import store
from hub.parts.model import floor_us
from hub.parts.store import Made, Version

_US_PER_S = 1e6


class PartRange(MachineRange, frozen=True, kw_only=True):
    """Parts of one machine; `program` narrows them (None: all)."""

    program: str | None = None


class ProgramsOf(msgspec.Struct, frozen=True, kw_only=True):
    """Programs of one machine; `program` narrows them (None: all)."""

    site: str
    machine: str
    program: str | None = None


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part. `gap_s`: since the run before it, None where that was of another program.

    `grade`: A agrees with a count by the machine, B by signature. `floor_s`: the gaps that belong to it, held, active.
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


class ProgramRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a program. `reference` None: no signature was seen often enough, so its runs yield no part.

    `counting_since` None: the machine's part counter was never seen to count while it ran.
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


def parts(room: Room, params: PartRange) -> Found[PartRow]:
    """Parts of one machine that touch the window, whole, by start."""
    known = find_machine(room, params.site, params.machine)
    made = store.parts(
        room.reader, known.machine_id, params.from_us, params.to_us, params.limit + 1,
        started_from_us=_cursor_us(params.cursor), program=params.program,
    )  # fmt: skip
    following = encode_cursor(made[params.limit].part.started_us) if len(made) > params.limit else None
    return Found([_part_row(one) for one in made[: params.limit]], following)


def _cursor_us(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [int(started_us)]:
            return started_us
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


def _part_row(made: Made) -> PartRow:
    part = made.part
    gap = part.gaps_us[0]
    return PartRow(
        program=made.program, version=made.version, started_at=from_us(part.started_us),
        ended_at=from_us(part.ended_us), grade=part.grade, rule=part.rule, stitched=part.stitched,
        active_s=part.active_us / _US_PER_S, held_s=part.held_us / _US_PER_S,
        floor_s=floor_us(part, made.longest_gap_us) / _US_PER_S, gap_s=None if gap is None else gap / _US_PER_S,
    )  # fmt: skip


def programs(room: Room, params: ProgramsOf) -> Found[ProgramRow]:
    """Versions of one machine's programs, the newest first."""
    known = find_machine(room, params.site, params.machine)
    return Found([_program_row(v) for v in store.program_versions(room.reader, known.machine_id, params.program)])


def _program_row(found: Version) -> ProgramRow:
    return ProgramRow(
        program=found.program, version=found.version, comment=found.comment, since=from_us(found.since_us),
        until=from_us(found.until_us), runs=found.runs, complete=found.complete, parts=found.parts,
        reference=found.reference, reference_times=found.times,
        counting_since=None if found.counting_since_us is None else from_us(found.counting_since_us),
        longest_gap_s=found.longest_gap_us / _US_PER_S,
    )  # fmt: skip


QUESTIONS = (
    Question(
        name="parts.parts", summary="Parts of one machine over a window", params=PartRange, row=PartRow, run=parts
    ),
    Question(
        name="parts.programs", summary="Versions of one machine's programs", params=ProgramsOf, row=ProgramRow,
        run=programs,
    ),
)  # fmt: skip
