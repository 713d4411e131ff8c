"""What people change about items, routings, nests, orders and operators; each through the gate, in one transaction.

Every field is read by its `Column` (`column_model`), so full-width digits and spaces at the edges do no harm; what a
field points to must be there (`reference_store`). Durations are seconds, days YYYY-MM-DD.
"""

from typing import Annotated, Any, Final

import msgspec

from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.errors import Conflict, NotFound
from hub.orders import store
from hub.orders.column_model import (
    ITEM,
    MOST_LINES,
    MOST_STEPS,
    NEST_HEAD,
    NEST_LINE,
    OPERATOR,
    ORDER,
    STEP,
    checked,
    position_of,
)
from hub.orders.import_questions import MASTER, TECHNICAL, new_order
from hub.orders.model import (
    Item,
    Nest,
    NestLine,
    Operation,
    Operator,
    Order,
    RoutingStep,
    operations_for,
)
from hub.orders.reference_store import References, with_site
from hub.sheets.fault import Refused

Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept, by its number or code; `created`: it was not there before."""

    key: str
    created: bool


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """It is there no more."""

    key: str


class SaveItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as it is to be; one of that number is replaced."""

    item: Text
    name: Text | None = None
    revision: Text | None = None
    material: Text | None = None
    thickness_mm: float | None = None
    mass_kg: float | None = None
    customer: Text | None = None
    unit: Text | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a routing. `position` None: by the operation's number."""

    operation: Text
    process: Text
    position: int | None = None
    machine: Text | None = None
    machine_class: Text | None = None
    site: Text | None = None
    setup_s: float | None = None
    cycle_s: float | None = None
    handwork_s: float | None = None
    bends: int | None = None
    note: Text | None = None


class SaveRouting(msgspec.Struct, frozen=True, kw_only=True):
    """How an item is made, as it is to be; orders made before keep their operations."""

    item: Text
    steps: Annotated[tuple[Step, ...], msgspec.Meta(max_length=MOST_STEPS)]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """How many of an order's operation one run cuts."""

    order: Text
    operation: Text
    quantity: int
    cut_mm: float | None = None
    pierces: int | None = None
    area_mm2: float | None = None


class SaveNest(msgspec.Struct, frozen=True, kw_only=True):
    """A nest as it is to be; one of that machine and program is replaced."""

    machine: Text
    program: Text
    sheet_item: Text | None = None
    sheet_quantity: float | None = None
    remnant: Text | None = None
    lines: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]


class TheNest(msgspec.Struct, frozen=True, kw_only=True):
    """A nest, by machine and program."""

    machine: Text
    program: Text


class SaveOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new order; its operations are copied from the item's routing."""

    order: Text
    item: Text
    quantity: int
    due: Text | None = None
    customer: Text | None = None
    customer_order: Text | None = None
    revision: Text | None = None
    priority: int | None = None


class ChangeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of an open order; None leaves as it is, a `due` of "" takes the day away."""

    order: Text
    quantity: int | None = None
    due: Text | None = None
    priority: int | None = None


class TheOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the company."""

    order: Text


class TheItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the company."""

    item: Text


class SaveOperator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as they are to be; one of that code is replaced."""

    code: Text
    name: Text | None = None
    site: Text | None = None
    active: bool = True


