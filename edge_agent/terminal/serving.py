"""The terminal as a part of the agent: its pages on a socket, and the list of work kept current. Until cancelled."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from contract.batch import MachineStatus
from edge_agent.buffer.buffer import Buffer
from edge_agent.clocks import Clocks
from edge_agent.hub_client import HubClient
from edge_agent.settings import Settings, TerminalTable
from edge_agent.terminal.access import Guesses
from edge_agent.terminal.desk import open_desk
from edge_agent.terminal.pages import build_app
from edge_agent.terminal.rendering import Renderer
from edge_agent.terminal.site import Site
from edge_agent.terminal.worklist_copy import WorklistCopy, keep_current

MOST_CONNECTIONS: Final = 200
GRACE_S: Final = 1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What the terminal needs of the agent."""

    buffer: Buffer
    client: HubClient
    clocks: Clocks
    random: Callable[[], float]
    machines: Callable[[], tuple[MachineStatus, ...]]
    names: Mapping[str, str | None]


async def run(settings: Settings, around: Around) -> None:
    """Serves until cancelled; OSError where the address cannot be had."""
    copy = WorklistCopy(settings.agent.data_dir, settings.agent.site)
    site = Site(
        site=settings.agent.site,
        folder=settings.agent.data_dir,
        desk=await open_desk(around.buffer, around.clocks, copy),
        machines=around.machines,
        names=around.names,
        random=secrets.token_bytes,
        guesses=Guesses(around.clocks.monotonic),
        renderer=Renderer(),
    )
    with _listener(settings.terminal) as listener:
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_current(copy, around.client, around.clocks.now_us, around.random))
            group.create_task(_serve(build_app(site), settings.terminal, listener))


class _Server(uvicorn.Server):
    """Leaves the signals to the agent, which stops its parts itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


async def _serve(app: Starlette, table: TerminalTable, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", loop="none", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S, ssl_certfile=table.tls_cert, ssl_keyfile=table.tls_key,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("terminal", listen=table.listen)
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S + 1):
                await serving


def _listener(table: TerminalTable) -> socket.socket:
    assert table.listen is not None
    host, _, port = table.listen.rpartition(":")
    family, kind, proto, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"[terminal] listen = {table.listen!r}: {error.strerror}") from None
    return listener
