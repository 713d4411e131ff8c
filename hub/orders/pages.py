"""Pages of orders: the list with what is late first, one order with its operations, a new one (DESIGN §8).

How far an order is comes from another room, asked by name where it is there: `progress.shares` (params ``orders``; rows
with ``order``, ``share`` 0 to 1) draws the bars of the list; `progress.order` (params ``order``; rows with
``operation``) is given to the template ``progress_operation.html`` as ``standing``, one row for each operation.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from hub.access.gate import Gate
from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.errors import Conflict, Invalid
from hub.orders.column_model import ORDER
from hub.orders.form_pages import Fault, fault_of, fields_of, typed_in, values_of
from hub.web.layout import TEMPLATES, Pages, Reading, Who, reading_of
from hub.web.progressview import said_once
from hub.web.stream import beat, beats, fragments, partial

SEE_OTHER: Final = 303
PER_PAGE: Final = 100
SHOWN: Final = ("open", "late", "closed", "all")
MASTER: Final = ("manager", "admin")
CHANGED: Final = tuple(column for column in ORDER if column.key in ("quantity", "due", "priority"))
ViewerOf = Callable[..., Awaitable[Viewer] | Viewer]
_PARAMS: Final[Mapping[str, dict[str, Any]]] = {
    "open": {"open": True}, "late": {"late": True}, "closed": {"open": False}, "all": {},
}  # fmt: skip


async def who_of(gate: Gate, viewer: Viewer) -> Who:
    """Whom a page is for."""
    company = await gate.view(viewer)
    return Who(viewer.name, company.slug, company.name)


def order_path(order: str) -> str:
    """The address of an order's page."""
    return f"/orders/{quote(order, safe='')}"


async def _shares(gate: Gate, viewer: Viewer, orders: list[str]) -> dict[str, float]:
    if not orders or "progress.shares" not in gate.catalogue.questions:
        return {}
    answer = await gate.ask(viewer, "progress.shares", {"orders": orders})
    return {row.order: row.share for row in answer.rows if row.share is not None}


async def _standings(gate: Gate, viewer: Viewer, order: str) -> dict[str, Any]:
    if "progress.order" not in gate.catalogue.questions or not (TEMPLATES / "progress_operation.html").is_file():
        return {}
    answer = await gate.ask(viewer, "progress.order", {"order": order})
    return {row.operation: row for row in said_once(answer.rows)}


def day_text(reading: Reading, day: str | None) -> str:
    """A calendar day for people; with its year."""
    if day is None:
        return reading.words("none")
    found = date.fromisoformat(day)
    return (
        f"{found.year}年{reading.clock.day(found)}"
        if reading.words.lang == "ja"
        else f"{reading.clock.day(found)} {found.year}"
    )


async def order_values(gate: Gate, viewer: Viewer, reading: Reading, order: str) -> dict[str, Any]:
    """What the template of an order's operations needs."""
    row = (await gate.ask(viewer, "orders.order", {"order": order})).rows[0]
    steps = (await gate.ask(viewer, "orders.operations", {"order": order})).rows
    return {
        "order": row, "path": order_path(row.order), "operations": steps, "due": day_text(reading, row.due),
        "standings": await _standings(gate, viewer, order), "item_path": f"/items/{quote(row.item, safe='')}",
    }  # fmt: skip