class TheOperator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator of the company."""

    code: Text


def _given(params: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(params)


def _save_item(books: Books, params: SaveItem) -> Saved:
    item = Item(**checked(ITEM, _given(params)))
    created = store.find_item(books.writer, item.item) is None
    store.save_item(books.writer, item)
    books.touched.add(("items", item.item))
    return Saved(key=item.item, created=created)


def _remove_item(books: Books, params: TheItem) -> Gone:
    if store.find_item(books.writer, params.item) is None:
        raise NotFound(f"item {params.item[:64]}")
    used = store.uses_of_item(books.writer, params.item)
    if used:
        raise Conflict(
            f"item {params.item} has {used} orders; remove those first",
            f"品番「{params.item}」には注文が {used} 件あります。先に注文を削除してください",
        )
    store.remove_item(books.writer, params.item)
    books.touched.add(("items", params.item))
    return Gone(key=params.item)


def _save_routing(books: Books, params: SaveRouting) -> Saved:
    references = References(books.writer, books.registry)
    item = str(checked(ITEM, {"item": params.item})["item"])
    references.check_item(item, "item")
    steps: dict[str, RoutingStep] = {}
    for index, given in enumerate(params.steps):
        prefix = f"steps[{index}]."
        step = made_step(checked(STEP, _given(given), prefix), index)
        references.check_step(step, prefix)
        if step.operation in steps:
            raise Refused(
                f"operation {step.operation} is there twice",
                f"工程番号「{step.operation}」が重複しています",
                f"{prefix}operation",
            )
        steps[step.operation] = step
    created = not store.routing(books.writer, item)
    store.save_routing(books.writer, item, steps.values())
    books.touched.add(("items", item))
    return Saved(key=item, created=created)


def made_step(values: dict[str, Any], index: int) -> RoutingStep:
    """A step from checked values, at its place and its machine's site."""
    position = position_of(values["operation"], values.get("position"), index)
    step = RoutingStep(**(values | {"position": position}))
    return msgspec.structs.replace(step, site=with_site(step))


def _save_nest(books: Books, params: SaveNest) -> Saved:
    references = References(books.writer, books.registry)
    head = checked(NEST_HEAD, _given(params))
    references.check_machine(head["machine"], "machine")
    lines: dict[tuple[str, str], NestLine] = {}
    for index, given in enumerate(params.lines):
        prefix = f"lines[{index}]."
        line = NestLine(**checked(NEST_LINE, _given(given), prefix))
        references.check_line(line, prefix)
        if (line.order, line.operation) in lines:
            raise Refused(
                f"operation {line.operation} of order {line.order} is there twice; add the quantities up",
                f"注番「{line.order}」の工程「{line.operation}」が重複しています。数量をまとめてください",
                f"{prefix}operation",
            )
        lines[line.order, line.operation] = line
    nest = Nest(**head, lines=tuple(lines.values()))
    created = store.find_nest(books.writer, nest.machine, nest.program) is None
    store.save_nest(books.writer, nest)
    books.touched.add(("nests", f"{nest.machine} {nest.program}"))
    return Saved(key=f"{nest.machine} {nest.program}", created=created)


def _remove_nest(books: Books, params: TheNest) -> Gone:
    if store.find_nest(books.writer, params.machine, params.program) is None:
        raise NotFound(f"nest {params.machine[:127]} {params.program[:64]}")
    store.remove_nest(books.writer, params.machine, params.program)
    books.touched.add(("nests", f"{params.machine} {params.program}"))
    return Gone(key=f"{params.machine} {params.program}")


def _save_order(books: Books, params: SaveOrder) -> Saved:
    values = checked(ORDER, _given(params))
    item = References(books.writer, books.registry).check_item(values["item"], "item")
    there = store.find_order(books.writer, values["order"])
    if there is not None:
        raise Conflict(
            f"order {there.order} is there already: {there.quantity} × {there.item}, due {there.due or 'on no day'}",
            f"注番「{there.order}」は登録済みです（{there.item} × {there.quantity}、納期 {there.due or 'なし'}）",
        )
    order = new_order(values, item, books.now_us)
    store.save_order(books.writer, order)
    store.save_operations(books.writer, order.order, operations_for(order, store.routing(books.writer, item.item)))
    books.touched.add(("orders", order.order))
    return Saved(key=order.order, created=True)


def found_order(books: Books, number: str) -> Order:
    """The order of that number; NotFound where there is none."""
    found = store.find_order(books.writer, number)
    if found is None:
        raise NotFound(f"order {number[:64]}")
    return found


def _open(books: Books, number: str) -> Order:
    found = found_order(books, number)
    if found.closed_us is not None:
        raise Conflict(
            f"order {found.order} is closed; open it again first",
            f"注番「{found.order}」は完了しています。先に「進行中に戻す」を押してください",
        )
    return found


