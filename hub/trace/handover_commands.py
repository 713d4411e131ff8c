"""Handing a lot over to another company of this hub, receiving one, and who may ask about it afterwards."""

import secrets
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us, to_us
from contract.worklist import tidy_code
from hub.access.catalogue import Books, Change
from hub.directory.secrets import new_secret
from hub.errors import Conflict, Invalid, NotFound
from hub.trace import handover_store, store
from hub.trace.commands import KEEPERS_OF_PAPERS, Amount, ReportLot, Text, Time, report
from hub.trace.handover_store import Handover

GOOD_FOR_US: Final = 90 * 86_400_000_000
Slug = Annotated[str, msgspec.Meta(max_length=63)]


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """Ships a lot to a company of this hub. `company` None: to whoever holds the token. `consent`: it may ask on."""

    lot: Text
    quantity: Amount | None = None
    unit: Text | None = None
    company: Slug | None = None
    customer: Text | None = None
    consent: bool = False


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """The token, shown now and never again; the receiving company types it when the lot arrives."""

    lot: str
    alias: str
    token: str
    handover: str
    ends_at: Time


class TakeOver(msgspec.Struct, frozen=True, kw_only=True):
    """Receives a lot that was handed over; what the other side said of it is passed in by whoever asked it."""

    token: Annotated[str, msgspec.Meta(max_length=200)]
    lot: Text
    item: Text | None = None
    company: Slug
    company_name: Text
    alias: Text
    quantity: float | None = None
    unit: Text | None = None
    consent: bool = False


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """It is received and joined with the other company's lot."""

    lot: str
    alias: str
    company: str
    handover: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """Lets a company ask about a lot's relatives, until a time or for good (None); or no longer (`given` false)."""

    lot: Text
    company: Slug
    given: bool = True
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ConsentSaid(msgspec.Struct, frozen=True, kw_only=True):
    """It is so now."""

    lot: str
    company: str
    given: bool


def hand_over(books: Books, params: HandOver) -> HandedOver:
    """Ships a lot and makes the token that joins the two companies' lots."""
    if params.company == books.slug:
        raise Invalid("a lot cannot be handed over to one's own company", "company", ja="自社には受け渡しできません")
    if params.consent and params.company is None:
        raise Invalid("say which company may ask on", "company", ja="照会を許可する会社を書いてください")
    ship = ReportLot(
        action="ship", lot=params.lot, quantity=params.quantity, unit=params.unit,
        customer=params.customer or params.company,
    )  # fmt: skip
    lot = report(books, ship).lot
    token, alias, ends = new_secret(f"lot.{books.slug}"), f"L-{secrets.token_hex(4)}", books.now_us + GOOD_FOR_US
    digest = handover_store.digest_of(token)
    handover_store.add(
        books.writer,
        Handover(
            digest=digest, side="out", lot=lot, alias=alias, company=params.company, company_name=None,
            quantity=params.quantity, unit=params.unit, made_us=books.now_us, ends_us=ends, salt=secrets.token_hex(16),
        ),
    )  # fmt: skip
    if params.consent and params.company is not None:
        _consent(books, lot, params.company, None)
    return HandedOver(lot=lot, alias=alias, token=token, handover=digest, ends_at=from_us(ends))


def take_over(books: Books, params: TakeOver) -> TakenOver:
    """Receives a lot under a name of one's own; Conflict where it was received before."""
    digest = handover_store.digest_of(params.token)
    if handover_store.find(books.writer, digest) is not None:
        raise Conflict("this hand-over was received before", ja="この受け渡しは受入済みです")
    receive = ReportLot(
        action="receive", lot=params.lot, item=params.item, quantity=params.quantity, unit=params.unit
    )  # fmt: skip
    lot = report(books, receive).lot
    handover_store.add(
        books.writer,
        Handover(
            digest=digest, side="in", lot=lot, alias=params.alias, company=params.company,
            company_name=params.company_name, quantity=params.quantity, unit=params.unit, made_us=books.now_us,
            ends_us=None, salt=secrets.token_hex(16),
        ),
    )  # fmt: skip
    if params.consent:
        _consent(books, lot, params.company, None)
    return TakenOver(lot=lot, alias=params.alias, company=params.company, handover=digest)


def consent(books: Books, params: Consent) -> ConsentSaid:
    """Says whether a company may ask about a lot; NotFound where there is no such lot or consent."""
    lot = tidy_code(params.lot)
    if store.find_lot(books.writer, lot) is None:
        raise NotFound(f"lot {lot[:64]!r}")
    if params.company == books.slug:
        raise Invalid("one's own company may always ask", "company", ja="自社はいつでも照会できます")
    if params.given:
        _consent(books, lot, params.company, None if params.until is None else to_us(params.until))
    elif not handover_store.end_consent(books.writer, lot, params.company):
        raise NotFound(f"consent of lot {lot[:64]!r} for {params.company!r}")
    return ConsentSaid(lot=lot, company=params.company, given=params.given)


def _consent(books: Books, lot: str, company: str, until_us: int | None) -> None:
    handover_store.give_consent(books.writer, (lot, company, until_us, books.viewer.name, books.now_us))
    books.touched.add((store.ROOM, lot))


COMMANDS: Final = (
    Change(name="trace.hand_over", summary="Ship a lot to another company of this hub", params=HandOver,
           result=HandedOver, roles=KEEPERS_OF_PAPERS, run=hand_over),
    Change(name="trace.take_over", summary="Receive a lot from another company of this hub", params=TakeOver,
           result=TakenOver, roles=KEEPERS_OF_PAPERS, run=take_over),
    Change(name="trace.consent", summary="Say which company may ask about a lot's relatives", params=Consent,
           result=ConsentSaid, roles=KEEPERS_OF_PAPERS, run=consent),
)  # fmt: skip
