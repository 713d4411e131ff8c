"""An agent over MQTT dies and returns: what it did not hear again is unknown, what the broker retained is known."""

from pathlib import Path
from typing import Any

import pytest

from contract.times import rfc3339
from tests.journey.test_blindness import now_us
from tests.support.agent import AgentProcess, agent_process, machine_toml
from tests.support.hub import HubProcess, hub_process
from tests.support.mqtt import publish
from tests.support.servers import Broker, mosquitto, wait_until

SIGNALS = ("mode", "execution", "program")


def machine(broker: Broker) -> str:
    signals = {name: {"topic": f"press/{name}", "path": "$.value", "time": "$.at"} for name in SIGNALS}
    return machine_toml("press-1", "mqtt", {"url": broker.url}, signals)


def say(broker: Broker, retain: bool, **values: str) -> None:
    """Publishes each value with the time now."""
    at = rfc3339(now_us())
    told = [(f"press/{name}", f'{{"value": "{value}", "at": "{at}"}}') for name, value in values.items()]
    publish(broker, told, retain=retain)


def states(hub: HubProcess) -> list[str]:
    rows: list[dict[str, Any]] = hub.pages("/machines/main/press-1/states", "intervals")
    return [row["state"] for row in rows]


def restart(agent: AgentProcess) -> None:
    agent.process.kill()
    agent.process.start()
    wait_until(lambda: "connected machine=" in agent.process.said().rpartition("--- start")[2], 30, "the broker")


@pytest.mark.parametrize("retain", [False, True])
def test_a_machine_in_manual_is_never_told_as_running(tmp_path: Path, retain: bool):
    with mosquitto(tmp_path / "broker") as broker, hub_process(tmp_path) as hub:
        with agent_process(tmp_path, hub, "pi-1", machine(broker)) as agent:
            wait_until(lambda: "connected machine=" in agent.process.said(), 30, "the broker")
            wait_until(lambda: hub.machine("main/press-1") is not None, 30, "the machine at the hub")
            say(broker, retain, mode="MANUAL", execution="READY", program="P1")
            wait_until(lambda: states(hub)[-1:] == ["manual"], 30, "manual")
            restart(agent)
            say(broker, retain, execution="ACTIVE")
            if not retain:
                say(broker, retain, mode="MANUAL")
            wait_until(lambda: states(hub)[-2:] == ["unknown", "manual"], 30, "manual again")
            say(broker, retain, mode="AUTOMATIC", program="P1")
            wait_until(lambda: states(hub)[-1] == "running", 30, "running")
            assert states(hub) == ["manual", "unknown", "manual", "running"]
