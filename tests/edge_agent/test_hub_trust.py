"""Whom the agent takes for its hub: certificates that do not fit each give a message to act on, and nothing is sent."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.credential import Credential
from edge_agent.hub_client import Denied, HubClient, Unreachable
from edge_agent.hub_trust import Trust, TrustError, context_of, is_in_the_clear
from edge_agent.rotation import connect
from edge_agent.settings import AgentTable, HubTable, Settings
from hub.tls.authority import Signed, key_pem_of, make_authority, pem_of, sign_server

DAY_US = 86_400_000_000
HELLO = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"


def now_us() -> int:
    return time.time_ns() // 1000


class Listener:
    """Speaks TLS with a certificate, keeps what it hears, and answers that it cannot read it."""

    def __init__(self, folder: Path, server: Signed) -> None:
        (folder / "server.pem").write_bytes(pem_of(server.certificate) + key_pem_of(server.key))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "server.pem")
        self.heard = b""

    @contextlib.asynccontextmanager
    async def listening(self, host: str = "127.0.0.1") -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, host, 0, ssl=self._context)
        async with server:
            yield f"https://{host}:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.heard += data
                writer.write(HELLO)
                await writer.drain()
        writer.close()


@pytest.fixture(scope="module")
def authority() -> Signed:
    return make_authority(["hub.example"], now_us())


def pinned(authority: Signed) -> Trust:
    return Trust(ca_pem=pem_of(authority.certificate).decode())


async def ask(url: str, trust: Trust) -> None:
    client = HubClient(url, "tsa_secret", trust)
    try:
        await client.check()
    finally:
        await client.close()


async def test_the_hub_itself(tmp_path: Path, authority: Signed) -> None:
    there = Listener(tmp_path, sign_server(authority, ["hub.example"], now_us()))
    async with there.listening() as url:
        await ask(url, pinned(authority))
    assert b"Bearer tsa_secret" in there.heard


@pytest.mark.parametrize(
    ("signed_at", "host", "said"),
    [
        (now_us, "127.0.0.2", "tls renew --name 127.0.0.2"),
        (lambda: now_us() - 400 * DAY_US, "127.0.0.1", "restart the hub, which renews it"),
    ],
    ids=["another name", "ended"],
)
async def test_a_certificate_that_does_not_fit(tmp_path, authority, signed_at, host, said) -> None:
    there = Listener(tmp_path, sign_server(authority, ["hub.example"], signed_at()))
    async with there.listening(host) as url:
        with pytest.raises(Denied, match=said):
            await ask(url, pinned(authority))
    assert there.heard == b""


@pytest.mark.parametrize("trust", ["pinned", "file", "system"])
async def test_another_authority(tmp_path: Path, authority: Signed, trust: str) -> None:
    other = make_authority(["hub.example"], now_us())
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(pem_of(authority.certificate))
    trusted = {"pinned": pinned(authority), "file": Trust(ca_file=ca_file), "system": Trust()}[trust]
    said = {"pinned": "not the hub this agent was enrolled at", "file": "correct .hub. ca_file", "system": "40 letters"}
    there = Listener(tmp_path, sign_server(other, ["hub.example"], now_us()))
    async with there.listening() as url:
        with pytest.raises(Denied, match=said[trust]):
            await ask(url, trusted)
    assert there.heard == b""


async def test_a_clock_that_was_never_set_keeps_nobody_from_the_hub_that_is_pinned(tmp_path, authority) -> None:
    """To this computer the certificate begins in ten days: as good as its own clock being ten days behind."""
    there = Listener(tmp_path, sign_server(authority, ["hub.example"], now_us() + 10 * DAY_US))
    async with there.listening() as url:
        await ask(url, pinned(authority))
        assert b"Bearer tsa_secret" in there.heard
    other = make_authority(["hub.example"], now_us())
    stranger = Listener(tmp_path, sign_server(other, ["hub.example"], now_us() + 10 * DAY_US))
    async with stranger.listening() as url:
        with pytest.raises((Denied, Unreachable)):
            await ask(url, pinned(authority))
    assert stranger.heard == b""


async def test_a_server_without_tls(authority: Signed) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HELLO)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        with pytest.raises(Denied, match="does not speak TLS"):
            await ask(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", pinned(authority))


def test_an_authority_that_cannot_be_used(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for trust in (Trust(ca_file=tmp_path / "none.pem"), Trust(ca_file=broken), Trust(ca_pem=broken.read_text())):
        with pytest.raises(TrustError):
            context_of(trust)
    with pytest.raises(Denied, match="ca_file"):
        HubClient("https://127.0.0.1:9", None, Trust(ca_file=broken))


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("http://hub.example:8000", True), ("http://192.0.2.7", True), ("https://192.0.2.7", False),
        ("http://localhost:8000", False), ("http://127.1.2.3", False), ("http://[::1]:8000", False),
    ],
)  # fmt: skip
def test_what_can_be_read_on_the_way(url: str, *, clear: bool) -> None:
    assert is_in_the_clear(url) is clear


@pytest.mark.parametrize("pin", ["enrolled", "ca_file"])
async def test_a_plain_address_gets_nothing_from_an_agent_that_knows_its_hub_by_tls(tmp_path, authority, pin) -> None:
    pem = pem_of(authority.certificate).decode()
    (tmp_path / "ca.pem").write_text(pem)
    held = Credential(
        credential="tsa_secret", agent="pi-1", site="main", company="aoba", hub="https://hub.example",
        ca_pem=pem if pin == "enrolled" else None,
    )  # fmt: skip
    settings = Settings(
        agent=AgentTable(id="pi-1", site="main", data_dir=tmp_path),
        hub=HubTable(url="http://127.0.0.1:9", ca_file=tmp_path / "ca.pem" if pin == "ca_file" else None),
    )
    with pytest.raises(Denied, match=r"correct \[hub\] url to https://"):
        connect(settings, held)
