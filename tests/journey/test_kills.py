"""kill -9 of agent and hub at random moments of an MQTT replay: the same result, nothing lost, nothing twice.

The moments are drawn from a seed, so that a failing run can be run again. Mosquitto keeps what was not acknowledged.
"""

import random
import time
from pathlib import Path

import pytest

from tests.journey import played
from tests.support.agent import AgentProcess, agent_process
from tests.support.hub import COMPANY, HubProcess, hub_process
from tests.support.ledgers import samples_by_signal, twice_reported
from tests.support.processes import Process, started
from tests.support.recordings import RECORDINGS, busy_slice, needs_recordings, some_recording
from tests.support.servers import mosquitto, wait_until

RATE = 300
APART_S = 1.5
"""At least so long between two kills: a process that is only beginning was killed just before."""


def moments(kills: int, play_s: float, dice: random.Random) -> list[float]:
    """Seconds after the start of the replay, spread over it, ascending."""
    part = (play_s - 2 * APART_S) / kills
    return [APART_S + part * number + dice.uniform(0, part - APART_S) for number in range(kills)]


def kill_at_times(hub: HubProcess, agent: AgentProcess, times: list[float], dice: random.Random) -> list[str]:
    """kill -9 and start again; who was hit."""
    begun = time.monotonic()
    hit = []
    for at in times:
        wait_until(lambda at=at: time.monotonic() - begun >= at, 600, "the next moment")
        who = dice.choice(["agent", "hub"])
        victim = agent.process if who == "agent" else hub.process
        assert victim.runs, f"the {who} ended by itself:\n{victim.tail()}"
        victim.kill()
        victim.start()
        hit.append(who)
    hub.wait_ready()
    return hit


def survive(folder: Path, recording: Path, kills: int, play_s: float, seed: int) -> None:
    dice = random.Random(seed)
    cut = busy_slice(recording, int(RATE * play_s), folder / "slice.txt.gz")
    told = played.expected(cut)
    with mosquitto(folder / "broker") as broker, hub_process(folder) as hub:
        with agent_process(folder, hub, "pi-1", played.mqtt_machine(broker.url, told)) as agent:
            wait_until(lambda: played.is_connected(agent), 30, "the agent at the broker")
            words = ["tsunagu-sim", "replay", cut, "--as", "mqtt", "--url", broker.url, "--topic-prefix", "mazak"]
            with started(Process([*words, "--rate", str(RATE)], folder / "replay.log")) as replay:
                hit = kill_at_times(hub, agent, moments(kills, play_s, dice), dice)
                played.wait_played(replay, 60 + play_s)
            played.wait_arrived(hub, agent, told)
            assert len(set(hit)) == 2, f"choose another seed: only {hit[0]} was hit"
            row = played.check_delivery(hub, "pi-1")
            assert row["acked"] == row["records"], "every number is a record"
            played.check_facts(hub, told)
            played.check_telemetry(hub, told, repeats=True)
            assert agent.process.stop() == 0
            stored = {signal: len(played.samples(hub, told, item)) for item, signal in told.telemetry.items()}
        assert hub.process.stop() == 0
        assert twice_reported(hub.data, COMPANY) == {}
        assert samples_by_signal(hub.data, COMPANY) == stored


def test_six_kills(tmp_path: Path):
    survive(tmp_path, some_recording(3, tmp_path), kills=6, play_s=36, seed=6)


@needs_recordings
@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("number", "seed"), [(0, 20), (3, 21), (7, 22)])
def test_twenty_kills(tmp_path: Path, number: int, seed: int):
    survive(tmp_path, RECORDINGS[number], kills=20, play_s=150, seed=seed)
