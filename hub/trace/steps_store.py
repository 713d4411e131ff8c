"""Steps of lots on disk, each under its record's identity. Times are microseconds since 1970."""

import json
from typing import Final

import msgspec

from hub.stores.company import Reader, Row, Writer
from hub.trace.model import Identity, Step

COLUMNS: Final = (
    "s.at, s.epoch_no, s.seq, s.action, s.lot, s.item, s.quantity, s.unit, s.parents, s.taken, s.order_id, s.operation,"
    " s.machine, s.operator, s.customer, s.certificate"
)
_names: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_amounts: msgspec.json.Decoder[tuple[float | None, ...]] = msgspec.json.Decoder(tuple[float | None, ...])
_ORDER = "ORDER BY s.at, s.epoch_no, s.seq"
_STANDS = "s.fault IS NULL AND NOT s.circular"


class NotUnderstood(msgspec.Struct, frozen=True):
    """A step that says nothing that can stand; `fault` None: it would close a circle."""

    step: Step
    fault: str | None


def step_from(row: Row) -> Step:
    """A step from its columns."""
    return Step(
        at_us=row[0], epoch_no=row[1], seq=row[2], action=row[3], lot=row[4], item=row[5], quantity=row[6],
        unit=row[7], parents=_names.decode(row[8]), taken=_amounts.decode(row[9]), order=row[10], operation=row[11],
        machine=row[12], operator=row[13], customer=row[14], certificate=row[15],
    )  # fmt: skip


def lot_id(writer: Writer, lot: str) -> int:
    """A lot's number; it gets one where it has none."""
    row = writer.one("SELECT lot_id FROM lots WHERE lot = ?", (lot,))
    if row is None:
        row = writer.one("INSERT INTO lots (lot) VALUES (?) RETURNING lot_id", (lot,))
    assert row is not None
    return int(row[0])


def write(writer: Writer, step: Step, fault: str | None) -> None:
    """Keeps a step in place of itself."""
    number = None if fault is not None else lot_id(writer, step.lot)
    writer.run(
        "INSERT OR REPLACE INTO lot_steps (epoch_no, seq, at, action, lot_id, lot, item, quantity, unit, parents,"
        " taken, order_id, operation, machine, operator, customer, certificate, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            step.epoch_no, step.seq, step.at_us, step.action, number, step.lot, step.item, step.quantity, step.unit,
            json.dumps(step.parents), json.dumps(step.taken), step.order, step.operation, step.machine, step.operator,
            step.customer, step.certificate, fault,
        ),
    )  # fmt: skip


def own(reader: Reader, number: int) -> list[Step]:
    """The steps of one lot that stand, in their order."""
    sql = f"SELECT {COLUMNS} FROM lot_steps s WHERE s.lot_id = ? AND {_STANDS} {_ORDER}"
    return [step_from(row) for row in reader.all(sql, (number,))]


def of_work(reader: Reader, work: tuple[str, str]) -> list[Step]:
    """The steps of one operation of an order, in their order; refused ones among them, for they may stand again."""
    sql = (
        f"SELECT {COLUMNS} FROM lot_steps s WHERE s.order_id = ? AND coalesce(s.operation, '') = ?"
        f" AND s.fault IS NULL {_ORDER}"
    )
    return [step_from(row) for row in reader.all(sql, work)]


def made_from(reader: Reader, machine: str, from_us: int, to_us: int) -> list[tuple[int, Step]]:
    """(lot's number, step) of what was made in ``[from, to]`` at a machine, or at one that nobody named."""
    rows = reader.all(
        f"SELECT s.lot_id, {COLUMNS} FROM lot_steps s WHERE s.at >= ? AND s.at <= ? AND (s.machine = ? OR"
        " s.machine IS NULL AND s.order_id IS NOT NULL)"
        f" AND {_STANDS} AND s.action NOT IN ('receive', 'ship') AND (s.action <> 'consume' OR s.parents <> '[]')",
        (from_us, to_us, machine),
    )
    return [(int(row[0]), step_from(row[1:])) for row in rows]


def shipments(reader: Reader, numbers: list[int]) -> list[Step]:
    """Every `ship` of these lots, in their order."""
    sql = (
        f"SELECT {COLUMNS} FROM lot_steps s WHERE s.action = 'ship' AND {_STANDS}"
        f" AND s.lot_id IN (SELECT value FROM json_each(?)) {_ORDER}"
    )
    return [step_from(row) for row in reader.all(sql, (json.dumps(numbers),))]


def of_lots(reader: Reader, numbers: list[int]) -> list[Step]:
    """Every step of these lots that stands, in their order."""
    sql = f"SELECT {COLUMNS} FROM lot_steps s WHERE {_STANDS} AND s.lot_id IN (SELECT value FROM json_each(?)) {_ORDER}"
    return [step_from(row) for row in reader.all(sql, (json.dumps(numbers),))]


def began(reader: Reader, step: Step) -> int | None:
    """When the operation of a step began to use or make lots: the earliest step of that operation at that machine."""
    row = reader.one(
        "SELECT min(at) FROM lot_steps WHERE order_id = ? AND operation IS ? AND machine IS ? AND fault IS NULL",
        (step.order, step.operation, step.machine),
    )
    return None if row is None else row[0]


def not_understood(reader: Reader, before: tuple[int, int, int] | None, limit: int) -> list[NotUnderstood]:
    """Steps that say nothing that can stand, newest first, those after `before` (time, epoch number, number)."""
    rows = reader.all(
        f"SELECT {COLUMNS}, s.fault FROM lot_steps s WHERE (s.fault IS NOT NULL OR s.circular)"
        " AND (s.at, s.epoch_no, s.seq) < (?, ?, ?) ORDER BY s.at DESC, s.epoch_no DESC, s.seq DESC LIMIT ?",
        (*(before or (2**62, 2**62, 2**62)), limit),
    )
    return [NotUnderstood(step_from(row[:-1]), row[-1]) for row in rows]


def find(reader: Reader, identity: Identity) -> Step | None:
    """One step."""
    row = reader.one(f"SELECT {COLUMNS} FROM lot_steps s WHERE s.epoch_no = ? AND s.seq = ?", identity)
    return None if row is None else step_from(row)
