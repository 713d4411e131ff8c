"""Bodies that are wrong in every way: a clear problem, and the next good batch is taken."""

import gzip
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
import zstandard

from contract.codec import MAX_OPEN_BYTES, MAX_WIRE_BYTES, pack
from tests.support.hubs import RunningHub, a_day, batch, bearer, running_hub

BODY = batch(a_day("main/laser-1", datetime.now(UTC)))
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def credential(hub: RunningHub) -> str:
    return await hub.credential("aoba")


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        pytest.param(b"", "identity", 400, id="nothing"),
        pytest.param(b"{", "identity", 400, id="a brace"),
        pytest.param(b"[]", "identity", 400, id="a list"),
        pytest.param(b"null", "identity", 400, id="null"),
        pytest.param(b"\xff\xfe\x00", "identity", 400, id="no UTF-8"),
        pytest.param(b"[" * 200_000, "identity", 400, id="deep"),
        pytest.param(b'{"v":2' + BODY[6:], "identity", 400, id="version 2"),
        pytest.param(BODY[:-20], "identity", 400, id="cut"),
        pytest.param(BODY.replace(b'"upto":6', b'"upto":-1'), "identity", 400, id="upto below 0"),
        pytest.param(BODY.replace(b'"upto":6', b'"upto":1e400'), "identity", 400, id="upto infinite"),
        pytest.param(BODY.replace(b'"epoch":"e1"', b'"epoch":"' + b"x" * 500 + b'"'), "identity", 400, id="long epoch"),
        pytest.param(BODY, "br", 400, id="an encoding unknown"),
        pytest.param(BODY, "gzip", 400, id="no gzip"),
        pytest.param(BODY, "zstd", 400, id="no zstd"),
        pytest.param(gzip.compress(BODY)[:-9], "gzip", 400, id="gzip cut"),
        pytest.param(pack(BODY)[:-9], "zstd", 400, id="zstd cut"),
        pytest.param(b"x" * (MAX_WIRE_BYTES + 1), "identity", 413, id="too long"),
        pytest.param(gzip.compress(bytes(MAX_OPEN_BYTES + 1), 1), "gzip", 413, id="gzip bomb"),
        pytest.param(zstandard.ZstdCompressor().compress(bytes(MAX_OPEN_BYTES + 1)), "zstd", 413, id="zstd bomb"),
        pytest.param(b"x" * 32 * 2**20, "identity", 413, id="32 MB"),
    ],
)
async def test_an_envelope_that_cannot_be_read(
    hub: RunningHub, credential: str, body: bytes, encoding: str, status: int
) -> None:
    answer = await hub.deliver(credential, body, **{"Content-Encoding": encoding})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text
    assert len(answer.content) < 2000
    after = await hub.deliver(credential, BODY)
    assert after.json()["acked"] == 6


async def test_a_bomb_in_many_members_stays_small(hub: RunningHub, credential: str) -> None:
    bomb = gzip.compress(bytes(2**20)) * 64
    answer = await hub.deliver(credential, bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code in (400, 413)
    assert zlib.decompress(bomb, wbits=31)[:1] == b"\0"


async def test_a_body_without_a_length_is_bounded_too(hub: RunningHub, credential: str) -> None:
    async def parts():
        for _ in range(80):
            yield b"x" * 2**17

    answer = await hub.http.post("/api/v1/batches", content=parts(), headers=bearer(credential))
    assert answer.status_code == 413
