"""One wrong address degrades only itself: the hub shows it as bad and why, all others flow, nothing restarts."""

from pathlib import Path
from typing import Any

from tests.support.agent import AgentProcess, agent_process, machine_toml
from tests.support.hub import HubProcess, hub_process
from tests.support.mqtt import publish
from tests.support.plant.process import plant_process
from tests.support.plant.wires import NAMESPACE
from tests.support.servers import Broker, free_port, mosquitto, wait_until


def signals(hub: HubProcess, machine: str) -> dict[str, dict[str, Any]]:
    if hub.machine(f"main/{machine}") is None:
        return {}
    return {row["signal"]: row for row in hub.get(f"/machines/main/{machine}/signals")["signals"]}


def opcua_machine(port: int) -> str:
    """Two signals as they should be, one node that is not there, one text where a number is wanted."""

    def node(name: str) -> str:
        return f"nsu={NAMESPACE};s=laser-1/{name}"

    told = {
        "serial": {"node": node("serial")},
        "gas": {"node": node("gas_pressure"), "unit": "bar"},
        "ghost": {"node": node("ghost"), "unit": "%"},
        "weight": {"node": node("serial"), "unit": "kg"},
        "count": {"node": node("program_comment"), "unit": "kg"},
    }
    return machine_toml("laser-1", "opcua", {"endpoint": f"opc.tcp://127.0.0.1:{port}/"}, told)


def mqtt_machine(broker: Broker) -> str:
    told = {
        name: {"topic": f"press/{name}", "path": "$.value", "unit": "bar"} for name in ("pressure", "broken", "text")
    }
    return machine_toml("press-1", "mqtt", {"url": broker.url}, told)


def flows(hub: HubProcess, machine: str, signal: str) -> None:
    """Waits until a newer value is there."""
    before = signals(hub, machine)[signal]["at"]
    wait_until(lambda: signals(hub, machine)[signal]["at"] > before, 30, f"a newer {signal}", 0.1)


def test_an_unknown_node_and_a_wrong_type_are_told_and_the_others_flow(tmp_path: Path):
    port = free_port()
    with mosquitto(tmp_path / "broker") as broker, hub_process(tmp_path) as hub:
        kinds = {"laser-1": "laser"}
        with plant_process(tmp_path, kinds, frozenset(), seed=1, opcua=port, mqtt=broker.port):
            with agent_process(tmp_path, hub, "pi-1", opcua_machine(port)) as agent:
                wait_until(lambda: is_told(hub, "laser-1", "ghost", "count"), 60, "the faults at the hub", 0.1)
                found = signals(hub, "laser-1")
                assert "node" in found["ghost"]["reason"]
                assert "number" in found["count"]["reason"]
                assert (found["ghost"]["value"], found["count"]["value"]) == (None, None)
                wait_until(lambda: signals(hub, "laser-1")["weight"]["value"], 30, "a text that is a number", 0.1)
                check_whole(hub, agent, "laser-1", "serial")


def test_an_unreadable_payload_is_told_and_the_others_flow(tmp_path: Path):
    with mosquitto(tmp_path / "broker") as broker, hub_process(tmp_path) as hub:
        with agent_process(tmp_path, hub, "pi-1", mqtt_machine(broker)) as agent:
            wait_until(lambda: "connected machine=" in agent.process.said(), 30, "the broker", 0.1)
            publish(
                broker,
                [("press/broken", "{oops"), ("press/text", '{"value": "warm"}'), ("press/pressure", '{"value": 5}')],
            )
            wait_until(lambda: is_told(hub, "press-1", "broken", "text"), 60, "the faults at the hub", 0.1)
            found = signals(hub, "press-1")
            assert "JSON" in found["broken"]["reason"]
            assert "number" in found["text"]["reason"]
            publish(broker, [("press/pressure", '{"value": 6}'), ("press/broken", '{"value": 7}')])
            wait_until(lambda: signals(hub, "press-1")["pressure"]["value"] == 6, 30, "the next pressure", 0.1)
            wait_until(lambda: signals(hub, "press-1")["broken"]["value"] == 7, 30, "it can be read again", 0.1)
            wait_until(lambda: signals(hub, "press-1")["broken"]["reason"] is None, 30, "the fault is over", 0.1)
            check_whole(hub, agent, "press-1", None)


def is_told(hub: HubProcess, machine: str, *names: str) -> bool:
    """Whether the hub shows these signals as bad, and why."""
    found = signals(hub, machine)
    return all(name in found and found[name]["bad"] and found[name]["reason"] for name in names)


def check_whole(hub: HubProcess, agent: AgentProcess, machine: str, flowing: str | None) -> None:
    """One start, one connection, nothing refused."""
    if flowing is not None:
        flows(hub, machine, flowing)
    row, known = hub.agent("pi-1"), hub.machine(f"main/{machine}")
    assert row is not None
    assert known is not None
    assert (row["lost"], row["holes"], row["quarantined"], known["connected"]) == (0, [], 0, True)
    assert agent.process.starts == 1
    assert agent.process.said().count("connected machine=") == 1
    assert "Traceback" not in agent.process.said()
