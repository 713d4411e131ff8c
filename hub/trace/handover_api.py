"""Routes between two companies of this hub: each side is asked through the gate by itself, and joined here alone."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import NotFound
from hub.trace.api import Genealogy, genealogy
from hub.trace.commands import Text
from hub.trace.handover_commands import Consent, ConsentSaid, HandedOver, HandOver, TakenOver
from hub.trace.handover_questions import HandoverRow, SharedRow
from hub.web.answers import answer_response, json_response, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_struct

Asking = Annotated[Viewer, Depends(current_viewer)]


class Receive(msgspec.Struct, frozen=True, kw_only=True):
    """A lot that arrives with a token. `lot`: its name here; `consent`: the sender may ask what became of it."""

    token: Annotated[str, msgspec.Meta(max_length=200)]
    lot: Text
    item: Text | None = None
    consent: bool = False


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """What another company says of a lot that went between the two. `relatives` null: it has not consented."""

    company: str
    lot: str
    alias: str
    handover: str
    relatives: SharedRow | None


class Across(msgspec.Struct, frozen=True, kw_only=True):
    """One's own genealogy of a lot, and for each hand-over on it what the other company says."""

    own: Genealogy
    neighbours: list[Neighbour]


def build_router(gate: Gate) -> APIRouter:
    """/handovers, /handovers/receive, /handovers/consent and /lots/{lot}/across."""
    router = APIRouter(tags=["trace"])

    @router.get("/handovers", summary=gate.catalogue.question("trace.handovers").summary,
                responses=says_rows(HandoverRow, "handovers", "The newest first", paged=False))  # fmt: skip
    async def get_handovers(viewer: Asking) -> Response:
        return answer_response(await gate.ask(viewer, "trace.handovers", {}), "handovers", paged=False)

    @router.post("/handovers", summary=gate.catalogue.command("trace.hand_over").summary, status_code=201,
                 responses=says(HandedOver, "The token, shown once", 201, refuses=(403, 413, 422)),
                 openapi_extra=takes(HandOver))  # fmt: skip
    async def post_handover(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, "trace.hand_over", await read_struct(request, HandOver)), 201)

    @router.post("/handovers/receive", summary=gate.catalogue.command("trace.take_over").summary, status_code=201,
                 responses=says(TakenOver, "Received, and joined", 201, refuses=(403, 404, 409, 413, 422)),
                 openapi_extra=takes(Receive))  # fmt: skip
    async def post_receive(request: Request, viewer: Asking) -> Response:
        return json_response(await receive(gate, viewer, await read_struct(request, Receive)), 201)

    @router.post("/handovers/consent", summary=gate.catalogue.command("trace.consent").summary,
                 responses=says(ConsentSaid, "It is so now", refuses=(403, 404, 413, 422)),
                 openapi_extra=takes(Consent))  # fmt: skip
    async def post_consent(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, "trace.consent", await read_struct(request, Consent)))

    @router.get("/lots/{lot:path}/across",
                summary="A lot's relatives here and in the companies it came from or went to",
                responses=says(Across, "Each company's own answer", refuses=(404, 422)))  # fmt: skip
    async def get_across(
        lot: Annotated[str, Path(max_length=200)], viewer: Asking,
        direction: Annotated[Literal["back", "forward"], Query()] = "back",
    ) -> Response:  # fmt: skip
        return json_response(await across(gate, viewer, lot, direction))

    return router


async def receive(gate: Gate, viewer: Viewer, said: Receive) -> TakenOver:
    """Asks the sender what the token stands for, then books it in one's own company; NotFound where it is not good."""
    token = said.token.strip()
    sender = token.removeprefix("lot.").partition("_")[0]
    try:
        (offer,) = (await gate.ask(viewer, "trace.handover", {"token": token}, sender)).rows
    except NotFound:
        raise NotFound(
            "hand-over with this token: it is mistyped, has ended, or is for another company",
            ja="この受け渡しコードは使えません。打ち間違い、期限切れ、または他社あてです",
        ) from None
    params: dict[str, Any] = {
        "token": token, "lot": said.lot, "item": said.item, "company": sender, "company_name": offer.company_name,
        "alias": offer.alias, "quantity": offer.quantity, "unit": offer.unit, "consent": said.consent,
    }  # fmt: skip
    taken: TakenOver = await gate.do(viewer, "trace.take_over", params)
    return taken


async def across(gate: Gate, viewer: Viewer, lot: str, direction: Literal["back", "forward"]) -> Across:
    """One's own relatives of a lot, then each neighbour's, asked one company at a time."""
    own = await genealogy(gate, viewer, lot, direction)
    mine = {one.lot for one in own.lots}
    return Across(own=own, neighbours=await neighbours_of(gate, viewer, mine, direction))


async def neighbours_of(
    gate: Gate, viewer: Viewer, lots: Collection[str], direction: Literal["back", "forward"]
) -> list[Neighbour]:
    """What each company says of those of one's own lots that came from it (back) or went to it (forward)."""
    side = "in" if direction == "back" else "out"
    return [
        await _neighbour(gate, viewer, row, direction)
        for row in (await gate.ask(viewer, "trace.handovers", {})).rows
        if row.side == side and row.lot in lots and row.company is not None
    ]


async def _neighbour(gate: Gate, viewer: Viewer, row: HandoverRow, direction: Literal["back", "forward"]) -> Neighbour:
    company = row.company or ""
    try:
        params = {"handover": row.handover, "direction": direction}
        relatives: SharedRow | None = (await gate.ask(viewer, "trace.shared", params, company)).rows[0]
    except NotFound:
        relatives = None
    return Neighbour(company=company, lot=row.lot, alias=row.alias, handover=row.handover, relatives=relatives)
