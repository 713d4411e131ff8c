"""What can be asked about progress: an order's operations, late orders, what does not add up, unassigned work.

Times in rows are aware UTC datetimes, durations seconds, days YYYY-MM-DD where the company is.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Limit
from hub.calendars import store as calendars
from hub.errors import NotFound
from hub.machines.questions import find_machine
from hub.orders import store as orders
from hub.orders.model import Order
from hub.progress import binding_store, store, unassigned_store
from hub.progress.binding_store import Bound
from hub.progress.late_model import Suggestion, days_late, suggestions
from hub.progress.model import Report
from hub.progress.store import OperationStanding
from hub.progress.unassigned_store import Unassigned

_US_PER_S = 1e6
_MOST_ORDERS = 5000
Text = Annotated[str, msgspec.Meta(max_length=200)]


class OfOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order."""

    order: Text


class OfOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders."""

    orders: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)]


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """Open orders by how late they are; `all`: also those that are not."""

    all: bool = False
    limit: Limit = 1000


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many rows."""

    limit: Limit = 1000


class AtSite(msgspec.Struct, frozen=True, kw_only=True):
    """Work at one site (None: at every site)."""

    site: Text | None = None
    limit: Limit = 1000


class AtMachine(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of the company."""

    site: Text
    machine: Text


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far one operation is. `ordered` None: the order has no such operation, but somebody reported of it.

    `good` is what counts: what machines made (`machine_good`) less rejects and rework where parts are bound, else what
    was reported (`reported_good`). `faults` names what does not add up; `disagree` says that something does not.
    """

    order: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("progress")]
    position: Annotated[int | None, Discloses("progress")]
    process: Annotated[str | None, Discloses("progress")]
    machine: Annotated[str | None, Discloses("progress")]
    ordered: Annotated[int | None, Discloses("progress")]
    status: Annotated[str, Discloses("progress")]
    good: Annotated[int, Discloses("progress")]
    reject: Annotated[int, Discloses("progress")]
    rework: Annotated[int, Discloses("progress")]
    remaining: Annotated[int | None, Discloses("progress")]
    machine_good: Annotated[int | None, Discloses("progress")]
    reported_good: Annotated[int | None, Discloses("progress")]
    disagree: Annotated[bool, Discloses("progress")]
    faults: Annotated[tuple[str, ...], Discloses("progress")]
    started_at: Annotated[datetime | None, Discloses("progress")]
    finished_at: Annotated[datetime | None, Discloses("progress")]
    runs: Annotated[int, Discloses("progress")]


class ShareRow(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an order is done, 0 to 1: the mean over its operations; None where it has none."""

    order: Annotated[str, Discloses("customer")]
    share: Annotated[float | None, Discloses("progress")]
    disagree: Annotated[bool, Discloses("progress")]


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One report of an order, by time."""

    at: Annotated[datetime, Discloses("progress")]
    order: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("progress")]
    action: Annotated[str, Discloses("progress")]
    good: Annotated[int | None, Discloses("progress")]
    reject: Annotated[int | None, Discloses("progress")]
    rework: Annotated[int | None, Discloses("progress")]
    reason: Annotated[str | None, Discloses("progress")]
    machine: Annotated[str | None, Discloses("progress")]
    operator: Annotated[str | None, Discloses("people")]


class LateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One open order; `late_days` is negative while its day is ahead, None where it has none.

    `operation` and `status`: of the first operation that is not finished; `done` of `operations` are.
    """

    order: Annotated[str, Discloses("customer")]
    item: Annotated[str, Discloses("customer")]
    customer: Annotated[str | None, Discloses("customer")]
    quantity: Annotated[int, Discloses("progress")]
    due: Annotated[str | None, Discloses("progress")]
    late_days: Annotated[int | None, Discloses("progress")]
    operation: Annotated[str | None, Discloses("progress")]
    status: Annotated[str | None, Discloses("progress")]
    remaining: Annotated[int | None, Discloses("progress")]
    done: Annotated[int, Discloses("progress")]
    operations: Annotated[int, Discloses("progress")]
    disagree: Annotated[bool, Discloses("progress")]


class UnassignedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of one program version that belong to no order. `named`: what the machine said, no order of ours."""

    site: Annotated[str, Discloses("identity")]
    machine: Annotated[str, Discloses("identity")]
    program: Annotated[str, Discloses("know_how")]
    version: Annotated[int, Discloses("know_how")]
    comment: Annotated[str | None, Discloses("know_how")]
    runs: Annotated[int, Discloses("actual_times")]
    parts: Annotated[int, Discloses("progress")]
    started_at: Annotated[datetime, Discloses("progress")]
    ended_at: Annotated[datetime, Discloses("progress")]
    active_s: Annotated[float, Discloses("actual_times")]
    named: Annotated[str | None, Discloses("customer")]
    suggestions: Annotated[tuple[Suggestion, ...], Discloses("customer")]


class BindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about a machine's runs, the newest first; `to` None: from then on, until it is finished."""

    number: Annotated[int, Discloses("progress")]
    kind: Annotated[str, Discloses("progress")]
    program: Annotated[str | None, Discloses("know_how")]
    from_: Annotated[datetime | None, Discloses("progress")] = msgspec.field(name="from")
    to: Annotated[datetime | None, Discloses("progress")]
    order: Annotated[str | None, Discloses("customer")]
    operation: Annotated[str | None, Discloses("progress")]
    who: Annotated[str | None, Discloses("people")]
    decided_at: Annotated[datetime, Discloses("progress")]
    why: Annotated[str | None, Discloses("progress")]


def of_order(room: Room, params: OfOrder) -> Found[StandingRow]:
    """Each operation of an order in the order of work; NotFound where nobody knows of such an order."""
    found = store.standings(room.reader, params.order)
    if not found and orders.find_order(room.reader, params.order) is None:
        raise NotFound(f"order {params.order}")
    return Found([_standing_row(each) for each in found])


def _standing_row(found: OperationStanding) -> StandingRow:
    stands, planned = found.standing, found.planned
    return StandingRow(
        order=found.order, operation=found.operation, position=planned.position if planned else None,
        process=planned.process if planned else None, machine=planned.machine if planned else None,
        ordered=stands.ordered, status=stands.status, good=stands.good, reject=stands.reject, rework=stands.rework,
        remaining=stands.remaining, machine_good=stands.machine_good, reported_good=stands.reported_good,
        disagree=stands.disagree, faults=stands.faults, started_at=_moment(stands.started_us),
        finished_at=_moment(stands.finished_us), runs=found.runs,
    )  # fmt: skip


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def shares(room: Room, params: OfOrders) -> Found[ShareRow]:
    """How much of each order is done."""
    return Found([_share_row(order, store.standings(room.reader, order)) for order in params.orders])


def _share_row(order: str, operations: Iterable[OperationStanding]) -> ShareRow:
    planned = [each.standing for each in operations if each.planned is not None]
    done = [1.0 if each.status == "finished" else min(1.0, each.good / (each.ordered or 1)) for each in planned]
    share = sum(done) / len(done) if done else None
    return ShareRow(order=order, share=share, disagree=any(each.disagree for each in planned))


def reports(room: Room, params: OfOrder) -> Found[ReportRow]:
    """Everything that was reported of an order, by time."""
    return Found([_report_row(each) for each in store.reports_of(room.reader, params.order)])


def _report_row(told: Report) -> ReportRow:
    return ReportRow(
        at=from_us(told.at_us), order=told.order, operation=told.operation, action=told.action, good=told.good,
        reject=told.reject, rework=told.rework, reason=told.reason, machine=told.machine, operator=told.operator,
    )  # fmt: skip


def today(room: Room) -> date:
    """The calendar day where the company is."""
    zone = calendars.zone_of(calendars.calendar(room.reader), "")
    return from_us(room.now_us).astimezone(zone).date()


def late(room: Room, params: Late) -> Found[LateRow]:
    """Open orders that are not done, the latest first; those without a day last."""
    day = today(room)
    found = orders.orders(
        room.reader, None, _MOST_ORDERS, is_open=True, due_before=None if params.all else day.isoformat()
    )
    rows = (_late_row(order, store.standings(room.reader, order.order), day) for order in found)
    open_ones = [row for row in rows if row.operations == 0 or row.done < row.operations]
    return Found(open_ones[: params.limit])


