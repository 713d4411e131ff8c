"""Measurements of one company on disk: kept as they are reported, judged by the characteristics as they are now.

A measurement stands under (epoch_no, seq): kept again it takes its own place, so order and repetition do not matter.
Times are microseconds since 1970 UTC.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from contract.records import Inspection
from contract.times import from_us
from hub.machines.report_model import Reported
from hub.quality.model import ROOM, Characteristic, Decision, Measurement, judge
from hub.quality.store import find_characteristic
from hub.stores.company import Reader, Row, Writer

_FIELDS: Final = (
    "epoch_no, seq, at, characteristic, value, passed, unit, machine, order_id, operation, lot, serial, instrument,"
    " operator, verdict, fault, fault_ja"
)
_M: Final = ", ".join(f"m.{name.strip()}" for name in _FIELDS.split(","))
_DECISION: Final = "d.disposition, d.cause, d.note, d.decided_by, d.at"


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which measurements, in ``[from_us, to_us)``; None narrows nothing."""

    characteristic: str | None = None
    order: str | None = None
    lot: str | None = None
    serial: str | None = None
    machine: str | None = None
    from_us: int = -(2**62)
    to_us: int = 2**62


def keep(writer: Writer, reports: Sequence[Reported]) -> set[tuple[str, str]]:
    """Keeps inspections among the reports; the characteristics they are about."""
    known: dict[str, Characteristic | None] = {}
    rows = []
    for report in reports:
        said = report.record
        if not isinstance(said, Inspection):
            continue
        if said.characteristic not in known:
            known[said.characteristic] = find_characteristic(writer, said.characteristic)
        judged = judge(known[said.characteristic], said)
        rows.append((
            report.epoch_no, report.seq, report.at_us, said.characteristic, said.value,
            None if said.passed is None else int(said.passed), said.unit, said.machine, said.order, said.operation,
            said.lot, said.serial, said.instrument, said.operator, judged.verdict, judged.fault, judged.fault_ja,
        ))  # fmt: skip
    writer.many(
        f"INSERT OR REPLACE INTO measurements ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return {(ROOM, characteristic) for characteristic in known}


def judge_again(writer: Writer, characteristic: str) -> None:
    """Measurements of a characteristic that was defined or changed, judged by what it is now."""
    made = find_characteristic(writer, characteristic)
    rows = []
    for each in measurements(writer, Which(characteristic=characteristic), 2**31):
        moment = from_us(each.at_us)
        said = Inspection(
            seq=each.seq, seen=moment, at=moment, characteristic=characteristic, operation=each.operation,
            value=each.value, passed=each.passed, unit=each.unit,
        )  # fmt: skip
        judged = judge(made, said)
        rows.append((judged.verdict, judged.fault, judged.fault_ja, each.epoch_no, each.seq))
    writer.many("UPDATE measurements SET verdict = ?, fault = ?, fault_ja = ? WHERE epoch_no = ? AND seq = ?", rows)


def measurements(
    reader: Reader, which: Which, limit: int = 1000, before: tuple[int, int, int] | None = None
) -> list[Measurement]:
    """The newest `limit` of some measurements (before (at, epoch_no, seq) where given), oldest first."""
    rows = reader.all(
        f"SELECT {_FIELDS} FROM measurements WHERE (?1 IS NULL OR characteristic = ?1)"
        " AND (?2 IS NULL OR order_id = ?2) AND (?3 IS NULL OR lot = ?3) AND (?4 IS NULL OR serial = ?4)"
        " AND (?5 IS NULL OR machine = ?5) AND at >= ?6 AND at < ?7"
        " AND (?8 IS NULL OR (at, epoch_no, seq) < (?8, ?9, ?10)) ORDER BY at DESC, epoch_no DESC, seq DESC LIMIT ?11",
        (
            which.characteristic, which.order, which.lot, which.serial, which.machine, which.from_us, which.to_us,
            *(before or (None, None, None)), limit,
        ),
    )  # fmt: skip
    return [_measurement(row) for row in reversed(rows)]


def count(reader: Reader, characteristic: str, between_us: tuple[int, int]) -> int:
    """How many measurements of a characteristic lie in ``[from, to)``."""
    row = reader.one(
        "SELECT count(*) FROM measurements WHERE characteristic = ? AND at >= ? AND at < ?",
        (characteristic, *between_us),
    )
    return 0 if row is None else int(row[0])


def measured_since(reader: Reader, since_us: int) -> list[str]:
    """Characteristics of which something was measured at or after a moment."""
    rows = reader.all(
        "SELECT c.characteristic FROM characteristics c WHERE EXISTS (SELECT 1 FROM measurements m"
        " WHERE m.characteristic = c.characteristic AND m.at >= ?) ORDER BY c.characteristic",
        (since_us,),
    )
    return [row[0] for row in rows]


def find(reader: Reader, epoch_no: int, seq: int) -> Measurement | None:
    """The measurement of that identity."""
    row = reader.one(f"SELECT {_FIELDS} FROM measurements WHERE epoch_no = ? AND seq = ?", (epoch_no, seq))
    return None if row is None else _measurement(row)


def nonconformances(
    reader: Reader, before: tuple[int, int, int] | None, limit: int, *, is_open: bool | None = None,
    characteristic: str | None = None, order: str | None = None,
) -> list[tuple[Measurement, Decision | None]]:  # fmt: skip
    """Measurements outside their limits with what was decided about them, the newest first."""
    rows = reader.all(
        f"SELECT {_M}, {_DECISION} FROM measurements m LEFT JOIN dispositions d USING (epoch_no, seq)"
        " WHERE m.verdict IN ('low', 'high', 'fail') AND (?1 IS NULL OR (d.at IS NULL) = ?1)"
        " AND (?2 IS NULL OR m.characteristic = ?2) AND (?3 IS NULL OR m.order_id = ?3)"
        " AND (?4 IS NULL OR (m.at, m.epoch_no, m.seq) < (?4, ?5, ?6))"
        " ORDER BY m.at DESC, m.epoch_no DESC, m.seq DESC LIMIT ?7",
        (
            None if is_open is None else int(is_open), characteristic, order, *(before or (None, None, None)), limit,
        ),
    )  # fmt: skip
    return [(_measurement(row[:17]), _decision(row[17:])) for row in rows]


def not_understood(reader: Reader, before: tuple[int, int, int] | None, limit: int) -> list[Measurement]:
    """What was reported and cannot be judged, the newest first."""
    rows = reader.all(
        f"SELECT {_FIELDS} FROM measurements WHERE fault IS NOT NULL"
        " AND (?1 IS NULL OR (at, epoch_no, seq) < (?1, ?2, ?3)) ORDER BY at DESC, epoch_no DESC, seq DESC LIMIT ?4",
        (*(before or (None, None, None)), limit),
    )
    return [_measurement(row) for row in rows]


def _measurement(row: Row) -> Measurement:
    return Measurement(
        epoch_no=row[0], seq=row[1], at_us=row[2], characteristic=row[3], value=row[4],
        passed=None if row[5] is None else bool(row[5]), unit=row[6], machine=row[7], order=row[8], operation=row[9],
        lot=row[10], serial=row[11], instrument=row[12], operator=row[13], verdict=row[14], fault=row[15],
        fault_ja=row[16],
    )  # fmt: skip


def _decision(row: Row) -> Decision | None:
    if row[0] is None:
        return None
    return Decision(disposition=row[0], cause=row[1], note=row[2], by=row[3], at_us=row[4])
