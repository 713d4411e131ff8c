"""What wraps every request: only signed-in devices come in, changes come from our own pages, no page leaks. ASGI."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_agent.terminal.access import COOKIE

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; style-src-attr 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
_OPEN: Final = ("/enter", "/language")
_SAFE: Final = frozenset({"GET", "HEAD"})


class Shield:
    """ASGI middleware. `is_known` tells whether a cookie is one of ours."""

    def __init__(self, app: ASGIApp, is_known: Callable[[str], bool]) -> None:
        self._app = app
        self._is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", _keep(scope))
            await send(message)

        answer = self._stopped(scope)
        await (self._app if answer is None else answer)(scope, receive, send_shielded)

    def _stopped(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further; None where it may."""
        headers, path = Headers(scope=scope), scope["path"]
        if scope["method"] not in _SAFE and not _is_ours(headers):
            return PlainTextResponse("this must come from a page of the terminal\n", 403)
        if path.startswith("/static/") or path in _OPEN or self._is_known(_cookie(headers)):
            return None
        if scope["method"] not in _SAFE:
            return PlainTextResponse("sign this device in first: open the terminal's first page\n", 401)
        wanted = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return RedirectResponse(f"/enter?next={quote(wanted, safe='')}", 303)


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _is_ours(headers: Headers) -> bool:
    """Whether a change was asked by a page of ours: every browser says where it comes from."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _keep(scope: Scope) -> str:
    """Pages are never kept; a shipped file whose address holds its content's hash may be for ever."""
    kept = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if kept else "no-store"
