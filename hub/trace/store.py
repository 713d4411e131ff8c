"""Lots of one company on disk: keeps what was reported and derives from it links and balances.

`keep` is all that writes what is folded. Each step is kept under its record's identity, so order and repetition
cannot matter; then the parentage of the touched lots is decided anew, and their balances with it.
"""

import json
from collections.abc import Iterable, Sequence

import msgspec

from contract.records import Lot
from hub.machines.report_model import Reported
from hub.stores.company import Reader, Row, Writer
from hub.trace import graph_store, steps_store
from hub.trace.balance_model import Balance, Finding, Use, balance, origin_findings
from hub.trace.fold import step_of
from hub.trace.model import Identity, Step, claims_of, derived_claims
from hub.trace.steps_store import step_from

ROOM = "trace"
_findings: msgspec.json.Decoder[tuple[Finding, ...]] = msgspec.json.Decoder(tuple[Finding, ...])


class KnownLot(msgspec.Struct, frozen=True, kw_only=True):
    """A lot as the list shows it. `left` None: not known; `first_at_us` None: only ever named by others."""

    lot_id: int
    lot: str
    item: str | None
    unit: str | None
    came: float | None
    went: float | None
    left: float | None
    shipped: float | None
    findings: tuple[Finding, ...]
    first_at_us: int | None
    last_at_us: int | None


_LOT = "SELECT lot_id, lot, item, unit, came, went, remains, shipped, findings, first_at, last_at FROM lots"


def _lot(row: Row) -> KnownLot:
    return KnownLot(
        lot_id=row[0], lot=row[1], item=row[2], unit=row[3], came=row[4], went=row[5], left=row[6], shipped=row[7],
        findings=_findings.decode(row[8]), first_at_us=row[9], last_at_us=row[10],
    )  # fmt: skip


def findings_of(packed: Iterable[str]) -> list[Finding]:
    """All findings of some rows of `lots`."""
    return [finding for one in packed for finding in _findings.decode(one)]


def find_lot(reader: Reader, lot: str) -> KnownLot | None:
    """The lot of that name; None where nothing names it."""
    row = reader.one(f"{_LOT} WHERE lot = ?", (lot,))
    return None if row is None else _lot(row)


def lots_by_id(reader: Reader, ids: Iterable[int]) -> dict[int, KnownLot]:
    """Lots by their numbers."""
    wanted = json.dumps(list(ids))
    return {
        row[0]: _lot(row) for row in reader.all(f"{_LOT} WHERE lot_id IN (SELECT value FROM json_each(?))", (wanted,))
    }


def names(reader: Reader, ids: Iterable[int]) -> dict[int, tuple[str, str | None]]:
    """(lot, item) by number."""
    sql = "SELECT lot_id, lot, item FROM lots WHERE lot_id IN (SELECT value FROM json_each(?))"
    return {number: (lot, item) for number, lot, item in reader.all(sql, (json.dumps(list(ids)),))}


def read_lots(
    reader: Reader, before: tuple[int, int] | None, limit: int, *, text: str | None = None, odd: bool = False
) -> list[KnownLot]:
    """Lots, the last touched first, those after `before` (last time, number).

    `text` is in the lot's name or its item; `odd`: only those that do not add up.
    """
    like = None if text is None else "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    at, number = before or (2**62, 2**62)
    only = "AND findings <> '[]'" if odd else ""
    rows = reader.all(
        f"{_LOT} WHERE (last_at, lot_id) < (?, ?) AND (? IS NULL OR lot LIKE ? ESCAPE '\\' OR item LIKE ? ESCAPE '\\')"
        f" {only} ORDER BY last_at DESC, lot_id DESC LIMIT ?",
        (at, number, like, like, like, limit),
    )
    return [_lot(row) for row in rows]


