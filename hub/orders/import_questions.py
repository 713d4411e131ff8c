"""A spreadsheet against what is there: what it would add and change, and every bad cell, before anything is written.

`plan` is all that an import knows; the preview (a question) shows it, the import (`import_commands`) carries it out.
A file that is read again finds everything the same: rows are told apart by their numbers, never added up. A column
that a file does not have leaves its field as it is; an empty cell empties it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

import msgspec

from hub.access.catalogue import Discloses, Found, Question, Room
from hub.directory.company import CompanyView
from hub.directory.roles import Role
from hub.errors import NotAllowed
from hub.orders import store
from hub.orders.column_model import MOST_LINES, SHEETS, Kind, position_of
from hub.orders.model import NORMAL, Item, Nest, NestLine, Operator, Order, RoutingStep
from hub.orders.reference_store import References, with_site
from hub.sheets.columns import Extract, Heading, Line, extract
from hub.sheets.fault import CellFault, Refused
from hub.sheets.reading import read_sheet
from hub.stores.company import Reader

MASTER: Final[frozenset[Role]] = frozenset({"manager", "admin"})
TECHNICAL: Final[frozenset[Role]] = MASTER | {"estimator"}
ROLES_OF: Final[Mapping[Kind, frozenset[Role]]] = {
    "orders": MASTER, "items": TECHNICAL, "routings": TECHNICAL, "nests": MASTER, "operators": MASTER,
}  # fmt: skip
SHOWN_LINES: Final = 20
Text = Annotated[str, msgspec.Meta(max_length=200)]
Thing: TypeAlias = Item | tuple[str, RoutingStep] | Nest | Order | Operator


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what its columns (letters → field) are to mean; `columns` None: as they were last time, or by name."""

    kind: Kind
    data: bytes
    columns: dict[Text, Text] | None = None


class BadCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that cannot be taken; `place` is "B7"."""

    place: str
    row: int
    column: str
    heading: str | None
    message: str
    message_ja: str


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would do. `faults` not empty: nothing can be written. `lines` are the first rows as they are read."""

    kind: Annotated[str, Discloses("customer")]
    rows: Annotated[int, Discloses("customer")]
    new: Annotated[int, Discloses("customer")]
    changed: Annotated[int, Discloses("customer")]
    same: Annotated[int, Discloses("customer")]
    headings: Annotated[tuple[Heading, ...], Discloses("customer")]
    faults: Annotated[tuple[BadCell, ...], Discloses("customer")]
    lines: Annotated[tuple[tuple[int, dict[str, Any]], ...], Discloses("customer")]


@dataclass(slots=True)
class Plan:
    """What a file asks for: `things` to write (new and changed ones), how many are new or the same, and bad cells."""

    extract: Extract
    things: list[Thing] = field(default_factory=list)
    new: int = 0
    same: int = 0
    faults: list[CellFault] = field(default_factory=list)

    def refuse(self, line: Line, refused: Refused) -> None:
        """A cell of a line is bad, for a reason that lies beyond the cell."""
        heading = next((each for each in self.extract.headings if each.field == refused.field), None)
        self.faults.append(
            CellFault(
                row=line.row, column="A" if heading is None else heading.column,
                heading=None if heading is None else heading.heading, en=refused.message, ja=refused.ja,
            )
        )  # fmt: skip

    def keep(self, thing: Thing, there: Thing | None) -> None:
        """A thing as the file wants it, beside what is there."""
        if thing == there:
            self.same += 1
            return
        self.new += there is None
        self.things.append(thing)


def plan(
    reader: Reader, registry: CompanyView, kind: Kind, data: bytes, columns: dict[str, str] | None, now_us: int
) -> Plan:
    """Reads a file and compares it with what is there; Refused where it is no spreadsheet."""
    found = extract(read_sheet(data), SHEETS[kind], store.remembered_columns(reader, kind), columns)
    made = Plan(found, faults=list(found.faults))
    bad = {fault.row for fault in found.faults}
    required = {column.key for column in SHEETS[kind] if column.required}
    good = [line for line in found.lines if line.row not in bad and required <= line.values.keys()]
    _PLANNERS[kind](made, good, Ground(reader, References(reader, registry), now_us))
    made.faults.sort(key=lambda fault: (fault.row, len(fault.column), fault.column))
    return made


