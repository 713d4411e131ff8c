"""A template and plain data become a PDF: the last station before a sheet of paper.

Templates are Typst files in `templates/`, each named by what it prints; they read `data` (JSON) and nothing else, so
that no text of a customer or a machine can become part of a template, read a file or reach the network. Fonts are
the shipped ones only: the same paper on every computer. PDFs are PDF/A-2b, made for keeping.

Numbers arrive as texts or plain numbers with their unit in the name; times arrive as texts in the reader's zone.
"""

import asyncio
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from hub.documents.glyphs import FONTS, printable
from hub.errors import Invalid

TEMPLATES: Final = Path(__file__).parent / "templates"
PDF: Final = "application/pdf"
_STANDARD: Final = "a-2b"


def render(template: str, data: dict[str, Any], *, made_at: datetime | None = None) -> bytes:
    """The PDF of a template (`traveller` is templates/traveller.typ). Takes 10-50 ms; call it on a thread.

    Every template needs `lang` ("ja" or "en"); `made_at` is the time of making that the file carries (default: now).
    Characters that the font lacks are printed as 〓.

    Raises:
        KeyError: there is no such template.
        Invalid: the data does not fit the template; the message says where.
    """
    return _compiled(template, data, made_at, format="pdf", pdf_standards=[_STANDARD])[0]


def render_png(template: str, data: dict[str, Any], *, dpi: float = 110) -> list[bytes]:
    """The same pages as pictures: for looking at, and for reading codes back."""
    return _compiled(template, data, None, format="png", ppi=dpi)


async def pdf_response(
    template: str, data: dict[str, Any], filename: str, *, made_at: datetime | None = None
) -> Response:
    """A route's answer: the PDF, shown by the browser and called `filename` when kept. Runs on a thread."""
    content = await asyncio.to_thread(render, template, data, made_at=made_at)
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(filename, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=PDF, headers=headers)


def _compiled(template: str, data: dict[str, Any], made_at: datetime | None, **how: Any) -> list[bytes]:
    import typst  # noqa: PLC0415 - 7 MB until the first paper

    file = TEMPLATES / f"{template}.typ"
    if not template.isidentifier() or not file.is_file():
        raise KeyError(template)
    inputs = {"data": json.dumps(printable(data), ensure_ascii=False)}
    stamp = None if made_at is None else int(made_at.timestamp())
    try:
        compiler = typst.Compiler(str(file), root=str(TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True)
        made = compiler.compile(sys_inputs=inputs, timestamp=stamp, **how)
    except typst.TypstError as error:
        raise Invalid(f"the document {template!r} cannot be made: {error.message}") from error
    if made is None:
        raise Invalid(f"the document {template!r} is empty")
    return made if isinstance(made, list) else [made]


@cache
def _fonts() -> Any:
    import typst  # noqa: PLC0415 - as above

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
