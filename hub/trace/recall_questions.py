"""The recall: from suspicious lots, or a machine and a time, to everything that was made of them and where it went.

Times in rows are aware UTC datetimes; quantities are in the unit beside them.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.errors import Invalid
from hub.machines.questions import find_machine
from hub.orders import store as orders
from hub.trace import graph_store, joins_store, steps_store, store
from hub.trace.model import Step
from hub.trace.questions import Name, find

MOST_LOTS: Final = 200


class RecallOf(msgspec.Struct, frozen=True, kw_only=True):
    """What is under suspicion: lots by name, and what a machine worked on from `from_us` until `to_us`."""

    lots: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MOST_LOTS)] = ()
    site: Name | None = None
    machine: Name | None = None
    from_us: int | None = None
    to_us: int | None = None


class RecallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One lot that is concerned, `depth` links from the nearest suspicious one (0: itself suspicious).

    Its shipments: the i-th went at `shipped_at[i]`, `quantities[i]` of it, to `customers[i]`. `left`: what is still
    in the house, null where that is not known.
    """

    lot: Annotated[str, Discloses("trace")]
    item: Annotated[str | None, Discloses("customer")]
    depth: Annotated[int, Discloses("trace")]
    unit: Annotated[str | None, Discloses("trace")]
    left: Annotated[float | None, Discloses("trace")]
    shipped_at: Annotated[tuple[datetime, ...], Discloses("trace")]
    quantities: Annotated[tuple[float | None, ...], Discloses("trace")]
    customers: Annotated[tuple[str | None, ...], Discloses("customer")]
    orders: Annotated[tuple[str | None, ...], Discloses("customer")]


def recall(room: Room, params: RecallOf) -> Found[RecallRow]:
    """Every lot made of what is under suspicion, itself among them, the nearest first."""
    by_machine = params.machine is not None or params.site is not None
    starts = set(_made_at(room, params)) if by_machine else set[int]()
    starts |= {find(room, name.strip()).lot_id for name in params.lots if name.strip()}
    if not params.lots and not by_machine:
        raise Invalid(
            "name the suspicious lots, or a machine with a time from and to",
            "lots",
            ja="疑わしいロットか、機械と開始・終了の日時を指定してください",
        )
    far = _distances(room, starts)
    known = store.lots_by_id(room.reader, far)
    shipped: dict[str, list[Step]] = {}
    for step in steps_store.shipments(room.reader, sorted(far)):
        shipped.setdefault(step.lot, []).append(step)
    customers = {one.lot: _customer_of_order(room, one.lot_id) for one in known.values() if one.lot in shipped}
    rows = [_row(room, one, far[one.lot_id], shipped.get(one.lot, []), customers) for one in known.values()]
    return Found(sorted(rows, key=lambda row: (row.depth, row.lot)))


def _made_at(room: Room, params: RecallOf) -> list[int]:
    if params.machine is None or params.site is None or params.from_us is None or params.to_us is None:
        raise Invalid(
            "a machine's site and name and the time from and to belong together",
            "machine",
            ja="機械と開始・終了の日時はそろえて指定してください",
        )
    if params.from_us > params.to_us:
        raise Invalid("from is after to", "from", ja="開始が終了より後です")
    known = find_machine(room, params.site, params.machine)
    return joins_store.made_at(room.reader, known.machine, params.from_us, params.to_us)


def _distances(room: Room, starts: set[int]) -> dict[int, int]:
    """How far each lot that came from one of `starts` is from the nearest of them."""
    following: dict[int, list[int]] = {}
    for parent, child, _, _ in graph_store.closure(room.reader, sorted(starts), "forward"):
        following.setdefault(parent, []).append(child)
    far, ring, depth = dict.fromkeys(starts, 0), sorted(starts), 0
    while ring:
        depth += 1
        ring = list({child: None for near in ring for child in following.get(near, ()) if child not in far})
        far.update(dict.fromkeys(ring, depth))
    return far


def _customer_of_order(room: Room, lot_id: int) -> str | None:
    """The customer of the order that a lot was made for."""
    for step in reversed(steps_store.own(room.reader, lot_id)):
        order = None if step.order is None else orders.find_order(room.reader, step.order)
        if order is not None and order.customer is not None:
            return order.customer
    return None


def _row(
    room: Room, known: store.KnownLot, depth: int, ships: list[Step], customers: dict[str, str | None]
) -> RecallRow:
    return RecallRow(
        lot=known.lot, item=known.item, depth=depth, unit=known.unit, left=known.left,
        shipped_at=tuple(from_us(step.at_us) for step in ships),
        quantities=tuple(step.quantity for step in ships),
        customers=tuple(step.customer or _of_order(room, step.order) or customers.get(known.lot) for step in ships),
        orders=tuple(step.order for step in ships),
    )  # fmt: skip


def _of_order(room: Room, order: str | None) -> str | None:
    found = None if order is None else orders.find_order(room.reader, order)
    return None if found is None else found.customer


RECALL: Final = Question(
    name="trace.recall", summary="Everything made of suspicious lots, and where it went", params=RecallOf,
    row=RecallRow, run=recall,
)  # fmt: skip
QUESTIONS: Final = (RECALL,)
