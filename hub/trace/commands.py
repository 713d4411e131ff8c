"""What people and other systems say about lots, and the files they attach; each through the gate.

A step is checked against what the hub knows now, so that a slip is refused at its field. What an agent reports is
never refused: there the balance shows what does not add up.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.records import Lot
from contract.times import from_us, to_us
from contract.worklist import tidy_code
from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.errors import Conflict, Invalid, NotFound
from hub.machines import store as machines
from hub.machines.report_model import Reported
from hub.trace import certificate_store, graph_store, store
from hub.trace.balance_model import is_near
from hub.trace.certificate_model import MAX_BYTES, media_of, plain_name
from hub.trace.certificate_store import Certificate
from hub.trace.fold import step_of
from hub.trace.model import Action, Step, claims_of
from hub.trace.store import KnownLot

REPORTERS: Final[frozenset[Role]] = frozenset({"operator", "manager", "admin"})
KEEPERS_OF_PAPERS: Final[frozenset[Role]] = frozenset({"manager", "admin"})
AHEAD_US: Final = 300_000_000
Text = Annotated[str, msgspec.Meta(max_length=256)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class ReportLot(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the life of a lot; `at` None: now. `taken`: how much of each parent, in its own unit."""

    action: Action
    lot: Text
    item: Text | None = None
    quantity: Amount | None = None
    unit: Text | None = None
    parents: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)] = ()
    taken: Annotated[tuple[Amount | None, ...], msgspec.Meta(max_length=1000)] = ()
    order: Text | None = None
    operation: Text | None = None
    machine: Text | None = None
    operator: Text | None = None
    customer: Text | None = None
    certificate: Text | None = None
    at: Time | None = None


class LotReported(msgspec.Struct, frozen=True, kw_only=True):
    """It is in the ledger; the lot as its name counts."""

    lot: str
    at: Time


class AttachFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file for a lot: PDF, PNG or JPEG."""

    lot: Text
    name: Text
    content: bytes


class TheFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a lot."""

    lot: Text
    id: int


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """The file's number and what it is."""

    id: int
    name: str
    media: str


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """It is gone."""

    done: bool = True


def report(books: Books, params: ReportLot) -> LotReported:
    """Writes a step into the ledger; Invalid names the field that is wrong."""
    at_us = books.now_us if params.at is None else to_us(params.at)
    if at_us > books.now_us + AHEAD_US:
        raise Invalid(
            "at is more than 5 minutes ahead of the hub's clock", "at", ja="日時がハブの時計より 5 分以上先です"
        )
    said = msgspec.structs.asdict(params) | {"at": from_us(at_us), "seen": from_us(books.now_us)}
    step, fault = step_of(Reported(Lot(seq=1, **said), at_us, books.now_us, 0))
    if fault is not None:
        raise Invalid(fault, _field_of(fault))
    if step.machine is not None and machines.find(books.writer, step.machine) is None:
        raise Invalid(
            f"there is no machine {step.machine}; write it as site/machine",
            "machine",
            ja=f"機械 {step.machine} がありません。サイト/機械 の形で書いてください",
        )
    _check_parents(books, step)
    _check_quantities(books, step)
    tidied = {name: getattr(step, name) for name in said if name in Step.__struct_fields__}
    books.report(lambda seq: Lot(seq=seq, at=said["at"], seen=said["seen"], **tidied))
    books.touched.add((store.ROOM, step.lot))
    return LotReported(lot=step.lot, at=from_us(at_us))


def _field_of(fault: str) -> str:
    first = "parents" if fault.endswith("from itself") else fault.split(" ", 1)[0]
    if first in {"lot", "item", "unit", "order", "operation", "taken"}:
        return first
    return "quantity" if "quantity" in fault else "parents"


def _check_parents(books: Books, step: Step) -> None:
    for claim in claims_of(step):
        if step.action != "receive" and _came(books, claim.parent) is None:
            raise Invalid(
                f"lot {claim.parent} never came in; receive or produce it first",
                "parents",
                ja=f"ロット {claim.parent} の受入も製造も記録されていません。先に記録してください",
            )
    circle = graph_store.would_circle(books.writer, step.parents, step.lot)
    if circle is not None:
        raise Invalid(
            f"lot {step.lot} cannot come from {circle}: {circle} comes from {step.lot}",
            "parents",
            ja=f"ロット {step.lot} は {circle} から作れません。{circle} が {step.lot} からできています",
        )


