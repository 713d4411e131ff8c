"""What agents call: enrolment and batches. The only routes that answer to an agent's credential."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contract.batch import Batch, Receipt
from contract.codec import MAX_WIRE_BYTES, EnvelopeError, TooLargeError, encode_receipt, unpack
from hub.directory.agents import AgentIdentity, enrol
from hub.directory.database import Directory
from hub.errors import HubError, NotAllowed, StoreFull, TooLarge, Unavailable
from hub.web.answers import JSON, json_response, says, takes
from hub.web.auth import current_agent
from hub.web.bodies import read_body, read_struct
from hub.web.metrics import Metrics
from hub.web.throttle import Throttle


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


def build_router(
    accept: Accept,
    directory: Directory,
    metrics: Metrics,
    clock_us: Callable[[], int],
    delivered: Callable[[AgentIdentity], None],
) -> APIRouter:
    """POST /batches and POST /enrol."""
    router = APIRouter(tags=["agents deliver"])
    attempts = Throttle(burst=100, refill_s=1)

    @router.post(
        "/batches",
        summary="Deliver a batch",
        responses=says(Receipt, "Everything up to `acked` is on disk", refuses=(400, 403, 413, 507)),
        openapi_extra=takes(Batch),
    )
    async def post_batch(request: Request, agent: Annotated[AgentIdentity, Depends(current_agent)]) -> Response:
        started = time.perf_counter()
        try:
            receipt = await _take(request, agent, accept, clock_us)
        except (HubError, EnvelopeError) as error:
            metrics.batches.labels(_outcome(error)).inc()
            raise
        metrics.batches.labels("committed").inc()
        delivered(agent)
        metrics.ingest_s.observe(time.perf_counter() - started)
        return Response(encode_receipt(receipt), media_type=JSON)

    @router.post(
        "/enrol",
        summary="Turn a one-time code into a credential",
        responses=says(Credential, "The credential, shown once", refuses=(409, 413, 422, 429)),
        openapi_extra=takes(Enrolment),
    )
    async def post_enrol(request: Request) -> Response:
        attempts.take(request.client.host if request.client else "", clock_us())
        asked = await read_struct(request, Enrolment)
        made = await asyncio.to_thread(
            directory.change, lambda writer: enrol(writer, asked.code, asked.agent, asked.site, clock_us())
        )
        return json_response(
            Credential(credential=made.credential, agent=made.agent, site=made.site, company=made.company)
        )

    return router


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
