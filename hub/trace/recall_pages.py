"""The recall page, and the same as a spreadsheet and as a paper.

Local times of the reader's zone come in from the form and go out to the paper; inside, microseconds since 1970.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from contract.times import from_us, to_us
from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.documents.render import pdf_response
from hub.errors import Invalid, NotFound
from hub.sheets.writing import XLSX_TYPE, write_xlsx
from hub.trace.handover_api import Neighbour
from hub.trace.pages import ViewerOf, amount_text, machines_of, path_of, who_of
from hub.trace.recall_api import Recall, recall
from hub.trace.recall_questions import RecallRow
from hub.web.layout import Pages, Reading, reading_of

NAMES: Final = ("lots", "machine", "since", "until")


@dataclass(frozen=True, slots=True)
class Shipment:
    """One line of the spreadsheet and of the paper: a lot, and one of its shipments (or none)."""

    row: RecallRow
    at: datetime | None
    quantity: float | None
    customer: str | None
    order: str | None


def asked_in(typed: Mapping[str, str], reading: Reading) -> dict[str, Any] | None:
    """The params of a recall from its form; None where nothing was asked, Invalid where a time is none."""
    lots = tuple(name.strip() for name in typed["lots"].replace(",", "\n").splitlines() if name.strip())
    params: dict[str, Any] = {"lots": lots}
    if typed["machine"]:
        site, _, machine = typed["machine"].partition("/")
        since, until = _local_us(typed["since"], "since", reading), _local_us(typed["until"], "until", reading)
        params |= {"site": site, "machine": machine, "from_us": since, "to_us": until}
    return params if lots or typed["machine"] else None


def _local_us(text: str, field: str, reading: Reading) -> int:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text[:30]!r} is no day and time", field, ja=f"「{text[:30]}」は日時ではありません") from None
    return to_us(local.replace(tzinfo=local.tzinfo or reading.clock.zone).astimezone(UTC))


def shipments(rows: list[RecallRow]) -> Iterator[Shipment]:
    """One for each shipment of each lot; one without for a lot that was never shipped."""
    for row in rows:
        customers = row.customers or (None,) * len(row.shipped_at)
        orders = row.orders or (None,) * len(row.shipped_at)
        for at, quantity, customer, order in zip(row.shipped_at, row.quantities, customers, orders, strict=True):
            yield Shipment(row, at, quantity, customer, order)
        if not row.shipped_at:
            yield Shipment(row, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A lot at another company, under the name it is told by; no lot where that company has not consented."""

    company: str
    own: str
    lot: str | None
    depth: int | None
    shipped: bool


def beyond(neighbours: list[Neighbour]) -> Iterator[Beyond]:
    """What other companies made of what they were given; the lot itself they know by its own name."""
    for one in neighbours:
        if one.relatives is None:
            yield Beyond(one.company, one.lot, None, None, shipped=False)
            continue
        told = one.relatives
        for lot, depth, shipped in zip(told.lots, told.depths, told.shipped, strict=True):
            yield Beyond(one.company, one.lot, lot, depth, shipped)


def sheet_of(found: Recall, reading: Reading) -> bytes:
    """The recall as XLSX: one line for each shipment, then one for each lot at other companies."""
    t = reading.words
    headings = [
        t("trace.lot"), t("trace.item"), t("trace.recall.depth"), t("trace.recall.house"), t("trace.unit"),
        t("trace.customer"), t("trace.quantity"), t("trace.when"), t("trace.order"),
    ]  # fmt: skip
    lines = [
        (
            one.row.lot, one.row.item, one.row.depth, one.row.left, one.row.unit, one.customer, one.quantity,
            reading.clock.local(one.at).strftime("%Y-%m-%d %H:%M") if one.at is not None else None, one.order,
        )
        for one in shipments(found.lots)
    ] + [
        (
            one.lot or one.own, None, one.depth, None, None, one.company, None,
            t("trace.recall.shipped") if one.shipped else None if one.lot else t("handover.withheld"), None,
        )
        for one in beyond(found.neighbours)
    ]  # fmt: skip
    return write_xlsx(t("trace.recall"), headings, lines)


def paper_of(found: Recall, asked: str, company: str, made: datetime, reading: Reading) -> dict[str, Any]:
    """What the paper's template prints."""
    clock, rows = reading.clock, found.lots
    return {
        "lang": reading.words.lang, "company": company, "made": clock.local(made).strftime("%Y-%m-%d %H:%M"),
        "asked": asked, "lots": len(rows), "shipped": sum(bool(row.shipped_at) for row in rows),
        "rows": [
            {
                "lot": one.row.lot, "item": one.row.item, "depth": str(one.row.depth),
                "left": None if one.row.left is None else amount_text(one.row.left, one.row.unit),
                "customer": one.customer,
                "quantity": amount_text(one.quantity, one.row.unit) if one.at is not None else None,
                "at": clock.local(one.at).strftime("%Y-%m-%d %H:%M") if one.at is not None else None,
            }
            for one in shipments(rows)
        ],
        "beyond": [
            {"company": one.company, "own": one.own, "lot": one.lot, "depth": one.depth, "shipped": one.shipped}
            for one in beyond(found.neighbours)
        ],
    }  # fmt: skip


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf, clock_us: Callable[[], int]) -> APIRouter:
    """/recall, /recall.xlsx and /recall.pdf."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def found(request: Request, viewer: Viewer) -> Recall:
        params = asked_in(_typed(request), reading_of(request))
        return Recall(lots=[], neighbours=[]) if params is None else await recall(gate, viewer, params)

    @router.get("/recall")
    async def recall_page(request: Request, viewer: SignedIn) -> HTMLResponse:
        typed, told, fault = _typed(request), Recall(lots=[], neighbours=[]), None
        try:
            told = await found(request, viewer)
        except (Invalid, NotFound) as error:
            fault = error
        rows = told.lots
        customers = {one.customer for one in shipments(rows) if one.at is not None}
        values: dict[str, Any] = {
            "typed": typed, "rows": rows, "fault": fault, "asked": any(typed[name] for name in ("lots", "machine")),
            "machines": await machines_of(gate, viewer), "now": from_us(clock_us()), "path_of": path_of,
            "shipped": sum(bool(row.shipped_at) for row in rows), "customers": len(customers),
            "query": urlencode(typed), "beyond": list(beyond(told.neighbours)),
        }  # fmt: skip
        return pages.page(
            request, "recall.html", await who_of(gate, viewer), status=422 if fault is not None else 200, **values
        )

    @router.get("/recall.xlsx")
    async def recall_sheet(request: Request, viewer: SignedIn) -> Response:
        content = await asyncio.to_thread(sheet_of, await found(request, viewer), reading_of(request))
        headers = {"Content-Disposition": "attachment; filename=recall.xlsx"}
        return Response(content, media_type=XLSX_TYPE, headers=headers)

    @router.get("/recall.pdf")
    async def recall_paper(request: Request, viewer: SignedIn) -> Response:
        told, made, typed = await found(request, viewer), from_us(clock_us()), _typed(request)
        asked = " ".join(text for text in typed.values() if text).replace("\n", ", ")
        company = (await who_of(gate, viewer)).company
        data = paper_of(told, asked, company, made, reading_of(request))
        return await pdf_response("recall", data, "recall.pdf", made_at=made)

    return router


def _typed(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "")[:20_000] for name in NAMES}
