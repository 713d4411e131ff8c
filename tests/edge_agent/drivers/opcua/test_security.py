"""Every policy, mode and way of signing in against node-opcua: values and changes arrive, over the lean loop too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge_agent.drivers.opcua import session
from tests.support.drivers import running
from tests.support.node_opcua import Peer
from tests.support.opcua_certificates import self_signed
from tests.support.secured import MODES, POLICIES, USER, driver_at, password_file, secured_server
from tests.support.servers import eventually

CHANNELS = [("None", None), *((policy, mode) for policy in POLICIES for mode in MODES)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Server, user and agent of this file: `agent` is one data folder, so that all its connections share one pin."""
    return tmp_path_factory.mktemp("security")


@pytest.fixture(scope="module")
def peer(place: Path) -> Iterator[Peer]:
    with secured_server(place, hostname="machine.invalid") as started:  # servers are wrong about their own names
        yield started


@pytest.fixture(scope="module")
def users(place: Path) -> dict[str, dict[str, object]]:
    """The settings of each way of signing in."""
    user = self_signed(place, "user", uri="urn:example:user", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    return {
        "anonymous": {},
        "password": {"username": USER, "password_file": password_file(place / "passwords")},
        "certificate": {"user_certificate": user.certificate, "user_key": user.key},
    }


@pytest.mark.parametrize("user", ["anonymous", "password", "certificate"])
@pytest.mark.parametrize(("policy", "mode"), CHANNELS)
async def test_values_and_changes_arrive(
    peer: Peer, place: Path, users: dict[str, dict[str, object]], policy: str, mode: str | None, user: str
):
    peer.ask(set=7)
    driver = driver_at(peer, place / "agent", security=policy, mode=mode, **users[user])
    async with running(driver) as run:
        await eventually(lambda: run.feed.readings or run.task.done(), what="the first value")
        if run.task.done():
            await run.task
        for number in (8, 9):
            peer.ask(set=number)
            await eventually(lambda wanted=number: wanted in run.feed.values(0), what=f"the change to {number}")
    assert run.feed.values(0) == [7, 8, 9]
    assert [reading.quality for reading in run.feed.readings] == ["good"] * 3


@pytest.mark.parametrize("mode", MODES)
async def test_a_renewed_channel_goes_on_without_a_gap(
    peer: Peer, place: Path, mode: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "CHANNEL_MS", 1000)
    renewals = 0
    renew = session.Session.renew

    async def counted(self: session.Session) -> None:
        nonlocal renewals
        await renew(self)
        renewals += 1

    monkeypatch.setattr(session.Session, "renew", counted)
    peer.ask(set=0)
    async with running(driver_at(peer, place / "agent", security=POLICIES[0], mode=mode)) as run:
        await eventually(lambda: run.feed.readings, what="the first value")
        number = 0
        while renewals < 3:
            number += 1
            peer.ask(set=number)
            await eventually(lambda wanted=number: wanted in run.feed.values(0), what=f"the change to {number}")
    assert run.feed.values(0) == list(range(number + 1))
    assert run.feed.connects == 1


@pytest.mark.parametrize("bits", [3072, 4096])
async def test_servers_with_longer_keys_are_read(tmp_path: Path, bits: int):
    server = self_signed(tmp_path, "server", bits=bits)
    files = {"certificate": str(server.certificate), "key": str(server.key)}
    with secured_server(tmp_path, **files) as long_keyed:
        word = password_file(tmp_path / "passwords")
        for policy in POLICIES:
            found = await driver_at(
                long_keyed, tmp_path / "agent", security=policy, username=USER, password_file=word
            ).probe(30.0)
            assert [(probe.ok, probe.value) for probe in found] == [(True, 7)], policy
