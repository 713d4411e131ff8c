"""Items, routings, nests, orders, operations and operators of one company on disk.

Times are microseconds since 1970, UTC. What is written here has been checked by `check_model`.
"""

from collections.abc import Iterable

from hub.orders.model import Item, Nest, NestLine, Operation, Operator, Order, RoutingStep
from hub.stores.company import Reader, Row, Writer

_ITEM = "item, name, revision, material, thickness_mm, mass_kg, customer, unit"
_STEP = "operation, position, process, machine, machine_class, site, setup_s, cycle_s, handwork_s, bends, note"
_ORDER = "order_id, customer, customer_order, item, revision, quantity, due, priority, created_us, closed"
_LINE = "order_id, operation, quantity, cut_mm, pierces, area_mm2"
_OPERATION = ", ".join(f"o.{name}" for name in f"order_id, quantity, {_STEP}".split(", "))


def find_item(reader: Reader, item: str) -> Item | None:
    """The item of that number."""
    row = reader.one(f"SELECT {_ITEM} FROM items WHERE item = ?", (item,))
    return None if row is None else _item(row)


def items(reader: Reader, after: str | None, limit: int, containing: str | None = None) -> list[Item]:
    """Items by number, those after `after`; `containing` narrows them by number, name or customer."""
    rows = reader.all(
        f"SELECT {_ITEM} FROM items WHERE (?1 IS NULL OR item > ?1) AND (?2 IS NULL OR instr(lower(item), ?2)"
        " OR instr(lower(coalesce(name, '')), ?2) OR instr(lower(coalesce(customer, '')), ?2)) ORDER BY item LIMIT ?3",
        (after, None if containing is None else containing.lower(), limit),
    )
    return [_item(row) for row in rows]


def _item(row: Row) -> Item:
    return Item(
        item=row[0], name=row[1], revision=row[2], material=row[3], thickness_mm=row[4], mass_kg=row[5],
        customer=row[6], unit=row[7],
    )  # fmt: skip


def item_names(reader: Reader, numbers: Iterable[str]) -> dict[str, str | None]:
    """What some items are called."""
    wanted = list(numbers)
    found: dict[str, str | None] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        found.update(reader.all(f"SELECT item, name FROM items WHERE item IN ({', '.join('?' * len(some))})", some))
    return found


def save_item(writer: Writer, item: Item) -> None:
    """The item as it is now."""
    writer.run(
        f"INSERT OR REPLACE INTO items ({_ITEM}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item.item, item.name, item.revision, item.material, item.thickness_mm, item.mass_kg, item.customer,
            item.unit,
        ),
    )  # fmt: skip


def remove_item(writer: Writer, item: str) -> None:
    """The item and its routing go."""
    writer.run("DELETE FROM routing_steps WHERE item = ?", (item,))
    writer.run("DELETE FROM items WHERE item = ?", (item,))


def routing(reader: Reader, item: str) -> tuple[RoutingStep, ...]:
    """The steps of making an item, in order; empty where nobody wrote them down."""
    rows = reader.all(f"SELECT {_STEP} FROM routing_steps WHERE item = ? ORDER BY position, operation", (item,))
    return tuple(_step(row) for row in rows)


def routings(reader: Reader, after: tuple[str, str] | None, limit: int) -> list[tuple[str, RoutingStep]]:
    """(item, step) of every routing, by item and operation, those after `after`."""
    rows = reader.all(
        f"SELECT {_STEP}, item FROM routing_steps WHERE (?1 IS NULL OR (item, operation) > (?1, ?2))"
        " ORDER BY item, operation LIMIT ?3",
        (*(after or (None, None)), limit),
    )
    return [(row[11], _step(row)) for row in rows]


def _step(row: Row) -> RoutingStep:
    return RoutingStep(
        operation=row[0], position=row[1], process=row[2], machine=row[3], machine_class=row[4], site=row[5],
        setup_s=row[6], cycle_s=row[7], handwork_s=row[8], bends=row[9], note=row[10],
    )  # fmt: skip


def _values(step: RoutingStep) -> tuple[object, ...]:
    return (
        step.operation, step.position, step.process, step.machine, step.machine_class, step.site, step.setup_s,
        step.cycle_s, step.handwork_s, step.bends, step.note,
    )  # fmt: skip


def save_routing(writer: Writer, item: str, steps: Iterable[RoutingStep]) -> None:
    """These steps instead of those that were."""
    writer.run("DELETE FROM routing_steps WHERE item = ?", (item,))
    writer.many(
        f"INSERT INTO routing_steps (item, {_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(item, *_values(step)) for step in steps],
    )


