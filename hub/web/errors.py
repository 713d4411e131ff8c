"""Errors as answers: the one table from an error's class to an HTTP status, as problem+json (RFC 9457).

A page gets the same problem as HTML where the page builder gave a `render_error`, and somebody who is not signed in
is sent to the sign-in page. What nobody foresaw is a 500 with an id that is also in the log, and nothing more.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from contract.codec import EnvelopeError, TooLargeError
from hub import errors
from hub.web.shield import HEADERS

STATUS: Final[dict[type[Exception], tuple[int, str, str]]] = {
    errors.Invalid: (422, "invalid", "This cannot be understood"),
    errors.NotAuthenticated: (401, "not-authenticated", "Say who you are first"),
    errors.NotAllowed: (403, "not-allowed", "Not with these rights"),
    errors.NotFound: (404, "not-found", "Not found"),
    errors.Conflict: (409, "conflict", "Something else is there already"),
    errors.TooLarge: (413, "too-large", "Too large"),
    errors.Throttled: (429, "throttled", "Too many attempts"),
    errors.StoreFull: (507, "store-full", "No room on the hub's disk"),
    errors.Unavailable: (503, "unavailable", "Not now"),
    TooLargeError: (413, "too-large", "Too large"),
    EnvelopeError: (400, "unreadable", "The body cannot be read"),
}
"""Looked up along the class's ancestors; `tests/hub/api` sees to it that no error of the hub is missing."""

PROBLEM_JSON: Final = "application/problem+json"
log = structlog.get_logger("hub.web")


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with a request: where, and what."""

    field: str | None = None
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `errors` lists what is wrong with a request, one entry a field."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
    id: str | None = None
    """Of an unforeseen error: what to look for in the hub's log."""


RenderError = Callable[[Request, Problem, str | None], Response]
"""Draws a problem for a person; beside it its detail in Japanese, None where there is only the English one."""


@dataclass(frozen=True, slots=True)
class _Told:
    problem: Problem
    headers: dict[str, str] = field(default_factory=dict)
    ja: str | None = None


def _problem(status: int, slug: str, title: str, detail: str, **more: Any) -> Problem:
    return Problem(type=f"urn:tsunagu:problem:{slug}", title=title, status=status, detail=detail, **more)


def problem_of(error: Exception) -> Problem | None:
    """The problem that an error of the table is; None for any other."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            status, slug, title = STATUS[kind]
            where = getattr(error, "field", None)
            faults = (Fault(field=where, detail=str(error)),) if isinstance(error, errors.Invalid) else ()
            return _problem(status, slug, title, str(error), errors=faults)
    return None


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    wait = getattr(error, "retry_after_s", None)
    return {} if wait is None else {"Retry-After": str(math.ceil(wait))}


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A problem as its JSON answer."""
    content = msgspec.json.encode(problem)
    return Response(content, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def is_for_page(request: Request) -> bool:
    """Whether a person's browser asks for a page, rather than a program for data."""
    if request.url.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


class ErrorAnswers:
    """Turns errors into answers; `render_error` makes them pages for browsers."""

    def __init__(self, render_error: RenderError | None = None) -> None:
        self._render = render_error

    def install(self, app: FastAPI) -> None:
        """Every error that can leave a route is answered here."""
        for kind in (*STATUS, errors.HubError):
            app.add_exception_handler(kind, self.on_known)
        app.add_exception_handler(RequestValidationError, self.on_validation)
        app.add_exception_handler(HTTPException, self.on_http)
        app.add_exception_handler(Exception, self.on_unforeseen)

    def _answer(self, request: Request, told: _Told) -> Response:
        if self._render is not None and is_for_page(request):
            response = self._render(request, told.problem, told.ja)
            response.headers.update(told.headers)
            return response
        return problem_response(told.problem, told.headers)

    async def on_known(self, request: Request, error: Exception) -> Response:
        """An error of the table."""
        problem = problem_of(error)
        if problem is None:
            return await self.on_unforeseen(request, error)
        if isinstance(error, errors.NotAuthenticated) and is_for_page(request):
            return _to_sign_in(request, problem)
        return self._answer(request, _Told(problem, _headers(error), getattr(error, "ja", None)))

    async def on_validation(self, request: Request, error: Exception) -> Response:
        """Path or query that FastAPI could not read."""
        assert isinstance(error, RequestValidationError)
        faults = tuple(
            Fault(field=".".join(str(part) for part in each["loc"][1:]) or None, detail=str(each["msg"]))
            for each in error.errors()
        )
        detail = "; ".join(f"{fault.field}: {fault.detail}" for fault in faults)
        problem = _problem(422, "invalid", "This cannot be understood", detail, errors=faults)
        return self._answer(request, _Told(problem))

    async def on_http(self, request: Request, error: Exception) -> Response:
        """What the router itself refuses: no such path, no such method."""
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        slug = status.phrase.lower().replace(" ", "-")
        detail = f"{request.method} {request.url.path[:200]}: {error.detail}"
        problem = _problem(status.value, slug, status.phrase, detail)
        return self._answer(request, _Told(problem, dict(error.headers or {})))

    async def on_unforeseen(self, request: Request, error: Exception) -> Response:
        """A fault of ours: logged in full under an id, and the id alone is told."""
        number = secrets.token_hex(6)
        log.error("unforeseen error", id=number, method=request.method, path=request.url.path, exc_info=error)
        detail = f"The hub made a mistake; its log says more under {number}."
        problem = _problem(500, "mistake", "A mistake of the hub", detail, id=number)
        response = self._answer(request, _Told(problem))
        response.headers.update(HEADERS)  # the framework answers this one outside of the shield
        return response


def _to_sign_in(request: Request, problem: Problem) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = "/login" if request.method != "GET" else f"/login?next={quote(asked, safe='/')}"
    if "hx-request" in request.headers:
        return problem_response(problem, {"HX-Redirect": "/login"})
    return RedirectResponse(target, status_code=303)
