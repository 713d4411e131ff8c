"""What the parts are made of: lots that come, are cut up, joined, handed over and shipped, with quantities. Pure.

Each order's parts are one lot, made of one or two material lots when its first operation is done. A lot whose order
is finished is shipped to its customer. One lot of the first company goes to the second, which builds it into an order
of its own; one lot is shipped in two halves, and two lots are joined before they are shipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.work.floor import END, Floor
from simulators.work.plan import SKELETON, Order

SPLIT_ORDER = "T-2611-003"
MERGED_ORDERS = ("A-2611-001", "A-2611-002")
GIVEN_ORDER = "A-2611-005"
"""Cut from the bad coil, and given to the second company."""
TAKING_ORDER = "M-2611-009"
RECEIVED_LOT = "IN-A-005"
TRAVEL_MS = 20 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lot. `parents` are (lot, how much of it went in); `at` may lie before the day.

    `given` names what joins a ship and a receive of two companies.
    """

    at: int
    action: str
    lot: str
    item: str
    quantity: float
    unit: str
    parents: tuple[tuple[str, float], ...] = ()
    order: str | None = None
    operation: str | None = None
    machine: str | None = None
    customer: str | None = None
    given: str | None = None


def taken_at(floor: Floor) -> int:
    """When the second company has the lot that the first gives it.

    Raises:
        ValueError: the story does not hold: the order is not done early enough.
    """
    stint = floor.stint(GIVEN_ORDER, len(floor.plan.company.stations) - 1)
    if stint is None or stint.end is None:
        raise ValueError(f"{GIVEN_ORDER} is not done")
    return stint.end + 2 * TRAVEL_MS


def steps(floor: Floor, received: tuple[int, float] | None = None) -> list[Step]:
    """Every step of one company's lots. `received`: when the lot from the other company came, and how many."""
    company = floor.plan.company
    found = [Step(-30 * 60_000, "receive", lot, item, amount, unit) for lot, item, amount, unit in company.lots]
    if received is not None:
        at, pieces = received
        found.append(Step(at, "receive", RECEIVED_LOT, "AB-100", pieces, "pcs", given=GIVEN_ORDER))
    for order in floor.plan.orders:
        found += _made(floor, order)
    found += _joined(floor)
    for order in floor.plan.orders:
        found += _shipped(floor, order)
    return sorted(found, key=lambda step: step.at)


def _mass(order: Order, pieces: int) -> float:
    return round(order.product.mass_kg * pieces * SKELETON, 3)


def _made(floor: Floor, order: Order) -> list[Step]:
    stint = floor.stint(order.order, 0)
    if stint is None or stint.end is None:
        return []
    mass, pieces = _mass(order, stint.made(order.order)), stint.good(order.order)
    shares = [round(mass / len(order.materials), 3)] * len(order.materials)
    parents = tuple(zip(order.materials, shares, strict=True))
    if order.order == TAKING_ORDER:
        parents = (*parents, (RECEIVED_LOT, float(pieces)))
    return [
        Step(
            stint.end, "produce", order.lot, order.product.item, float(pieces), "pcs", parents, order.order,
            floor.plan.company.operation(0), stint.station.key,
        )
    ]  # fmt: skip


def finished(floor: Floor, order: Order) -> tuple[int, int] | None:
    """When the last operation was done, and with how many good pieces."""
    stint = floor.stint(order.order, len(floor.plan.company.stations) - 1)
    return None if stint is None or stint.end is None else (stint.end, stint.good(order.order))


def _joined(floor: Floor) -> list[Step]:
    """Two orders of one customer in one box, and the lot of a third in two."""
    found: list[Step] = []
    pair = [(order, finished(floor, order)) for order in floor.plan.orders if order.order in MERGED_ORDERS]
    done = [(order, end) for order, end in pair if end is not None]
    if len(done) == len(MERGED_ORDERS):
        parents = tuple((order.lot, float(pieces)) for order, (_, pieces) in done)
        at = max(end for _, (end, _) in done) + 60_000
        total = sum(amount for _, amount in parents)
        found.append(Step(at, "merge", "BOX-A-001", "SET-A", total, "pcs", parents))
        found.append(Step(at + 60_000, "ship", "BOX-A-001", "SET-A", total, "pcs", customer="東雲電機"))
    split = next((order for order in floor.plan.orders if order.order == SPLIT_ORDER), None)
    end = None if split is None else finished(floor, split)
    if split is not None and end is not None:
        at, pieces = end
        for number, part in enumerate((pieces // 2, pieces - pieces // 2), start=1):
            name, item = f"{split.lot}-{number}", split.product.item
            found.append(Step(at + 60_000, "split", name, item, float(part), "pcs", ((split.lot, float(part)),)))
            found.append(Step(at + 120_000, "ship", name, item, float(part), "pcs", customer=split.product.customer))
    return found


def _shipped(floor: Floor, order: Order) -> list[Step]:
    end = finished(floor, order)
    if end is None or order.order in (*MERGED_ORDERS, SPLIT_ORDER):
        return []
    at, pieces = end
    given = GIVEN_ORDER if order.order == GIVEN_ORDER else None
    customer = "みどり板金" if given else order.product.customer
    when = min(at + (TRAVEL_MS if given else 60_000), END + 600_000)
    item, amount = order.product.item, float(pieces)
    return [
        Step(when, "ship", order.lot, item, amount, "pcs", order=order.order, customer=customer, given=given),
    ]
