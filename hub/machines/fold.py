"""Records of a segment → rows about machines: who they are, what changed, which alarms. Pure.

Identity of a fact is (machine, signal, at), of a condition also its id; which of several records stands is decided
in the store by the highest (epoch_no, seq), so that any order and any repetition of segments gives the same rows.
Times are microseconds since 1970; `at` is the effective time, `wrong_clock` says that it is not the reported one.
Where the agent's clock was corrected, what it stamped before that is moved (`clock_model`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from contract.records import Clock, Condition, Machine, Observation, Record, Samples, Value, is_own_time
from contract.times import effective_us, to_us
from hub.machines.clock_model import Correction, offset_us

QUALITIES = ("good", "uncertain", "bad")
_QUALITY_NO = {name: number for number, name in enumerate(QUALITIES)}
Row: TypeAlias = tuple[Any, ...]


class MachineRows(msgspec.Struct, frozen=True):
    """Rows of one segment, each starting with the machine's key."""

    machines: list[Row]
    changes: list[Row]
    conditions: list[Row]
    newest: list[Row]
    earliest_change: dict[str, int]
    """The earliest effective time of a change, by machine: from there on its timeline is to be folded."""


def rows_of(
    records: Iterable[Record], samples: Iterable[Record], epoch_no: int, corrections: Sequence[Correction] = ()
) -> MachineRows:
    """The rows of one segment's records; `corrections` are those of its epoch."""
    rows = MachineRows([], [], [], [], {})
    offset = 0
    for record in records:
        kind = type(record)
        if corrections:
            offset = offset_us(corrections, record.seq)
        if kind is Observation:
            _observation(rows, record, epoch_no, offset)  # type: ignore[arg-type]  # `is` on the exact type does not narrow
        elif kind is Condition:
            rows.conditions.append(_condition(record, epoch_no, offset))  # type: ignore[arg-type]  # as above
        elif kind is Machine:
            rows.machines.append(_machine(record, epoch_no, offset))  # type: ignore[arg-type]  # as above
    for block in samples:
        if type(block) is Samples:
            rows.newest.append(_newest_of_block(block, epoch_no, offset_us(corrections, block.seq)))
    return rows


def corrections_in(records: Iterable[Record]) -> list[Correction]:
    """What the agent says about its own clock."""
    return [
        Correction(record.from_seq, record.seq, record.offset_us)
        for record in records
        if type(record) is Clock and record.offset_us and record.from_seq < record.seq
    ]


def _observation(rows: MachineRows, record: Observation, epoch_no: int, offset: int) -> None:
    reported, seen = to_us(record.at), to_us(record.seen)
    at = effective_us(reported, seen, offset, own=is_own_time(reported, seen, record.code))
    value = _stored(record.value)
    quality = _QUALITY_NO[record.quality]
    row = (
        record.machine,
        at,
        record.signal,
        value,
        quality,
        record.code,
        seen,
        int(at != reported),
        epoch_no,
        record.seq,
    )
    rows.changes.append(row)
    earliest = rows.earliest_change.get(record.machine)
    if earliest is None or at < earliest:
        rows.earliest_change[record.machine] = at


def _stored(value: Value) -> str | int | float | None:
    return int(value) if isinstance(value, bool) else value


def _condition(record: Condition, epoch_no: int, offset: int) -> Row:
    reported, seen = to_us(record.at), to_us(record.seen)
    at = effective_us(reported, seen, offset, own=is_own_time(reported, seen, record.code))
    level = record.level if record.quality != "bad" else None
    return (record.machine, at, record.id, level, record.code, record.text, epoch_no, record.seq)


def _machine(record: Machine, epoch_no: int, offset: int) -> Row:
    at = effective_us(to_us(record.at), to_us(record.seen), offset, own=True)
    return (record.machine, at, record.state_model, msgspec.json.encode(record), epoch_no, record.seq)


def _newest_of_block(block: Samples, epoch_no: int, offset: int) -> Row:
    last = max(range(len(block.dt_us)), key=lambda index: (block.dt_us[index], index))
    t0, seen = to_us(block.t0), to_us(block.seen)
    at = effective_us(t0, seen, offset, own=is_own_time(t0, seen, block.code)) + block.dt_us[last]
    quality = _QUALITY_NO[block.quality]
    return (
        block.machine,
        block.signal,
        at,
        block.values[last],
        quality,
        block.code,
        seen,
        block.unit,
        epoch_no,
        block.seq,
    )
