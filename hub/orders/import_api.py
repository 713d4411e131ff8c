"""Spreadsheets by API: a file comes as the request's body, and goes as CSV or XLSX that the same route takes back."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.column_model import SHEETS, Kind
from hub.orders.import_questions import PreviewRow
from hub.sheets.reading import MOST_BYTES
from hub.sheets.writing import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from hub.web.answers import json_response, refusals, says
from hub.web.auth import current_viewer
from hub.web.bodies import read_body

Asking = Annotated[Viewer, Depends(current_viewer)]
Lang = Literal["ja", "en"]
Form = Literal["csv", "xlsx"]
Encoding = Literal["utf-8", "cp932"]
_QUESTION_OF: Final[dict[Kind, str]] = {
    "orders": "orders.orders", "items": "orders.items", "routings": "orders.routings", "nests": "orders.nests",
    "operators": "orders.operators",
}  # fmt: skip
_PAGE: Final = 5000
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (CSV_TYPE, XLSX_TYPE)},
    }
}


def build_router(gate: Gate) -> APIRouter:
    """POST /imports/{kind}, GET /exports/{kind}.csv and .xlsx."""
    router = APIRouter(tags=["orders"])

    @router.post(
        "/imports/{kind}", summary="Import a spreadsheet, or say what importing it would do",
        responses=says(PreviewRow, "What it does", refuses=(403, 404, 413, 422)), openapi_extra=_BODY,
    )  # fmt: skip
    async def post_import(
        kind: Kind,
        request: Request,
        viewer: Asking,
        commit: Annotated[bool, Query(description="false: only say what it would do")] = False,  # noqa: FBT002 - a query parameter
        column: Annotated[
            list[str] | None, Query(description="A=order: what a column means; left out: as last time, or by name")
        ] = None,
    ) -> Response:
        data = await read_body(request, MOST_BYTES)
        asked = {"kind": kind, "data": data, "columns": _chosen(column)}
        if commit:
            return json_response(await gate.do(viewer, "orders.import", asked))
        return json_response((await gate.ask(viewer, "orders.preview", asked)).rows[0])

    _add_export(router, gate, "csv", CSV_TYPE)
    _add_export(router, gate, "xlsx", XLSX_TYPE)
    return router


def _chosen(given: list[str] | None) -> dict[str, str] | None:
    if given is None:
        return None
    chosen = {}
    for each in given:
        letters, equals, name = each.partition("=")
        if not equals or not letters.isascii() or not letters.isalpha():
            raise Invalid(f"column {each[:40]!r}: write it like A=order", "column")
        chosen[letters.upper()] = name[:200]
    return chosen


def _add_export(router: APIRouter, gate: Gate, form: Form, media: str) -> None:
    binary: dict[int | str, dict[str, Any]] = {
        200: {"description": "The file", "content": {media: {"schema": {"type": "string", "format": "binary"}}}}
    }
    documented: dict[int | str, dict[str, Any]] = refusals(401, 403, 404, 422, 503) | binary

    @router.get(
        f"/exports/{{kind}}.{form}", name=f"export_{form}", summary=f"Everything of a kind as {form.upper()}",
        responses=documented, response_class=Response,
    )  # fmt: skip
    async def get_export(kind: Kind, viewer: Asking, lang: Lang = "ja", encoding: Encoding = "utf-8") -> Response:
        return await export(gate, viewer, kind, form, lang, encoding)


async def export(gate: Gate, viewer: Viewer, kind: Kind, form: Form, lang: Lang, encoding: Encoding) -> Response:
    """A file of everything of a kind that the viewer may see; what is withheld is empty."""
    columns = SHEETS[kind]
    headings = [column.name(lang) for column in columns]
    rows = [[getattr(row, column.key) for column in columns] async for row in _rows(gate, viewer, kind)]
    name = f"tsunagu-{kind}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "xlsx":
        return Response(write_xlsx(kind, headings, rows), media_type=XLSX_TYPE, headers=headers)
    body = write_csv(headings, rows, "cp932" if encoding == "cp932" else "utf-8-sig")
    return Response(body, headers=headers | {"Content-Type": CSV_TYPE})


async def _rows(gate: Gate, viewer: Viewer, kind: Kind) -> AsyncIterator[msgspec.Struct]:
    cursor: str | None = None
    paged = kind != "operators"
    while True:
        asked = {"cursor": cursor, "limit": _PAGE} if paged else {}
        answer = await gate.ask(viewer, _QUESTION_OF[kind], asked)
        for row in answer.rows:
            yield row
        cursor = answer.next_cursor
        if cursor is None:
            return
