"""Pages of quality: what is out of the ordinary first, what waits for a decision, and gauges.

`/live/quality` keeps the list of broken rules as it is. A refused form is shown again with what was typed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from hub.access.gate import Gate
from hub.access.live import BooksChanged, LiveBus
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.form_pages import Fault, fault_of, fields_of, typed_in, values_of
from hub.orders.pages import SEE_OTHER, who_of
from hub.quality.column_model import GAUGE
from hub.quality.commands import MASTER
from hub.quality.model import DISPOSITIONS, ROOM
from hub.web.controlchart import figure
from hub.web.layout import Pages, reading_of
from hub.web.stream import beat, beats, fragments, partial

SHOWN: Final = 50
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
_NOTHING_TYPED: Final = {"id": "", "disposition": "", "cause": "", "note": ""}


def characteristic_path(characteristic: str) -> str:
    """The address of a characteristic's page."""
    return f"/characteristics/{quote(characteristic, safe='')}"


def concerns(changed: Iterable[object], characteristic: str | None = None) -> bool:
    """Whether what changed is of this room (and of this characteristic): charts are drawn anew only then."""
    return any(
        isinstance(each, BooksChanged) and each.room == ROOM and characteristic in (None, each.key) for each in changed
    )


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The routes of the overview and of gauges. `viewer_of` is the dependency that says who is signed in."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, fault: Fault | None = None, typed: dict[str, str] | None = None
    ) -> HTMLResponse:
        waiting = await gate.ask(viewer, "quality.nonconformances", {"open": True, "limit": SHOWN})
        decided = await gate.ask(viewer, "quality.nonconformances", {"open": False, "limit": SHOWN})
        values = {
            "violations": await _violations(gate, viewer), "waiting": waiting.rows, "decided": decided.rows,
            "more_waiting": waiting.next_cursor is not None,
            "strange": (await gate.ask(viewer, "quality.not_understood", {"limit": SHOWN})).rows,
            "dispositions": DISPOSITIONS, "may_change": viewer.has(*MASTER), "fault": fault,
            "typed": _NOTHING_TYPED | (typed or {}), "figure": figure, "path": characteristic_path,
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "quality.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/quality")
    async def overview(request: Request, viewer: SignedIn) -> HTMLResponse:
        return await draw(request, viewer)

    @router.post("/quality/decide")
    async def decide(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        try:
            await gate.do(viewer, "quality.dispose", {key: typed.get(key, "") for key in _NOTHING_TYPED})
        except Invalid as error:
            return await draw(request, viewer, fault_of(error, reading_of(request).words.lang), typed)
        return RedirectResponse("/quality#open", status_code=SEE_OTHER)

    @router.get("/live/quality", response_class=EventSourceResponse)
    async def live_quality(request: Request, viewer: SignedIn) -> AsyncIterator[ServerSentEvent]:
        reading, sent = reading_of(request), None
        async for changed in beats(request, live, viewer):
            if sent is None or concerns(changed):
                found = await _violations(gate, viewer)
                html = pages.part(
                    reading, "quality_violations.html", violations=found, figure=figure, path=characteristic_path
                )  # fmt: skip
                for event in fragments(partial("violations", "innerMorph", html) if html != sent else ""):
                    yield event
                sent = html
            yield beat(clock_us())

    _add_gauges(router, gate, pages, viewer_of)
    return router


@dataclass(frozen=True, slots=True)
class Broken:
    """A characteristic whose chart says something: its newest row of `quality.violations`, and how often before."""

    row: Any
    rules: tuple[str, ...]
    points: int


async def _violations(gate: Gate, viewer: Viewer) -> list[Broken]:
    """One line for each characteristic, the newest first; its rules are those broken at its newest such point."""
    found: dict[str, list[Any]] = {}
    for row in (await gate.ask(viewer, "quality.violations", {})).rows:
        if row.left_out:
            continue  # its cause is known, and written beside the chart
        found.setdefault(row.characteristic, []).append(row)
    return [
        Broken(
            rows[0], tuple(dict.fromkeys(row.rule for row in rows if row.at == rows[0].at)), len({r.at for r in rows})
        )
        for rows in list(found.values())[:SHOWN]
    ]


def _add_gauges(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, fault: Fault | None = None, typed: dict[str, str] | None = None
    ) -> HTMLResponse:
        values = {
            "rows": (await gate.ask(viewer, "quality.gauges", {})).rows, "may_change": viewer.has(*MASTER),
            "fault": fault, "fields": fields_of(GAUGE, typed or {}, reading_of(request).words.lang, fault),
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "gauges.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/quality/gauges")
    async def gauges(request: Request, viewer: SignedIn) -> HTMLResponse:
        return await draw(request, viewer)

    @router.post("/quality/gauges")
    async def save(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        try:
            await gate.do(viewer, "quality.save_gauge", values_of(GAUGE, typed))
        except Invalid as error:
            return await draw(request, viewer, fault_of(error, reading_of(request).words.lang), typed)
        return RedirectResponse("/quality/gauges", status_code=SEE_OTHER)
