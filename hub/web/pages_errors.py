"""Errors as pages, in the reader's language; `hub.web.errors` says which error is which problem."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from hub.web.errors import Problem, RenderError
from hub.web.layout import Pages, reading_of

_TOLD: Final = {400: "400", 403: "403", 404: "404", 405: "404", 422: "400", 413: "400", 503: "503", 507: "503"}


def error_renderer(pages: Pages) -> RenderError:
    """Draws a problem as a page. What is not told apart is a fault of the hub where the status says so, else 400."""

    def render(request: Request, problem: Problem, ja: str | None) -> Response:
        told = _TOLD.get(problem.status, "500" if problem.status >= 500 else "400")
        detail, lang = problem.detail, "en"
        if ja is not None and reading_of(request).words.lang == "ja":
            detail, lang = ja, "ja"
        if told not in {"400", "403", "503"}:
            detail = problem.id or ""
        values = {"told": told, "detail": detail, "detail_lang": lang, "number": problem.status}
        return pages.page(request, "error.html", None, status=problem.status, **values)

    return render
