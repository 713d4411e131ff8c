"""What is to be made: items and how (routings), orders and their operations, nests, operators. Pure.

The master data that the journey's later stations lean on: runs are bound to operations, quantities compared with what
was ordered, measurements asked for by item and operation. Keys are texts as people write them ("PN-1001", "10").
Times are microseconds since 1970 UTC (``_us``), durations seconds (``_s``), lengths millimetres, masses kilograms.
"""

from typing import Final

import msgspec

NORMAL: Final = 3
"""The priority of an order of which nothing is said; 1 is the most urgent, 5 the least."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is made or bought, by its number."""

    item: str
    name: str | None = None
    revision: str | None = None
    material: str | None = None
    thickness_mm: float | None = None
    mass_kg: float | None = None
    customer: str | None = None
    unit: str | None = None


class RoutingStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of making an item. `machine` is a key ``site/machine``; `machine_class` says which kind would do."""

    operation: str
    position: int
    process: str
    machine: str | None = None
    machine_class: str | None = None
    site: str | None = None
    setup_s: float | None = None
    cycle_s: float | None = None
    handwork_s: float | None = None
    bends: int | None = None
    note: str | None = None


class Operation(RoutingStep, frozen=True, kw_only=True):
    """One step of an order: the routing's step as it was when the order was made, and how many are to be made."""

    order: str
    quantity: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer wants of one item, until the day `due` (YYYY-MM-DD). `closed_us` None: open."""

    order: str
    item: str
    quantity: int
    customer: str | None = None
    customer_order: str | None = None
    revision: str | None = None
    due: str | None = None
    priority: int = NORMAL
    created_us: int
    closed_us: int | None = None


class NestLine(msgspec.Struct, frozen=True, kw_only=True):
    """How many of an order's operation one run of a program cuts, and what of the work is theirs."""

    order: str
    operation: str
    quantity: int
    cut_mm: float | None = None
    pierces: int | None = None
    area_mm2: float | None = None


class Nest(msgspec.Struct, frozen=True, kw_only=True):
    """A cutting program: which operations one run of it cuts, out of which sheet, and what is left."""

    machine: str
    program: str
    sheet_item: str | None = None
    sheet_quantity: float | None = None
    remnant: str | None = None
    lines: tuple[NestLine, ...] = ()


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """A person on the shop floor, by a short code or badge."""

    code: str
    name: str | None = None
    site: str | None = None
    active: bool = True


def operations_for(order: Order, steps: tuple[RoutingStep, ...]) -> tuple[Operation, ...]:
    """The routing of an order's item as the order's own operations."""
    return tuple(
        Operation(order=order.order, quantity=order.quantity, **msgspec.structs.asdict(step)) for step in steps
    )


def is_late(order: Order, today: str) -> bool:
    """Whether an open order's day has passed; `today` is YYYY-MM-DD where the reader is.

    >>> is_late(Order(order="A", item="PN", quantity=1, due="2026-04-01", created_us=0), "2026-04-02")
    True
    """
    return order.closed_us is None and order.due is not None and order.due < today
