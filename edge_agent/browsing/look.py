"""One look at an OPC UA server: connect, go on with the walk, read the values now. I/O only; writes to the cache only.

A server that cannot be reached is shown as it was, without values, where an earlier walk is kept.
"""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from edge_agent.browsing import keeping
from edge_agent.browsing.describing import values_now
from edge_agent.browsing.machinetools import standard_machines
from edge_agent.browsing.model import Found, Node, Seen
from edge_agent.browsing.opcua import Bounds, Walker, root_of
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost

MAX_VALUES: Final = 10_000


class Clock(Protocol):
    """The times a look needs."""

    def now_us(self) -> int:
        """Microseconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds that only go on."""


class Who(msgspec.Struct, frozen=True):
    """Who looks: the client's name, the folder of its certificate, and where walks are kept."""

    client_name: str
    data_dir: Path
    cache: Path


class Look(msgspec.Struct, frozen=True):
    """What was seen. `stopped`: why not all; `offline`: why no values.

    `machines`: of a standard, each with its state model.
    """

    endpoint: str
    server: str
    found: Found
    values: Mapping[str, Seen]
    walked_us: int
    resumed: bool
    stopped: str | None
    offline: str | None = None
    machines: tuple[tuple[Node, str], ...] = ()


async def look(
    connection: ConnectionSettings,
    who: Who,
    start: str,
    bounds: Bounds,
    clock: Clock,
    told: Callable[[int, int], None],
    *,
    anew: bool,
) -> Look:
    """Sees what is there. Raises ConnectionLost, Misconfigured; OSError where the cache cannot be written."""
    user = getattr(connection, "username", None) or ""
    path = keeping.file_for(who.cache, connection.endpoint, start, user)
    session = Session(connection, who.client_name, who.data_dir)
    try:
        try:
            await session.open()
        except ConnectionLost as error:
            kept = None if anew else keeping.read(path)
            if kept is None:
                raise
            head, found, _ = kept
            return Look(
                head.endpoint, head.server, found, {}, head.began_us, resumed=True, stopped=None, offline=str(error)
            )
        root = await root_of(session, start)
        about = session.about
        head = keeping.Head(
            keeping.VERSION, connection.endpoint, about.product, list(about.namespaces), root, clock.now_us()
        )
        with contextlib.closing(keeping.open_(path, head, anew=anew)) as keeper:
            stopped = await Walker(session, keeper, clock.monotonic, told).walk(bounds)
        found = keeper.found
        readable = [node.id for node in found.variables if node.about is None or node.about.readable]
        return Look(
            endpoint=connection.endpoint,
            server=about.product,
            found=found,
            values=await values_now(session, readable[:MAX_VALUES]),
            walked_us=keeper.head.began_us,
            resumed=keeper.resumed,
            stopped=stopped.reason if stopped is not None else None,
            machines=tuple(await standard_machines(session, found)),
        )
    finally:
        await session.close()
