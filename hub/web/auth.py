"""Who is asking: API tokens, sessions of people, credentials of agents; and signing in and out.

A session lives in a cookie (HttpOnly, SameSite=Lax, Secure over https) and moves its end on as it is used. A change
asked with a cookie must come from a page of this hub: its Origin is compared with the host it was sent to.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from hub.access.viewer import Viewer
from hub.directory.agents import AgentIdentity, find_agent
from hub.directory.database import Directory
from hub.directory.secrets import verify_password
from hub.directory.tokens import find_token
from hub.directory.users import (
    end_session,
    find_session,
    open_session,
    password_hash,
    touch_session,
)
from hub.errors import NotAllowed, NotAuthenticated, StoreFull, Unavailable
from hub.web.throttle import Throttle

COOKIE: Final = "tsunagu_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HASHERS: Final = 2
_MAX_SECRET: Final = 512
_COOKIE_S: Final = 30 * 24 * 3600


class Authenticator:
    """Knows who is behind a request. Built once, by `hub.bootstrap`."""

    def __init__(self, directory: Directory, clock_us: Callable[[], int]) -> None:
        self._directory = directory
        self._clock_us = clock_us
        self._by_account = Throttle(burst=5, refill_s=30)
        self._by_address = Throttle(burst=30, refill_s=5)
        self._hashing = asyncio.Semaphore(_HASHERS)

    async def viewer(self, request: HTTPConnection) -> Viewer:
        """The viewer behind a request; NotAuthenticated where there is none."""
        if "authorization" in request.headers:
            return self._token_viewer(bearer(request))
        session = request.cookies.get(COOKIE)
        if session is None:
            raise NotAuthenticated("sign in, or send an API token: Authorization: Bearer tsu_…")
        now_us = self._clock_us()
        user = self._directory.read(lambda reader: find_session(reader, session, now_us))
        if user is None:
            raise NotAuthenticated("the session is over; sign in again")
        if request.scope.get("method", "GET") not in _SAFE:
            check_origin(request)
        if user.is_due(now_us):
            with contextlib.suppress(StoreFull, Unavailable):  # reading goes on where writing cannot
                await asyncio.to_thread(self._directory.change, lambda writer: touch_session(writer, session, now_us))
        return Viewer(user.company, "user", user.email, user.roles)

    def _token_viewer(self, token: str) -> Viewer:
        if token.startswith("tsa_"):
            raise NotAuthenticated("this is an agent's credential: it delivers, but asks nothing; use an API token")
        holder = self._directory.read(lambda reader: find_token(reader, token, self._clock_us()))
        return Viewer(holder.company, "token", holder.name, holder.roles)

    def agent(self, request: HTTPConnection) -> AgentIdentity:
        """The agent behind a request; NotAuthenticated where there is none."""
        if "authorization" not in request.headers:
            raise NotAuthenticated("send the agent's credential: Authorization: Bearer tsa_…")
        credential = bearer(request)
        return self._directory.read(lambda reader: find_agent(reader, credential))

    async def sign_in(self, request: Request, email: str, password: str) -> str:
        """A new session's id, and the end of the one the browser had.

        NotAuthenticated where e-mail or password are wrong, Throttled after too many attempts.
        """
        check_origin(request, required=False)
        now_us = self._clock_us()
        address = request.client.host if request.client else ""
        account = f"{email.strip().lower()[:254]} {address}"
        self._by_address.take(address, now_us)
        self._by_account.take(account, now_us)
        hashed = self._directory.read(lambda reader: password_hash(reader, email))
        async with self._hashing:
            right = await asyncio.to_thread(verify_password, hashed, password[:_MAX_SECRET])
        if not right:
            raise NotAuthenticated("e-mail or password are not right")
        self._by_account.forget(account)
        self._by_address.give_back(address)
        await self.sign_out(request)
        return await asyncio.to_thread(self._directory.change, lambda writer: open_session(writer, email, now_us))

    async def sign_out(self, request: Request) -> None:
        """Ends the browser's session, where it has one."""
        session = request.cookies.get(COOKIE)
        if session is not None:
            check_origin(request, required=False)
            await asyncio.to_thread(self._directory.change, lambda writer: end_session(writer, session))


def bearer(request: HTTPConnection) -> str:
    """The secret of an Authorization header; NotAuthenticated where it is not of the Bearer kind."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if kind.lower() != "bearer" or not secret or len(secret) > _MAX_SECRET:
        raise NotAuthenticated("write the header as: Authorization: Bearer TOKEN")
    return secret


def check_origin(request: HTTPConnection, *, required: bool = True) -> None:
    """NotAllowed where a change does not come from a page of this hub (CSRF).

    Every browser sends an Origin with a change; where it is not `required`, only a foreign one is refused.
    """
    origin = request.headers.get("origin")
    if origin is None:
        if not required or request.headers.get("sec-fetch-site") == "same-origin":
            return
        raise NotAllowed("a change with a session must carry an Origin header; scripts use an API token instead")
    if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise NotAllowed(f"a page of {origin[:100]} may not change anything here")


def set_session_cookie(request: Request, response: Response, session: str) -> None:
    """Gives the browser its session. The hub says when it is over; the cookie itself is good for longer."""
    response.set_cookie(
        COOKIE, session, max_age=_COOKIE_S, path="/", httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def drop_session_cookie(response: Response) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def authenticator(request: HTTPConnection) -> Authenticator:
    """The application's authenticator."""
    found: Authenticator = request.app.state.authenticator
    return found


async def current_viewer(request: Request) -> Viewer:
    """FastAPI dependency: who is asking; NotAuthenticated (a page: the sign-in page, the API: 401) where nobody is."""
    return await authenticator(request).viewer(request)


async def current_agent(request: Request) -> AgentIdentity:
    """FastAPI dependency: the agent that is delivering."""
    return authenticator(request).agent(request)
