"""What can be asked about items, routings, nests, orders, operations and operators.

Days are texts YYYY-MM-DD; times in rows aware UTC datetimes, durations seconds.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing, Page, decode_cursor, encode_cursor
from hub.errors import Invalid, NotFound
from hub.machines import store as machines
from hub.machines.questions import find_machine
from hub.orders import store
from hub.orders.column_model import Kind
from hub.orders.model import Item, Nest, Order, RoutingStep, is_late
from hub.web.times import DEFAULT_ZONE

Text = Annotated[str, msgspec.Meta(max_length=200)]


class ItemsPage(Page, frozen=True, kw_only=True):
    """Items by number; `containing` narrows them by number, name or customer."""

    containing: Text | None = None


class TheItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the company."""

    item: Text


class OrdersPage(Page, frozen=True, kw_only=True):
    """Orders, the soonest due first. `open`: open or closed ones (None: both); `late`: open and due before today.

    `item` and `containing` (in the order's number, its customer or the customer's number) narrow them.
    """

    open: bool | None = None
    late: bool = False
    item: Text | None = None
    containing: Text | None = None


class TheOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order of the company."""

    order: Text


class TheNest(msgspec.Struct, frozen=True, kw_only=True):
    """One program of a machine."""

    site: Text
    machine: Text
    program: Text


class TheKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of spreadsheet."""

    kind: Kind


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item."""

    item: Annotated[str, Discloses("customer")]
    name: Annotated[str | None, Discloses("customer")]
    revision: Annotated[str | None, Discloses("customer")]
    material: Annotated[str | None, Discloses("customer")]
    thickness_mm: Annotated[float | None, Discloses("customer")]
    mass_kg: Annotated[float | None, Discloses("customer")]
    customer: Annotated[str | None, Discloses("customer")]
    unit: Annotated[str | None, Discloses("customer")]


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an item's routing."""

    item: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("progress")]
    position: Annotated[int, Discloses("progress")]
    process: Annotated[str, Discloses("progress")]
    machine: Annotated[str | None, Discloses("progress")]
    machine_class: Annotated[str | None, Discloses("progress")]
    site: Annotated[str | None, Discloses("progress")]
    setup_s: Annotated[float | None, Discloses("actual_times")]
    cycle_s: Annotated[float | None, Discloses("actual_times")]
    handwork_s: Annotated[float | None, Discloses("actual_times")]
    bends: Annotated[int | None, Discloses("know_how")]
    note: Annotated[str | None, Discloses("know_how")]


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `late`: open, and its day has passed where the hub is read (Japan)."""

    order: Annotated[str, Discloses("customer")]
    customer: Annotated[str | None, Discloses("customer")]
    customer_order: Annotated[str | None, Discloses("customer")]
    item: Annotated[str, Discloses("customer")]
    name: Annotated[str | None, Discloses("customer")]
    revision: Annotated[str | None, Discloses("customer")]
    quantity: Annotated[int, Discloses("progress")]
    due: Annotated[str | None, Discloses("progress")]
    priority: Annotated[int, Discloses("progress")]
    late: Annotated[bool, Discloses("progress")]
    created_at: Annotated[datetime, Discloses("progress")]
    closed_at: Annotated[datetime | None, Discloses("progress")]


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of an order, in the order of work; planned times from the routing it was made from."""

    order: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("progress")]
    position: Annotated[int, Discloses("progress")]
    process: Annotated[str, Discloses("progress")]
    quantity: Annotated[int, Discloses("progress")]
    machine: Annotated[str | None, Discloses("progress")]
    machine_name: Annotated[str | None, Discloses("progress")]
    machine_class: Annotated[str | None, Discloses("progress")]
    site: Annotated[str | None, Discloses("progress")]
    setup_s: Annotated[float | None, Discloses("actual_times")]
    cycle_s: Annotated[float | None, Discloses("actual_times")]
    handwork_s: Annotated[float | None, Discloses("actual_times")]
    bends: Annotated[int | None, Discloses("know_how")]
    note: Annotated[str | None, Discloses("know_how")]


class NestRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a nest: what one run of a machine's program cuts of an order's operation."""

    machine: Annotated[str, Discloses("progress")]
    machine_name: Annotated[str | None, Discloses("progress")]
    program: Annotated[str, Discloses("know_how")]
    sheet_item: Annotated[str | None, Discloses("customer")]
    sheet_quantity: Annotated[float | None, Discloses("progress")]
    remnant: Annotated[str | None, Discloses("know_how")]
    order: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("progress")]
    quantity: Annotated[int, Discloses("progress")]
    cut_mm: Annotated[float | None, Discloses("know_how")]
    pierces: Annotated[int | None, Discloses("know_how")]
    area_mm2: Annotated[float | None, Discloses("know_how")]


class OperatorRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operator; without the right to see people only how many there are."""

    code: Annotated[str | None, Discloses("people")]
    name: Annotated[str | None, Discloses("people")]
    site: Annotated[str | None, Discloses("people")]
    active: Annotated[bool | None, Discloses("people")]


class RememberedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a heading of a spreadsheet was last said to mean."""

    heading: Annotated[str, Discloses("customer")]
    field: Annotated[str, Discloses("customer")]


def today(now_us: int, zone: str = DEFAULT_ZONE) -> str:
    """The calendar day it is, YYYY-MM-DD."""
    return from_us(now_us).astimezone(ZoneInfo(zone)).date().isoformat()


def items(room: Room, params: ItemsPage) -> Found[ItemRow]:
    """Items by number."""
    after = _text_cursor(params.cursor, 1)
    found = store.items(room.reader, after[0] if after else None, params.limit + 1, params.containing or None)
    following = encode_cursor(found[params.limit - 1].item) if len(found) > params.limit else None
    return Found([_item_row(item) for item in found[: params.limit]], following)


def item(room: Room, params: TheItem) -> Found[ItemRow]:
    """One item; NotFound where there is none of that number."""
    return Found([_item_row(find_item(room, params.item))])


def find_item(room: Room, number: str) -> Item:
    """The item of that number; NotFound where there is none."""
    found = store.find_item(room.reader, number)
    if found is None:
        raise NotFound(f"item {number[:64]}")
    return found


def _item_row(item: Item) -> ItemRow:
    return ItemRow(**msgspec.structs.asdict(item))


def routing(room: Room, params: TheItem) -> Found[StepRow]:
    """The steps of making an item, in order."""
    find_item(room, params.item)
    return Found([_step_row(params.item, step) for step in store.routing(room.reader, params.item)])


def routings(room: Room, params: Page) -> Found[StepRow]:
    """The steps of every item, by item and order of work."""
    after = _text_cursor(params.cursor, 2)
    found = store.routings(room.reader, (after[0], after[1]) if after else None, params.limit + 1)
    rows = [_step_row(number, step) for number, step in found[: params.limit]]
    following = encode_cursor(rows[-1].item, rows[-1].operation) if len(found) > params.limit else None
    return Found(rows, following)


def _step_row(number: str, step: RoutingStep) -> StepRow:
    return StepRow(item=number, **msgspec.structs.asdict(step))


def orders(room: Room, params: OrdersPage) -> Found[OrderRow]:
    """Orders, the soonest due first, those without a day last."""
    after = _text_cursor(params.cursor, 2)
    day = today(room.now_us)
    found = store.orders(
        room.reader, (after[0], after[1]) if after else None, params.limit + 1,
        is_open=True if params.late else params.open, due_before=day if params.late else None,
        item=params.item or None, containing=params.containing or None,
    )  # fmt: skip
    names = store.item_names(room.reader, {each.item for each in found})
    rows = [_order_row(each, names.get(each.item), day) for each in found[: params.limit]]
    following = encode_cursor(*store.due_key(found[params.limit - 1])) if len(found) > params.limit else None
    return Found(rows, following)


def order(room: Room, params: TheOrder) -> Found[OrderRow]:
    """One order; NotFound where there is none of that number."""
    found = find_order(room, params.order)
    names = store.item_names(room.reader, {found.item})
    return Found([_order_row(found, names.get(found.item), today(room.now_us))])


def find_order(room: Room, number: str) -> Order:
    """The order of that number; NotFound where there is none."""
    found = store.find_order(room.reader, number)
    if found is None:
        raise NotFound(f"order {number[:64]}")
    return found


def _order_row(found: Order, name: str | None, day: str) -> OrderRow:
    return OrderRow(
        order=found.order, customer=found.customer, customer_order=found.customer_order, item=found.item, name=name,
        revision=found.revision, quantity=found.quantity, due=found.due, priority=found.priority,
        late=is_late(found, day), created_at=from_us(found.created_us),
        closed_at=None if found.closed_us is None else from_us(found.closed_us),
    )  # fmt: skip


def operations(room: Room, params: TheOrder) -> Found[OperationRow]:
    """The operations of an order, in the order of work."""
    find_order(room, params.order)
    found = store.operations_of(room.reader, params.order)
    names = _machine_names(room, {each.machine for each in found if each.machine is not None})
    return Found([OperationRow(**msgspec.structs.asdict(each), machine_name=names.get(each.machine)) for each in found])


def _machine_names(room: Room, keys: Iterable[str]) -> dict[str | None, str]:
    """What machines are called, by key; without those that nobody named."""
    known = {key: machines.find(room.reader, key) for key in keys}
    return {key: one.record.name for key, one in known.items() if one and one.record and one.record.name}


def nests(room: Room, params: Page) -> Found[NestRow]:
    """Every nest's lines, by machine and program; a page holds whole nests."""
    after = _text_cursor(params.cursor, 2)
    found = store.nests(room.reader, (after[0], after[1]) if after else None, params.limit + 1)
    shown = found[: params.limit]
    following = encode_cursor(shown[-1].machine, shown[-1].program) if len(found) > params.limit else None
    names = _machine_names(room, {nest.machine for nest in shown})
    return Found([row for nest in shown for row in _nest_rows(nest, names)], following)


