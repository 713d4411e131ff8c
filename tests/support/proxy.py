"""A TCP proxy of our own between two real programs, for bad cables: cut, refuse, delay, stall, swallow, trickle.

It changes when bytes arrive or whether, never the bytes. All proxies of one `proxies` block live on one thread with an
event loop; every method here may be called from any other thread and returns when it has taken effect.
Times are monotonic seconds.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

CHUNK = 65_536
LINGER_RST = struct.pack("ii", 1, 0)
TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class Way:
    """How bytes travel, both ways. The default is a good cable."""

    delay_s: float = 0.0
    bytes_per_s: int | None = None
    stalls: bool = False
    """Held back, and delivered when the way is good again: a pulled plug, as TCP sees it."""
    swallows: bool = False
    """Taken and thrown away; a connection that lost a byte stays dead: a firewall that forgot it."""
    resets: bool = False
    """Whoever connects is reset at once."""


GOOD = Way()


@dataclass(eq=False)
class _Pair:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    doomed: bool = False

    @property
    def ends(self) -> list[asyncio.StreamWriter]:
        return [end for end in (self.client, self.server) if end is not None]


@dataclass(eq=False)
class Proxy:
    """From `port` to `target`, both on loopback. `attempts`: when somebody connected; `tap` hears what is sent up."""

    target: int
    loop: asyncio.AbstractEventLoop
    port: int = 0
    attempts: list[float] = field(default_factory=list)
    tap: Callable[[int, bytes], None] | None = None
    _way: Way = GOOD
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _pairs: set[_Pair] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    # --- from other threads ---

    def be(self, way: Way) -> None:
        """From now on bytes travel so."""
        self._do(self._be(way))

    def cut(self, *, reset: bool = True) -> None:
        """Ends every connection on both sides, by RST or by FIN. New ones are taken as before."""
        self._do(self._cut(reset=reset))

    def close_port(self) -> None:
        """Nobody listens here any more: connecting is refused. Connections that are open stay."""
        self._do(self._close_port())

    def open_port(self) -> None:
        """Listens again, at the same port."""
        self._do(self.listen())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    # --- on the loop ---

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def end(self) -> None:
        await self._close_port()
        await self._cut(reset=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _be(self, way: Way) -> None:
        self._way = way
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _close_port(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _cut(self, *, reset: bool) -> None:
        for pair in list(self._pairs):
            for end in pair.ends:
                _close(end, reset=reset)

    def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.attempts.append(time.monotonic())
        task = asyncio.ensure_future(self._serve(reader, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self._way.resets:
            _close(client, reset=True)
            return
        pair = _Pair(client)
        self._pairs.add(pair)
        try:
            with contextlib.suppress(OSError):  # nobody at the target: whoever connects is reset
                await self._carry(pair, reader)
        finally:
            self._pairs.discard(pair)
            for end in pair.ends:
                _close(end, reset=True)

    async def _carry(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        if await self._admit(pair):
            back, pair.server = await asyncio.open_connection("127.0.0.1", self.target)
            number = len(self.attempts)
            up = asyncio.create_task(self._pump(pair, reader, pair.server, number))
            down = asyncio.create_task(self._pump(pair, back, pair.client, None))
            try:
                await asyncio.wait([up, down])
            finally:
                up.cancel()
                down.cancel()
        else:
            while await reader.read(CHUNK):
                pass

    async def _pump(
        self, pair: _Pair, source: asyncio.StreamReader, sink: asyncio.StreamWriter, number: int | None
    ) -> None:
        reset = False
        try:
            while data := await source.read(CHUNK):
                if self.tap is not None and number is not None:
                    self.tap(number, data)
                await self._send(pair, sink, data)
        except OSError:
            reset = True
        if await self._admit(pair):  # the end of a connection travels no better than its bytes
            _close(sink, reset=reset)

    async def _send(self, pair: _Pair, sink: asyncio.StreamWriter, data: bytes) -> None:
        if self._way.delay_s:
            await asyncio.sleep(self._way.delay_s)
        while data and await self._admit(pair):
            rate = self._way.bytes_per_s
            piece = data if rate is None else data[: max(1, int(rate * TICK_S))]
            sink.write(piece)
            await sink.drain()
            data = data[len(piece) :]
            if rate is not None:
                await self._unless_changed(TICK_S)

    async def _admit(self, pair: _Pair) -> bool:
        """Waits while the way stalls; false where these bytes are thrown away."""
        while self._way.stalls and not pair.doomed:
            await self._unless_changed(None)
        pair.doomed = pair.doomed or self._way.swallows
        return not pair.doomed

    async def _unless_changed(self, wait_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._changed.wait()


def _close(end: asyncio.StreamWriter, *, reset: bool) -> None:
    if end.transport.is_closing():
        return
    if reset:
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
        end.transport.abort()
    else:
        end.close()


@contextlib.contextmanager
def proxies(*targets: int) -> Iterator[tuple[Proxy, ...]]:
    """A proxy in front of each port, all on a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxies", daemon=True)
    thread.start()

    def do(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(10)

    made = tuple(Proxy(target, loop) for target in targets)
    try:
        for proxy in made:
            do(proxy.listen())
        yield made
    finally:
        for proxy in made:
            do(proxy.end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
