"""The page of what the terminals offer to choose from: why a piece was rejected. Plain forms, no live part."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.web.layout import Pages, Who
from hub.web.pages_account import SEE_OTHER
from hub.worklist.commands import KEEPERS_OF_BOOKS

BLANK: Final = 3
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
Rows = Annotated[list[str], Form()]


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """GET and POST /reject-reasons. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, *, status: int = 200, **said: Any) -> HTMLResponse:
        company = await gate.view(viewer)
        kept = (await gate.ask(viewer, "worklist.reject_reasons", {})).rows
        values: dict[str, Any] = {
            "rows": [(one.code, one.ja, one.en) for one in kept], "fault": None, "saved": False,
            "may_set": viewer.has(*KEEPERS_OF_BOOKS),
        }  # fmt: skip
        values |= said
        values["rows"] += [("", "", "")] * BLANK
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "reject_reasons.html", who, status=status, **values)

    @router.get("/reject-reasons")
    async def reject_reasons(request: Request, viewer: SignedIn, saved: str = "") -> HTMLResponse:
        return await draw(request, viewer, saved=bool(saved))

    @router.post("/reject-reasons")
    async def set_reject_reasons(request: Request, viewer: SignedIn, code: Rows, ja: Rows, en: Rows) -> Response:
        typed = [row for row in zip(code, ja, en, strict=False) if any(text.strip() for text in row)]
        reasons = [{"code": c, "ja": j, "en": e} for c, j, e in typed]
        try:
            await gate.do(viewer, "worklist.set_reject_reasons", {"reasons": reasons})
        except Invalid as error:
            return await draw(request, viewer, status=422, rows=typed, fault=error.field or "reasons")
        return RedirectResponse("/reject-reasons?saved=1", status_code=SEE_OTHER)

    return router