def build_router(
    gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> APIRouter:
    """The orders' pages. Their addresses take the rest of a path, so this router stands last."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, gate, pages, viewer_of)
    _add_new(router, gate, pages, viewer_of)
    _add_changes(router, gate, pages, viewer_of)
    _add_live(router, gate, live, pages, viewer_of, clock_us)
    return router


def _add_list(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.get("/orders")
    async def orders(
        request: Request, viewer: SignedIn, show: str = "open", q: str = "", cursor: str | None = None
    ) -> HTMLResponse:
        shown = show if show in SHOWN else "open"
        asked = _PARAMS[shown] | {"containing": q[:100] or None, "cursor": cursor, "limit": PER_PAGE}
        answer = await gate.ask(viewer, "orders.orders", asked)
        reading = reading_of(request)
        following = None
        if answer.next_cursor is not None:
            following = "/orders?" + urlencode({"show": shown, "q": q[:100], "cursor": answer.next_cursor})
        values: dict[str, Any] = {
            "rows": [(row, order_path(row.order), day_text(reading, row.due)) for row in answer.rows],
            "shares": await _shares(gate, viewer, [row.order for row in answer.rows]),
            "show": shown, "shows": SHOWN, "q": q[:100], "following": following, "is_first": cursor is None,
            "may_change": viewer.has(*MASTER),
        }  # fmt: skip
        return pages.page(request, "orders.html", await who_of(gate, viewer), **values)


def _add_new(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, typed: dict[str, str], fault: Fault | None) -> HTMLResponse:
        lang = reading_of(request).words.lang
        items = (await gate.ask(viewer, "orders.items", {"limit": 500})).rows
        values = {
            "fields": fields_of(ORDER, typed, lang, fault), "fault": fault, "items": items,
            "there": order_path(typed["order"]) if fault is not None and fault.status == 409 else None,
            "may_change": viewer.has(*MASTER),
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "order_new.html", await who_of(gate, viewer), status=status, **values)

    @router.get("/orders/new")
    async def new_order(request: Request, viewer: SignedIn, item: str = "") -> HTMLResponse:
        return await draw(request, viewer, {"item": item[:100]}, None)

    @router.post("/orders/new")
    async def add_order(request: Request, viewer: SignedIn) -> Response:
        typed = await typed_in(request)
        try:
            made = await gate.do(viewer, "orders.save_order", values_of(ORDER, typed))
        except (Invalid, Conflict) as error:
            return await draw(request, viewer, typed, fault_of(error, reading_of(request).words.lang))
        return RedirectResponse(order_path(made.key), status_code=SEE_OTHER)


def _add_changes(router: APIRouter, gate: Gate, pages: Pages, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, order: str, typed: dict[str, str] | None = None, fault: Fault | None = None
    ) -> HTMLResponse:
        reading = reading_of(request)
        values = await order_values(gate, viewer, reading, order)
        row = values["order"]
        kept = {"quantity": str(row.quantity), "due": row.due or "", "priority": str(row.priority)}
        values |= {
            "fields": fields_of(CHANGED, typed or kept, reading.words.lang, fault), "fault": fault,
            "may_change": viewer.has(*MASTER), "live_path": f"/live{order_path(order)}?lang={reading.words.lang}",
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "order.html", await who_of(gate, viewer), status=status, **values)

    @router.post("/orders/{order:path}/change")
    async def change(request: Request, viewer: SignedIn, order: str) -> Response:
        typed = await typed_in(request)
        try:
            values = values_of(CHANGED, typed)
            asked = values | {"order": order, "due": values["due"] or ""}
            await gate.do(viewer, "orders.change_order", asked)
        except (Invalid, Conflict) as error:
            return await draw(request, viewer, order, typed, fault_of(error, reading_of(request).words.lang))
        return RedirectResponse(order_path(order), status_code=SEE_OTHER)

    for verb, command in (("close", "close_order"), ("open", "open_order"), ("routing", "copy_routing")):
        _add_verb(router, gate, viewer_of, (verb, f"orders.{command}"), draw)

    @router.post("/orders/{order:path}/remove")
    async def remove(request: Request, viewer: SignedIn, order: str) -> Response:
        try:
            await gate.do(viewer, "orders.remove_order", {"order": order})
        except Conflict as error:
            return await draw(request, viewer, order, None, fault_of(error, reading_of(request).words.lang))
        return RedirectResponse("/orders", status_code=SEE_OTHER)

    @router.get("/orders/{order:path}")
    async def one_order(request: Request, viewer: SignedIn, order: str) -> HTMLResponse:
        return await draw(request, viewer, order)


def _add_verb(
    router: APIRouter, gate: Gate, viewer_of: ViewerOf, verb: tuple[str, str],
    draw: Callable[..., Awaitable[HTMLResponse]],
) -> None:  # fmt: skip
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers
    name, command = verb

    @router.post(f"/orders/{{order:path}}/{name}", name=name)
    async def do_verb(request: Request, viewer: SignedIn, order: str) -> Response:
        try:
            await gate.do(viewer, command, {"order": order})
        except Conflict as error:
            return await draw(request, viewer, order, None, fault_of(error, reading_of(request).words.lang))
        return RedirectResponse(order_path(order), status_code=SEE_OTHER)


def _add_live(
    router: APIRouter, gate: Gate, live: LiveBus, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]
) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.get("/live/orders/{order:path}", response_class=EventSourceResponse)
    async def live_order(request: Request, viewer: SignedIn, order: str) -> AsyncIterator[ServerSentEvent]:
        reading, sent = reading_of(request), ""
        async for _ in beats(request, live, viewer):
            html = pages.part(reading, "order_operations.html", **await order_values(gate, viewer, reading, order))
            for event in fragments(partial("operations", "innerMorph", html) if html != sent else ""):
                yield event
            sent = html
            yield beat(clock_us())
