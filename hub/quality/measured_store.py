"""Measurements of one company on disk: kept as they are reported, judged by characteristics and orders as they are now.

A measurement stands under (epoch_no, seq): kept again it takes its own place, so order and repetition do not matter.
Times are microseconds since 1970 UTC.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from contract.records import Inspection
from contract.times import from_us
from hub.machines.report_model import Reported
from hub.orders.store import find_order
from hub.quality.model import ROOM, Characteristic, Decision, Judged, Measurement, judge
from hub.quality.store import find_characteristic
from hub.stores.company import Reader, Row, Writer

_FIELDS: Final = (
    "epoch_no, seq, at, characteristic, value, passed, unit, machine, order_id, operation, lot, serial, instrument,"
    " operator, verdict, fault, fault_ja"
)
_NARROWED: Final = ("characteristic", "order_id", "lot", "serial", "machine")
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
    judges, rows = _Judges(writer), []
    for report in reports:
        said = report.record
        if not isinstance(said, Inspection):
            continue
        judged = judges.judge(said)
        rows.append((
            report.epoch_no, report.seq, report.at_us, said.characteristic, said.value,
            None if said.passed is None else int(said.passed), said.unit, said.machine, said.order, said.operation,
            said.lot, said.serial, said.instrument, said.operator, judged.verdict, judged.fault, judged.fault_ja,
        ))  # fmt: skip
    writer.many(
        f"INSERT OR REPLACE INTO measurements ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    due(writer, judges.met)
    return {(ROOM, characteristic) for characteristic in judges.met}


class _Judges:
    """What measurements are judged by, read once for many: characteristics, and which items orders are for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.met: dict[str, Characteristic | None] = {}
        self._items: dict[str, str | None] = {}

    def judge(self, said: Inspection) -> Judged:
        if said.characteristic not in self.met:
            self.met[said.characteristic] = find_characteristic(self._reader, said.characteristic)
        return judge(self.met[said.characteristic], said, None if said.order is None else self._item(said.order))

    def _item(self, order: str) -> str | None:
        if order not in self._items:
            found = find_order(self._reader, order)
            self._items[order] = None if found is None else found.item
        return self._items[order]


def due(writer: Writer, characteristics: Iterable[str]) -> None:
    """The charts of these characteristics are to be drawn anew."""
    writer.many("INSERT OR IGNORE INTO charts_due VALUES (?)", [(each,) for each in characteristics])


def judge_again(writer: Writer, *, characteristic: str | None = None, order: str | None = None) -> set[str]:
    """Judges what was measured of a characteristic, or for an order, by what these are now; whose verdicts changed."""
    judges, rows, changed = _Judges(writer), [], set()
    for each in measurements(writer, Which(characteristic=characteristic, order=order), 2**31):
        moment = from_us(each.at_us)
        judged = judges.judge(Inspection(
            seq=each.seq, seen=moment, at=moment, characteristic=each.characteristic, operation=each.operation,
            order=each.order, value=each.value, passed=each.passed, unit=each.unit,
        ))  # fmt: skip
        if (judged.verdict, judged.fault, judged.fault_ja) != (each.verdict, each.fault, each.fault_ja):
            rows.append((judged.verdict, judged.fault, judged.fault_ja, each.epoch_no, each.seq))
            changed.add(each.characteristic)
    writer.many("UPDATE measurements SET verdict = ?, fault = ?, fault_ja = ? WHERE epoch_no = ? AND seq = ?", rows)
    due(writer, changed if characteristic is None else {characteristic})
    return changed


def measurements(
    reader: Reader, which: Which, limit: int = 1000, before: tuple[int, int, int] | None = None
) -> list[Measurement]:
    """The newest `limit` of some measurements (before (at, epoch_no, seq) where given), oldest first."""
    narrowed = [(column, value) for column, value in zip(_NARROWED, (
        which.characteristic, which.order, which.lot, which.serial, which.machine
    ), strict=True) if value is not None]  # fmt: skip
    where = "".join(f"{column} = ? AND " for column, _ in narrowed)  # only these: else no index would serve
    where += "at >= ? AND at < ?" + ("" if before is None else " AND (at, epoch_no, seq) < (?, ?, ?)")
    rows = reader.all(
        f"SELECT {_FIELDS} FROM measurements WHERE {where} ORDER BY at DESC, epoch_no DESC, seq DESC LIMIT ?",
        (*(value for _, value in narrowed), which.from_us, which.to_us, *(before or ()), limit),
    )
    return [_measurement(row) for row in reversed(rows)]


def count(reader: Reader, characteristic: str, between_us: tuple[int, int]) -> int:
    """How many measurements of a characteristic lie in ``[from, to)``."""
    row = reader.one(
        "SELECT count(*) FROM measurements WHERE characteristic = ? AND at >= ? AND at < ?",
        (characteristic, *between_us),
    )
    return 0 if row is None else int(row[0])


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