def _once(made: Plan, lines: Iterable[Line], *keys: str) -> Iterable[tuple[Line, tuple[Any, ...]]]:
    """Lines whose key comes for the first time; the others are bad cells."""
    seen: dict[tuple[Any, ...], int] = {}
    for line in lines:
        key = tuple(line.values[name] for name in keys)
        if key in seen:
            said = " ".join(str(part) for part in key)
            made.refuse(
                line,
                Refused(f"{said} is in row {seen[key]} already", f"{said} は {seen[key]} 行目にもあります", keys[-1]),
            )
        else:
            seen[key] = line.row
            yield line, key


class Ground(NamedTuple):
    """What a plan stands on: what is there now, what may be named, and the time."""

    reader: Reader
    references: References
    now_us: int


def _plan_items(made: Plan, lines: list[Line], ground: Ground) -> None:
    for line, (number,) in _once(made, lines, "item"):
        there = store.find_item(ground.reader, number)
        made.keep(msgspec.structs.replace(there or Item(item=number), **line.values), there)


def _plan_operators(made: Plan, lines: list[Line], ground: Ground) -> None:
    for line, (code,) in _once(made, lines, "code"):
        there = store.find_operator(ground.reader, code)
        values = {name: value for name, value in line.values.items() if name != "active" or value is not None}
        operator = msgspec.structs.replace(there or Operator(code=code), **values)
        try:
            ground.references.check_operator(operator)
        except Refused as refused:
            made.refuse(line, refused)
        else:
            made.keep(operator, there)


def _plan_routings(made: Plan, lines: list[Line], ground: Ground) -> None:
    kept: dict[str, dict[str, RoutingStep]] = {}
    counted: dict[str, int] = {}
    for line, (number, operation) in _once(made, lines, "item", "operation"):
        values = {name: value for name, value in line.values.items() if name != "item"}
        index = counted[number] = counted.get(number, -1) + 1
        try:
            if number not in kept:
                ground.references.check_item(number, "item")
                kept[number] = {step.operation: step for step in store.routing(ground.reader, number)}
            there = kept[number].get(operation)
            position = values.get("position")
            if position is None:
                position = there.position if there is not None else position_of(operation, None, index)
            base = there or RoutingStep(operation=operation, position=position, process="")
            if "machine" in values and "site" not in values:
                values["site"] = None
            step = msgspec.structs.replace(base, **(values | {"position": position}))
            ground.references.check_step(step)
            step = msgspec.structs.replace(step, site=with_site(step))
        except Refused as refused:
            made.refuse(line, refused)
        else:
            made.keep((number, step), None if there is None else (number, there))


def _plan_nests(made: Plan, lines: list[Line], ground: Ground) -> None:
    nests: dict[tuple[str, str], tuple[dict[str, Any], list[NestLine]]] = {}
    for line, key in _once(made, lines, "machine", "program", "order", "operation"):
        head = {name: line.values[name] for name in _HEAD if name in line.values}
        cut = NestLine(**{name: value for name, value in line.values.items() if name not in (*_HEAD, *_NEST_KEY)})
        first, so_far = nests.setdefault((key[0], key[1]), (head, []))
        try:
            ground.references.check_machine(key[0], "machine")
            ground.references.check_line(cut)
            _check_head(first, head)
            _check_room(so_far)
        except Refused as refused:
            made.refuse(line, refused)
        else:
            so_far.append(cut)
    for (machine, program), (head, cuts) in nests.items():
        if cuts:
            there = store.find_nest(ground.reader, machine, program)
            base = there or Nest(machine=machine, program=program)
            in_order = tuple(sorted(cuts, key=lambda cut: (cut.order, cut.operation)))
            made.keep(msgspec.structs.replace(base, **head, lines=in_order), there)


