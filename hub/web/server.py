"""Serving the application: one process, uvloop and httptools, on a socket that is already bound."""

import errno
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from hub.errors import Conflict, Invalid, NotAllowed

GRACE_S = 5


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; the port 0 takes a free one. Errors say what to do."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise Invalid(f"--host {host[:80]!r} is no address of this machine", "host") from None
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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


class _Server(uvicorn.Server):
    """Ends open streams as soon as it is told to stop, so that stopping takes no longer than the work in hand."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT or SIGTERM."""
        self._stopping()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, listener: socket.socket, stopping: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM; `stopping` is called first then."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        lifespan="on",
    )
    _Server(config, stopping).run(sockets=[listener])
