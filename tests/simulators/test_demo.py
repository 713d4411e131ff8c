"""The demo's parts: processes that end, a port in use, and a verdict that notices every difference."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from simulators.demo.children import Children, DemoError
from simulators.demo.floor import COMPANIES, Wires, agent_toml, factory_toml
from simulators.demo.verdict import Verdict
from simulators.factory import read
from tests.simulators.conftest import SIM
from tests.support import servers

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); time.sleep(600)",
]


def test_every_process_ends_with_the_demo_even_a_stubborn_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.demo.children.PATIENCE_S", 0.2)
    with Children(tmp_path) as children:
        started = [children.start("a", "sleeper", SLEEP), children.start("b", "stubborn", STUBBORN)]
        children.wait_for(lambda: bool(started[1].said.read_text()), "stubborn is not up", 10)
    assert all(child.process.poll() is not None for child in started)


def test_a_dead_process_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    dying = [sys.executable, "-c", "import sys; sys.exit('disk full')"]
    with Children(tmp_path) as children:
        children.start("hub", "hub", dying)
        with pytest.raises(DemoError, match=r"hub ended with code 1.*\ndisk full"):
            children.wait_for(lambda: False, "never", 10)


def test_what_does_not_come_is_told(tmp_path: Path) -> None:
    with Children(tmp_path) as children, pytest.raises(DemoError, match="no answer: not within 0 s"):
        children.wait_for(lambda: False, "no answer", 0)


def test_a_failing_command_is_told_in_one_line(tmp_path: Path) -> None:
    children = Children(tmp_path)
    with pytest.raises(DemoError, match="code 3: no such company"):
        children.run([sys.executable, "-c", "import sys; print('no such company', file=sys.stderr); sys.exit(3)"])
    with pytest.raises(DemoError, match="JSON object"):
        children.ask([sys.executable, "-c", "print('hello')"])


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [*SIM, "demo", "--port", str(port), "--data", str(tmp_path / "new")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"tsunagu-sim: port {port} is in use; choose another with --port\n"


@pytest.mark.parametrize("broker", [None, 1883])
def test_the_files_of_every_company_can_be_read(tmp_path: Path, broker: int | None) -> None:
    for company in COMPANIES:
        wires = Wires(4840, broker)
        file = tmp_path / f"{company.slug}.toml"
        file.write_text(factory_toml(company, 1, wires), encoding="utf-8")
        factory = read(file)
        agent = tomllib.loads(agent_toml(company, "http://127.0.0.1:8000", tmp_path / "a b\\c", wires))
        assert [machine["id"] for machine in agent["machines"]] == [machine.id for machine in factory.machines]
        assert agent["agent"]["data_dir"] == str(tmp_path / "a b\\c")
        assert broker or all(machine["driver"] == "opcua" for machine in agent["machines"])
    assert sum(len(company.machines) for company in COMPANIES) == 14


TRUTH: dict[str, Any] = {
    "machine": "m-1",
    "until": "2026-11-20T09:00:30.000000Z",
    "intervals": [
        {"start": "2026-11-20T09:00:00.000000Z", "end": "2026-11-20T09:00:10.000000Z", "state": "idle"},
        {"start": "2026-11-20T09:00:10.000000Z", "end": "2026-11-20T09:00:30.000000Z", "state": "running"},
    ],
    "runs": [
        {
            "program": "P", "started_at": "2026-11-20T09:00:10.000000Z", "ended_at": "2026-11-20T09:00:20.000000Z",
            "active_s": 8.0, "held_s": 2.0, "blind_s": 0.0, "complete": True, "signature": ["1", "2"],
        },
        {
            "program": "P", "started_at": "2026-11-20T09:00:25.000000Z", "ended_at": None,
            "active_s": 5.0, "held_s": 0.0, "blind_s": 0.0, "complete": False, "signature": ["1"],
        },
    ],
}  # fmt: skip
START = "2026-11-20T09:00:00.000000Z"
AGENT = {"agent": "a", "acked": 10, "holes": [], "lost": 0, "quarantined": 0, "backlog": 0, "records": 10}


def judged(truth: dict[str, Any], said: dict[str, Any], agent: dict[str, Any]) -> Verdict:
    verdict = Verdict()
    verdict.deliver([agent])
    verdict.machine("aoba/m-1", truth, START, said["intervals"], said["runs"])
    return verdict


def test_the_truth_is_equal_to_itself_whatever_comes_after_its_end() -> None:
    said = copy.deepcopy(TRUTH)
    said["intervals"][-1]["end"] = None
    verdict = judged(TRUTH, said, AGENT)
    assert verdict.equal
    assert verdict.differences == []
    assert verdict.runs == {"truth": 1, "hub": 1, "matching": 1}
    assert verdict.state_seconds["hub"] == {"idle": 10.0, "running": 20.0}


@pytest.mark.parametrize(
    ("table", "row", "key", "value"),
    [
        ("intervals", 0, "state", "unknown"),
        ("intervals", 0, "end", "2026-11-20T09:00:09.800000Z"),
        ("intervals", 1, "start", "2026-11-20T09:00:00.000000Z"),
        ("runs", 0, "program", "Q"),
        ("runs", 0, "started_at", "2026-11-20T09:00:10.002000Z"),
        ("runs", 0, "ended_at", "2026-11-20T09:00:20.002000Z"),
        ("runs", 0, "active_s", 8.02),
        ("runs", 0, "blind_s", 0.02),
        ("runs", 0, "complete", False),
        ("runs", 0, "signature", ["1"]),
        ("runs", 1, "ended_at", "2026-11-20T09:00:29.000000Z"),
    ],
)
def test_each_difference_is_noticed(table: str, row: int, key: str, value: object) -> None:
    said = copy.deepcopy(TRUTH)
    said[table][row][key] = value
    assert not judged(TRUTH, said, AGENT).equal


def test_what_is_lost_or_twice_is_noticed() -> None:
    for change in ({"lost": 1}, {"holes": [[1, 2]]}, {"backlog": 1}):
        assert not judged(TRUTH, TRUTH, AGENT | change).equal
    twice = copy.deepcopy(TRUTH)
    twice["runs"].append(twice["runs"][0])
    assert judged(TRUTH, twice, AGENT).duplicated == 1


@pytest.mark.timeout(240)
def test_the_whole_demo_ends_by_itself_and_the_hub_says_what_happened(tmp_path: Path) -> None:
    options = ["--port", str(servers.free_port()), "--data", str(tmp_path), "--history", "0.5", "--for", "5", "--json"]
    done = subprocess.run([*SIM, "demo", *options], capture_output=True, text=True, timeout=220, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    machines = 14 if servers.mosquitto_path() else 9
    assert (said["machines"], said["lost"], said["duplicated"], said["equal"]) == (machines, 0, 0, True)
    assert said["records"] == said["acknowledged"] > 500
    assert said["runs"]["truth"] == said["runs"]["hub"] == said["runs"]["matching"] > 20
    assert said["work"]["equal"]
    assert said["work"]["compared"]["operations"] == 200
    assert said["work"]["misreported"]["told"] == said["work"]["misreported"]["listed"] > 0
    assert all(company.admin in done.stderr for company in COMPANIES)


def test_what_differs_of_the_day_at_the_second_sites_is_noticed() -> None:
    verdict = judged(TRUTH, TRUTH, AGENT)
    told = {"compared": {"operations": 200}, "misreported": {"told": 1, "listed": 1}, "drift": None}
    verdict.day(told | {"differences": [], "equal": True})
    assert verdict.equal
    assert "200 operations" in verdict.summary()
    verdict.day(told | {"differences": ["aoba SO-1/10: truth 1, hub 2"], "equal": False})
    assert not verdict.equal
    assert "OF A DAY'S WORK 1 ANSWERS DIFFER" in verdict.summary()
    assert verdict.differences == ["aoba SO-1/10: truth 1, hub 2"]
