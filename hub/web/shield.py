"""What wraps every request: security headers on each answer, a bound on every body in size and time. Plain ASGI.

Nothing comes from another host and no script stands in a page: factory networks are closed, and a page that cannot
run foreign code cannot leak through it.
"""

import asyncio
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.web.bodies import declared_bytes

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src-attr 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Inline *style attributes* are allowed (a bar's length is data); inline scripts are not."""

MAX_BODY_BYTES: Final = 2**20
BODY_S: Final = 60.0
"""A whole body must have come by then: who sends a byte a minute must not hold a request open for ever."""
_OWN_LIMIT: Final = ("/api/v1/batches",)
MAX_FILE_BYTES: Final = 9 * 2**20
_FILES: Final = re.compile(r"(/api/v1)?/lots/.+/certificates")
"""Where a whole file may come in one body."""


class Shield:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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

        limit = MAX_FILE_BYTES if _FILES.fullmatch(scope["path"]) else MAX_BODY_BYTES
        bounded = receive if scope["path"] in _OWN_LIMIT else _bounded(Headers(scope=scope), receive, limit)
        await self._app(scope, bounded, send_shielded)


def _keep(scope: Scope) -> str:
    """Data is never kept by a browser; a shipped file whose address holds its content's hash may be for ever."""
    if not scope["path"].startswith("/static/"):
        return "no-store"
    return "public, max-age=31536000, immutable" if scope["query_string"].startswith(b"v=") else "no-cache"


def _bounded(headers: Headers, receive: Receive, limit: int) -> Receive:
    """Receives at most `limit` bytes within BODY_S; an HTTPException 413 or 408 else. For routes that read forms."""
    size, is_whole = 0, False
    deadline = asyncio.get_running_loop().time() + BODY_S

    async def receive_bounded() -> Message:
        nonlocal size, is_whole
        if is_whole:  # what is waited for now is the client's going away
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not arrive within {BODY_S:g} s", {"Connection": "close"}) from None
        if message["type"] == "http.request":
            is_whole = not message.get("more_body", False)
            size += len(message.get("body", b""))
            if max(size, declared_bytes(headers)) > limit:
                raise HTTPException(413, f"the body has more than {limit} bytes", {"Connection": "close"})
        return message

    return receive_bounded
