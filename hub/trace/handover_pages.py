"""Pages of lots that go from company to company: hand over with a token shown once, receive, and who may ask."""

import base64
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.documents.codes import qr_svg
from hub.errors import Conflict, HubError, Invalid, NotAllowed, NotFound
from hub.trace.commands import KEEPERS_OF_PAPERS
from hub.trace.handover_api import Receive, across, receive
from hub.trace.pages import SEE_OTHER, number_in, path_of, who_of
from hub.web.layout import Pages

STATUS: Final = {Invalid: 422, Conflict: 409, NotAllowed: 403, NotFound: 404}
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Text = Annotated[str, Form(max_length=256)]


def code_of(token: str) -> str:
    """A token as a QR code: an SVG in a data address."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr_svg(token).encode()).decode()


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """/handovers, and what a lot's relatives are in other companies. Stands before the lots' own pages."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, *, status: int = 200, **said: Any) -> HTMLResponse:
        values: dict[str, Any] = {
            "rows": (await gate.ask(viewer, "trace.handovers", {})).rows, "path_of": path_of, "made": None,
            "code": None, "fault": None, "where": None, "typed": {}, "may": viewer.has(*KEEPERS_OF_PAPERS),
        }  # fmt: skip
        return pages.page(request, "handovers.html", await who_of(gate, viewer), status=status, **(values | said))

    async def refused(request: Request, viewer: Viewer, fault: HubError, where: str, typed: dict[str, str]) -> Response:
        return await draw(request, viewer, status=STATUS[type(fault)], fault=fault, where=where, typed=typed)

    @router.get("/handovers")
    async def handovers(request: Request, viewer: SignedIn, lot: str = "") -> HTMLResponse:
        return await draw(request, viewer, typed={"lot": lot[:64]})

    @router.post("/handovers")
    async def hand_over(
        request: Request, viewer: SignedIn, lot: Text = "", quantity: Text = "", unit: Text = "", company: Text = "",
        consent: Text = "",
    ) -> Response:  # fmt: skip
        typed = {"lot": lot, "quantity": quantity, "unit": unit, "company": company, "consent": consent}
        try:
            params: dict[str, Any] = {"lot": lot, "unit": unit.strip() or None, "company": company.strip() or None}
            params |= {"quantity": number_in(quantity) if quantity.strip() else None, "consent": bool(consent)}
            made = await gate.do(viewer, "trace.hand_over", params)
        except (Invalid, NotAllowed) as fault:
            return await refused(request, viewer, fault, "out", typed)
        return await draw(request, viewer, made=made, code=code_of(made.token))

    @router.post("/handovers/receive")
    async def take_over(
        request: Request, viewer: SignedIn, token: Text = "", lot: Text = "", item: Text = "", consent: Text = ""
    ) -> Response:
        said = Receive(token=token, lot=lot, item=item.strip() or None, consent=bool(consent))
        try:
            taken = await receive(gate, viewer, said)
        except (Invalid, NotAllowed, NotFound, Conflict) as fault:
            return await refused(request, viewer, fault, "in", {"token": token, "own": lot, "item": item})
        return RedirectResponse(f"{path_of(taken.lot)}#lot-h", status_code=SEE_OTHER)

    @router.post("/handovers/consent")
    async def consent_(viewer: SignedIn, lot: Text, company: Text, given: Text = "") -> Response:
        await gate.do(viewer, "trace.consent", {"lot": lot, "company": company, "given": bool(given)})
        return RedirectResponse("/handovers", status_code=SEE_OTHER)

    @router.get("/lots/{lot:path}/across")
    async def beyond(request: Request, viewer: SignedIn, lot: str) -> HTMLResponse:
        back, forward = await across(gate, viewer, lot, "back"), await across(gate, viewer, lot, "forward")
        values: dict[str, Any] = {"lot": lot, "path": path_of(lot), "back": back.neighbours}
        return pages.page(request, "lot_across.html", await who_of(gate, viewer), forward=forward.neighbours, **values)

    return router
