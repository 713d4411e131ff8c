"""The hub over HTTP: one method a route, and its answers as decisions. I/O only.

Errors, by the decision they ask for::

    HubError          the text says what happened and what to do
    ├── Unreachable   try again with a growing wait
    ├── Busy          try again after `after_s`
    ├── Denied        a person must act (credential): keep everything, ask again every 30 s
    ├── Unreadable    this body is not understood: halve it, isolate the record
    └── TooLarge      halve it
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from contract.batch import Receipt
from contract.codec import decode_receipt

CONNECT_S: Final = 3.0
WHOLE_S: Final = 30.0
BUSY_S: Final = 5.0


class HubError(Exception):
    """The hub did not do it."""


class Unreachable(HubError):
    """No answer, or one that says nothing lasting."""


class Denied(HubError):
    """The hub does not take this agent's credential, or this is no hub."""


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


class HubClient:
    """A connection to one hub, kept open between batches. `credential` None: only enrolment."""

    def __init__(self, url: str, credential: str | None, ca_file: Path | None = None) -> None:
        self.url = url.rstrip("/")
        verify: ssl.SSLContext | bool = True
        if ca_file is not None:
            verify = ssl.create_default_context(cafile=str(ca_file))
        headers = {"User-Agent": "tsunagu-agent"}
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            verify=verify,
            trust_env=False,
            timeout=httpx2.Timeout(WHOLE_S, connect=CONNECT_S),
            limits=httpx2.Limits(max_connections=2, max_keepalive_connections=1),
        )

    async def close(self) -> None:
        """Ends the connection."""
        await self._client.aclose()

    async def send(self, wire: bytes) -> Receipt:
        """Delivers one packed batch (zstd). Raises HubError as drawn above."""
        response = await self._post(
            "/api/v1/batches", wire, {"Content-Type": "application/json", "Content-Encoding": "zstd"}
        )
        if response.status_code == 200:
            try:
                return decode_receipt(response.content)
            except (msgspec.ValidationError, msgspec.DecodeError):
                raise Denied(f"{self.url} answers, but not as a hub does; check [hub] url") from None
        raise self._refused(response)

    async def check(self) -> None:
        """Whether the hub is there and takes the credential. Raises HubError where not.

        Sends an empty body: a hub that takes the credential answers that it cannot read it; nothing is delivered.
        """
        response = await self._post("/api/v1/batches", b"", {"Content-Type": "application/json"})
        if response.status_code not in (200, 400):
            raise self._refused(response)

    async def enrol(self, code: str, agent: str, site: str) -> Enrolled:
        """Turns a one-time code into a credential."""
        body = msgspec.json.encode({"code": code, "agent": agent, "site": site})
        response = await self._post("/api/v1/enrol", body, {"Content-Type": "application/json"})
        if response.status_code == 200:
            try:
                made = msgspec.json.decode(response.content, type=_Enrolled)
            except (msgspec.ValidationError, msgspec.DecodeError):
                raise Denied(f"{self.url} answers, but not as a hub does; check the address") from None
            return Enrolled(made.credential, made.agent, made.site, made.company)
        if 400 <= response.status_code < 500 and response.status_code != 404:
            raise Refusal(_detail(response))
        raise self._refused(response)

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        try:
            async with asyncio.timeout(WHOLE_S):
                return await self._client.post(self.url + path, content=body, headers=headers)
        except httpx2.ConnectTimeout:
            raise Unreachable(f"{self.url} does not answer within {CONNECT_S:g} s; is the network up?") from None
        except (TimeoutError, httpx2.TimeoutException):
            raise Unreachable(f"{self.url} did not answer within {WHOLE_S:g} s") from None
        except httpx2.ConnectError as error:
            raise Unreachable(f"{self.url} cannot be reached ({error}); is the hub running?") from None
        except httpx2.InvalidURL as error:
            raise Denied(f"{self.url} is no address ({error}); check [hub] url") from None
        except httpx2.TransportError as error:
            raise Unreachable(f"{self.url}: connection lost ({error or type(error).__name__})") from None

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
