"""GET /live: what changes in one's own company, as server-sent events.

Each event is JSON with `event` saying its kind; it tells what to ask again, never the data itself, so nothing passes
the gate by. A comment every 15 s keeps the line open; then also the right to listen is looked at again.
"""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from hub.access.live import LiveBus, Subscription
from hub.access.viewer import Viewer
from hub.errors import HubError
from hub.web.answers import refusals
from hub.web.auth import authenticator, current_viewer

HEARTBEAT_S: Final = 15.0


def build_router(bus: LiveBus, heartbeat_s: float = HEARTBEAT_S) -> APIRouter:
    """GET /live."""
    router = APIRouter(tags=["live"])

    @router.get(
        "/live",
        summary="What changes, as it changes",
        response_class=StreamingResponse,
        responses=refusals(401, 503)
        | {200: {"description": "An event for each change", "content": {"text/event-stream": {}}}},
    )
    async def get_live(request: Request, viewer: Annotated[Viewer, Depends(current_viewer)]) -> StreamingResponse:
        return StreamingResponse(
            events(request, bus, viewer, heartbeat_s),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    return router


async def events(request: Request, bus: LiveBus, viewer: Viewer, heartbeat_s: float) -> AsyncIterator[bytes]:
    """The stream's bytes, until the hub stops or the viewer may no longer listen."""
    async with bus.subscribe(viewer.company) as subscription:
        yield b"retry: 2000\n: listening\n\n"
        beat_at = time.monotonic() + heartbeat_s
        while not subscription.ended:
            changed = await subscription.take(max(0.0, beat_at - time.monotonic()))
            if changed:
                yield b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in changed)
            if time.monotonic() >= beat_at:
                if not await _may_listen(request, subscription):
                    return
                beat_at = time.monotonic() + heartbeat_s
                yield b": alive\n\n"


async def _may_listen(request: Request, subscription: Subscription) -> bool:
    if subscription.ended:
        return False
    try:
        viewer = await authenticator(request).viewer(request)
    except HubError:
        return False
    return viewer.company == subscription.company