def nest(room: Room, params: TheNest) -> Found[NestRow]:
    """The lines of one nest; NotFound where the machine has none of that program."""
    machine = find_machine(room, params.site, params.machine).machine
    found = store.find_nest(room.reader, machine, params.program)
    if found is None:
        raise NotFound(f"nest {params.program[:64]} of {machine}")
    return Found(_nest_rows(found, _machine_names(room, {machine})))


def _nest_rows(nest: Nest, names: Mapping[str | None, str]) -> list[NestRow]:
    return [
        NestRow(
            machine=nest.machine, machine_name=names.get(nest.machine), program=nest.program,
            sheet_item=nest.sheet_item, remnant=nest.remnant,
            sheet_quantity=nest.sheet_quantity, **msgspec.structs.asdict(line),
        )
        for line in nest.lines
    ]  # fmt: skip


def operators(room: Room, _: Nothing) -> Found[OperatorRow]:
    """Operators by code."""
    return Found([OperatorRow(**msgspec.structs.asdict(each)) for each in store.operators(room.reader)])


def columns(room: Room, params: TheKind) -> Found[RememberedRow]:
    """What the headings of a kind of spreadsheet were last said to mean."""
    found = store.remembered_columns(room.reader, params.kind)
    return Found([RememberedRow(heading=heading, field=field) for heading, field in sorted(found.items())])


def _text_cursor(cursor: str | None, parts: int) -> list[str] | None:
    if cursor is None:
        return None
    found = decode_cursor(cursor)
    if len(found) != parts or not all(isinstance(part, str) for part in found):
        raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")
    return [str(part) for part in found]


QUESTIONS: Final = (
    Question(name="orders.items", summary="Items", params=ItemsPage, row=ItemRow, run=items),
    Question(name="orders.item", summary="One item", params=TheItem, row=ItemRow, run=item),
    Question(name="orders.routing", summary="The routing of an item", params=TheItem, row=StepRow, run=routing),
    Question(name="orders.routings", summary="The routings of all items", params=Page, row=StepRow, run=routings),
    Question(name="orders.orders", summary="Orders, soonest due first", params=OrdersPage, row=OrderRow, run=orders),
    Question(name="orders.order", summary="One order", params=TheOrder, row=OrderRow, run=order),
    Question(
        name="orders.operations", summary="The operations of an order", params=TheOrder, row=OperationRow,
        run=operations,
    ),
    Question(name="orders.nests", summary="Nests and what they cut", params=Page, row=NestRow, run=nests),
    Question(name="orders.nest", summary="One nest", params=TheNest, row=NestRow, run=nest),
    Question(name="orders.operators", summary="Operators", params=Nothing, row=OperatorRow, run=operators),
    Question(
        name="orders.columns", summary="What the headings of a spreadsheet were last said to mean", params=TheKind,
        row=RememberedRow, run=columns,
    ),
)  # fmt: skip
