"""The agent's health over HTTP on loopback, for a monitor on the same computer: `GET /healthz`.

200 while the agent does its work, which is to keep what machines say: its buffer works; 503 where it does not. The body
is that of `tsunagu-agent status --json`. A hub that is away, or a machine that is switched off, is no fault of the
agent; the body tells of both.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.health import Health

REQUEST_S: Final = 5.0
MAX_REQUEST: Final = 8192
_REASONS: Final = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


async def serve(port: int, report: Callable[[], Health], works: Callable[[], bool]) -> None:
    """Answers until cancelled; OSError where the port is taken. `works`: the buffer's thread does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head, report, works))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked went away, or asked for something else than HTTP
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=MAX_REQUEST)
    async with server:
        await server.serve_forever()


def _answer(head: bytes, report: Callable[[], Health], works: Callable[[], bool]) -> bytes:
    words = head.split(b"\r\n", 1)[0].split()
    method, path = (words[0], words[1].partition(b"?")[0]) if len(words) == 3 else (b"", b"")
    if method not in {b"GET", b"HEAD"}:
        return _response(405, b'{"error": "GET /healthz"}', body=True)
    if path != b"/healthz":
        return _response(404, b'{"error": "GET /healthz"}', body=method == b"GET")
    health = report()
    told = msgspec.json.encode({"running": True, **msgspec.to_builtins(health)})
    well = works() and health.buffer.trouble is None
    return _response(200 if well else 503, told, body=method == b"GET")


def _response(status: int, told: bytes, *, body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(told)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (told if body else b"")
