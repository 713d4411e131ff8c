"""Routes about lots: the list, reports, one lot, its genealogy, its EPCIS document, its files."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from contract.times import from_us
from hub.access.gate import Gate, Withheld
from hub.access.viewer import Viewer
from hub.quality.measured_questions import MeasurementRow
from hub.trace import certificate_model, epcis_model
from hub.trace.commands import Attached, LotReported, Removed, ReportLot
from hub.trace.questions import CertificateRow, LinkRow, LotBalance, LotPage, LotRow, StepRow
from hub.web.answers import answer_response, json_response, refusals, says, says_rows, takes
from hub.web.auth import current_viewer
from hub.web.bodies import read_body, read_struct
from hub.web.ranges import Company, Cursor, Limit

MEASURED = 500
Asking = Annotated[Viewer, Depends(current_viewer)]
LotName = Annotated[str, Path(max_length=200, description="the lot's name")]
Towards = Annotated[Literal["back", "forward"], Query(description="back to its origins, or forward to what it became")]


class RelativeLot(msgspec.Struct, frozen=True, kw_only=True):
    """A lot of a genealogy, `depth` links away from the one asked about."""

    lot: str
    item: str | None
    depth: int


class Genealogy(msgspec.Struct, frozen=True, kw_only=True):
    """Lots, the nearest first, and the links between them."""

    lots: list[RelativeLot]
    links: list[LinkRow]


class LotDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One lot with its steps, inspections and files; fields named in `withheld` are null."""

    lot: LotBalance
    steps: list[StepRow]
    inspections: list[MeasurementRow]
    certificates: list[CertificateRow]
    withheld: tuple[Withheld, ...] = ()


def build_router(gate: Gate, clock_us: Callable[[], int]) -> APIRouter:
    """/lots, /lots/{lot}, …/trace, …/epcis and …/certificates."""
    router = APIRouter(tags=["trace"])
    _add_lists(router, gate)
    _add_lot(router, gate, clock_us)
    _add_files(router, gate)
    _add_detail(router, gate)
    return router


def _add_lists(router: APIRouter, gate: Gate) -> None:
    @router.get(
        "/lots",
        summary=gate.catalogue.question("trace.lots").summary,
        responses=says_rows(LotRow, "lots", "The last touched first"),
    )
    async def get_lots(
        viewer: Asking,
        text: Annotated[str | None, Query(description="part of a lot's or item's name", max_length=200)] = None,
        *,
        odd: Annotated[bool, Query(description="only lots that do not add up")] = False,
        cursor: Cursor = None,
        limit: Limit = 1000,
        company: Company = None,
    ) -> Response:
        params = LotPage(text=text, odd=odd, cursor=cursor, limit=limit)
        return answer_response(await gate.ask(viewer, "trace.lots", params, company), "lots")

    report = gate.catalogue.command("trace.report")

    @router.post(
        "/lots",
        summary=report.summary,
        status_code=201,
        responses=says(LotReported, "It is in the ledger", 201, refuses=(403, 413, 422)),
        openapi_extra=takes(ReportLot),
    )
    async def post_lot(request: Request, viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, "trace.report", await read_struct(request, ReportLot)), 201)

    odd_steps = gate.catalogue.question("trace.not_understood")

    @router.get(
        "/lots-not-understood",
        summary=odd_steps.summary,
        responses=says_rows(odd_steps.row, "steps", "Newest first"),
    )
    async def get_odd(viewer: Asking, cursor: Cursor = None, limit: Limit = 1000, company: Company = None) -> Response:
        params = {"cursor": cursor, "limit": limit}
        return answer_response(await gate.ask(viewer, "trace.not_understood", params, company), "steps")


def _add_lot(router: APIRouter, gate: Gate, clock_us: Callable[[], int]) -> None:
    @router.get(
        "/lots/{lot:path}/trace",
        summary=gate.catalogue.question("trace.genealogy").summary,
        responses=says(Genealogy, "The lot itself at depth 0, then its relatives", refuses=(404, 422)),
    )
    async def get_trace(lot: LotName, viewer: Asking, direction: Towards = "back", company: Company = None) -> Response:
        return json_response(await genealogy(gate, viewer, lot, direction, company))

    @router.get(
        "/lots/{lot:path}/epcis",
        summary="The history of a lot as an EPCIS 2.0 document (JSON-LD)",
        responses={
            200: {"description": "An EPCISDocument", "content": {epcis_model.MEDIA: {"schema": {"type": "object"}}}},
            **refusals(401, 404, 422, 503),
        },
    )
    async def get_epcis(request: Request, lot: LotName, viewer: Asking, company: Company = None) -> Response:
        rows = (await gate.ask(viewer, "trace.history", {"lot": lot}, company)).rows
        told = [epcis_model.Told(**msgspec.structs.asdict(row)) for row in rows]
        origin, owner = str(request.base_url).rstrip("/"), company or viewer.company
        made = epcis_model.document(told, from_us(clock_us()), origin, owner)
        return Response(msgspec.json.encode(made), media_type=epcis_model.MEDIA)


