"""What a person did at a terminal (a deed), and the records it becomes. Pure.

Times are microseconds since 1970, UTC, by the agent's clock: a deed happened when the agent got it.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from contract.records import Inspection, Lot, Progress, Reason, Record
from contract.times import from_us

UNNUMBERED = 1
Action: TypeAlias = Literal[
    "start", "pause", "resume", "first_ok", "report", "finish", "measure", "lot_in", "lot_out", "stop", "run"
]
PROGRESS: Final[tuple[Action, ...]] = ("start", "pause", "resume", "first_ok", "report", "finish")


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measurement (`value`) or check (`passed`), and whether it was within its limits as they were then."""

    characteristic: str
    value: float | None = None
    passed: bool | None = None
    unit: str | None = None
    instrument: str | None = None
    inside: bool | None = None


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tap. `from_us`: since when the machine stood (stop, run). Absent is None."""

    action: Action
    order: str | None = None
    operation: str | None = None
    machine: str | None = None
    operator: str | None = None
    good: int | None = None
    reject: int | None = None
    rework: int | None = None
    reason: str | None = None
    text: str | None = None
    from_us: int | None = None
    measured: tuple[Measured, ...] = ()
    lot: str | None = None
    serial: str | None = None
    item: str | None = None
    quantity: float | None = None
    unit: str | None = None
    parents: tuple[str, ...] = ()


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What the buffer keeps of a tap: the deed, and a digest of the form it came by."""

    digest: str
    deed: Deed


_notes = msgspec.json.Decoder(Note)


def encode_note(note: Note) -> bytes:
    """A note as JSON."""
    return msgspec.json.encode(note)


def decode_note(raw: bytes) -> Note | None:
    """A note from JSON; None where another version wrote it."""
    try:
        return _notes.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def digest_of(form: Mapping[str, str]) -> str:
    """Tells a form that is sent again from one that says something else."""
    said = sorted((name, value.strip()) for name, value in form.items() if value.strip())
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=16).hexdigest()


def records_of(deed: Deed, at_us: int) -> list[Record]:
    """The records of a deed done at `at_us`, unnumbered, in order."""
    at = from_us(at_us)
    match deed.action:
        case "measure":
            return [_inspection(deed, one, at_us) for one in deed.measured]
        case "lot_in" | "lot_out":
            return [_lot(deed, at_us)]
        case "stop" | "run":
            assert deed.machine is not None
            return [
                Reason(
                    seq=UNNUMBERED, seen=at, at=at, machine=deed.machine, from_=from_us(deed.from_us or at_us), to=at,
                    code=deed.reason or "", text=deed.text, operator=deed.operator, ongoing=deed.action == "stop",
                )
            ]  # fmt: skip
        case action:
            assert deed.order is not None
            assert deed.operation is not None
            return [
                Progress(
                    seq=UNNUMBERED, seen=at, at=at, machine=deed.machine, order=deed.order, operation=deed.operation,
                    action=action, good=deed.good, reject=deed.reject, rework=deed.rework, reason=deed.reason,
                    operator=deed.operator,
                )
            ]  # fmt: skip


def _inspection(deed: Deed, one: Measured, at_us: int) -> Inspection:
    at = from_us(at_us)
    return Inspection(
        seq=UNNUMBERED, seen=at, at=at, machine=deed.machine, order=deed.order, operation=deed.operation, lot=deed.lot,
        serial=deed.serial, characteristic=one.characteristic, value=one.value, passed=one.passed, unit=one.unit,
        instrument=one.instrument, operator=deed.operator,
    )  # fmt: skip


def _lot(deed: Deed, at_us: int) -> Lot:
    at = from_us(at_us)
    action: Literal["consume", "produce"] = "consume" if deed.action == "lot_in" else "produce"
    assert deed.lot is not None
    return Lot(
        seq=UNNUMBERED, seen=at, at=at, machine=deed.machine, action=action, lot=deed.lot,
        item=deed.item, quantity=deed.quantity, unit=deed.unit, parents=deed.parents, order=deed.order,
        operation=deed.operation, operator=deed.operator,
    )  # fmt: skip
