"""What is ordered for the day: forty orders of five operations each, 1,500 parts; nests for the laser.

The laser cuts two orders out of every sheet: a nest is a program, how many sheets, and how many of each order a sheet
gives. Pure data from `group`; due days are days from today, negative ones are late already.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.work.group import AOBA, MIDORI, TAKUMI, Company, Product

NESTED = ((10, 4, 3), (8, 5, 2), (12, 4, 2), (6, 6, 4), (9, 4, 2), (10, 3, 2), (8, 4, 4), (7, 3, 5))
"""Of each nest: sheets, pieces of the first order a sheet, pieces of the second."""
MIDORI_QUANTITIES = (40, 45, 38, 50, 36, 48, 42, 44, 40, 46, 39, 42)
TAKUMI_QUANTITIES = (42, 40, 45, 38, 44, 40, 46, 41, 43, 39, 48, 42)
SKELETON = 1.25
"""A sheet weighs so much more than the parts that come out of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """So many pieces of a product, all of one material lot or of two."""

    order: str
    product: Product
    quantity: int
    due_days: int
    priority: int
    lot: str
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nest:
    """A cutting program: `lines` are (order, pieces a sheet)."""

    program: str
    sheets: int
    lines: tuple[tuple[str, int], ...]
    material: tuple[str, ...]
    """The lots the sheets come from; where there are two, the first is used up after half of the sheets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One company's day as it was planned."""

    company: Company
    orders: tuple[Order, ...]
    nests: tuple[Nest, ...] = ()

    def find(self, order: str) -> Order:
        """The order of that number."""
        return next(each for each in self.orders if each.order == order)


def plans() -> tuple[Plan, Plan, Plan]:
    """The day of each company of the group."""
    return _aoba(), _plain(MIDORI, "M", MIDORI_QUANTITIES), _plain(TAKUMI, "T", TAKUMI_QUANTITIES)


def _aoba() -> Plan:
    orders: list[Order] = []
    nests: list[Nest] = []
    coils = ("COIL-A1", "COIL-A1", "COIL-A2", "COIL-A2", "COIL-A2 COIL-A3", "COIL-A3", "COIL-A3", "COIL-A3")
    for number, ((sheets, *shares), coil) in enumerate(zip(NESTED, coils, strict=True)):
        material = tuple(coil.split())
        pair = [_order(AOBA, "A", 2 * number + side, sheets * share, material) for side, share in enumerate(shares)]
        orders += pair
        lines = tuple((order.order, share) for order, share in zip(pair, shares, strict=True))
        nests.append(Nest(f"N9{number + 1:02d}", sheets, lines, material))
    return Plan(AOBA, tuple(orders), tuple(nests))


def _plain(company: Company, letter: str, quantities: tuple[int, ...]) -> Plan:
    lots = [lot for lot, *_ in company.lots]
    half = len(quantities) // 2
    return Plan(
        company,
        tuple(_order(company, letter, n, q, (lots[n // half],)) for n, q in enumerate(quantities)),
    )


def _order(company: Company, letter: str, number: int, quantity: int, materials: tuple[str, ...]) -> Order:
    product = company.products[number % len(company.products)]
    name = f"{letter}-2611-{number + 1:03d}"
    return Order(name, product, quantity, (number * 3) % 11 - 2, 1 + number % 5, f"LOT-{name}", materials)
