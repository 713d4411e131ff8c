"""Reports of progress and what stands of an operation, on disk. Times are microseconds since 1970, UTC.

A report keeps its place under (epoch_no, seq): kept again, also with another time, it only takes its own place.
"""

import unicodedata
from collections.abc import Sequence

import msgspec

from contract.records import Progress
from hub.machines.report_model import Reported
from hub.orders import store as orders
from hub.orders.model import Operation
from hub.progress.model import Bound, Report, Standing, standing
from hub.stores.company import Reader, Row, Writer

_COLUMNS = "at, epoch_no, seq, order_id, operation, action, machine, good, reject, rework, reason, operator"


class OperationStanding(msgspec.Struct, frozen=True):
    """An operation of an order (None where nobody planned it) and how far it is. `runs`: how many were for it."""

    order: str
    operation: str
    planned: Operation | None
    standing: Standing
    runs: int


def keep(writer: Writer, reports: Sequence[Reported]) -> set[tuple[str, str]]:
    """Keeps the reports of progress among these; what pages are to hear of."""
    touched: set[tuple[str, str]] = set()
    for reported in reports:
        if isinstance(reported.record, Progress):
            touched.add(("progress", _keep(writer, reported, reported.record)))
    return touched


def _keep(writer: Writer, reported: Reported, record: Progress) -> str:
    order, operation = key_of(record.order), key_of(record.operation)
    before = writer.one(
        "SELECT machine, at FROM progress_reports WHERE epoch_no = ? AND seq = ?", (reported.epoch_no, reported.seq)
    )
    writer.run(
        f"INSERT OR REPLACE INTO progress_reports ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            reported.at_us, reported.epoch_no, reported.seq, order, operation, record.action, record.machine,
            record.good, record.reject, record.rework, record.reason, record.operator,
        ),
    )  # fmt: skip
    from_us = reported.at_us if before is None else min(reported.at_us, before[1])
    if record.machine is not None:
        mark_due(writer, record.machine, from_us)
        writer.run("DELETE FROM taken_up WHERE machine = ? AND at >= ?", (record.machine, from_us))
    if record.action in ("finish", "start", "resume"):
        for machine in _machines_with(writer, order, operation):
            mark_due(writer, machine, from_us)
    return order


def key_of(text: str) -> str:
    """A key as people wrote it: width and spaces around it make no difference."""
    return unicodedata.normalize("NFKC", text).strip()


def began(reader: Reader, order: str, operation: str, machine: str) -> int | None:
    """When work on an operation began at a machine: somebody said so there, or it ran for it; None where neither."""
    row = reader.one(
        "SELECT min(at) FROM (SELECT min(at) AS at FROM progress_reports WHERE order_id = ?1 AND operation = ?2"
        " AND machine = ?3 UNION ALL SELECT min(started) FROM work JOIN machines USING (machine_id)"
        " WHERE order_id = ?1 AND operation = ?2 AND machine = ?3)",
        (key_of(order), key_of(operation), machine),
    )
    return None if row is None else row[0]


def _machines_with(reader: Reader, order: str, operation: str) -> list[str]:
    """Machines whose runs may be for an operation although nobody named it at the machine."""
    rows = reader.all(
        "SELECT machine FROM program_lines WHERE order_id = ?1 AND operation = ?2"
        " UNION SELECT machine FROM bindings WHERE order_id = ?1 AND operation = ?2",
        (order, operation),
    )
    return [machine for (machine,) in rows]


def mark_due(writer: Writer, machine: str, from_us: int) -> None:
    """A machine's work is to be joined anew from here on."""
    writer.run(
        "INSERT INTO work_due (machine, from_at) VALUES (?, ?) ON CONFLICT (machine)"
        " DO UPDATE SET from_at = min(from_at, excluded.from_at)",
        (machine, from_us),
    )


def reports_of(reader: Reader, order: str) -> list[Report]:
    """Everything that was reported of an order, by time."""
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM progress_reports WHERE order_id = ? ORDER BY at, epoch_no, seq", (order,)
    )
    return [_report(row) for row in rows]


def _report(row: Row) -> Report:
    return Report(
        at_us=row[0], epoch_no=row[1], seq=row[2], order=row[3], operation=row[4], action=row[5], machine=row[6],
        good=row[7], reject=row[8], rework=row[9], reason=row[10], operator=row[11],
    )  # fmt: skip


def bound_of(reader: Reader, order: str) -> dict[str, Bound]:
    """What machines did for each operation of an order. A press brake's strokes count by the bends of the part."""
    rows = reader.all(
        "SELECT w.operation, sum(w.quantity), sum(w.strokes), min(w.started), max(w.ended), count(*), max(o.bends)"
        " FROM work w LEFT JOIN operations o USING (order_id, operation) WHERE w.order_id = ? GROUP BY w.operation",
        (order,),
    )
    return {
        operation: Bound(quantity + (strokes // bends if bends else 0) or None, started, ended, runs)
        for operation, quantity, strokes, started, ended, runs, bends in rows
    }


def standings(reader: Reader, order: str) -> list[OperationStanding]:
    """Each operation of an order in the order of work, then what was reported or made for operations it lacks."""
    planned = orders.operations_of(reader, order)
    bound = bound_of(reader, order)
    told: dict[str, list[Report]] = {}
    for each in reports_of(reader, order):
        told.setdefault(each.operation, []).append(each)
    found = [_stands(order, step.operation, step, told, bound) for step in planned]
    known = {step.operation for step in planned}
    return found + [_stands(order, name, None, told, bound) for name in sorted((told.keys() | bound.keys()) - known)]


def _stands(
    order: str, name: str, planned: Operation | None, told: dict[str, list[Report]], bound: dict[str, Bound]
) -> OperationStanding:
    machine = bound.get(name)
    stands = standing(None if planned is None else planned.quantity, told.get(name, ()), machine)
    return OperationStanding(order, name, planned, stands, 0 if machine is None else machine.runs)


def standing_of(reader: Reader, order: str, operation: str) -> OperationStanding | None:
    """How far one operation is; None where the order has none of that name and nobody reported of it."""
    return next((each for each in standings(reader, order) if each.operation == operation), None)


def orders_to_check(reader: Reader, limit: int) -> list[str]:
    """Orders of which anything was reported or made and that are not closed, or that nobody wrote down."""
    rows = reader.all(
        "SELECT order_id FROM (SELECT DISTINCT order_id FROM progress_reports UNION SELECT DISTINCT order_id FROM work"
        " WHERE order_id IS NOT NULL) LEFT JOIN orders USING (order_id) WHERE closed IS NULL ORDER BY due IS NULL, due,"
        " order_id LIMIT ?",
        (limit,),
    )
    return [order for (order,) in rows]
