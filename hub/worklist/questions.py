"""What a site's terminals ask for: one row that is the whole list of work. Asked in the name of the site's agent.

It is read from the rooms below as they are now; nothing is kept here. Times in rows are aware UTC datetimes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec

from contract.times import from_us
from contract.worklist import (
    VERSION,
    Plan,
    ReasonWord,
    Worker,
    Worklist,
    WorkMachine,
    WorkOperation,
)
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing
from hub.machines import store as machines
from hub.orders import store as orders
from hub.orders.model import Item, Order
from hub.progress import store as progress
from hub.progress.model import Standing
from hub.quality import store as quality
from hub.stops import store as stops
from hub.stores.company import Reader
from hub.worklist import store
from hub.worklist.model import (
    MOST_OPERATIONS,
    machines_of,
    plan_of,
    stop_words,
    work_operation,
    workers,
)


class OfSite(msgspec.Struct, frozen=True, kw_only=True):
    """The site whose work is asked for."""

    site: str


class WorklistRow(msgspec.Struct, frozen=True, kw_only=True):
    """All a terminal needs; the same as `contract.worklist.Worklist`, part by part."""

    site: Annotated[str, Discloses("identity")]
    made_at: Annotated[datetime, Discloses("identity")]
    machines: Annotated[tuple[WorkMachine, ...], Discloses("identity")]
    operators: Annotated[tuple[Worker, ...] | None, Discloses("people")]
    operations: Annotated[tuple[WorkOperation, ...], Discloses("customer")]
    plans: Annotated[tuple[Plan, ...], Discloses("quality")]
    stop_reasons: Annotated[tuple[ReasonWord, ...], Discloses("breakdowns")]
    reject_reasons: Annotated[tuple[ReasonWord, ...], Discloses("quality")]


class RejectRow(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for rejecting a piece, in both languages."""

    code: Annotated[str, Discloses("know_how")]
    ja: Annotated[str, Discloses("know_how")]
    en: Annotated[str, Discloses("know_how")]


def reject_reasons(room: Room, _params: Nothing) -> Found[RejectRow]:
    """The company's reasons in its order, or the ones it began with."""
    return Found([RejectRow(code=one.code, ja=one.ja, en=one.en) for one in store.reject_reasons(room.reader)])


def worklist(room: Room, params: OfSite) -> Found[WorklistRow]:
    """The list of one site, whether anything is open there or not."""
    reader, site = room.reader, params.site
    operations = open_work(reader, site)
    names = {known.machine: known.record.name if known.record else None for known in machines.all_machines(reader)}
    row = WorklistRow(
        site=site,
        made_at=from_us(room.now_us),
        machines=machines_of(names, site),
        operators=workers(orders.operators(reader, site), site),
        operations=operations,
        plans=plans_of(reader, operations),
        stop_reasons=stop_words(stops.reason_codes(reader)),
        reject_reasons=store.reject_reasons(reader),
    )
    return Found([row])


def open_work(reader: Reader, site: str) -> tuple[WorkOperation, ...]:
    """The open operations that may be done at a site, the soonest due first."""
    known_orders: dict[str, Order | None] = {}
    known_items: dict[str, Item | None] = {}
    stand: dict[tuple[str, str], Standing] = {}
    found = []
    for operation in orders.open_operations(reader, site)[:MOST_OPERATIONS]:
        if operation.order not in known_orders:
            known_orders[operation.order] = orders.find_order(reader, operation.order)
            standings = progress.standings(reader, operation.order)
            stand.update({(one.order, one.operation): one.standing for one in standings})
        order = known_orders[operation.order]
        if order is not None and order.item not in known_items:
            known_items[order.item] = orders.find_item(reader, order.item)
        item = known_items.get(order.item) if order is not None else None
        found.append(work_operation(operation, order, item, stand.get((operation.order, operation.operation))))
    return tuple(found)


def plans_of(reader: Reader, operations: Iterable[WorkOperation]) -> tuple[Plan, ...]:
    """The inspection plans of these operations, each once; operations without one are left out."""
    keys = dict.fromkeys((one.item, one.operation) for one in operations if one.item is not None)
    plans = (plan_of(item, operation, quality.plan(reader, item, operation)) for item, operation in keys if item)
    return tuple(plan for plan in plans if plan.checks)


def as_worklist(row: WorklistRow) -> Worklist:
    """The row in the words of the contract."""
    return Worklist(v=VERSION, **msgspec.structs.asdict(row) | {"operators": row.operators or ()})


QUESTIONS = (
    Question(
        name="worklist.site",
        summary="What the terminals of a site work from: open operations, people, plans, reasons",
        params=OfSite,
        row=WorklistRow,
        run=worklist,
        roles=frozenset({"manager", "admin"}),
    ),
    Question(
        name="worklist.reject_reasons", summary="The reasons for rejecting a piece", params=Nothing, row=RejectRow,
        run=reject_reasons,
    ),
)  # fmt: skip