def find_order(reader: Reader, order: str) -> Order | None:
    """The order of that number."""
    row = reader.one(f"SELECT {_ORDER} FROM orders WHERE order_id = ?", (order,))
    return None if row is None else _order(row)


def orders(
    reader: Reader, after: tuple[str, str] | None, limit: int, *, is_open: bool | None = None,
    due_before: str | None = None, item: str | None = None, containing: str | None = None,
) -> list[Order]:  # fmt: skip
    """Orders by (due, number), those without a day last; `after` is that pair of the last one seen.

    `is_open` None: all. `containing` narrows by number, customer or the customer's own number.
    """
    rows = reader.all(
        f"SELECT {_ORDER} FROM orders WHERE (?1 IS NULL OR (coalesce(due, '~'), order_id) > (?1, ?2))"
        " AND (?3 IS NULL OR (closed IS NULL) = ?3) AND (?4 IS NULL OR due < ?4) AND (?5 IS NULL OR item = ?5)"
        " AND (?6 IS NULL OR instr(lower(order_id), ?6) OR instr(lower(coalesce(customer, '')), ?6)"
        " OR instr(lower(coalesce(customer_order, '')), ?6)) ORDER BY coalesce(due, '~'), order_id LIMIT ?7",
        (
            *(after or (None, None)), None if is_open is None else int(is_open), due_before, item,
            None if containing is None else containing.lower(), limit,
        ),
    )  # fmt: skip
    return [_order(row) for row in rows]


def due_key(order: Order) -> tuple[str, str]:
    """Where an order stands in `orders`."""
    return order.due or "~", order.order


def _order(row: Row) -> Order:
    return Order(
        order=row[0], customer=row[1], customer_order=row[2], item=row[3], revision=row[4], quantity=row[5],
        due=row[6], priority=row[7], created_us=row[8], closed_us=row[9],
    )  # fmt: skip


def save_order(writer: Writer, order: Order) -> None:
    """The order as it is now; its operations are kept apart."""
    writer.run(
        f"INSERT OR REPLACE INTO orders ({_ORDER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.order, order.customer, order.customer_order, order.item, order.revision, order.quantity, order.due,
            order.priority, order.created_us, order.closed_us,
        ),
    )  # fmt: skip


def save_operations(writer: Writer, order: str, operations: Iterable[Operation]) -> None:
    """These operations instead of those that were."""
    writer.run("DELETE FROM operations WHERE order_id = ?", (order,))
    writer.many(
        f"INSERT INTO operations (order_id, quantity, {_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(each.order, each.quantity, *_values(each)) for each in operations],
    )


def remove_order(writer: Writer, order: str) -> None:
    """The order and its operations go."""
    writer.run("DELETE FROM operations WHERE order_id = ?", (order,))
    writer.run("DELETE FROM orders WHERE order_id = ?", (order,))


def operations_of(reader: Reader, order: str) -> list[Operation]:
    """The operations of an order, in the order of work."""
    rows = reader.all(
        f"SELECT {_OPERATION} FROM operations o WHERE o.order_id = ? ORDER BY o.position, o.operation", (order,)
    )
    return [_operation(row) for row in rows]


def find_operation(reader: Reader, order: str, operation: str) -> Operation | None:
    """One operation of an order."""
    row = reader.one(
        f"SELECT {_OPERATION} FROM operations o WHERE o.order_id = ? AND o.operation = ?", (order, operation)
    )
    return None if row is None else _operation(row)


def open_operations(reader: Reader, site: str | None) -> list[Operation]:
    """Operations of orders that are not closed, the soonest due first; `site` None: of every site.

    An operation that names no site may be done at any.
    """
    rows = reader.all(
        f"SELECT {_OPERATION} FROM operations o JOIN orders r USING (order_id) WHERE r.closed IS NULL"
        " AND (?1 IS NULL OR o.site IS NULL OR o.site = ?1)"
        " ORDER BY coalesce(r.due, '~'), r.priority, o.order_id, o.position, o.operation",
        (site,),
    )
    return [_operation(row) for row in rows]


def _operation(row: Row) -> Operation:
    return Operation(
        order=row[0], quantity=row[1], operation=row[2], position=row[3], process=row[4], machine=row[5],
        machine_class=row[6], site=row[7], setup_s=row[8], cycle_s=row[9], handwork_s=row[10], bends=row[11],
        note=row[12],
    )  # fmt: skip


def find_nest(reader: Reader, machine: str, program: str) -> Nest | None:
    """The nest of a machine's program."""
    found = nests(reader, None, 1, only=(machine, program))
    return found[0] if found else None