_NEST_KEY: Final = ("machine", "program")
_HEAD: Final[tuple[str, ...]] = ("sheet_item", "sheet_quantity", "remnant")


def _check_room(so_far: list[NestLine]) -> None:
    if len(so_far) == MOST_LINES:
        raise Refused(f"a nest has at most {MOST_LINES} lines", f"1 ネストは {MOST_LINES} 行までです", "program")


def _check_head(first: dict[str, Any], head: dict[str, Any]) -> None:
    for name, value in head.items():
        if value != first.get(name):
            raise Refused(
                "rows of one program say different things here", "同じプログラムの行で内容が食い違っています", name
            )


def _plan_orders(made: Plan, lines: list[Line], ground: Ground) -> None:
    for line, (number,) in _once(made, lines, "order"):
        there = store.find_order(ground.reader, number)
        try:
            item = ground.references.check_item(line.values["item"], "item")
            made.keep(_order(line.values, item, there, ground.now_us), there)
        except Refused as refused:
            made.refuse(line, refused)


def _order(values: dict[str, Any], item: Item, there: Order | None, now_us: int) -> Order:
    if there is None:
        return new_order(values, item, now_us)
    wanted = values | {name: said for name, said in _defaults(item).items() if name in values and values[name] is None}
    order = msgspec.structs.replace(there, **wanted)
    if order.item != there.item:
        raise Refused(
            f"order {there.order} is there already for item {there.item}; another item needs another number",
            f"注番「{there.order}」は品番「{there.item}」で登録済みです。別の品番には別の注番を付けてください",
            "item",
        )
    if order != there and there.closed_us is not None:
        raise Refused(
            f"order {there.order} is closed; open it again before it is changed",
            f"注番「{there.order}」は完了済みです。変更するには再開してください",
            "order",
        )
    return order


def new_order(values: dict[str, Any], item: Item, now_us: int) -> Order:
    """An order from checked values; what is not said comes from its item."""
    said = {name: value for name, value in values.items() if value is not None}
    return Order(**(_defaults(item) | said), created_us=now_us)


def _defaults(item: Item) -> dict[str, Any]:
    return {"priority": NORMAL, "revision": item.revision, "customer": item.customer}


Planner: TypeAlias = Callable[[Plan, list[Line], Ground], None]
_PLANNERS: Final[Mapping[Kind, Planner]] = {
    "items": _plan_items, "routings": _plan_routings, "nests": _plan_nests, "orders": _plan_orders,
    "operators": _plan_operators,
}  # fmt: skip


def preview(room: Room, params: Preview) -> Found[PreviewRow]:
    """What a file would do; nothing is written."""
    made = plan(room.reader, room.registry, params.kind, params.data, params.columns, room.now_us)
    return Found([preview_row(params.kind, made)])


def preview_row(kind: Kind, made: Plan) -> PreviewRow:
    """A plan as it is shown."""
    return PreviewRow(
        kind=kind, rows=len(made.extract.lines), new=made.new, changed=len(made.things) - made.new, same=made.same,
        headings=made.extract.headings,
        faults=tuple(
            BadCell(
                place=fault.place, row=fault.row, column=fault.column, heading=fault.heading, message=fault.en,
                message_ja=fault.ja,
            )
            for fault in made.faults
        ),
        lines=tuple((line.row, line.values) for line in made.extract.lines[:SHOWN_LINES]),
    )  # fmt: skip


def check_kind(roles: frozenset[Role], kind: Kind) -> None:
    """NotAllowed where nobody of these roles may import a kind."""
    if not roles & ROLES_OF[kind]:
        raise NotAllowed(f"importing {kind} is for the roles {', '.join(sorted(ROLES_OF[kind]))}; ask an admin")


QUESTIONS: Final = (
    Question(
        name="orders.preview", summary="What importing a file would do, and its bad cells", params=Preview,
        row=PreviewRow, run=preview, roles=TECHNICAL,
    ),
)  # fmt: skip
