"""The page that takes a measuring machine's file: choose it, see every bad cell, then keep all of it or nothing.

Between the look and the import the file travels in the form itself: nothing is kept before somebody has said yes.
"""

import base64
import binascii
import zlib
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from hub.access.gate import Gate
from hub.access.viewer import Viewer
from hub.errors import Invalid
from hub.orders.form_pages import Fault, fault_of
from hub.orders.pages import SEE_OTHER, who_of
from hub.quality.import_model import COLUMNS
from hub.quality.pages import ViewerOf
from hub.sheets.fault import Refused
from hub.sheets.reading import MOST_BYTES
from hub.web.layout import Pages, reading_of

_MAP: Final = "map_"
_MOST_FIELD: Final = 2**20


def build_router(gate: Gate, pages: Pages, viewer_of: ViewerOf) -> APIRouter:
    """GET and POST /quality/import."""
    router = APIRouter(include_in_schema=False)
    SignedIn = Annotated[Viewer, Depends(viewer_of)]  # noqa: N806 - a type, made here for this router's viewers

    async def draw(request: Request, viewer: Viewer, fault: Fault | None = None, **more: Any) -> HTMLResponse:
        lang = reading_of(request).words.lang
        values: dict[str, Any] = {
            "fault": fault, "found": None, "kept": "", "name": "", "done": None,
            "columns": [(column.key, column.name(lang), column.required) for column in COLUMNS],
        }  # fmt: skip
        status = 200 if fault is None else fault.status
        return pages.page(request, "quality_import.html", await who_of(gate, viewer), status=status, **(values | more))

    @router.get("/quality/import")
    async def choose(request: Request, viewer: SignedIn, done: str = "") -> HTMLResponse:
        counts = [int(part) for part in done.split(",") if part.isascii() and part.isdigit() and len(part) < 8]
        return await draw(request, viewer, done=counts if len(counts) == 2 else None)

    @router.post("/quality/import")
    async def take(request: Request, viewer: SignedIn) -> Response:
        form = await request.form(max_part_size=_MOST_FIELD)
        commit = "commit" in form
        try:
            name, data = await _file(form)
            asked = {"data": data, "columns": _columns(form), "preview": not commit}
            row = await gate.do(viewer, "quality.import", asked)
        except Invalid as error:
            return await draw(request, viewer, fault_of(error, reading_of(request).words.lang))
        if commit:
            done = urlencode({"done": f"{row.kept},{row.out}"})
            return RedirectResponse(f"/quality/import?{done}", status_code=SEE_OTHER)
        return await draw(request, viewer, found=row, kept=_pack(data), name=name)

    return router


async def _file(form: FormData) -> tuple[str, bytes]:
    """The file that was chosen now, else the one that was looked at before."""
    chosen, kept = form.get("file"), form.get("kept")
    if isinstance(chosen, UploadFile) and (data := await chosen.read()):
        return (chosen.filename or "")[:100], data
    if not isinstance(kept, str) or not kept:
        raise Refused("choose a file first", "先にファイルを選んでください", "file")
    try:
        data = zlib.decompressobj().decompress(base64.urlsafe_b64decode(kept), MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise Refused("choose the file again", "ファイルを選び直してください", "file") from None
    return str(form.get("name", ""))[:100], data


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 6)).decode()


def _columns(form: FormData) -> dict[str, str] | None:
    """What the reader chose for each column; None where nothing was chosen yet."""
    chosen = {
        name.removeprefix(_MAP)[:8]: value[:100]
        for name, value in form.items()
        if name.startswith(_MAP) and isinstance(value, str)
    }
    return chosen or None
