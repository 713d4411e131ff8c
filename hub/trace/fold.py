"""`lot` records → steps, and why one cannot be understood. Pure; times are microseconds since 1970."""

from contract.records import Lot
from contract.worklist import tidy_code
from hub.machines.report_model import Reported
from hub.trace.model import MAX_NAME, Step


def name_fault(name: str, what: str) -> str | None:
    """Why a name, tidied before, cannot be a lot's, an order's …; None where it can."""
    if not name:
        return f"{what} is empty"
    if len(name) > MAX_NAME:
        return f"{what} {name[:20]!r}… has {len(name)} characters, at most {MAX_NAME} are taken"
    return None


def step_of(reported: Reported) -> tuple[Step, str | None]:
    """The step that a report of a lot is, its names tidied, and why it cannot be understood (None where it can)."""
    record = reported.record
    assert isinstance(record, Lot)
    step = Step(
        at_us=reported.at_us,
        epoch_no=reported.epoch_no,
        seq=record.seq,
        action=record.action,
        lot=tidy_code(record.lot),
        item=_or_none(record.item),
        quantity=record.quantity,
        unit=_or_none(record.unit),
        parents=tuple(tidy_code(parent) for parent in record.parents),
        taken=record.taken,
        order=_or_none(record.order),
        operation=_or_none(record.operation),
        machine=record.machine,
        operator=_or_none(record.operator),
        customer=_or_none(record.customer),
        certificate=_or_none(record.certificate),
    )
    return step, fault_of(step)


def _or_none(text: str | None) -> str | None:
    return None if text is None else tidy_code(text) or None


def fault_of(step: Step) -> str | None:
    """Why a step says nothing that can stand, whatever else is known; None where it does."""
    named = [(step.lot, "lot"), *((parent, "parent") for parent in step.parents)]
    optional = ((step.item, "item"), (step.unit, "unit"), (step.order, "order"), (step.operation, "operation"))
    named += [(text, what) for text, what in optional if text is not None]
    for text, what in named:
        fault = name_fault(text, what)
        if fault is not None:
            return fault
    if step.lot in step.parents:
        return f"lot {step.lot} cannot come from itself"
    if len(set(step.parents)) < len(step.parents):
        return "a parent is named twice"
    if step.taken and len(step.taken) != len(step.parents):
        return f"taken has {len(step.taken)} quantities for {len(step.parents)} parents"
    if any(amount is not None and amount < 0 for amount in (step.quantity, *step.taken)):
        return "a quantity is below zero"
    if step.action in {"split", "merge"} and not step.parents:
        return f"a {step.action} names no parents"
    return None
