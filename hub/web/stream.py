"""Keeping an open page as it is in the hub: when to look again, and the fragments that bring a page up to date.

A stream looks at once, then whenever something changed but not oftener than `PACE_S`, and at least every `QUIET_S`,
so that what goes silent turns unknown by itself. Each look ends in a `beat` with the hub's time (ms since 1970).
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from fastapi import Request
from fastapi.sse import ServerSentEvent

from hub.access.live import LiveBus
from hub.access.viewer import Viewer
from hub.errors import HubError
from hub.web.auth import authenticator

PACE_S: Final = 0.35
QUIET_S: Final = 5.0
LOOK_AT_RIGHTS_S: Final = 60.0


async def beats(request: Request, live: LiveBus, viewer: Viewer) -> AsyncIterator[list[msgspec.Struct]]:
    """What changed since the last look (nothing: a quiet beat); ends when the hub stops or the session does."""
    loop = asyncio.get_running_loop()
    rights_due = loop.time() + LOOK_AT_RIGHTS_S
    async with live.subscribe(viewer.company) as subscription:
        changed: list[msgspec.Struct] = []
        while not subscription.ended:
            if loop.time() > rights_due:
                rights_due = loop.time() + LOOK_AT_RIGHTS_S
                if not await _still(request, viewer):
                    return
            yield changed
            await asyncio.sleep(PACE_S)
            changed = await subscription.take(QUIET_S)


async def _still(request: Request, viewer: Viewer) -> bool:
    try:
        return await authenticator(request).viewer(request) == viewer
    except HubError:
        return False


def partial(target: str, swap: str, html: str) -> str:
    """A fragment that replaces (`outerMorph`) or fills (`innerMorph`) the element with the id `target`."""
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html}</hx-partial>'


def fragments(html: str) -> list[ServerSentEvent]:
    """One event with these partials; none where there are none."""
    return [ServerSentEvent(raw_data=html)] if html else []


def beat(now_us: int) -> ServerSentEvent:
    """The sign that the page is live, with the hub's time."""
    return ServerSentEvent(event="beat", raw_data=str(now_us // 1000))
