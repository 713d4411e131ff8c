"""What agents call: enrolment, batches, a new credential. The only routes that answer to an agent's credential."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contract.batch import Batch, Receipt
from contract.codec import MAX_WIRE_BYTES, EnvelopeError, TooLargeError, encode_receipt, unpack
from contract.enrolment import ROTATE, ROTATE_HEADER
from hub.directory.agents import enrol
from hub.directory.credentials import AgentIdentity, replace_credential
from hub.directory.database import Directory
from hub.errors import HubError, NotAllowed, StoreFull, TooLarge, Unavailable
from hub.web.answers import JSON, json_response, says, takes
from hub.web.auth import KnownAgent, current_agent
from hub.web.bodies import read_body, read_struct
from hub.web.metrics import Metrics
from hub.web.throttle import Throttle, network_of


class Accept(Protocol):
    """Commits a batch and returns its receipt (`hub.ingest.desk`)."""

    async def __call__(self, company: str, agent: str, site: str, body: bytes, received_us: int) -> Receipt:
        """As `IngestDesk.accept`."""
        ...


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code, and who the agent's configuration says it is."""

    code: Annotated[str, msgspec.Meta(max_length=200)]
    agent: Annotated[str, msgspec.Meta(max_length=200)]
    site: Annotated[str, msgspec.Meta(max_length=200)]


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent keeps (mode 0600) and sends as `Authorization: Bearer`."""

    credential: str
    agent: str
    site: str
    company: str


Asking = Annotated[KnownAgent, Depends(current_agent)]


def build_router(
    accept: Accept,
    directory: Directory,
    metrics: Metrics,
    clock_us: Callable[[], int],
    delivered: Callable[[AgentIdentity], None],
) -> APIRouter:
    """POST /batches, POST /enrol and POST /credential."""
    router = APIRouter(tags=["agents deliver"])
    _add_batches(router, accept, metrics, clock_us, delivered)
    _add_credentials(router, directory, clock_us)
    return router


def _add_batches(
    router: APIRouter,
    accept: Accept,
    metrics: Metrics,
    clock_us: Callable[[], int],
    delivered: Callable[[AgentIdentity], None],
) -> None:

    @router.post(
        "/batches",
        summary="Deliver a batch",
        responses=says(Receipt, "Everything up to `acked` is on disk", refuses=(400, 403, 413, 507)),
        openapi_extra=takes(Batch),
    )
    async def post_batch(request: Request, agent: Asking) -> Response:
        started = time.perf_counter()
        try:
            receipt = await _take(request, agent.identity, accept, clock_us)
        except (HubError, EnvelopeError) as error:
            metrics.batches.labels(_outcome(error)).inc()
            raise
        metrics.batches.labels("committed").inc()
        delivered(agent.identity)
        metrics.ingest_s.observe(time.perf_counter() - started)
        headers = {ROTATE_HEADER: ROTATE} if agent.must_rotate else None
        return Response(encode_receipt(receipt), media_type=JSON, headers=headers)


def _add_credentials(router: APIRouter, directory: Directory, clock_us: Callable[[], int]) -> None:
    attempts = Throttle(burst=100, refill_s=1)
    rotations = Throttle(burst=20, refill_s=30)

    @router.post(
        "/enrol",
        summary="Turn a one-time code into a credential",
        responses=says(Credential, "The credential, shown once", refuses=(409, 413, 422, 429)),
        openapi_extra=takes(Enrolment),
    )
    async def post_enrol(request: Request) -> Response:
        attempts.take(network_of(request), clock_us())
        asked = await read_struct(request, Enrolment)
        made = await asyncio.to_thread(
            directory.change, lambda writer: enrol(writer, asked.code, asked.agent, asked.site, clock_us())
        )
        return json_response(
            Credential(credential=made.credential, agent=made.agent, site=made.site, company=made.company)
        )

    @router.post(
        "/credential",
        summary="Replace the credential; the one it is asked with stays good until the new one was used",
        responses=says(Credential, "The new credential, shown once", refuses=(429,)),
    )
    async def post_credential(agent: Asking) -> Response:
        who, now_us = agent.identity, clock_us()
        rotations.take(f"{who.company}/{who.agent}", now_us)
        fresh = await asyncio.to_thread(
            directory.change, lambda writer: replace_credential(writer, agent.credential, now_us)
        )
        return json_response(Credential(credential=fresh, agent=who.agent, site=who.site, company=who.company))


async def _take(request: Request, agent: AgentIdentity, accept: Accept, clock_us: Callable[[], int]) -> Receipt:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    wire = await read_body(request, MAX_WIRE_BYTES)
    body = unpack(wire, encoding) if encoding == "identity" else await asyncio.to_thread(unpack, wire, encoding)
    return await accept(agent.company, agent.agent, agent.site, body, clock_us())


def _outcome(error: Exception) -> str:
    match error:
        case TooLarge() | TooLargeError():
            return "too_large"
        case EnvelopeError():
            return "unreadable"
        case NotAllowed():
            return "not_allowed"
        case StoreFull() | Unavailable():
            return "not_now"
        case _:
            return "refused"