def _late_row(order: Order, operations: Iterable[OperationStanding], day: date) -> LateRow:
    planned = [each for each in operations if each.planned is not None]
    waiting = next((each for each in planned if each.standing.status != "finished"), None)
    return LateRow(
        order=order.order, item=order.item, customer=order.customer, quantity=order.quantity, due=order.due,
        late_days=days_late(order.due, day), operation=waiting.operation if waiting else None,
        status=waiting.standing.status if waiting else None, remaining=waiting.standing.remaining if waiting else None,
        done=sum(each.standing.status == "finished" for each in planned), operations=len(planned),
        disagree=any(each.standing.disagree for each in planned),
    )  # fmt: skip


def faults(room: Room, params: Most) -> Found[StandingRow]:
    """Operations where reports, machines and the order do not agree: of open orders, and of orders nobody knows."""
    found = [
        each
        for order in store.orders_to_check(room.reader, _MOST_ORDERS)
        for each in store.standings(room.reader, order)
        if each.standing.disagree
    ]
    return Found([_standing_row(each) for each in found[: params.limit]])


def unassigned(room: Room, params: AtSite) -> Found[UnassignedRow]:
    """Programs that ran and belong to nothing, the latest first, each with what it may have been for."""
    candidates = orders.open_operations(room.reader, params.site)
    working = unassigned_store.under_way(room.reader)
    rows = []
    for each in unassigned_store.unassigned(room.reader, params.site, params.limit):
        fits = suggestions(
            each.machine, candidates, named=each.named, under_way=working,
            listed=unassigned_store.listed(room.reader, each.machine, each.program),
        )  # fmt: skip
        rows.append(_unassigned_row(each, fits))
    return Found(rows)


def _unassigned_row(found: Unassigned, fits: tuple[Suggestion, ...]) -> UnassignedRow:
    site, _, machine = found.machine.partition("/")
    return UnassignedRow(
        site=site, machine=machine, program=found.program, version=found.version, comment=found.comment,
        runs=found.runs, parts=found.parts, started_at=from_us(found.since_us), ended_at=from_us(found.until_us),
        active_s=found.active_us / _US_PER_S, named=found.named, suggestions=fits,
    )  # fmt: skip


def bindings(room: Room, params: AtMachine) -> Found[BindingRow]:
    """Everything that people said about what a machine's runs were for, the newest first."""
    known = find_machine(room, params.site, params.machine)
    return Found([_binding_row(each) for each in reversed(binding_store.history(room.reader, known.machine))])


def _binding_row(said: Bound) -> BindingRow:
    binding = said.binding
    order, operation = binding.key or (None, None)
    return BindingRow(
        number=binding.number, kind=binding.kind, program=binding.program,
        from_=None if binding.from_us < 0 else from_us(binding.from_us), to=_moment(binding.until_us), order=order,
        operation=operation, who=said.who, decided_at=from_us(said.when_us), why=said.why,
    )  # fmt: skip


QUESTIONS = (
    Question(
        name="progress.order", summary="How far each operation of an order is", params=OfOrder, row=StandingRow,
        run=of_order,
    ),
    Question(
        name="progress.shares", summary="How much of some orders is done", params=OfOrders, row=ShareRow, run=shares
    ),
    Question(
        name="progress.reports", summary="What was reported of an order", params=OfOrder, row=ReportRow, run=reports
    ),
    Question(name="progress.late", summary="Late orders, the latest first", params=Late, row=LateRow, run=late),
    Question(
        name="progress.faults", summary="Operations where counts and reports do not agree", params=Most,
        row=StandingRow, run=faults,
    ),
    Question(
        name="progress.unassigned", summary="Programs that ran and belong to no order", params=AtSite,
        row=UnassignedRow, run=unassigned,
    ),
    Question(
        name="progress.bindings", summary="What people said a machine's runs were for", params=AtMachine,
        row=BindingRow, run=bindings,
    ),
)  # fmt: skip
