"""What two companies may ask each other about a lot that went from one to the other; each question in one store.

`trace.handover` is answered to whoever holds the token, `trace.shared` to the company that the owner consented to,
with the names of lots as aliases of that one hand-over. Quantities are in the unit beside them.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing
from hub.errors import NotFound
from hub.trace import graph_store, handover_store, store
from hub.trace.handover_store import Handover
from hub.trace.model import Direction, depths
from hub.trace.questions import LinkRow

Digest = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ByToken(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever holds this token."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """The relatives of the lot of one hand-over, by its token's digest."""

    handover: Digest
    direction: Direction


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over: the lot by its alias, from whom."""

    alias: Annotated[str, Discloses("trace")]
    company_name: Annotated[str, Discloses("trace")]
    quantity: Annotated[float | None, Discloses("trace")]
    unit: Annotated[str | None, Discloses("trace")]


class SharedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Relatives of a lot under aliases: `lots[i]` is `depths[i]` links away; `shipped[i]`: some of it was shipped."""

    lots: Annotated[tuple[str, ...], Discloses("trace")]
    depths: Annotated[tuple[int, ...], Discloses("trace")]
    shipped: Annotated[tuple[bool, ...], Discloses("trace")]
    links: Annotated[tuple[LinkRow, ...], Discloses("trace")]


class HandoverRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as this side knows it. `company` None: not said yet. `may_ask`: companies that may ask about it."""

    handover: Annotated[str, Discloses("trace")]
    side: Annotated[str, Discloses("trace")]
    lot: Annotated[str, Discloses("trace")]
    alias: Annotated[str, Discloses("trace")]
    company: Annotated[str | None, Discloses("customer")]
    company_name: Annotated[str | None, Discloses("customer")]
    quantity: Annotated[float | None, Discloses("trace")]
    unit: Annotated[str | None, Discloses("trace")]
    made_at: Annotated[datetime, Discloses("trace")]
    may_ask: Annotated[tuple[str, ...], Discloses("customer")]


def _held(room: Room, params: ByToken) -> Handover | None:
    """What the holder of a token is offered: nothing once it has ended."""
    found = handover_store.find(room.reader, handover_store.digest_of(params.token))
    if found is None or found.side != "out" or (found.ends_us is not None and found.ends_us <= room.now_us):
        return None
    return found


def _may_take(room: Room, params: ByToken, asker: str) -> bool:
    found = _held(room, params)
    return found is not None and found.company in {None, asker}


def offer(room: Room, params: ByToken) -> Found[OfferRow]:
    """What the holder of a token is offered; NotFound where it is not good."""
    found = _held(room, params)
    if found is None:
        raise NotFound("hand-over with this token")
    row = OfferRow(alias=found.alias, company_name=room.registry.name, quantity=found.quantity, unit=found.unit)
    return Found([row])


def _may_ask(room: Room, params: Shared, asker: str) -> bool:
    found = handover_store.find(room.reader, params.handover)
    return found is not None and handover_store.consents(room.reader, found.lot, asker, room.now_us)


def shared(room: Room, params: Shared) -> Found[SharedRow]:
    """The relatives of a handed-over lot, their names replaced by aliases."""
    found = handover_store.find(room.reader, params.handover)
    known = None if found is None else store.find_lot(room.reader, found.lot)
    if found is None or known is None:
        raise NotFound("such a hand-over")
    links = graph_store.closure(room.reader, [known.lot_id], params.direction)
    far = depths(known.lot_id, links, params.direction)
    lots = store.lots_by_id(room.reader, far)
    alias = {number: _alias(found, lots[number].lot) for number in far}
    row = SharedRow(
        lots=tuple(alias[number] for number in far), depths=tuple(far.values()),
        shipped=tuple(bool(lots[number].shipped) for number in far),
        links=tuple(LinkRow(from_=alias[a], to=alias[b], quantity=much, unit=unit) for a, b, much, unit in links),
    )  # fmt: skip
    return Found([row])


def _alias(found: Handover, lot: str) -> str:
    """A lot's name for this one hand-over: the agreed one for the lot itself, else one that says nothing."""
    if lot == found.lot:
        return found.alias
    return "x-" + hmac.new(found.salt.encode(), lot.encode(), hashlib.sha256).hexdigest()[:10]


def handovers(room: Room, _params: Nothing) -> Found[HandoverRow]:
    """Every hand-over of the company, the newest first."""
    return Found([
        HandoverRow(
            handover=one.digest, side=one.side, lot=one.lot, alias=one.alias, company=one.company,
            company_name=one.company_name, quantity=one.quantity, unit=one.unit, made_at=from_us(one.made_us),
            may_ask=tuple(company for company, _ in handover_store.consents_of(room.reader, one.lot)),
        )
        for one in handover_store.all_of(room.reader)
    ])  # fmt: skip


QUESTIONS: Final = (
    Question(name="trace.handover", summary="What the holder of a token is offered", params=ByToken, row=OfferRow,
             run=offer, consents=_may_take),
    Question(name="trace.shared", summary="The relatives of a handed-over lot, under aliases", params=Shared,
             row=SharedRow, run=shared, consents=_may_ask),
    Question(name="trace.handovers", summary="Lots that went to or came from other companies of this hub",
             params=Nothing, row=HandoverRow, run=handovers),
)  # fmt: skip
