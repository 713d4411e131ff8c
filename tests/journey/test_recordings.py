"""A recorded day of a real machine tool, through real wires and real processes, comes out of the hub second for second.

In `make test` one recording of each machine on each wire; in `make soak` every recording on both.
"""

from pathlib import Path

import pytest

from tests.journey import played
from tests.support.agent import agent_process
from tests.support.hub import HubProcess, hub_process
from tests.support.processes import Process, started
from tests.support.recordings import RECORDINGS, needs_recordings
from tests.support.servers import free_port, listens, mosquitto, wait_until

RATE = 2000
PLAY_S = 240.0
ONE_OF_EACH = [path for path in RECORDINGS if path.name.startswith(("Mazak01-20171121", "Mazak03-20170516"))]
OTHERS = [path for path in RECORDINGS if path not in ONE_OF_EACH]


def name(path: Path) -> str:
    return path.name.split(".")[0]


def over_opcua(recording: Path, folder: Path) -> None:
    told, port = played.expected(recording), free_port()
    words = ["tsunagu-sim", "replay", recording, "--as", "opcua", "--port", str(port), "--rate", str(RATE), "--wait"]
    with hub_process(folder) as hub, started(Process(words, folder / "replay.log")) as replay:
        wait_until(lambda: listens(port), 30, "the replay's OPC UA server")
        with agent_process(folder, hub, "pi-1", played.opcua_machine(port, told)) as agent:
            played.wait_played(replay, PLAY_S)
            played.wait_arrived(hub, agent, told)
            check(hub, told, repeats=False)


def over_mqtt(recording: Path, folder: Path) -> None:
    told = played.expected(recording)
    with mosquitto(folder / "broker") as broker, hub_process(folder) as hub:
        with agent_process(folder, hub, "pi-1", played.mqtt_machine(broker.url, "mazak", told)) as agent:
            wait_until(lambda: played.is_connected(agent), 30, "the agent at the broker")
            words = ["tsunagu-sim", "replay", recording, "--as", "mqtt", "--url", broker.url, "--topic-prefix", "mazak"]
            with started(Process([*words, "--rate", str(RATE)], folder / "replay.log")) as replay:
                played.wait_played(replay, PLAY_S)
            played.wait_arrived(hub, agent, told)
            check(hub, told, repeats=False)


def check(hub: HubProcess, told: played.Expected, *, repeats: bool) -> None:
    played.check_delivery(hub, "pi-1")
    played.check_facts(hub, told)
    played.check_telemetry(hub, told, repeats=repeats)


@needs_recordings
@pytest.mark.parametrize("recording", ONE_OF_EACH, ids=name)
def test_a_recorded_day_over_opcua(recording: Path, tmp_path: Path):
    over_opcua(recording, tmp_path)


@needs_recordings
@pytest.mark.parametrize("recording", ONE_OF_EACH, ids=name)
def test_a_recorded_day_over_mqtt(recording: Path, tmp_path: Path):
    over_mqtt(recording, tmp_path)


@needs_recordings
@pytest.mark.soak
@pytest.mark.parametrize("recording", OTHERS, ids=name)
def test_every_other_day_over_opcua(recording: Path, tmp_path: Path):
    over_opcua(recording, tmp_path)


@needs_recordings
@pytest.mark.soak
@pytest.mark.parametrize("recording", OTHERS, ids=name)
def test_every_other_day_over_mqtt(recording: Path, tmp_path: Path):
    over_mqtt(recording, tmp_path)
