"""The agent as a service: it tells its manager how it is, answers a monitor, logs a line an event, stops in time."""

import contextlib
import json
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.agent import AgentProcess, agent_toml, enrolled, machine_toml
from tests.support.hub import HubProcess, hub_process
from tests.support.processes import Process, run
from tests.support.servers import free_port, wait_until

STOP_S = 5.0


@contextlib.contextmanager
def a_wall() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as wall:
        yield wall.getsockname()[1]


@contextlib.contextmanager
def a_manager(folder: Path) -> Iterator[socket.socket]:
    """The socket on which a service manager listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(60)
        yield manager


def heard(manager: socket.socket, word: str) -> None:
    """Reads on until the manager is told a word."""
    while manager.recv(100).decode() != word:
        pass


def two_machines(port: int) -> list[str]:
    return [
        machine_toml(
            "laser-1", "opcua", {"endpoint": f"opc.tcp://127.0.0.1:{port}"}, {"execution": {"node": "i=2258"}}
        ),
        machine_toml("press-1", "mqtt", {"url": f"mqtt://127.0.0.1:{port}"}, {"execution": {"topic": "a/b"}}),
    ]


def stop_s(process: Process) -> float:
    """Seconds from SIGTERM to the end, which is in order."""
    begun = time.monotonic()
    assert process.stop() == 0, process.tail()
    return time.monotonic() - begun


def with_settings(agent: AgentProcess, *lines: str) -> None:
    """Adds `[health]` or changes `[agent]` in its file."""
    text = agent.config.read_text("utf-8")
    for line in lines:
        text = f"{text}\n{line}\n" if line.startswith("[health]") else text.replace("[hub]", f"{line}\n[hub]", 1)
    agent.config.write_text(text, "utf-8")


def test_it_tells_its_manager_and_a_monitor_how_it_is(tmp_path: Path):
    port = free_port()
    with hub_process(tmp_path) as hub, a_wall() as wall, a_manager(tmp_path) as manager:
        agent = enrolled(tmp_path, hub, "pi-1", *two_machines(wall))
        with_settings(agent, 'log = "json"', f"[health]\nport = {port}")
        agent.process.env = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        agent.process.start()
        try:
            heard(manager, "READY=1")
            heard(manager, "WATCHDOG=1")
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: ask(url) == 200, 60, "the health's port")
            told = httpx2.get(f"{url}/healthz", trust_env=False).json()
            assert told["running"]
            assert {machine["machine"] for machine in told["machines"]} == {"main/laser-1", "main/press-1"}
            shown = json.loads(run("tsunagu-agent", "status", "--config", agent.config, "--json").stdout)
            assert told.keys() == shown.keys()
            assert httpx2.get(f"{url}/else", trust_env=False).status_code == 404
            assert httpx2.post(f"{url}/healthz", trust_env=False).status_code == 405
            assert stop_s(agent.process) < STOP_S
            heard(manager, "STOPPING=1")
        finally:
            agent.process.stop()
        lines = [json.loads(line) for line in agent.process.said().splitlines() if not line.startswith("---")]
        assert {line["event"] for line in lines} >= {"started", "hub connected", "stopping", "stopped"}
        assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
        held = json.loads((tmp_path / "pi-1" / "credential.json").read_text("utf-8"))["credential"]
        assert held not in agent.process.said()


def ask(url: str) -> int | None:
    try:
        return httpx2.get(f"{url}/healthz", trust_env=False).status_code
    except httpx2.HTTPError:
        return None


@pytest.mark.parametrize("hub_is", ["silent", "away"])
def test_it_stops_in_time_while_nobody_answers(tmp_path: Path, hub_is: str):
    with hub_process(tmp_path) as hub, a_wall() as wall:
        agent = enrolled(tmp_path, hub, "pi-1", *two_machines(wall))
        dead = wall if hub_is == "silent" else free_port()
        agent.config.write_text(agent_toml("pi-1", tmp_path / "pi-1", f"http://127.0.0.1:{dead}", *two_machines(wall)))
        agent.process.start()
        wait_until(lambda: agent.health() is not None, 60, "a first status")
        assert stop_s(agent.process) < STOP_S


def test_it_stops_in_time_while_something_else_holds_its_file(tmp_path: Path):
    with hub_process(tmp_path) as hub, a_wall() as wall:
        agent = enrolled(tmp_path, hub, "pi-1", *two_machines(wall))
        agent.process.start()
        wait_until(lambda: agent.health() is not None, 60, "a first status")
        with contextlib.closing(sqlite3.connect(tmp_path / "pi-1" / "buffer.sqlite")) as db:
            db.execute("BEGIN EXCLUSIVE")
            assert stop_s(agent.process) < STOP_S


def test_a_hub_with_open_pages_stops_in_time(tmp_path: Path):
    with hub_process(tmp_path) as hub, live_events(hub), socket.create_connection(("127.0.0.1", hub.port)) as half:
        half.sendall(b"POST /api/v1/batches HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\nhalf of it")
        assert stop_s(hub.process) < STOP_S


@contextlib.contextmanager
def live_events(hub: HubProcess) -> Iterator[None]:
    headers = {"Authorization": f"Bearer {hub.token}"}
    with hub.http.stream("GET", f"{hub.url}/api/v1/live", headers=headers) as answer:
        assert answer.status_code == 200
        yield


@pytest.mark.parametrize("side", ["agent", "hub"])
def test_the_printed_unit_is_one_that_systemd_takes(tmp_path: Path, side: str):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (apt install systemd)")
    folder = tmp_path / "a folder"
    folder.mkdir()
    config = folder / "agent.toml"
    config.write_text(agent_toml("pi-1", folder / "data 100%", "http://127.0.0.1:9", *two_machines(9)), "utf-8")
    unit = tmp_path / f"tsunagu-{side}.service"
    place = ["--config", config] if side == "agent" else ["--data", folder / "data 100%", "--options", "--port 8443"]
    printed = run(f"tsunagu-{side}", "install-service", *place, "--user", "root", "--print").stdout
    unit.write_text(printed, "utf-8")
    verified = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    ours = [line for line in verified.stderr.splitlines() if unit.name in line]
    assert ours == []
    assert 'ReadWritePaths="' in printed
    security = subprocess.run(
        [analyze, "security", "--offline=yes", "--threshold=40", "--no-pager", str(unit)],
        capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert security.returncode == 0, security.stdout[-2000:] + security.stderr