async def genealogy(
    gate: Gate, viewer: Viewer, lot: str, direction: Literal["back", "forward"], company: str | None = None
) -> Genealogy:
    """What the gate tells of a lot's relatives; items are None where they are withheld."""
    row = (await gate.ask(viewer, "trace.genealogy", {"lot": lot, "direction": direction}, company)).rows[0]
    items = row.items or (None,) * len(row.lots)
    lots = [
        RelativeLot(lot=name, item=item, depth=depth)
        for name, item, depth in zip(row.lots, items, row.depths, strict=True)
    ]
    return Genealogy(lots=lots, links=list(row.links))


def _add_files(router: APIRouter, gate: Gate) -> None:
    @router.post(
        "/lots/{lot:path}/certificates",
        summary=gate.catalogue.command("trace.attach").summary,
        status_code=201,
        responses=says(Attached, "It is attached", 201, refuses=(403, 404, 409, 413, 422)),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA},
            }
        },
    )
    async def post_file(
        request: Request, lot: LotName, viewer: Asking,
        name: Annotated[str, Query(max_length=200, description="what the file is called")] = "certificate",
    ) -> Response:  # fmt: skip
        content = await read_body(request, certificate_model.MAX_BYTES)
        params = {"lot": lot, "name": name, "content": content}
        return json_response(await gate.do(viewer, "trace.attach", params), 201)

    @router.get(
        "/lots/{lot:path}/certificates/{number}",
        summary=gate.catalogue.question("trace.certificate").summary,
        responses={
            200: {"description": "The file", "content": {media: {} for media in MEDIA}},
            **refusals(401, 404, 422, 503),
        },
    )
    async def get_file(
        lot: LotName, number: Annotated[int, Path(ge=0, le=2**62)], viewer: Asking, company: Company = None
    ) -> Response:
        (row,) = (await gate.ask(viewer, "trace.certificate", {"lot": lot, "id": number}, company)).rows
        return file_response(row)

    @router.delete(
        "/lots/{lot:path}/certificates/{number}",
        summary=gate.catalogue.command("trace.remove_certificate").summary,
        responses=says(Removed, "It is gone", refuses=(403, 404, 422)),
    )
    async def delete_file(lot: LotName, number: Annotated[int, Path(ge=0, le=2**62)], viewer: Asking) -> Response:
        return json_response(await gate.do(viewer, "trace.remove_certificate", {"lot": lot, "id": number}))


def _add_detail(router: APIRouter, gate: Gate) -> None:
    """Last, for its address takes the rest of a path: a lot's name may hold a slash."""

    @router.get(
        "/lots/{lot:path}",
        summary=gate.catalogue.question("trace.lot").summary,
        responses=says(LotDetail, "The lot, its steps and its files", refuses=(404, 422)),
    )
    async def get_lot(lot: LotName, viewer: Asking, company: Company = None) -> Response:
        known = await gate.ask(viewer, "trace.lot", {"lot": lot}, company)
        steps = await gate.ask(viewer, "trace.steps", {"lot": lot}, company)
        files = await gate.ask(viewer, "trace.certificates", {"lot": lot}, company)
        measured = await inspections(gate, viewer, lot, company)
        withheld = (*known.withheld, *steps.withheld, *files.withheld)
        detail = LotDetail(
            lot=known.rows[0], steps=steps.rows, inspections=measured, certificates=files.rows, withheld=withheld
        )
        return json_response(detail)


async def inspections(gate: Gate, viewer: Viewer, lot: str, company: str | None = None) -> list[MeasurementRow]:
    """What was measured on a lot, or on the serial of that name; the newest first, at most MEASURED of each."""
    found: dict[str, MeasurementRow] = {}
    for params in ({"lot": lot, "limit": MEASURED}, {"serial": lot, "limit": MEASURED}):
        answer = await gate.ask(viewer, "quality.measurements", params, company)
        found |= {row.id: row for row in answer.rows}
    return list(found.values())


MEDIA = ("application/pdf", "image/png", "image/jpeg")


def file_response(row: Any) -> Response:
    """A file as it came, kept apart from the hub's own pages: it may not run, nor be shown inside one."""
    disposition = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(row.content, media_type=row.media, headers=headers)
