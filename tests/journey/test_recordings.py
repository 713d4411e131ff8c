"""A recorded day of a real machine tool, through real wires and real processes, comes out of the hub second for second.

In `make test` one recording of each machine on each wire; in `make soak` every recording on both. Where the recordings
are not beside the checkout, made-up days are played.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey import played
from tests.support.agent import AgentProcess, agent_process
from tests.support.hub import HubProcess, hub_process
from tests.support.processes import Process, started
from tests.support.recordings import RECORDINGS, made_up, needs_recordings
from tests.support.servers import free_port, listens, mosquitto, wait_until

RATE = 2000
PLAY_S = 240.0
ONE_OF_EACH = [path for path in RECORDINGS if path.name.startswith(("Mazak01-20171121", "Mazak03-20170516"))]
OTHERS = [path for path in RECORDINGS if path not in ONE_OF_EACH]


def name(path: Path) -> str:
    return path.name.split(".")[0]


def expectations(recordings: list[Path]) -> list[played.Expected]:
    """What each recording must come out as, under names of their own."""
    return [played.expected(path, f"mazak-{number}") for number, path in enumerate(recordings, 1)]


def over_opcua(recordings: list[Path], folder: Path) -> None:
    """Each from a server of its own, all at once, through one agent."""
    told, ports = expectations(recordings), [free_port() for _ in recordings]
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(hub_process(folder))
        replays = [
            stack.enter_context(started(replay(path, folder, "opcua", "--port", str(port), "--wait")))
            for path, port in zip(recordings, ports, strict=True)
        ]
        wait_until(lambda: all(listens(port) for port in ports), 30, "the replays' OPC UA servers")
        machines = [played.opcua_machine(port, each) for port, each in zip(ports, told, strict=True)]
        agent = stack.enter_context(agent_process(folder, hub, "pi-1", *machines))
        for each in replays:
            played.wait_played(each, PLAY_S)
        check(hub, agent, told, repeats=False)


def over_mqtt(recordings: list[Path], folder: Path) -> None:
    """All at once through one broker and one agent."""
    told = expectations(recordings)
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "broker"))
        hub = stack.enter_context(hub_process(folder))
        machines = [played.mqtt_machine(broker.url, each) for each in told]
        agent = stack.enter_context(agent_process(folder, hub, "pi-1", *machines))
        wait_until(lambda: played.is_connected(agent), 30, "the agent at the broker")
        words = [("--url", broker.url, "--topic-prefix", each.machine) for each in told]
        replays = [
            stack.enter_context(started(replay(path, folder, "mqtt", *more)))
            for path, more in zip(recordings, words, strict=True)
        ]
        for each in replays:
            played.wait_played(each, PLAY_S)
        check(hub, agent, told, repeats=True)


def replay(path: Path, folder: Path, wire: str, *more: str) -> Process:
    words = ["tsunagu-sim", "replay", path, "--as", wire, "--rate", str(RATE), *more]
    return Process(words, folder / f"replay-{name(path)}.log")


def check(hub: HubProcess, agent: AgentProcess, told: list[played.Expected], *, repeats: bool) -> None:
    for each in told:
        played.wait_arrived(hub, agent, each)
    played.check_delivery(hub, "pi-1")
    for each in told:
        played.check_facts(hub, each)
        played.check_telemetry(hub, each, repeats=repeats)


@needs_recordings
def test_a_recorded_day_of_each_machine_over_opcua(tmp_path: Path):
    over_opcua(ONE_OF_EACH, tmp_path)


@needs_recordings
def test_a_recorded_day_of_each_machine_over_mqtt(tmp_path: Path):
    over_mqtt(ONE_OF_EACH, tmp_path)


@pytest.mark.skipif(bool(RECORDINGS), reason="real recordings are here and are played instead")
@pytest.mark.parametrize("over", [over_opcua, over_mqtt])
def test_made_up_days(tmp_path: Path, over: Callable[[list[Path], Path], None]):
    over([made_up(number, tmp_path / f"day-{number}.txt.gz") for number in (1, 2)], tmp_path)


@needs_recordings
@pytest.mark.soak
@pytest.mark.parametrize("recording", OTHERS, ids=name)
def test_every_other_day_over_opcua(recording: Path, tmp_path: Path):
    over_opcua([recording], tmp_path)


@needs_recordings
@pytest.mark.soak
@pytest.mark.parametrize("recording", OTHERS, ids=name)
def test_every_other_day_over_mqtt(recording: Path, tmp_path: Path):
    over_mqtt([recording], tmp_path)
