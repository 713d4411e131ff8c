"""GET /orders/{order}/inspection-report.pdf: what was measured of an order as a paper for the customer (検査成績書).

It asks like any other route, so it shows what its reader may see; who measured is not printed. Values stand in the
characteristic's unit, as they were measured; least, mean and greatest are of what is understood.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from contract.times import from_us
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.documents.render import PDF, pdf_response
from hub.errors import NotFound
from hub.web.answers import refusals
from hub.web.auth import current_viewer
from hub.web.controlchart import figure
from hub.web.i18n import Lang, Words
from hub.web.layout import reading_of
from hub.web.times import Clock

MOST: Final = 2000
"""So many measurements are printed, the newest; the paper says how many more there are."""
DIGITS: Final = 9
Asking = Annotated[Viewer, Depends(current_viewer)]
AskedLang = Annotated[Lang | None, Query(description="ja or en; left out: as the reader's browser asks")]
_A_PDF: Final[dict[int | str, Any]] = {
    200: {"description": "The PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


def build_router(gate: Gate, clock_us: Callable[[], int]) -> APIRouter:
    """The inspection report. To be added before the routes of orders, whose numbers take the rest of a path."""
    router = APIRouter(tags=["quality"])

    @router.get(
        "/orders/{order:path}/inspection-report.pdf",
        summary="The inspection report of an order as PDF",
        responses=_A_PDF | refusals(401, 404, 422, 503),
        response_class=Response,
    )
    async def get_report(request: Request, viewer: Asking, order: str, lang: AskedLang = None) -> Response:
        reading = reading_of(request)
        words = reading.words if lang is None else Words(lang)
        now, clock = from_us(clock_us()), Clock(reading.clock.zone, words)
        data = await report_data(gate, viewer, order, clock)
        data |= {
            "lang": words.lang, "company": (await gate.view(viewer)).name, "made": f"{clock.local(now):%Y-%m-%d %H:%M}",
        }  # fmt: skip
        return await pdf_response("inspection_report", data, f"inspection-report-{order}.pdf", made_at=now)

    return router


async def report_data(gate: Gate, viewer: Viewer, order: str, clock: Clock) -> dict[str, Any]:
    """What the template prints of an order; NotFound where there is none."""
    found = (await gate.ask(viewer, "orders.order", {"order": order[:200]})).rows
    if not found:
        raise NotFound(f"order {order[:64]!r}")
    head = found[0]
    items: list[Any] = []
    with contextlib.suppress(NotFound):  # an order outlives its item
        items = (await gate.ask(viewer, "orders.item", {"item": head.item})).rows
    plan = (await gate.ask(viewer, "quality.characteristics", {"item": head.item, "limit": 1000})).rows
    measured = await gate.ask(viewer, "quality.measurements", {"order": order, "limit": MOST + 1})
    decided = await gate.ask(viewer, "quality.nonconformances", {"order": order, "limit": MOST})
    words = {row.id: row.disposition for row in decided.rows}
    rows = [row for row in measured.rows[:MOST][::-1] if row.verdict is not None]
    characteristics = [
        _characteristic(made, [row for row in rows if row.characteristic == made.characteristic], words, clock)
        for made in plan
        if made.active or any(row.characteristic == made.characteristic for row in rows)
    ]
    verdicts = {row.verdict for row in rows}
    return {
        "order": {
            "order": order, "customer": head.customer, "customer_order": head.customer_order, "item": head.item,
            "revision": head.revision, "quantity": head.quantity, "name": items[0].name if items else None,
            "material": items[0].material if items else None,
        },
        "characteristics": characteristics,
        "measured_on": None if not rows else f"{clock.local(rows[-1].at):%Y-%m-%d}",
        "result": "none" if not rows else "ok" if verdicts == {"in"} else "out",
        "more": max(0, len(measured.rows) - MOST),
    }  # fmt: skip


def _characteristic(
    made: Any, rows: Sequence[Any], decided: Mapping[str, str | None], clock: Clock
) -> dict[str, Any]:  # fmt: skip
    values = [row.value for row in rows if row.value is not None]
    verdicts = {row.verdict for row in rows}
    return {
        "name": made.name or made.characteristic, "operation": made.operation, "unit": made.unit,
        "nominal": _shown(made.nominal), "lower": _shown(made.lower), "upper": _shown(made.upper), "n": len(rows),
        "least": _shown(min(values, default=None)), "greatest": _shown(max(values, default=None)),
        "mean": figure(fmean(values), 6) if values else None,
        "verdict": None if not rows else "in" if verdicts == {"in"} else "out",
        "values": [_value(row, decided, clock) for row in rows],
    }  # fmt: skip


def _value(row: Any, decided: Mapping[str, str | None], clock: Clock) -> dict[str, Any]:
    disposition = decided.get(row.id)
    return {
        "at": f"{clock.local(row.at):%Y-%m-%d %H:%M:%S}", "value": _shown(row.value), "lot": row.lot,
        "serial": row.serial, "instrument": row.instrument, "gauge_state": row.gauge_state, "verdict": row.verdict,
        "disposition": None if disposition is None else clock.words(f"quality.disposition.{disposition}"),
    }  # fmt: skip


def _shown(value: float | None) -> str | None:
    return None if value is None else figure(value, DIGITS)
