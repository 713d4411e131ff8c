"""Routes of papers about orders: travellers (現品票, a label for each operation) and job sheets (作業指示書), as PDF.

They ask like any other route, so that a paper shows what its reader may see; the inspection plan is there where the
company has one. The language is the reader's own unless `lang` says otherwise.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from contract.times import from_us
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.documents.codes import operation_code, qr_svg
from hub.documents.render import PDF, pdf_response
from hub.errors import NotFound, TooLarge
from hub.web.answers import refusals
from hub.web.auth import current_viewer
from hub.web.i18n import Lang, Words
from hub.web.layout import reading_of
from hub.web.times import Clock

MOST_ORDERS: Final = 100
PLAN: Final = "quality.characteristics"
Asking = Annotated[Viewer, Depends(current_viewer)]
Orders = Annotated[list[str], Query(description="an order's number; may be given again", min_length=1)]
AskedLang = Annotated[Lang | None, Query(description="ja or en; left out: as the reader's browser asks")]
Template = Literal["traveller", "job_sheet"]
WORDS: Final[dict[Template, str]] = {
    "traveller": "Travellers (labels) of orders, one for each operation, as PDF",
    "job_sheet": "Job sheets of orders with all operations and their inspection plan, as PDF",
}
_A_PDF: Final[dict[int | str, Any]] = {
    200: {"description": "The PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}
ANSWERS: Final = _A_PDF | refusals(401, 404, 413, 422, 503)


def build_router(gate: Gate, clock_us: Callable[[], int]) -> APIRouter:
    """GET /orders/{order}/traveller.pdf, …/job-sheet.pdf, /travellers.pdf and /job-sheets.pdf?order=…&order=….

    To be added before the routes of orders, whose numbers may hold slashes and so take the rest of a path.
    """
    router = APIRouter(tags=["orders"])
    paths: tuple[tuple[Template, str], ...] = (("traveller", "traveller"), ("job_sheet", "job-sheet"))
    for template, word in paths:
        _add_paper(router, gate, clock_us, template, word)
    return router


def _add_paper(router: APIRouter, gate: Gate, clock_us: Callable[[], int], template: Template, word: str) -> None:
    async def paper(request: Request, viewer: Viewer, orders: list[str], lang: Lang | None) -> Response:
        if len(orders) > MOST_ORDERS:
            raise TooLarge(f"{len(orders)} orders at once; at most {MOST_ORDERS} are printed together")
        reading = reading_of(request)
        words = reading.words if lang is None else Words(lang)
        now = from_us(clock_us())
        data = {
            "lang": words.lang,
            "company": (await gate.view(viewer)).name,
            "made": f"{Clock(reading.clock.zone, words).local(now):%Y-%m-%d %H:%M}",
            "orders": [await order_data(gate, viewer, order) for order in dict.fromkeys(orders)],
        }
        name = f"{word}-{orders[0]}.pdf" if len(orders) == 1 else f"{word}s.pdf"
        return await pdf_response(template, data, name, made_at=now)

    @router.get(
        f"/orders/{{order:path}}/{word}.pdf",
        name=f"{template}_of_order",
        summary=WORDS[template],
        responses=ANSWERS,
        response_class=Response,
    )
    async def get_one(request: Request, viewer: Asking, order: str, lang: AskedLang = None) -> Response:
        return await paper(request, viewer, [order], lang)

    @router.get(
        f"/{word}s.pdf", name=f"{template}_of_orders", summary=WORDS[template], responses=ANSWERS,
        response_class=Response,
    )  # fmt: skip
    async def get_many(request: Request, viewer: Asking, order: Orders, lang: AskedLang = None) -> Response:
        return await paper(request, viewer, order, lang)


async def order_data(gate: Gate, viewer: Viewer, number: str) -> dict[str, Any]:
    """One order as the templates read it; what the viewer may not see is None and printed as a dash."""
    (order,) = (await gate.ask(viewer, "orders.order", {"order": number})).rows
    operations = (await gate.ask(viewer, "orders.operations", {"order": number})).rows
    item = await _item(gate, viewer, order.item)
    plan = await _plan(gate, viewer, order.item)
    return {
        "order": order.order, "customer": order.customer, "customer_order": order.customer_order,
        "item": order.item, "name": order.name, "revision": order.revision or getattr(item, "revision", None),
        "material": getattr(item, "material", None), "thickness_mm": getattr(item, "thickness_mm", None),
        "unit": getattr(item, "unit", None) or "", "quantity": order.quantity, "due": order.due,
        "priority": order.priority,
        "operations": [_operation(order.order, each, plan) for each in operations],
    }  # fmt: skip


async def _item(gate: Gate, viewer: Viewer, number: str) -> Any:
    """The order's item; None where it was removed meanwhile."""
    try:
        (found,) = (await gate.ask(viewer, "orders.item", {"item": number})).rows
    except NotFound:
        return None
    return found


def _operation(order: str, row: Any, plan: Iterable[Any]) -> dict[str, Any]:
    code = operation_code(order, row.operation)
    return {
        "operation": row.operation, "process": row.process, "place": row.machine or row.machine_class or row.site,
        "setup_s": row.setup_s, "cycle_s": row.cycle_s, "handwork_s": row.handwork_s, "quantity": row.quantity,
        "note": row.note, "code": code, "qr": qr_svg(code),
        "plan": [_check(each) for each in plan if each.operation == row.operation],
    }  # fmt: skip


async def _plan(gate: Gate, viewer: Viewer, item: str) -> list[Any]:
    """The item's characteristics, where this hub has a room for them and the viewer may see it."""
    if PLAN not in gate.catalogue.questions:
        return []
    return list((await gate.ask(viewer, PLAN, {"item": item, "active": True})).rows)


def _check(row: Any) -> dict[str, Any]:
    return {
        "characteristic": row.characteristic, "name": row.name, "nominal": row.nominal, "lower": row.lower,
        "upper": row.upper, "unit": row.unit, "gauge": row.gauge, "every": row.every, "first": row.first,
        "last": row.last,
    }  # fmt: skip
