"""Who is asking: API tokens, sessions of people, credentials of agents; and signing in and out.

A session lives in a cookie (HttpOnly, SameSite=Lax; over https Secure and `__Host-`, which no other server of the same
name and no plain page can set) and moves its end on as it is used. A change asked with a cookie must come from a page
of this hub: its Origin is compared with the host it was sent to.

Guesses are counted for an account from one address (5, then one in 30 s), for an address (30, then one in 5 s), and
for an account from everywhere (50, then one a minute); the last does not hold for an address from which the account
was signed in to before, so that strangers cannot lock a person out of their own office.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from hub.access.viewer import Viewer
from hub.directory.credentials import AgentIdentity, find_credential, note_first_use
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
from hub.web.throttle import MAX_KEYS, Throttle, network_of

COOKIE: Final = "tsunagu_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HASHERS: Final = 2
_MAX_SECRET: Final = 512
_COOKIE_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent that is asking, by which credential, and whether it shall replace that one."""

    identity: AgentIdentity
    credential: str
    must_rotate: bool


class Authenticator:
    """Knows who is behind a request. Built once, by `hub.bootstrap`."""

    def __init__(self, directory: Directory, clock_us: Callable[[], int]) -> None:
        self._directory = directory
        self._clock_us = clock_us
        self._by_account = Throttle(burst=5, refill_s=30)
        self._by_address = Throttle(burst=30, refill_s=5)
        self._by_user = Throttle(burst=50, refill_s=60)
        self._proved: OrderedDict[str, None] = OrderedDict()
        self._hashing = asyncio.Semaphore(_HASHERS)

    async def viewer(self, request: HTTPConnection) -> Viewer:
        """The viewer behind a request; NotAuthenticated where there is none."""
        if "authorization" in request.headers:
            return self._token_viewer(bearer(request))
        session = session_of(request)
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

    async def agent(self, request: HTTPConnection) -> KnownAgent:
        """The agent behind a request; NotAuthenticated where there is none.

        A credential's first use ends those before it (`hub.directory.credentials`); that is on disk before any answer.
        """
        if "authorization" not in request.headers:
            raise NotAuthenticated("send the agent's credential: Authorization: Bearer tsa_…")
        credential, now_us = bearer(request), self._clock_us()
        found = self._directory.read(lambda reader: find_credential(reader, credential))
        if found.is_new:
            await asyncio.to_thread(self._directory.change, lambda writer: note_first_use(writer, credential, now_us))
        return KnownAgent(found.identity, credential, now_us >= found.rotate_us)

    async def sign_in(self, request: Request, email: str, password: str) -> str:
        """A new session's id, and the end of the one the browser had.

        NotAuthenticated where e-mail or password are wrong, Throttled after too many attempts.
        """
        check_origin(request, required=False)
        now_us = self._clock_us()
        user, address = email.strip().lower()[:254], network_of(request)
        account = f"{user} {address}"
        self._by_address.take(address, now_us)
        self._by_account.take(account, now_us)
        if account not in self._proved:
            self._by_user.take(user, now_us)
        hashed = self._directory.read(lambda reader: password_hash(reader, email))
        async with self._hashing:
            right = await asyncio.to_thread(verify_password, hashed, password[:_MAX_SECRET])
        if not right:
            raise NotAuthenticated("e-mail or password are not right")
        self._note_proof(user, address)
        await self.sign_out(request)
        return await asyncio.to_thread(self._directory.change, lambda writer: open_session(writer, email, now_us))

    def _note_proof(self, user: str, address: str) -> None:
        account = f"{user} {address}"
        self._by_account.forget(account)
        self._by_address.give_back(address)
        if account not in self._proved:
            self._by_user.give_back(user)
        self._proved[account] = None
        self._proved.move_to_end(account)
        if len(self._proved) > MAX_KEYS:
            self._proved.popitem(last=False)

    async def sign_out(self, request: Request) -> None:
        """Ends the browser's session, where it has one."""
        session = session_of(request)
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
    parts = urlsplit(origin)
    plain = is_https(request) and parts.scheme != "https"  # anyone on the network can write a plain page of our name
    if plain or parts.netloc.lower() != request.headers.get("host", "").lower():
        raise NotAllowed(f"a page of {origin[:100]} may not change anything here")


def is_https(request: HTTPConnection) -> bool:
    """Whether the client speaks TLS with us, or with a proxy that may say so for it."""
    return request.url.scheme == "https"


def cookie_name(request: HTTPConnection) -> str:
    """What the session's cookie is called."""
    return f"__Host-{COOKIE}" if is_https(request) else COOKIE


def session_of(request: HTTPConnection) -> str | None:
    """The session's id that the browser sent."""
    return request.cookies.get(cookie_name(request))


def set_session_cookie(request: Request, response: Response, session: str) -> None:
    """Gives the browser its session. The hub says when it is over; the cookie itself is good for longer."""
    response.set_cookie(
        cookie_name(request), session, max_age=_COOKIE_S, path="/", httponly=True, samesite="lax",
        secure=is_https(request),
    )  # fmt: skip


def drop_session_cookie(request: Request, response: Response) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax", secure=is_https(request))


def authenticator(request: HTTPConnection) -> Authenticator:
    """The application's authenticator."""
    found: Authenticator = request.app.state.authenticator
    return found


async def current_viewer(request: Request) -> Viewer:
    """FastAPI dependency: who is asking; NotAuthenticated (a page: the sign-in page, the API: 401) where nobody is."""
    return await authenticator(request).viewer(request)


async def current_agent(request: Request) -> KnownAgent:
    """FastAPI dependency: the agent that is delivering."""
    return await authenticator(request).agent(request)
