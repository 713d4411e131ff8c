"""The agent's health over HTTP: 200 while its buffer works, 503 where it does not, nothing else than that."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from contract.times import from_us
from edge_agent import healthz
from edge_agent.health import BufferHealth, Health, HubHealth
from tests.support.agents import NOON_US
from tests.support.servers import eventually, free_port, listens


def health(trouble: str | None = None) -> Health:
    hub = HubHealth(url="http://hub.example", connected=False, last_contact=None, clock_offset_s=None, reason="away")
    held = BufferHealth(
        epoch="e", last_seq=3, acked=1, backlog_records=2, backlog_s=1.5, used_bytes=4096, limit_bytes=2**30,
        survives_days=60.0, given_up=0, refused=0, rescued=0, trouble=trouble,
    )  # fmt: skip
    return Health(agent="pi-1", site="main", at=from_us(NOON_US), hub=hub, buffer=held, machines=())


@contextlib.asynccontextmanager
async def served(trouble: str | None = None, *, works: bool = True) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.create_task(healthz.serve(port, lambda: health(trouble), lambda: works))
    await eventually(lambda: listens(port))
    try:
        yield port
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize(
    ("trouble", "works", "status"), [(None, True, 200), ("the disk is full", True, 503), (None, False, 503)]
)
async def test_it_is_well_while_the_buffer_is(trouble: str | None, works: bool, status: int):
    async with served(trouble, works=works) as port, httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{port}/healthz")
        assert (answer.status_code, answer.json()["agent"]) == (status, "pi-1")
        assert answer.json()["buffer"]["trouble"] == trouble
        assert (await http.head(f"http://127.0.0.1:{port}/healthz")).status_code == status


@pytest.mark.parametrize(
    "said", [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x00\xff" * 50, b"GET / HTTP/1.1\r\n\r\n", b"x" * 20_000]
)
async def test_nonsense_ends_nothing(said: bytes):
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            writer.write(said)
            writer.write_eof()
            assert b"200" not in (await reader.read()).partition(b"\r\n")[0]
        writer.close()
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http://127.0.0.1:{port}/healthz?verbose=1")
            assert json.loads(answer.content)["hub"]["reason"] == "away"