def _check_quantities(books: Books, step: Step) -> None:
    """Nobody takes more than there is: of the lot itself, or of the parents."""
    if step.action == "ship" or (step.action == "consume" and not step.parents):
        known = _came(books, step.lot)
        if known is None:
            raise Invalid(
                f"lot {step.lot} never came in; receive or produce it first",
                "lot",
                ja=f"ロット {step.lot} の受入も製造も記録されていません。先に記録してください",
            )
        _check_enough(known, step.quantity, step.unit, "quantity")
    for claim in claims_of(step):
        known = _came(books, claim.parent)
        if known is not None:
            unit = None if step.taken or step.action == "produce" else step.unit
            _check_enough(known, claim.stated, unit, "taken" if step.taken else "quantity")


def _check_enough(known: KnownLot, quantity: float | None, unit: str | None, field: str) -> None:
    if unit is not None and known.unit is not None and unit != known.unit:
        raise Invalid(
            f"lot {known.lot} is counted in {known.unit}, not in {unit}",
            "unit",
            ja=f"ロット {known.lot} の単位は {known.unit} です（{unit} ではありません）",
        )
    if quantity is None or known.left is None or known.left - quantity >= 0:
        return
    if not is_near(known.left, quantity, quantity):
        has = f"{known.left:g} {known.unit or ''}".rstrip()
        raise Invalid(
            f"lot {known.lot} has {has} left, {quantity:g} cannot be taken",
            field,
            ja=f"ロット {known.lot} の残りは {has} です。{quantity:g} は使えません",
        )


def _came(books: Books, lot: str) -> KnownLot | None:
    known = store.find_lot(books.writer, lot)
    return None if known is None or known.first_at_us is None else known


def attach(books: Books, params: AttachFile) -> Attached:
    """Attaches a file to a lot; Conflict where it is there already."""
    known = store.find_lot(books.writer, tidy_code(params.lot))
    if known is None:
        raise NotFound(f"lot {params.lot[:64]!r}")
    if len(params.content) > MAX_BYTES:
        raise Invalid(
            f"the file has {len(params.content)} bytes, at most {MAX_BYTES} are taken",
            "content",
            ja=f"ファイルは {len(params.content)} バイトです。{MAX_BYTES} バイトまで添付できます",
        )
    found = media_of(params.content)
    if found is None:
        raise Invalid(
            "the file is neither a PDF nor a PNG nor a JPEG, whatever its name says",
            "content",
            ja="ファイルの中身が PDF・PNG・JPEG のどれでもありません",
        )
    digest = hashlib.sha256(params.content).hexdigest()
    before = certificate_store.find(books.writer, known.lot, digest)
    if before is not None:
        raise Conflict(
            f"lot {known.lot} has this file already: {before.name}",
            ja=f"同じファイルがロット {known.lot} に添付済みです: {before.name}",
        )
    media, ending = found
    made = Certificate(
        certificate_id=0, lot=known.lot, name=plain_name(params.name, ending), media=media, size=len(params.content),
        sha256=digest, added_by=books.viewer.name, added_us=books.now_us,
    )  # fmt: skip
    number = certificate_store.add(books.writer, made, params.content)
    books.touched.add((store.ROOM, known.lot))
    return Attached(id=number, name=made.name, media=media)


def remove_file(books: Books, params: TheFile) -> Removed:
    """Takes a file away from a lot."""
    lot = tidy_code(params.lot)
    if not certificate_store.remove(books.writer, lot, params.id):
        raise NotFound(f"certificate {params.id} of lot {params.lot[:64]!r}")
    books.touched.add((store.ROOM, lot))
    return Removed()


COMMANDS: Final = (
    Change(name="trace.report", summary="Report a step in the life of a lot", params=ReportLot, result=LotReported,
           roles=REPORTERS, run=report),
    Change(name="trace.attach", summary="Attach a certificate to a lot", params=AttachFile, result=Attached,
           roles=KEEPERS_OF_PAPERS, run=attach),
    Change(name="trace.remove_certificate", summary="Take a certificate away from a lot", params=TheFile,
           result=Removed, roles=KEEPERS_OF_PAPERS, run=remove_file),
)  # fmt: skip
