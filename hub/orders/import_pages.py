"""The page that takes spreadsheets in: choose a file, see what it would do and every bad cell, then write it whole.

Between the preview and the import the file travels in the form itself, packed: nothing is kept on the hub before
somebody has said yes.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.column_model import KINDS, SHEETS, Kind
from hub.orders.form_pages import Fault, as_text, fault_of
from hub.orders.import_api import Encoding, Form, Lang, export
from hub.orders.pages import MASTER, SEE_OTHER, ViewerOf, who_of
from hub.sheets.fault import Refused
from hub.sheets.reading import MOST_BYTES, MOST_ROWS
from hub.web.layout import Pages, reading_of

MAY: Final = (*MASTER, "estimator")
FAULTS_SHOWN: Final = 100
_MAP: Final = "map_"
_MOST_FIELD: Final = 2**20


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """The import page and the files it gives."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(
        request: Request, viewer: Viewer, kind: Kind, fault: Fault | None = None, **more: Any
    ) -> HTMLResponse:
        lang = reading_of(request).words.lang
        values: dict[str, Any] = {
            "kind": kind, "kinds": KINDS, "fault": fault, "found": None, "kept": "", "name": "", "done": None,
            "columns": [(column.key, column.name(lang), column.required) for column in SHEETS[kind]],
            "may_import": viewer.has(*MAY), "most_kb": MOST_BYTES // 1000, "most_rows": MOST_ROWS,
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "import.html", await who_of(gate, viewer), status=status, **(values | more))

    @router.get("/import")
    async def choose(request: Request, viewer: SignedIn, kind: str = "orders", done: str = "") -> HTMLResponse:
        counts = [int(part) for part in done.split(",") if part.isascii() and part.isdigit() and len(part) < 8]
        return await draw(request, viewer, _kind(kind), done=counts if len(counts) == 3 else None)

    @router.post("/import")
    async def take(request: Request, viewer: SignedIn) -> Response:
        form = await request.form(max_part_size=_MOST_FIELD)
        kind, lang = _kind(str(form.get("kind", ""))), reading_of(request).words.lang
        try:
            name, data = await _file(form)
            asked = {"kind": kind, "data": data, "columns": _columns(form)}
            if "commit" in form:
                row = await gate.do(viewer, "orders.import", asked)
                done = f"{row.new},{row.changed},{row.same}"
                return RedirectResponse("/import?" + urlencode({"kind": kind, "done": done}), status_code=SEE_OTHER)
            row = (await gate.ask(viewer, "orders.preview", asked)).rows[0]
        except Invalid as error:
            return await draw(request, viewer, kind, fault_of(error, lang))
        shown = {"found": row, "kept": _pack(data), "name": name} | _shown(kind, row, lang)
        return await draw(request, viewer, kind, **shown)

    _add_export(router, gate, viewer_of)
    return router


def _add_export(router: APIRouter, gate: Gate, viewer_of: ViewerOf) -> None:
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    @router.get("/export/{kind}.{form}")
    async def give(
        kind: Kind, form: Form, viewer: SignedIn, request: Request, encoding: Encoding = "utf-8"
    ) -> Response:
        lang: Lang = "ja" if reading_of(request).words.lang == "ja" else "en"
        return await export(gate, viewer, kind, form, lang, encoding)


def _kind(text: str) -> Kind:
    return next((kind for kind in KINDS if kind == text), "orders")


async def _file(form: FormData) -> tuple[str, bytes]:
    """The file that was chosen now, else the one that was chosen before."""
    chosen = form.get("file")
    if isinstance(chosen, UploadFile) and (data := await chosen.read()):
        return (chosen.filename or "")[:100], data
    kept = form.get("kept")
    if isinstance(kept, str) and kept:
        return str(form.get("name", ""))[:100], _unpack(kept)
    raise Refused("choose a file first", "先にファイルを選んでください", "file")


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 6)).decode()


def _unpack(kept: str) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(kept), MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise Refused(
            "the file did not come through; choose it again", "ファイルを読み直せません。選び直してください", "file"
        ) from None
    return data


def _columns(form: FormData) -> dict[str, str] | None:
    """What the reader chose for each column; None where nothing was chosen yet."""
    chosen = {
        name.removeprefix(_MAP): value[:100]
        for name, value in form.items()
        if name.startswith(_MAP) and isinstance(value, str)
    }
    return chosen or None


def _shown(kind: Kind, row: Any, lang: str) -> dict[str, Any]:
    """The preview as the template draws it: bad cells, and the first lines as they were read."""
    bad: Mapping[tuple[int, str], str] = {
        (each.row, each.column): each.message_ja if lang == "ja" else each.message for each in row.faults
    }
    mapped = [(heading.field, heading.column) for heading in row.headings if heading.field is not None]
    names = {column.key: column.name(lang) for column in SHEETS[kind]}
    return {
        "faults": [
            (each.place, each.heading, each.message_ja if lang == "ja" else each.message)
            for each in row.faults[:FAULTS_SHOWN]
        ],
        "more_faults": max(0, len(row.faults) - FAULTS_SHOWN),
        "heads": [names[field] for field, _ in mapped],
        "lines": [
            (number, [(as_text(values.get(field)), bad.get((number, column))) for field, column in mapped])
            for number, values in row.lines
        ],
    }  # fmt: skip
