"""The hub over HTTP: one method a route, and its answers as decisions. I/O only.

Errors, by the decision they ask for::

    HubError          the text says what happened and what to do
    ├── Unreachable   try again with a growing wait
    ├── Busy          try again after `after_s`
    ├── Denied        a person must act (credential, certificate): keep everything, ask again every 30 s
    ├── Unreadable    this body is not understood: halve it, isolate the record
    ├── TooLarge      halve it
    └── Refusal       the hub understood and will not (enrolment)
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import msgspec
import structlog

from contract.batch import Receipt
from contract.codec import decode_receipt
from contract.enrolment import ROTATE, ROTATE_HEADER
from edge_agent.hub_trust import SYSTEM, Trust, TrustError, context_of, is_not_yet_valid, tls_error, why_refused

CONNECT_S: Final = 3.0
WHOLE_S: Final = 30.0
BUSY_S: Final = 5.0
_JSON: Final = {"Content-Type": "application/json"}

log = structlog.get_logger(__name__)


class HubError(Exception):
    """The hub did not do it."""


class Unreachable(HubError):
    """No answer, or one that says nothing lasting."""


class Denied(HubError):
    """The hub does not take this agent's credential, or this is not the hub."""


class Unreadable(HubError):
    """The hub cannot read the body."""


class TooLarge(HubError):
    """The body is larger than the hub takes."""


class Busy(HubError):
    """Not now."""

    def __init__(self, text: str, after_s: float) -> None:
        super().__init__(text)
        self.after_s = after_s


class Refusal(HubError):
    """The hub understood and refused (enrolment); the text is the hub's own."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolment gives."""

    credential: str
    agent: str
    site: str
    company: str


class _Enrolled(msgspec.Struct):
    credential: str
    agent: str
    site: str
    company: str


Keep = Callable[[str, str | None], None]
"""Keeps the credential in use, and the one beside it, on disk; OSError where that cannot be. Called on a thread."""


