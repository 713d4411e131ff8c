"""Clients that are slow, endless or many on the wire: each is cut in its time, and nobody else waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.web import bodies, connection, shield
from tests.support.hubs import RunningHub, bearer
from tests.support.servers import eventually

SOON_S = 0.4


class Wire:
    """A connection on which a test writes what it wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def rest(self) -> str:
        """Everything until the hub closes; fails where it does not."""
        async with asyncio.timeout(10):
            return (await self.reader.read()).decode("utf-8", "replace")


@pytest.fixture
async def wire(hub: RunningHub) -> AsyncIterator[Wire]:
    host, port = hub.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield Wire(reader, writer)
    writer.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_S", SOON_S)
    monkeypatch.setattr(shield, "BODY_S", SOON_S)


async def test_a_client_that_says_nothing_is_cut(wire: Wire) -> None:
    assert (await wire.rest()).startswith("HTTP/1.1 408")


async def test_a_head_that_trickles_is_cut(wire: Wire) -> None:
    async def trickle() -> None:
        await wire.say("GET /healthz HTTP/1.1\r\nHost: x\r\n")
        while not wire.reader.at_eof():
            await wire.say("X-More: x\r\n")
            await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    assert (await wire.rest()).startswith("HTTP/1.1 408")
    trickling.cancel()


async def test_the_second_request_of_a_connection_is_bounded_too(wire: Wire) -> None:
    await wire.say("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he")
    said = await wire.rest()
    assert said.startswith("HTTP/1.1 200")
    assert "HTTP/1.1 408" in said


async def test_a_connection_that_is_idle_between_requests_stays(wire: Wire) -> None:
    await wire.say("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await wire.reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2 * SOON_S):
            await wire.reader.read(1)
    await wire.say("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await wire.rest()).startswith("HTTP/1.1 200")


async def test_an_endless_head_is_cut(wire: Wire) -> None:
    async def flood() -> int:
        """How many kilobytes were taken."""
        for number in range(100_000):
            try:
                await wire.say(f"X-{number}: {'x' * 1000}\r\n")
            except ConnectionError:
                return number
            if wire.reader.at_eof():
                return number
        return 100_000

    await wire.say("GET /healthz HTTP/1.1\r\nHost: x\r\n")
    assert await flood() < 20_000


@pytest.mark.parametrize("path", ["/login", "/language"])
async def test_a_form_that_trickles_is_cut(wire: Wire, hub: RunningHub, path: str) -> None:
    await wire.say(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nOrigin: {hub.url}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
    )
    said = await wire.rest()
    assert said.split()[1] == "408", said


async def test_a_batch_that_trickles_is_cut(wire: Wire, hub: RunningHub, monkeypatch) -> None:
    monkeypatch.setattr(bodies.read_body, "__defaults__", (SOON_S,))
    secret = await hub.credential("aoba")
    await wire.say(
        f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Length: 1000\r\n\r\n{{"
    )
    async with asyncio.timeout(10):
        said = await wire.reader.readuntil(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 503")


async def test_two_hundred_slow_ones_keep_nobody_waiting(hub: RunningHub, monkeypatch) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 20)
    host, port = hub.url.removeprefix("http://").split(":")
    slow = [await asyncio.open_connection(host, int(port)) for _ in range(200)]
    for _, writer in slow:
        writer.write(b"GET / HTTP/1.1\r\n")
    assert (await hub.http.get("/readyz")).json()["ready"] is True
    for _, writer in slow:
        writer.close()


async def test_noise_is_a_400_or_a_closed_connection(hub: RunningHub) -> None:
    host, port = hub.url.removeprefix("http://").split(":")
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"\x00" * 100, b"GET\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + b"\r\n" * 10,
    ):  # fmt: skip
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(noise)
        async with asyncio.timeout(10):
            said = await reader.read(4096)
        assert said == b"" or said.split()[1] in (b"400", b"401", b"303", b"307", b"408", b"505"), (noise, said)
        writer.close()
    assert (await hub.http.get("/healthz")).status_code == 200


async def test_a_browser_that_goes_away_ends_its_stream(hub: RunningHub) -> None:
    headers = bearer(await hub.token("aoba"))
    async with hub.http.stream("GET", "/api/v1/live", headers=headers) as stream:
        assert stream.status_code == 200
        await eventually(lambda: hub.hub.live.subscribers == 1)
    await eventually(lambda: hub.hub.live.subscribers == 0)
