"""A walk over a server with a keeper on disk, as `browse` does it, step by step."""

import time
from collections.abc import Callable
from pathlib import Path

from edge_agent.browsing.keeping import VERSION, Head, open_
from edge_agent.browsing.look import Look, Who, look
from edge_agent.browsing.model import Found
from edge_agent.browsing.opcua import Bounds, Stopped, Walker, root_of
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings


class Clock:
    """The computer's own."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


def quiet(_nodes: int, _waiting: int) -> None:
    """Progress nobody looks at."""


async def walk(
    endpoint: str,
    folder: Path,
    bounds: Bounds,
    told: Callable[[int, int], None] = quiet,
    *,
    start: str = "i=85",
    anew: bool = False,
) -> tuple[Found, Stopped | None, bool]:
    """One walk: what is known after it, why it stopped, and whether it went on from an earlier one."""
    session = Session(ConnectionSettings(endpoint=endpoint), "browse", folder)
    try:
        await session.open()
        about = session.about
        root = await root_of(session, start)
        head = Head(VERSION, endpoint, about.product, list(about.namespaces), root, Clock().now_us())
        keeper = open_(folder / "walk.jsonl", head, anew=anew)
        try:
            stopped = await Walker(session, keeper, time.monotonic, told).walk(bounds)
        finally:
            keeper.close()
        return keeper.found, stopped, keeper.resumed
    finally:
        await session.close()


async def looked(endpoint: str, folder: Path, *, anew: bool = False, bounds: Bounds | None = None) -> Look:
    """A whole look, as the command has it."""
    connection = ConnectionSettings(endpoint=endpoint)
    return await look(connection, Who("browse", folder, folder), "i=85", bounds or Bounds(), Clock(), quiet, anew=anew)
