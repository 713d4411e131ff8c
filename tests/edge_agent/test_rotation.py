"""Replacing the credential: killed at every step, lost answers, a hub from a backup; there is always one that works."""

import asyncio
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import credential, rotation
from edge_agent.hub_client import Denied, HubClient
from edge_agent.settings_file import read_settings
from tests.support.agent import AgentProcess, enrolled
from tests.support.hub import COMPANY, HubProcess, hub_process
from tests.support.hubs import DAY_US, RunningHub, batch, bearer, running_hub
from tests.support.rotating import STEPS
from tests.support.servers import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_process(tmp_path_factory.mktemp("hub")) as made:
        yield made


@pytest.fixture(scope="module")
def agent(hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> AgentProcess:
    return enrolled(tmp_path_factory.mktemp("agent"), hub, "pi-1")


def held_by(agent: AgentProcess) -> credential.Credential:
    return credential.read(agent.config.parent / agent.name, agent.name, "main")


def client_of(agent: AgentProcess) -> HubClient:
    return rotation.connect(read_settings(agent.config, {}), held_by(agent))


def live_credentials(hub: HubProcess, agent: str) -> int:
    with sqlite3.connect(f"file:{hub.data / 'directory.db'}?mode=ro", uri=True) as directory:
        sql = "SELECT count(*) FROM credentials WHERE agent = ? AND revoked_us IS NULL"
        count: int = directory.execute(sql, (agent,)).fetchone()[0]
        return count


async def works(agent: AgentProcess) -> None:
    """A new process of the agent is taken by the hub; Denied where not."""
    client = client_of(agent)
    try:
        await client.check()
    finally:
        await client.close()


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_a_working_credential_is_left(hub: HubProcess, agent: AgentProcess, step) -> None:
    before = held_by(agent)
    words = [sys.executable, "-m", "tests.support.rotating", str(agent.config), step]
    killed = await asyncio.to_thread(subprocess.run, words, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (held_by(agent).credential != before.credential) is (step in ("written", "used"))
    await works(agent)
    assert live_credentials(hub, agent.name) <= 2
    client = client_of(agent)
    await rotation.rotate(client)  # and the next one is done whole
    await client.close()
    after = held_by(agent)
    assert after.credential != before.credential
    assert live_credentials(hub, agent.name) == 1
    path = agent.config.parent / agent.name / credential.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await works(agent)


async def test_a_hub_from_a_backup_still_takes_the_agent(hub: HubProcess, agent: AgentProcess, tmp_path) -> None:
    hub.process.stop()
    shutil.copytree(hub.data, tmp_path / "backup")
    hub.start()
    client = client_of(agent)
    await rotation.rotate(client)
    await client.close()
    newest = held_by(agent)
    hub.process.stop()
    shutil.rmtree(hub.data)
    shutil.copytree(tmp_path / "backup", hub.data)
    hub.start()
    await works(agent)
    found = held_by(agent)
    assert (found.credential, found.previous) == (newest.previous, newest.credential)
    client = client_of(agent)
    await rotation.rotate(client)
    await client.close()
    assert held_by(agent).previous == found.credential
    hub.cli("agent", "revoke", agent.name, "--company", COMPANY)
    with pytest.raises(Denied, match=r"revoked on .* enrol"):
        await works(agent)


async def test_a_disk_that_cannot_keep_it_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "hub") as hub:
        secret = await hub.credential("aoba")

        def full(_current: str, _other: str | None) -> None:
            raise OSError(28, "No space left on device")

        client = HubClient(hub.url, secret, keep=full)
        with pytest.raises(OSError, match="No space"):
            await rotation.rotate(client)
        await client.check()
        assert (await hub.deliver(secret, b"")).status_code == 400
        await client.close()


async def test_a_request_under_way_while_the_credential_changes_is_not_lost(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "hub") as hub:
        old = await hub.credential("aoba")
        first, second = HubClient(hub.url, old), HubClient(hub.url, old)
        fresh = await first.renew()
        await first.adopt(fresh)
        await first.check()
        await second.adopt(fresh)
        second._secrets.reverse()  # as a request sent before the change sees it
        await second.check()
        assert second._secrets == [fresh, old]
        await first.close()
        await second.close()


async def rotates(hub: RunningHub, secret: str) -> bool:
    """Whether the answer to an empty batch asks for a new credential."""
    answer = await hub.deliver(secret, batch([], machine=None))
    assert answer.status_code == 200
    return answer.headers.get("tsunagu-credential") == "rotate"


async def test_the_hub_asks_after_thirty_days_or_by_command(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "hub") as hub:
        secret = await hub.credential("aoba")
        assert not await rotates(hub, secret)
        hub.clock.ahead_us = 30 * DAY_US
        assert await rotates(hub, secret)
        fresh = (await hub.http.post("/api/v1/credential", headers=bearer(secret))).json()["credential"]
        assert await rotates(hub, secret)  # both are good, and the old one still has to go
        assert not await rotates(hub, fresh)
        replaced = await hub.deliver(secret, b"")
        assert (replaced.status_code, "was replaced on" in replaced.json()["detail"]) == (401, True)
        await hub.do("aoba", "companies.rotate_agent", agent="pi-1")
        assert await rotates(hub, fresh)


async def test_one_that_was_never_used_ends_when_another_is_asked_for(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "hub") as hub:
        secret = await hub.credential("aoba")
        lost, got = [
            (await hub.http.post("/api/v1/credential", headers=bearer(secret))).json()["credential"] for _ in range(2)
        ]
        assert (await hub.deliver(lost, b"")).status_code == 401
        assert (await hub.deliver(got, b"")).status_code == 400
        assert (await hub.deliver(secret, b"")).status_code == 401


async def test_nobody_else_gets_a_credential(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "hub") as hub:
        secret = await hub.credential("aoba")
        token = await hub.token("aoba", "admin")
        for headers in ({}, bearer(token), bearer("tsa_guess")):
            assert (await hub.http.post("/api/v1/credential", headers=headers)).status_code == 401
        answers = [(await hub.http.post("/api/v1/credential", headers=bearer(secret))).status_code for _ in range(22)]
        assert answers == [200] * 20 + [429] * 2
        await hub.do("aoba", "companies.revoke_agent", agent="pi-1")
        assert (await hub.http.post("/api/v1/credential", headers=bearer(secret))).status_code == 401


def test_the_agent_process_rotates_while_it_delivers(hub: HubProcess, tmp_path: Path) -> None:
    running = enrolled(tmp_path, hub, "pi-9")
    first = held_by(running)
    running.process.start()
    try:
        hub.cli("agent", "rotate", "pi-9", "--company", COMPANY)
        wait_until(lambda: held_by(running).credential != first.credential, what=running.process.tail())
        wait_until(lambda: live_credentials(hub, "pi-9") == 1, what="the old one's end")
        assert "trouble" not in running.process.said()
    finally:
        running.process.stop()