def _change_order(books: Books, params: ChangeOrder) -> Saved:
    order = _open(books, params.order)
    given = {name: value for name, value in _given(params).items() if value is not None and name != "order"}
    changed = msgspec.structs.replace(order, **checked(ORDER, given))
    put_order(books, changed)
    return Saved(key=order.order, created=False)


def put_order(books: Books, order: Order) -> None:
    """Keeps an order that was there; its operations take its quantity."""
    store.save_order(books.writer, order)
    kept = store.operations_of(books.writer, order.order)
    if any(each.quantity != order.quantity for each in kept):
        renewed = [msgspec.structs.replace(each, quantity=order.quantity) for each in kept]
        store.save_operations(books.writer, order.order, renewed)
    books.touched.add(("orders", order.order))


def _copy_routing(books: Books, params: TheOrder) -> Saved:
    order = _open(books, params.order)
    steps = operations_for(order, store.routing(books.writer, order.item))
    check_nests(books, order.order, steps)
    store.save_operations(books.writer, order.order, steps)
    books.touched.add(("orders", order.order))
    return Saved(key=order.order, created=False)


def check_nests(books: Books, order: str, left: tuple[Operation, ...]) -> None:
    """Conflict where a nest cuts an operation of the order that is not among those left."""
    names = {each.operation for each in left}
    for machine, program in store.nests_of_order(books.writer, order):
        for line in store.nest_lines(books.writer, machine, program):
            if line.order == order and line.operation not in names:
                raise Conflict(
                    f"the nest {program} of {machine} cuts operation {line.operation} of order {order};"
                    " change the nest first",
                    f"{machine} のネスト「{program}」が注番「{order}」の工程「{line.operation}」を含んでいます。"
                    "先にネストを変更してください",
                )


def _close_order(books: Books, params: TheOrder) -> Saved:
    order = _open(books, params.order)
    put_order(books, msgspec.structs.replace(order, closed_us=books.now_us))
    return Saved(key=order.order, created=False)


def _open_order(books: Books, params: TheOrder) -> Saved:
    put_order(books, msgspec.structs.replace(found_order(books, params.order), closed_us=None))
    return Saved(key=params.order, created=False)


def _save_operator(books: Books, params: SaveOperator) -> Saved:
    operator = Operator(**checked(OPERATOR, _given(params)))
    References(books.writer, books.registry).check_operator(operator)
    created = store.find_operator(books.writer, operator.code) is None
    store.save_operator(books.writer, operator)
    books.touched.add(("operators", operator.code))
    return Saved(key=operator.code, created=created)


def _remove_operator(books: Books, params: TheOperator) -> Gone:
    if store.find_operator(books.writer, params.code) is None:
        raise NotFound(f"operator {params.code[:64]}")
    store.remove_operator(books.writer, params.code)
    books.touched.add(("operators", params.code))
    return Gone(key=params.code)


def _change(
    name: str, summary: str, params: type[Any], run: Any, result: type[Any] = Saved, roles: frozenset[Role] = MASTER
) -> Change[Any, Any]:
    return Change(name=f"orders.{name}", summary=summary, params=params, result=result, roles=roles, run=run)


COMMANDS: Final = (
    _change("save_item", "Add or change an item", SaveItem, _save_item, roles=TECHNICAL),
    _change("remove_item", "Remove an item and its routing", TheItem, _remove_item, Gone, TECHNICAL),
    _change("save_routing", "Say how an item is made", SaveRouting, _save_routing, roles=TECHNICAL),
    _change("save_nest", "Add or change a nest", SaveNest, _save_nest),
    _change("remove_nest", "Remove a nest", TheNest, _remove_nest, Gone),
    _change("save_order", "Add an order", SaveOrder, _save_order),
    _change("change_order", "Change an order's quantity, day or priority", ChangeOrder, _change_order),
    _change("copy_routing", "Give an order the operations of its item's routing anew", TheOrder, _copy_routing),
    _change("close_order", "Close an order", TheOrder, _close_order),
    _change("open_order", "Open a closed order again", TheOrder, _open_order),
    _change("save_operator", "Add or change an operator", SaveOperator, _save_operator),
    _change("remove_operator", "Remove an operator", TheOperator, _remove_operator, Gone),
)
