"""Imports a spreadsheet: all of it or nothing, in one transaction; what its columns mean is remembered."""

from typing import Annotated, Final

import msgspec

from hub.access.catalogue import Books, Change
from hub.orders import store
from hub.orders.column_model import Kind
from hub.orders.commands import put_order
from hub.orders.import_questions import TECHNICAL, Plan, PreviewRow, check_kind, plan, preview_row
from hub.orders.model import Item, Nest, Operator, Order, RoutingStep, operations_for
from hub.sheets.fault import Refused

Text = Annotated[str, msgspec.Meta(max_length=200)]


class ImportFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what its columns (letters → field) mean; `columns` None: as they were last time, or by name."""

    kind: Kind
    data: bytes
    columns: dict[Text, Text] | None = None


def _import(books: Books, params: ImportFile) -> PreviewRow:
    check_kind(books.viewer.roles, params.kind)
    made = plan(books.writer, books.registry, params.kind, params.data, params.columns, books.now_us)
    if made.faults:
        first, count = made.faults[0], len(made.faults)
        raise Refused(
            f"nothing was imported: {count} bad cells, the first at {first.place}: {first.en}",
            f"取り込みませんでした：直すところが {count} か所あります。最初は {first.place}：{first.ja}",
            first.place,
        )
    _write(books, made)
    meant = {each.heading: each.field or "" for each in made.extract.headings if each.heading}
    store.remember_columns(books.writer, params.kind, meant)
    return preview_row(params.kind, made)


def _write(books: Books, made: Plan) -> None:
    routings: dict[str, dict[str, RoutingStep]] = {}
    for thing in made.things:
        match thing:
            case Item():
                store.save_item(books.writer, thing)
                books.touched.add(("items", thing.item))
            case Operator():
                store.save_operator(books.writer, thing)
                books.touched.add(("operators", thing.code))
            case Nest():
                store.save_nest(books.writer, thing)
                books.touched.add(("nests", f"{thing.machine} {thing.program}"))
            case Order():
                _write_order(books, thing)
            case (str(number), step):
                steps = routings.setdefault(
                    number, {each.operation: each for each in store.routing(books.writer, number)}
                )
                steps[step.operation] = step
    for number, steps in routings.items():
        store.save_routing(books.writer, number, steps.values())
        books.touched.add(("items", number))


def _write_order(books: Books, order: Order) -> None:
    if store.find_order(books.writer, order.order) is not None:
        put_order(books, order)
        return
    store.save_order(books.writer, order)
    store.save_operations(books.writer, order.order, operations_for(order, store.routing(books.writer, order.item)))
    books.touched.add(("orders", order.order))


COMMANDS: Final = (
    Change(
        name="orders.import", summary="Import a spreadsheet: all of it or nothing", params=ImportFile,
        result=PreviewRow, roles=TECHNICAL, run=_import,
    ),
)  # fmt: skip
