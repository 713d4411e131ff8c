"""The page of unassigned work: programs that ran and belong to no order, one tap to bind them; what does not agree.

`/live/unassigned` keeps the list as it is. How far an operation is stands in the page of its order.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from hub.access.gate import Gate
from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.errors import Invalid, NotFound
from hub.web.layout import Pages, Reading, Who, reading_of
from hub.web.progressview import unassigned_line
from hub.web.stream import beat, beats, fragments, partial

SEE_OTHER: Final = 303
MOST: Final = 100
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]


class BindForm(BaseModel):
    """What the page posts: runs of a program version, and the operation they were for (`nothing`: for none)."""

    machine: str = Field(max_length=200)
    program: str = Field(max_length=4096)
    version: int = Field(ge=1, le=2**53)
    order: str = Field(default="", max_length=200)
    operation: str = Field(default="", max_length=200)
    nothing: bool = False
    site: str = Field(default="", max_length=63)


def _path(site: str, **more: object) -> str:
    asked = {"site": site, **more}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/unassigned?{query}" if query else "/unassigned"


async def _values(gate: Gate, viewer: Viewer, reading: Reading, site: str) -> dict[str, Any]:
    """What follows the machines: the list."""
    names = {(row.site, row.machine): row.name for row in (await gate.ask(viewer, "machines.now", {})).rows}
    rows = (await gate.ask(viewer, "progress.unassigned", {"site": site or None, "limit": MOST})).rows
    return {
        "lines": [unassigned_line(row, names.get((row.site, row.machine), row.machine), reading) for row in rows],
        "may_bind": viewer.has("manager", "admin"),
        "site": site,
    }


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The routes of the page. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, site: str, *, status: int = 200, **more: Any) -> HTMLResponse:
        reading, company = reading_of(request), await gate.view(viewer)
        if site and site not in {each.site for each in company.sites}:
            raise NotFound(f"site {site[:63]}")
        values = await _values(gate, viewer, reading, site)
        values |= {
            "sites": company.sites, "faults": (await gate.ask(viewer, "progress.faults", {"limit": MOST})).rows,
            "live_path": "/live" + _path(site), "fault": None, "typed": None, "done": False,
        }  # fmt: skip
        who = Who(viewer.name, company.slug, company.name)
        return pages.page(request, "unassigned.html", who, status=status, **(values | more))

    @router.get("/unassigned")
    async def unassigned(request: Request, viewer: SignedIn, site: str = "", done: int = 0) -> HTMLResponse:
        return await draw(request, viewer, site, done=bool(done))

    @router.post("/unassigned")
    async def bind(request: Request, viewer: SignedIn, form: Annotated[BindForm, Form()]) -> Response:
        site, _, machine = form.machine.partition("/")
        runs = {"site": site, "machine": machine, "program": form.program, "version": form.version}
        try:
            if form.nothing:
                await gate.do(viewer, "progress.unbind", runs | {"nothing": True})
            else:
                await gate.do(viewer, "progress.bind", runs | {"order": form.order, "operation": form.operation})
        except Invalid as error:
            text = error.text(reading_of(request).words.lang)
            return await draw(request, viewer, form.site, status=422, fault=text, typed=form)
        return RedirectResponse(_path(form.site, done=1), status_code=SEE_OTHER)

    @router.get("/live/unassigned", response_class=EventSourceResponse)
    async def live_unassigned(request: Request, viewer: SignedIn, site: str = "") -> AsyncIterator[ServerSentEvent]:
        reading, sent = reading_of(request), ""
        async for _ in beats(request, live, viewer):
            values = await _values(gate, viewer, reading, site)
            html = pages.part(reading, "unassigned_list.html", **values, typed=None, fault=None)
            for event in fragments(partial("unassigned", "innerMorph", html) if html != sent else ""):
                yield event
            sent = html
            yield beat(clock_us())

    return router