def keep(writer: Writer, reports: Sequence[Reported]) -> set[tuple[str, str]]:
    """Keeps lot records and derives links and balances from them; (room, lot) of every lot that changed."""
    kept = [step_of(report) for report in reports if isinstance(report.record, Lot)]
    if not kept:
        return set()
    touched: set[int] = set()
    groups: set[tuple[str, str]] = set()
    fresh: set[Identity] = set()
    for step, fault in kept:
        steps_store.write(writer, step, fault)
        if fault is not None:
            continue
        touched.add(steps_store.lot_id(writer, step.lot))
        fresh.add(step.identity)
        touched |= graph_store.write_claims(writer, step.identity, claims_of(step))
        if step.work is not None:
            groups.add(step.work)
    for work in groups:
        touched |= _derive(writer, work, fresh)
    touched |= graph_store.decide(writer, fresh)
    touched |= {end for identity in fresh for edge in graph_store.edges(writer, identity) for end in edge}
    touched |= _settle(writer, touched)
    names = lots_by_id(writer, touched)
    return {(ROOM, known.lot) for known in names.values()}


def _derive(writer: Writer, work: tuple[str, str], fresh: set[Identity]) -> set[int]:
    """What an operation made without naming parents came from what it had consumed; the lots concerned."""
    touched: set[int] = set()
    for identity, claims in derived_claims(steps_store.of_work(writer, work)).items():
        changed = graph_store.write_claims(writer, identity, claims)
        if changed:
            fresh.add(identity)
            touched |= changed
    return touched


def _settle(writer: Writer, touched: set[int]) -> set[int]:
    """Balances of the touched lots, then the links and origins that follow; further lots concerned."""
    children: set[int] = set()
    books: dict[int, Balance] = {}
    for lot_id in sorted(touched):
        books[lot_id] = book = book_of(writer, lot_id)
        children |= graph_store.write_amounts(writer, lot_id, book.taken)
        graph_store.write_links(writer, lot_id)
    for lot_id in sorted(touched | children):
        book = books[lot_id] if lot_id in books else book_of(writer, lot_id)
        _write_lot(writer, lot_id, book)
    return children


def book_of(reader: Reader, lot_id: int) -> Balance:
    """The balance of a lot."""
    return balance(steps_store.own(reader, lot_id), uses_of(reader, lot_id))


def uses_of(reader: Reader, lot_id: int) -> list[Use]:
    """Which steps of other lots used this one."""
    rows = reader.all(
        f"SELECT c.stated, (SELECT count(*) FROM lot_claims o WHERE o.epoch_no = c.epoch_no AND o.seq = c.seq),"
        f" {steps_store.COLUMNS} FROM lot_claims c JOIN lot_steps s USING (epoch_no, seq)"
        " WHERE c.parent_id = ? AND NOT s.circular",
        (lot_id,),
    )
    return [Use(stated=row[0], parents=row[1], step=step_from(row[2:])) for row in rows]


def _origins(reader: Reader, own: Sequence[Step], unit: str | None) -> list[Finding]:
    found: list[Finding] = []
    for step in own:
        if step.action in {"split", "merge"}:
            found += origin_findings(step, graph_store.amounts(reader, step.identity), unit)
    return found


def _write_lot(writer: Writer, lot_id: int, book: Balance) -> None:
    own = steps_store.own(writer, lot_id)
    items = [step.item for step in own if step.item is not None]
    findings = [*book.findings, *_origins(writer, own, book.unit)]
    row = (
        items[-1] if items else None, book.unit, sum(book.came.values()) if book.came else None,
        sum(book.went.values()) if book.went else None, book.left, book.went.get("ship"),
        msgspec.json.encode(findings).decode(), own[0].at_us if own else None,
        own[-1].at_us if own else _used(writer, lot_id), lot_id,
    )  # fmt: skip
    writer.run(
        "UPDATE lots SET item = ?, unit = ?, came = ?, went = ?, remains = ?, shipped = ?, findings = ?, first_at = ?,"
        " last_at = ? WHERE lot_id = ?",
        row,
    )


def _used(reader: Reader, lot_id: int) -> int | None:
    row = reader.one(
        "SELECT max(s.at) FROM lot_claims c JOIN lot_steps s USING (epoch_no, seq) WHERE c.parent_id = ?", (lot_id,)
    )
    return None if row is None else row[0]
