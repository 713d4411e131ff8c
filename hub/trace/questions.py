"""What can be asked about lots: the list, one lot, its steps, its relatives, and what was not understood.

Times in rows are aware UTC datetimes; quantities are in the unit beside them.
"""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from contract.keys import split_machine_key
from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Page, decode_cursor, encode_cursor
from hub.errors import Invalid, NotFound
from hub.trace import certificate_store, graph_store, joins_store, steps_store, store
from hub.trace.model import Direction, Step, claims_of, depths
from hub.trace.store import KnownLot

MAX_RELATIVES: Final = 50_000
Name = Annotated[str, msgspec.Meta(max_length=200)]


class LotPage(Page, frozen=True, kw_only=True):
    """Lots, the last touched first; `text` is part of a lot's or item's name, `odd`: only what does not add up."""

    text: Name | None = None
    odd: bool = False


class TheLot(msgspec.Struct, frozen=True, kw_only=True):
    """One lot, by its name."""

    lot: Name


class Towards(TheLot, frozen=True, kw_only=True):
    """One lot and a direction: back to where it came from, or forward to what it became."""

    direction: Direction = "back"


class OddThing(msgspec.Struct, frozen=True, kw_only=True):
    """What does not add up: see `balance_model.Finding`."""

    kind: str
    amount: float


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One lot or serial. `left` null: it cannot be known; `came` and `went` are all that came and went."""

    lot: Annotated[str, Discloses("trace")]
    item: Annotated[str | None, Discloses("customer")]
    unit: Annotated[str | None, Discloses("trace")]
    came: Annotated[float | None, Discloses("trace")]
    went: Annotated[float | None, Discloses("trace")]
    left: Annotated[float | None, Discloses("trace")]
    shipped: Annotated[float | None, Discloses("trace")]
    findings: Annotated[tuple[OddThing, ...], Discloses("trace")]
    first_at: Annotated[datetime | None, Discloses("trace")]
    last_at: Annotated[datetime | None, Discloses("trace")]


class LotBalance(LotRow, frozen=True, kw_only=True):
    """One lot with its balance by action: what came by receiving or producing, what went by consuming."""

    came_by: Annotated[dict[str, float], Discloses("trace")]
    went_by: Annotated[dict[str, float], Discloses("trace")]


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of a lot, with what its machine did from `since` until it.

    `state_s`: seconds by state; `programs` and `alarms`: what ran and what was up meanwhile.
    """

    at: Annotated[datetime, Discloses("trace")]
    action: Annotated[str, Discloses("trace")]
    lot: Annotated[str, Discloses("trace")]
    quantity: Annotated[float | None, Discloses("trace")]
    unit: Annotated[str | None, Discloses("trace")]
    parents: Annotated[tuple[str, ...], Discloses("trace")]
    order: Annotated[str | None, Discloses("customer")]
    operation: Annotated[str | None, Discloses("trace")]
    process: Annotated[str | None, Discloses("trace")]
    customer: Annotated[str | None, Discloses("customer")]
    site: Annotated[str | None, Discloses("identity")]
    machine: Annotated[str | None, Discloses("identity")]
    operator: Annotated[str | None, Discloses("people")]
    certificate: Annotated[str | None, Discloses("trace")]
    since: Annotated[datetime | None, Discloses("state")]
    state_s: Annotated[dict[str, float], Discloses("state")]
    programs: Annotated[tuple[str, ...], Discloses("know_how")]
    alarms: Annotated[tuple[str, ...], Discloses("know_how")]


class LinkRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So much of one lot went into another; null where that is not known."""

    from_: str = msgspec.field(name="from")
    to: str
    quantity: float | None
    unit: str | None


class GenealogyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lot with all its relatives in one direction: `lots[i]` is `depths[i]` links away and of item `items[i]`.

    Lots and links: the nearest first.
    """

    lots: Annotated[tuple[str, ...], Discloses("trace")]
    depths: Annotated[tuple[int, ...], Discloses("trace")]
    items: Annotated[tuple[str | None, ...], Discloses("customer")]
    links: Annotated[tuple[LinkRow, ...], Discloses("trace")]


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of a lot or of one it came from, as it was reported. `id` tells it from all others.

    `taken[i]` in `units[i]` is how much of `parents[i]` it says it took.
    """

    id: Annotated[str, Discloses("trace")]
    at: Annotated[datetime, Discloses("trace")]
    action: Annotated[str, Discloses("trace")]
    lot: Annotated[str, Discloses("trace")]
    quantity: Annotated[float | None, Discloses("trace")]
    unit: Annotated[str | None, Discloses("trace")]
    parents: Annotated[tuple[str, ...], Discloses("trace")]
    taken: Annotated[tuple[float | None, ...], Discloses("trace")]
    units: Annotated[tuple[str | None, ...], Discloses("trace")]
    order: Annotated[str | None, Discloses("customer")]
    operation: Annotated[str | None, Discloses("trace")]
    machine: Annotated[str | None, Discloses("identity")]


class OddStepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record that says nothing that can stand, and why."""

    at: Annotated[datetime, Discloses("trace")]
    action: Annotated[str, Discloses("trace")]
    lot: Annotated[str, Discloses("trace")]
    parents: Annotated[tuple[str, ...], Discloses("trace")]
    reason: Annotated[str, Discloses("trace")]


class CertificateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file attached to a lot. `by`: who attached it."""

    id: Annotated[int, Discloses("trace")]
    name: Annotated[str, Discloses("trace")]
    media: Annotated[str, Discloses("trace")]
    size: Annotated[int, Discloses("trace")]
    added_at: Annotated[datetime, Discloses("trace")]
    by: Annotated[str | None, Discloses("people")]


def find(room: Room, lot: str) -> KnownLot:
    """The lot of that name; NotFound where nothing names it."""
    known = store.find_lot(room.reader, lot)
    if known is None:
        raise NotFound(f"lot {lot[:64]!r}")
    return known


def row_values(known: KnownLot) -> dict[str, Any]:
    """A lot as the fields of its row."""
    return {
        "lot": known.lot, "item": known.item, "unit": known.unit, "came": known.came, "went": known.went,
        "left": known.left, "shipped": known.shipped,
        "findings": tuple(OddThing(kind=one.kind, amount=one.amount) for one in known.findings),
        "first_at": None if known.first_at_us is None else from_us(known.first_at_us),
        "last_at": None if known.last_at_us is None else from_us(known.last_at_us),
    }  # fmt: skip


def lots(room: Room, params: LotPage) -> Found[LotRow]:
    """Lots, the last touched first."""
    before = None
    if params.cursor is not None:
        parts = decode_cursor(params.cursor)
        if len(parts) != 2 or not all(isinstance(part, int) for part in parts):
            raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")
        before = (int(parts[0]), int(parts[1]))
    text = (params.text or "").strip() or None
    found = store.read_lots(room.reader, before, params.limit + 1, text=text, odd=params.odd)
    shown = found[: params.limit]
    last = shown[-1] if len(found) > params.limit else None
    following = None if last is None else encode_cursor(last.last_at_us or 0, last.lot_id)
    return Found([LotRow(**row_values(known)) for known in shown], following)


def lot(room: Room, params: TheLot) -> Found[LotBalance]:
    """One lot with its balance."""
    known = find(room, params.lot)
    book = store.book_of(room.reader, known.lot_id)
    return Found([LotBalance(**row_values(known), came_by=book.came, went_by=book.went)])


def steps(room: Room, params: TheLot) -> Found[StepRow]:
    """The steps of a lot and those of others that used it, in their order."""
    known = find(room, params.lot)
    used = [use.step for use in store.uses_of(room.reader, known.lot_id)]
    mine = [*steps_store.own(room.reader, known.lot_id), *used]
    return Found([step_row(room, step) for step in sorted(mine, key=lambda one: one.place)])


def step_row(room: Room, step: Step) -> StepRow:
    """A step with its operation and what its machine did meanwhile."""
    operation = joins_store.operation_of(room.reader, step)
    machine = step.machine or (operation.machine if operation is not None else None)
    seen = joins_store.machine_meanwhile(room.reader, step, machine, room.now_us)
    site, name = split_machine_key(machine) if machine is not None else (None, None)
    return StepRow(
        at=from_us(step.at_us), action=step.action, lot=step.lot, quantity=step.quantity, unit=step.unit,
        parents=step.parents, order=step.order, operation=step.operation,
        process=operation.process if operation is not None else None, customer=step.customer, site=site, machine=name,
        operator=step.operator, certificate=step.certificate,
        since=from_us(seen.from_us) if seen is not None else None,
        state_s={state: us / 1e6 for state, us in seen.state_us.items()} if seen is not None else {},
        programs=seen.programs if seen is not None else (), alarms=seen.alarms if seen is not None else (),
    )  # fmt: skip


def genealogy(room: Room, params: Towards) -> Found[GenealogyRow]:
    """Every lot that this one came from, or that it became, with the links between them."""
    known = find(room, params.lot)
    found = graph_store.closure(room.reader, [known.lot_id], params.direction)
    far = depths(known.lot_id, found, params.direction)
    named = store.names(room.reader, far)
    ordered = sorted(far, key=lambda number: (far[number], named[number][0]))
    lots = {number: named[number][0] for number in ordered}
    links = [LinkRow(from_=lots[one], to=lots[two], quantity=amount, unit=unit) for one, two, amount, unit in found]
    row = GenealogyRow(
        lots=tuple(lots.values()), depths=tuple(far[number] for number in ordered),
        items=tuple(named[number][1] for number in ordered), links=tuple(links),
    )  # fmt: skip
    return Found([row])


def history(room: Room, params: TheLot) -> Found[HistoryRow]:
    """Every step of a lot and of all that it came from, in their order."""
    known = find(room, params.lot)
    found = graph_store.closure(room.reader, [known.lot_id], "back")
    numbers = sorted({known.lot_id, *(parent for parent, _, _, _ in found)})
    return Found([_history_row(room, step) for step in steps_store.of_lots(room.reader, numbers)])


def _history_row(room: Room, step: Step) -> HistoryRow:
    return HistoryRow(
        id=f"{step.epoch_no}-{step.seq}", at=from_us(step.at_us), action=step.action, lot=step.lot,
        quantity=step.quantity, unit=step.unit, parents=step.parents,
        taken=tuple(claim.stated for claim in claims_of(step)),
        units=tuple(_unit(room, parent) if step.taken else step.unit for parent in step.parents),
        order=step.order, operation=step.operation, machine=step.machine,
    )  # fmt: skip


def _unit(room: Room, lot: str) -> str | None:
    known = store.find_lot(room.reader, lot)
    return None if known is None else known.unit


def not_understood(room: Room, params: Page) -> Found[OddStepRow]:
    """Records of lots that say nothing that can stand, newest first."""
    before = None
    if params.cursor is not None:
        parts = decode_cursor(params.cursor)
        if len(parts) != 3 or not all(isinstance(part, int) for part in parts):
            raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")
        before = (int(parts[0]), int(parts[1]), int(parts[2]))
    found = steps_store.not_understood(room.reader, before, params.limit + 1)
    shown = found[: params.limit]
    following = encode_cursor(*shown[-1].step.place) if len(found) > params.limit else None
    return Found([_odd_row(one) for one in shown], following)


def _odd_row(one: steps_store.NotUnderstood) -> OddStepRow:
    step = one.step
    reason = one.fault or f"lot {step.lot} cannot come from {', '.join(step.parents[:5])}: that would close a circle"
    return OddStepRow(at=from_us(step.at_us), action=step.action, lot=step.lot, parents=step.parents, reason=reason)


def certificates(room: Room, params: TheLot) -> Found[CertificateRow]:
    """The files attached to a lot."""
    known = find(room, params.lot)
    return Found([
        CertificateRow(
            id=one.certificate_id, name=one.name, media=one.media, size=one.size, added_at=from_us(one.added_us),
            by=one.added_by,
        )
        for one in certificate_store.of_lot(room.reader, known.lot)
    ])  # fmt: skip


QUESTIONS: Final = (
    Question(name="trace.lots", summary="Lots and serials, the last touched first", params=LotPage, row=LotRow,
             run=lots),
    Question(name="trace.lot", summary="One lot with its balance", params=TheLot, row=LotBalance, run=lot),
    Question(name="trace.steps", summary="The steps in the life of a lot", params=TheLot, row=StepRow, run=steps),
    Question(name="trace.genealogy", summary="What a lot came from, or what it became", params=Towards,
             row=GenealogyRow, run=genealogy),
    Question(name="trace.history", summary="Every step of a lot and of all that it came from", params=TheLot,
             row=HistoryRow, run=history),
    Question(name="trace.not_understood", summary="Records of lots that say nothing that can stand", params=Page,
             row=OddStepRow, run=not_understood),
    Question(name="trace.certificates", summary="The files attached to a lot", params=TheLot, row=CertificateRow,
             run=certificates),
)  # fmt: skip
