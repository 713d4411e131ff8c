"""The quantity balance of one lot: what came, what went, what is left, and what does not add up. Pure.

Quantities are in the lot's own unit: that of the first step by which some of it came. What is not said is not
guessed: a use without a quantity leaves what is left unknown (None).
"""

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from hub.trace.model import Action, Identity, Step

FindingKind: TypeAlias = Literal["over", "unknown", "unsaid", "unit", "merge", "split"]
COMES: Final[frozenset[Action]] = frozenset({"receive", "produce", "split", "merge"})


class Finding(msgspec.Struct, frozen=True):
    """What does not add up. `over`: more went than came, by `amount`. `unknown`: it was used, but never came.

    `unsaid`: so many steps name no quantity. `unit`: so many steps are in another unit and do not count. `merge`,
    `split`: the lot has `amount` more (or less, below zero) than was taken from its parents.
    """

    kind: FindingKind
    amount: float


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A step of another lot that some of this one went into."""

    step: Step
    stated: float | None
    parents: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """`came` and `went` by action; `left` None where it cannot be known. `taken`: (quantity, unit) by use."""

    unit: str | None
    came: dict[str, float]
    went: dict[str, float]
    left: float | None
    findings: tuple[Finding, ...]
    taken: dict[Identity, tuple[float | None, str | None]]


class _Book:
    """Adds up as the steps go by."""

    def __init__(self, unit: str | None) -> None:
        self.unit = unit
        self.came: dict[str, float] = {}
        self.went: dict[str, float] = {}
        self.unsaid = 0
        self.other_unit = 0

    @property
    def left(self) -> float:
        return math.fsum(self.came.values()) - math.fsum(self.went.values())

    def come(self, action: str, quantity: float | None, unit: str | None) -> None:
        self._add(self.came, action, quantity, unit)

    def go(self, action: str, quantity: float | None, unit: str | None) -> None:
        self._add(self.went, action, quantity, unit)

    def _add(self, side: dict[str, float], action: str, quantity: float | None, unit: str | None) -> None:
        if quantity is None:
            self.unsaid += 1
        elif unit is not None and unit != self.unit:
            self.other_unit += 1
        else:
            side[action] = side.get(action, 0.0) + quantity

    def rest(self) -> float | None:
        """All that is left now; None where that is not known."""
        return None if self.unsaid or self.other_unit else max(self.left, 0.0)


def balance(own: Sequence[Step], uses: Sequence[Use]) -> Balance:
    """The balance of a lot from its own steps and the steps of others that used it; in any order."""
    book = _Book(_unit_of(own, uses))
    eaten = {step.work for step in own if _eats(step)}
    work = _last_work(own)
    taken: dict[Identity, tuple[float | None, str | None]] = {}
    entries: list[Step | Use] = [*own, *uses]
    for one in sorted(entries, key=_place):
        if isinstance(one, Use):
            taken[one.step.identity] = _use(book, one, covered=one.step.work is not None and one.step.work in eaten)
        elif _eats(one):
            book.go("consume", one.quantity, one.unit)
        elif one.action == "ship":
            quantity = book.rest() if one.quantity is None else one.quantity
            book.go("ship", quantity, one.unit if one.quantity is not None else book.unit)
        elif one.action in COMES and (one.action != "produce" or one.work == work):
            book.come(one.action, one.quantity, one.unit)
    _divide(taken, own, uses, book.unit)
    came = any(step.action in COMES for step in own)
    used = bool(uses) or any(_eats(step) or step.action == "ship" for step in own)
    findings = _findings(book, unknown=used and not came)
    sure = came and not book.unsaid and not book.other_unit
    return Balance(
        unit=book.unit, came=book.came, went=book.went, left=book.left if sure else None, findings=findings,
        taken=taken,
    )  # fmt: skip


def _place(one: Step | Use) -> tuple[tuple[int, int, int], bool]:
    return (one.step.place, True) if isinstance(one, Use) else (one.place, False)


def _eats(step: Step) -> bool:
    return step.action == "consume" and not step.parents


def _unit_of(own: Sequence[Step], uses: Sequence[Use]) -> str | None:
    said = sorted((step for step in own if step.unit is not None), key=lambda one: (one.action not in COMES, one.place))
    if said:
        return said[0].unit
    named = sorted((use.step for use in uses if use.step.action != "produce" and use.step.unit), key=lambda s: s.place)
    return named[0].unit if named else None


def _last_work(own: Sequence[Step]) -> tuple[str, str] | None:
    """The pieces of a lot that is said to be produced at one operation after the other are the same pieces."""
    made = [step for step in own if step.action == "produce"]
    return max(made, key=lambda one: one.place).work if made else None


def _use(book: _Book, use: Use, *, covered: bool) -> tuple[float | None, str | None]:
    """Books a use; how much was taken by it, as far as it says so itself."""
    step = use.step
    if use.stated is not None:
        unit = book.unit if step.taken else step.unit
        book.go(step.action, use.stated, unit)
        return use.stated, unit or book.unit
    if step.action == "merge":
        quantity = book.rest()
        book.go("merge", quantity, book.unit)
        return quantity, book.unit
    if step.action == "produce" and covered:
        return None, book.unit
    book.go(step.action, None, None)
    return None, book.unit


def _divide(
    taken: dict[Identity, tuple[float | None, str | None]], own: Sequence[Step], uses: Sequence[Use], unit: str | None
) -> None:
    """What an operation consumed all went into the one lot it produced; into which of several is not known.

    Where a lot has one parent and nothing says what was taken, the link says how much was made of it.
    """
    lots: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        if use.step.action == "produce" and use.stated is None and use.step.work is not None:
            lots.setdefault(use.step.work, []).append(use)
    for work, mine in lots.items():
        amounts = [step.quantity for step in own if _eats(step) and step.work == work and step.unit in {None, unit}]
        if len(mine) == 1 and amounts and None not in amounts:
            taken[mine[0].step.identity] = math.fsum(amount for amount in amounts if amount is not None), unit
    for use in uses:
        step = use.step
        if step.action == "produce" and use.parents == 1 and taken[step.identity][0] is None:
            taken[step.identity] = step.quantity, step.unit


def _findings(book: _Book, *, unknown: bool) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if unknown:
        found.append(Finding("unknown", 1.0))
    elif not is_near(book.left, 0.0, math.fsum(book.came.values())) and book.left < 0:
        found.append(Finding("over", -book.left))
    if book.other_unit:
        found.append(Finding("unit", float(book.other_unit)))
    if book.unsaid:
        found.append(Finding("unsaid", float(book.unsaid)))
    return tuple(found)


def is_near(one: float, other: float, size: float) -> bool:
    """Whether two quantities are the same but for the way computers add; `size`: how large they are."""
    return abs(one - other) <= 1e-9 * max(1.0, abs(size))


def origin_findings(
    step: Step, came: Sequence[tuple[float | None, str | None]], unit: str | None
) -> tuple[Finding, ...]:
    """Whether a split or merge has as much as was taken for it: `came` is (quantity, unit) by parent."""
    if step.action not in {"split", "merge"} or step.quantity is None:
        return ()
    amounts = [amount for amount, its_unit in came if amount is not None and its_unit in {None, step.unit or unit}]
    if len(amounts) < len(came):
        return ()
    more = step.quantity - math.fsum(amounts)
    if is_near(more, 0.0, step.quantity):
        return ()
    return (Finding("split" if step.action == "split" else "merge", more),)