class HubClient:
    """A connection to one hub, kept open between batches. `credential` None: only enrolment.

    `spare` is the credential before this one: a hub restored from a backup may know only that. It is tried where the
    first is not known; whichever the hub takes is used from then on, and `keep` hears of the change.
    `rotation_due` is set when the hub asks for a new credential (`edge_agent.rotation` sees to it).
    """

    def __init__(
        self,
        url: str,
        credential: str | None,
        trust: Trust = SYSTEM,
        *,
        spare: str | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.rotation_due = asyncio.Event()
        self._trust = trust
        self._secrets = [secret for secret in (credential, spare) if secret is not None]
        self._keep = keep
        self._changing = asyncio.Lock()
        self._client = self._connection(ignore_time=False)
        self._timeless: httpx2.AsyncClient | None = None

    def _connection(self, *, ignore_time: bool) -> httpx2.AsyncClient:
        try:
            verify = context_of(self._trust, ignore_time=ignore_time)
        except TrustError as error:
            raise Denied(str(error)) from None
        return httpx2.AsyncClient(
            headers={"User-Agent": "tsunagu-agent"},
            verify=verify,
            trust_env=False,
            timeout=httpx2.Timeout(WHOLE_S, connect=CONNECT_S),
            limits=httpx2.Limits(max_connections=2, max_keepalive_connections=1),
        )

    async def close(self) -> None:
        """Ends the connection."""
        await self._client.aclose()
        await self._forget_timeless()

    async def send(self, wire: bytes) -> Receipt:
        """Delivers one packed batch (zstd). Raises HubError as drawn above."""
        response = await self._ask("/api/v1/batches", wire, {**_JSON, "Content-Encoding": "zstd"})
        if response.status_code == 200:
            try:
                return decode_receipt(response.content)
            except (msgspec.ValidationError, msgspec.DecodeError):
                raise Denied(f"{self.url} answers, but not as a hub does; check [hub] url") from None
        raise self._refused(response)

    async def check(self) -> datetime | None:
        """The hub's time, to the second, where it is there and takes the credential. Raises HubError where not.

        Sends an empty body: a hub that takes the credential answers that it cannot read it; nothing is delivered.
        """
        response = await self._ask("/api/v1/batches", b"", _JSON)
        if response.status_code not in (200, 400):
            raise self._refused(response)
        try:
            return parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return None

    async def enrol(self, code: str, agent: str, site: str) -> Enrolled:
        """Turns a one-time code's secret into a credential."""
        body = msgspec.json.encode({"code": code, "agent": agent, "site": site})
        response = await self._post("/api/v1/enrol", body, _JSON)
        if response.status_code == 200:
            return self._enrolled(response)
        if 400 <= response.status_code < 500 and response.status_code != 404:
            raise Refusal(_detail(response))
        raise self._refused(response)

    async def renew(self) -> str:
        """Asks for a new credential; the one in use stays good until the new one was used."""
        response = await self._ask("/api/v1/credential", b"", _JSON)
        if response.status_code == 200:
            return self._enrolled(response).credential
        raise self._refused(response)

    async def worklist(self, etag: str | None) -> tuple[str, bytes] | None:
        """The list of work of this agent's site with its tag; None where `etag` is current. Raises HubError."""
        headers = {} if etag is None else {"If-None-Match": etag}
        response = await self._ask("/api/v1/worklist", None, headers)
        if response.status_code == 304:
            return None
        if response.status_code == 200:
            return response.headers.get("etag", ""), response.content
        raise self._refused(response)

    async def adopt(self, fresh: str) -> None:
        """Keeps a new credential on disk and only then uses it; OSError where it cannot be kept (nothing changes)."""
        await self._change(fresh, self._secrets[0])
        self.rotation_due.clear()

    async def _change(self, current: str, other: str) -> None:
        async with self._changing:
            if self._keep is not None:
                await asyncio.to_thread(self._keep, current, other)
            self._secrets = [current, other]

    async def _ask(self, path: str, body: bytes | None, headers: dict[str, str]) -> httpx2.Response:
        """A request in the agent's name; with the spare credential where the hub does not know the first.

        A request without a body (None) only reads: GET.
        """
        used = self._secrets[:1]
        response = await self._post(path, body, headers | _bearer(used))
        if response.status_code == 401:
            for spare in [secret for secret in self._secrets if secret not in used]:
                again = await self._post(path, body, headers | _bearer([spare]))
                if again.status_code < 500 and again.status_code not in (401, 429):
                    await self._fall_back(spare)
                    response = again
        if response.headers.get(ROTATE_HEADER) == ROTATE and used == self._secrets[:1]:
            self.rotation_due.set()
        return response

    async def _fall_back(self, spare: str) -> None:
        if spare == self._secrets[0]:
            return  # it was adopted while this request was under way
        log.warning("the hub knows only the credential before this one: it was restored from a backup")
        try:
            await self._change(spare, self._secrets[0])
        except OSError as error:
            log.warning("the credential in use cannot be kept", reason=error.strerror)

    async def _post(self, path: str, body: bytes | None, headers: dict[str, str]) -> httpx2.Response:
        client = self._timeless or self._client
        try:
            return await self._post_by(client, path, body, headers)
        except httpx2.ConnectError as error:
            await self._forget_timeless()
            fault = tls_error(error)
            if fault is None:
                raise Unreachable(f"{self.url} cannot be reached ({error}); is the hub running?") from None
            if not (self._trust.is_pinned and client is self._client and is_not_yet_valid(fault)):
                raise Denied(why_refused(fault, self.url, self._trust)) from None
        # A clock that was never set (no battery) must not keep the agent from the hub, which knows the time. The
        # authority is still the one that was pinned; who could forge the time gains nothing by setting it back.
        log.warning(
            "this computer's clock is before the hub's certificate begins; its time is not checked", url=self.url
        )
        self._timeless = self._connection(ignore_time=True)
        try:
            return await self._post_by(self._timeless, path, body, headers)
        except httpx2.ConnectError as error:
            await self._forget_timeless()
            raise Unreachable(f"{self.url} cannot be reached ({error}); is the hub running?") from None

    async def _post_by(
        self, client: httpx2.AsyncClient, path: str, body: bytes | None, headers: dict[str, str]
    ) -> httpx2.Response:
        """ConnectError goes through."""
        try:
            async with asyncio.timeout(WHOLE_S):
                method = "GET" if body is None else "POST"
                return await client.request(method, self.url + path, content=body, headers=headers)
        except httpx2.ConnectTimeout:
            raise Unreachable(f"{self.url} does not answer within {CONNECT_S:g} s; is the network up?") from None
        except (TimeoutError, httpx2.TimeoutException):
            raise Unreachable(f"{self.url} did not answer within {WHOLE_S:g} s") from None
        except httpx2.ConnectError:
            raise
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Denied(f"{self.url} is no address ({error}); check [hub] url") from None
        except httpx2.TransportError as error:
            hint = "; a hub with TLS is reached by https://" if self.url.startswith("http://") else ""
            raise Unreachable(f"{self.url}: connection lost ({error or type(error).__name__}){hint}") from None

    async def _forget_timeless(self) -> None:
        if self._timeless is not None:
            await self._timeless.aclose()
            self._timeless = None

    def _enrolled(self, response: httpx2.Response) -> Enrolled:
        try:
            made = msgspec.json.decode(response.content, type=_Enrolled)
        except (msgspec.ValidationError, msgspec.DecodeError):
            raise Denied(f"{self.url} answers, but not as a hub does; check the address") from None
        return Enrolled(made.credential, made.agent, made.site, made.company)

    def _refused(self, response: httpx2.Response) -> HubError:
        status, detail = response.status_code, _detail(response)
        match status:
            case 400:
                return Unreadable(detail)
            case 401 | 403:
                return Denied(f"the hub refuses this agent: {detail}; enrol it anew: tsunagu-agent enrol URL CODE")
            case 413:
                return TooLarge(detail)
            case 429 | 503 | 507:
                return Busy(f"the hub says {status}: {detail}", _retry_after_s(response))
            case _ if status >= 500:
                return Unreachable(f"the hub says {status}: {detail}")
            case _:
                return Denied(f"{self.url} answers {status}: {detail}; check [hub] url")


def _bearer(secrets: list[str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {secrets[0]}"} if secrets else {}


def _detail(response: httpx2.Response) -> str:
    """The `detail` of a problem+json, or the beginning of the body; one line."""
    try:
        body: Any = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    if isinstance(body, dict):
        text = body.get("detail") or body.get("title")
        if isinstance(text, str):
            return " ".join(text.split())[:500]
    return " ".join(response.text.split())[:200] or response.reason_phrase or f"status {response.status_code}"


def _retry_after_s(response: httpx2.Response) -> float:
    try:
        return min(300.0, max(0.1, float(response.headers.get("retry-after", BUSY_S))))
    except ValueError:
        return BUSY_S