def nests(reader: Reader, after: tuple[str, str] | None, limit: int, only: tuple[str, str] | None = None) -> list[Nest]:
    """Nests with their lines, by machine and program, those after `after`."""
    rows = reader.all(
        "SELECT machine, program, sheet_item, sheet_quantity, remnant FROM nests"
        " WHERE (?1 IS NULL OR (machine, program) > (?1, ?2)) AND (?3 IS NULL OR (machine, program) = (?3, ?4))"
        " ORDER BY machine, program LIMIT ?5",
        (*(after or (None, None)), *(only or (None, None)), limit),
    )
    return [
        Nest(
            machine=row[0], program=row[1], sheet_item=row[2], sheet_quantity=row[3], remnant=row[4],
            lines=tuple(nest_lines(reader, row[0], row[1])),
        )
        for row in rows
    ]  # fmt: skip


def nest_lines(reader: Reader, machine: str, program: str) -> list[NestLine]:
    """What one run of a machine's program cuts; empty where it is no nest."""
    rows = reader.all(
        f"SELECT {_LINE} FROM nest_lines WHERE machine = ? AND program = ? ORDER BY order_id, operation",
        (machine, program),
    )
    return [
        NestLine(order=row[0], operation=row[1], quantity=row[2], cut_mm=row[3], pierces=row[4], area_mm2=row[5])
        for row in rows
    ]


def save_nest(writer: Writer, nest: Nest) -> None:
    """The nest as it is now, with these lines instead of those that were."""
    remove_nest(writer, nest.machine, nest.program)
    key = (nest.machine, nest.program)
    writer.run(
        "INSERT INTO nests (machine, program, sheet_item, sheet_quantity, remnant) VALUES (?, ?, ?, ?, ?)",
        (*key, nest.sheet_item, nest.sheet_quantity, nest.remnant),
    )
    writer.many(
        f"INSERT INTO nest_lines (machine, program, {_LINE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*key, ln.order, ln.operation, ln.quantity, ln.cut_mm, ln.pierces, ln.area_mm2) for ln in nest.lines],
    )


def remove_nest(writer: Writer, machine: str, program: str) -> None:
    """The nest goes."""
    writer.run("DELETE FROM nest_lines WHERE machine = ? AND program = ?", (machine, program))
    writer.run("DELETE FROM nests WHERE machine = ? AND program = ?", (machine, program))


def operators(reader: Reader, site: str | None = None) -> list[Operator]:
    """Operators by code; `site` None: of every site. Who has no site works at any."""
    rows = reader.all(
        "SELECT code, name, site, active FROM operators WHERE ?1 IS NULL OR site IS NULL OR site = ?1 ORDER BY code",
        (site,),
    )
    return [_operator(row) for row in rows]


def find_operator(reader: Reader, code: str) -> Operator | None:
    """The operator of that code."""
    row = reader.one("SELECT code, name, site, active FROM operators WHERE code = ?", (code,))
    return None if row is None else _operator(row)


def _operator(row: Row) -> Operator:
    return Operator(code=row[0], name=row[1], site=row[2], active=bool(row[3]))


def save_operator(writer: Writer, operator: Operator) -> None:
    """The operator as they are now."""
    writer.run(
        "INSERT OR REPLACE INTO operators (code, name, site, active) VALUES (?, ?, ?, ?)",
        (operator.code, operator.name, operator.site, int(operator.active)),
    )


def remove_operator(writer: Writer, code: str) -> None:
    """The operator goes; what they reported stays."""
    writer.run("DELETE FROM operators WHERE code = ?", (code,))


def uses_of_item(reader: Reader, item: str) -> int:
    """How many orders are for an item."""
    row = reader.one("SELECT count(*) FROM orders WHERE item = ?", (item,))
    return 0 if row is None else int(row[0])


def nests_of_order(reader: Reader, order: str) -> list[tuple[str, str]]:
    """(machine, program) of the nests that cut something of an order."""
    rows = reader.all("SELECT DISTINCT machine, program FROM nest_lines WHERE order_id = ? ORDER BY 1, 2", (order,))
    return [(machine, program) for machine, program in rows]


def remembered_columns(reader: Reader, kind: str) -> dict[str, str]:
    """Which field each heading of a spreadsheet of this kind was last said to mean."""
    return dict(reader.all("SELECT heading, field FROM import_columns WHERE kind = ?", (kind,)))


def remember_columns(writer: Writer, kind: str, columns: dict[str, str]) -> None:
    """Keeps what the headings of a spreadsheet mean."""
    writer.many(
        "INSERT OR REPLACE INTO import_columns (kind, heading, field) VALUES (?, ?, ?)",
        [(kind, heading, field) for heading, field in columns.items()],
    )
