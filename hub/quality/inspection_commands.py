"""Measurements that people and other systems report, one by one or as a measuring machine's file: all or nothing.

Each becomes an inspection record in the ledger and is folded from there. Times are aware UTC datetimes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from contract.records import Inspection
from contract.times import AHEAD_LIMIT_US, EARLIEST_BELIEVED_US, from_us, to_us
from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.ledger.own import Draft
from hub.orders import store as orders
from hub.quality import store
from hub.quality.commands import Number, Text, Time, optional, required
from hub.quality.import_model import COLUMNS
from hub.quality.model import ROOM, Characteristic, judge
from hub.sheets.columns import Extract, Heading, Line, extract
from hub.sheets.fault import CellFault, Refused
from hub.sheets.reading import read_sheet
from hub.web.times import DEFAULT_ZONE

REPORTERS: Final[frozenset[Role]] = frozenset({"operator", "manager", "admin"})
MOST: Final = 5000
KIND: Final = "inspections"


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement (`value`) or check (`passed`) of a characteristic. `at` None: now. `machine` is site/machine."""

    characteristic: Text
    value: Number | None = None
    passed: bool | None = None
    unit: Text | None = None
    at: Time | None = None
    order: Text | None = None
    operation: Text | None = None
    lot: Text | None = None
    serial: Text | None = None
    machine: Text | None = None
    instrument: Text | None = None
    operator: Text | None = None


class Inspect(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements to be kept: all of them, or none where one cannot be."""

    inspections: Annotated[list[Inspected], msgspec.Meta(min_length=1, max_length=MOST)]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How many measurements were kept, and how many of them lie outside their limits."""

    kept: int
    out: int


class ImportMeasurements(msgspec.Struct, frozen=True, kw_only=True):
    """A measuring machine's file and what its columns (letters → field) mean; None: as last time, or by name.

    `preview`: only look; nothing is written.
    """

    data: bytes
    columns: dict[Text, Text] | None = None
    preview: bool = False


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says: its columns as they are taken, how many rows, how many outside, and every bad cell."""

    headings: tuple[Heading, ...]
    kept: int
    out: int
    faults: tuple[CellFault, ...]


class Checker:
    """Makes records of what is reported, with every check that can be made before."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[str, Characteristic | None] = {}
        self.out = 0

    def record(self, said: Inspected) -> Inspection:
        """The record with the number 0; Refused, with the field, where it would not be understood."""
        number = required(said.characteristic, "characteristic")
        moment = from_us(self._books.now_us)
        made = Inspection(
            seq=1, seen=moment, at=self._moment(said.at), machine=optional(said.machine, "machine"),
            order=optional(said.order, "order"), operation=optional(said.operation, "operation"),
            lot=optional(said.lot, "lot"), serial=optional(said.serial, "serial"), characteristic=number,
            value=said.value, passed=said.passed, unit=optional(said.unit, "unit"),
            instrument=optional(said.instrument, "instrument"), operator=optional(said.operator, "operator"),
        )  # fmt: skip
        if number not in self._known:
            self._known[number] = store.find_characteristic(self._books.writer, number)
        known = self._known[number]
        order = None if made.order is None else orders.find_order(self._books.writer, made.order)
        judged = judge(known, made, None if order is None else order.item)
        if known is None or judged.fault is not None:
            raise Refused(judged.fault or "", judged.fault_ja or "", judged.field)
        self.out += judged.verdict != "in"
        return made

    def _moment(self, at: datetime | None) -> datetime:
        now_us = self._books.now_us
        if at is None:
            return from_us(now_us)
        if not EARLIEST_BELIEVED_US <= to_us(at) <= now_us + AHEAD_LIMIT_US:
            raise Refused(
                f"{at.isoformat()} cannot be: it lies ahead, or before 2000",
                f"{at.isoformat()} は未来か、2000 年より前の日時です",
                "at",
            )
        return at.astimezone(UTC)


def _drafts(records: Sequence[Inspection]) -> list[Draft]:
    return [lambda number, made=made: msgspec.structs.replace(made, seq=number) for made in records]  # type: ignore[misc]  # a default binds the loop's value


def _inspect(books: Books, params: Inspect) -> Kept:
    checker, records = Checker(books), []
    for index, said in enumerate(params.inspections):
        try:
            records.append(checker.record(said))
        except Refused as refused:
            raise Refused(refused.message, refused.ja, f"inspections[{index}].{refused.field}") from None
    _write(books, records)
    return Kept(kept=len(records), out=checker.out)


def _write(books: Books, records: Sequence[Inspection]) -> None:
    books.report(*_drafts(records))
    books.touched.update((ROOM, made.characteristic) for made in records)


def _import(books: Books, params: ImportMeasurements) -> Imported:
    sheet = read_sheet(params.data)
    found = extract(sheet, COLUMNS, orders.remembered_columns(books.writer, KIND), params.columns)
    checker, faults, records = Checker(books), list(found.faults), []
    at_fault = {fault.row for fault in faults}
    for line in found.lines:
        if line.row in at_fault:
            continue
        try:
            records.append(checker.record(_said(line)))
        except Refused as refused:
            faults.append(_cell_fault(found, line, refused))
    faults.sort(key=lambda fault: fault.row)
    if not params.preview:
        if faults:
            first = faults[0]
            raise Refused(
                f"nothing was imported: {len(faults)} bad cells, the first at {first.place}: {first.en}",
                f"取り込みませんでした：直すところが {len(faults)} か所あります。最初は {first.place}：{first.ja}",
                first.place,
            )
        _write(books, records)
        meant = {each.heading: each.field or "" for each in found.headings if each.heading}
        orders.remember_columns(books.writer, KIND, meant)
    return Imported(headings=found.headings, kept=len(records), out=checker.out, faults=tuple(faults))


def _said(line: Line) -> Inspected:
    values = dict(line.values)
    at = values.pop("at", None)
    moment = None if at is None else at.replace(tzinfo=ZoneInfo(DEFAULT_ZONE)).astimezone(UTC)
    return msgspec.convert({**values, "at": moment}, Inspected)


def _cell_fault(found: Extract, line: Line, refused: Refused) -> CellFault:
    """A fault of a row, at the column that holds the field; the first column where none does."""
    heading = next((each for each in found.headings if each.field == refused.field), found.headings[0])
    return CellFault(row=line.row, column=heading.column, heading=heading.heading, en=refused.message, ja=refused.ja)


COMMANDS: Final = (
    Change(
        name="quality.inspect", summary="Report measurements and checks", params=Inspect, result=Kept, roles=REPORTERS,
        run=_inspect,
    ),
    Change(
        name="quality.import", summary="Import a measuring machine's file: all of it or nothing",
        params=ImportMeasurements, result=Imported, roles=REPORTERS, run=_import,
    ),
)  # fmt: skip
