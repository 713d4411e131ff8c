"""Serving the application: one process, uvloop and httptools, on a socket that is already bound, with TLS or without.

Nothing beyond loopback is listened to without TLS unless somebody said so, and no `X-Forwarded-*` is believed unless
it comes from a proxy that was named.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from hub.errors import Conflict, Invalid, NotAllowed
from hub.tls.context import Served, keep_current, server_context
from hub.web.connection import BoundedProtocol

GRACE_S: Final = 5
MOST_CONNECTIONS: Final = 2000
_SILENT_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How clients are met: `tls` None is plain HTTP; only `proxies` may say on whose behalf they ask."""

    tls: Served | None = None
    proxies: tuple[str, ...] = ()


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's alone.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; the port 0 takes a free one. Errors say what to do."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise Invalid(f"--host {host[:80]!r} is no address of this machine", "host") from None
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _drop_the_dead(listener)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        match error.errno:
            case errno.EADDRINUSE:
                raise Conflict(f"port {port} on {host} is in use; choose another with --port") from None
            case errno.EACCES:
                raise NotAllowed(f"port {port} needs more rights; choose one above 1023 with --port") from None
            case _:
                raise Invalid(f"cannot listen on {host} port {port}: {error.strerror}", "host") from None
    return listener


def _drop_the_dead(listener: socket.socket) -> None:
    """Connections of this listener end when the other side has been silent or deaf for a minute: a cut cable."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", _SILENT_S), ("TCP_KEEPINTVL", 10), ("TCP_USER_TIMEOUT", _SILENT_S * 1000)):
        if (option := getattr(socket, name, None)) is not None:  # Linux has all three
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


class _Server(uvicorn.Server):
    """Keeps its certificate current; ends open streams when told to stop, which takes no longer than work in hand."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None], keeping: "_Keeping | None") -> None:
        super().__init__(config)
        self._stopping = stopping
        self._keeping = keeping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT or SIGTERM."""
        self._stopping()
        super().handle_exit(sig, frame)

    async def main_loop(self) -> None:
        """Until told to stop."""
        keeper = None if self._keeping is None else asyncio.create_task(self._keeping())
        try:
            await super().main_loop()
        finally:
            if keeper is not None:
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper


@dataclass(frozen=True, slots=True)
class _Keeping:
    context: ssl.SSLContext
    served: Served
    now_us: Callable[[], int]

    async def __call__(self) -> None:
        await keep_current(self.context, self.served, self.now_us)


_HSTS: Final = ("Strict-Transport-Security", "max-age=15552000")
"""Sent only with a certificate that was given. It binds the *host name* on every port: with our own authority on a
factory's server it would lock people out of Grafana beside us, and of the hub itself whenever TLS is set up anew."""


def configure(app: FastAPI, wire: Wire, context: ssl.SSLContext | None, *, grace_s: int = GRACE_S) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        headers=[_HSTS] if wire.tls is not None and wire.tls.own is None else [],
        proxy_headers=bool(wire.proxies),
        forwarded_allow_ips=list(wire.proxies),
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=grace_s,
        timeout_keep_alive=30,
        lifespan="on",
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )


def build_server(
    app: FastAPI, stopping: Callable[[], None], wire: Wire, now_us: Callable[[], int], *, grace_s: int = GRACE_S
) -> uvicorn.Server:
    """A server, not yet serving; Invalid where its certificate files are none."""
    context = None if wire.tls is None else server_context(wire.tls)
    keeping = None if context is None or wire.tls is None else _Keeping(context, wire.tls, now_us)
    return _Server(configure(app, wire, context, grace_s=grace_s), stopping, keeping)


def _make_room() -> None:
    """As many files as connections need; Linux gives a process 1024 unless asked."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - exists only there

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * MOST_CONNECTIONS
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def serve(server: uvicorn.Server, listeners: Sequence[socket.socket]) -> None:
    """Serves until SIGINT or SIGTERM."""
    _make_room()
    server.run(sockets=list(listeners))
