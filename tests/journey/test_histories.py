"""A machine whose server keeps a history: what it did while the agent was dead is known afterwards, to the second.

The server is node-opcua's, told what to say and when; the same list is the truth.
"""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from contract.times import rfc3339, to_us
from tests.support.agent import AgentProcess, agent_process, machine_toml
from tests.support.hub import HubProcess, hub_process
from tests.support.node_opcua import Peer, node_server
from tests.support.servers import wait_until

STATES = {"ACTIVE": "running", "FEED_HOLD": "held", "READY": "idle"}
SIGNALS = ("execution", "mode", "program", "load")


class Machine:
    """Says what the test wants at the server, and remembers it as the truth: (time in µs, state, program)."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.truth: list[tuple[int, str, str]] = []
        self.loads: list[float] = []
        self.execution, self.program = "READY", "O1"

    def say(self, **values: object) -> None:
        at = time.time_ns() // 1_000_000 * 1_000
        assert self.peer.ask(set=values, at=rfc3339(at)) == {}
        self.execution = str(values.get("execution", self.execution))
        self.program = str(values.get("program", self.program))
        if "load" in values:
            self.loads.append(float(str(values["load"])))
        state = (STATES[self.execution], self.program)
        if not self.truth or self.truth[-1][1:] != state:
            self.truth.append((at, *state))

    def live(self, steps: list[dict[str, object]], apart_s: float) -> None:
        for step in steps:
            self.say(**step)
            until = time.monotonic() + apart_s
            wait_until(lambda until=until: time.monotonic() >= until, apart_s + 10, "the next step")


def is_delivered(hub: HubProcess, agent: AgentProcess) -> bool:
    health, row = agent.health(), hub.agent(agent.name)
    return (
        health is not None
        and row is not None
        and all(machine["connected"] for machine in health["machines"])
        and health["buffer"]["backlog_records"] == 0
        and row["acked"] == health["buffer"]["last_seq"]
        and hub.is_folded()
    )


def states(hub: HubProcess, start: int, end: int) -> list[tuple[int, str, str | None]]:
    rows = hub.pages("/machines/main/mc-1/states", "intervals", **{"from": rfc3339(start), "to": rfc3339(end)})
    return [(to_us(datetime.fromisoformat(row["start"])), row["state"], row["program"]) for row in rows]


def told(agent: AgentProcess, what: str) -> int:
    return agent.process.said().count(what)


def test_an_outage_is_filled_in_from_the_servers_history(tmp_path: Path):
    variables: list[dict[str, Any]] = [
        {"name": name, "type": "Double" if name == "load" else "String", "history": True} for name in SIGNALS
    ]
    with node_server("plant.js", variables=variables) as peer, hub_process(tmp_path) as hub:
        machine = Machine(peer)
        machine.say(execution="READY", mode="AUTOMATIC", program="O1", load=0.0)
        addresses = {name: {"node": f"nsu={peer.told['uri']};s={name}"} for name in SIGNALS}
        table = machine_toml("mc-1", "opcua", {"endpoint": peer.endpoint}, addresses)
        with agent_process(tmp_path, hub, "pi-1", table) as agent:
            wait_until(lambda: is_delivered(hub, agent) and hub.machine("main/mc-1"), 60, "the agent at the machine")
            begun = time.time_ns() // 1000
            machine.live(
                [{"execution": "ACTIVE"}, {"execution": "FEED_HOLD", "load": 1.0}, {"execution": "ACTIVE"}], 0.7
            )
            wait_until(lambda: is_delivered(hub, agent), 60, "all delivered")
            agent.process.kill()
            dark = [
                {"load": 2.0}, {"execution": "READY"}, {"program": "O2", "load": 3.0}, {"execution": "ACTIVE"},
                {"execution": "FEED_HOLD"}, {"load": 4.0}, {"execution": "ACTIVE"},
            ]  # fmt: skip
            machine.live(dark, 0.7)
            agent.process.start()
            wait_until(lambda: told(agent, "opcua history read") >= 1, 60, "the history")
            machine.live([{"execution": "READY"}, {"load": 5.0}], 0.7)
            wait_until(lambda: is_delivered(hub, agent), 60, "all delivered")
            end = time.time_ns() // 1000
            check(hub, machine, begun, end)


def check(hub: HubProcess, machine: Machine, begun: int, end: int) -> None:
    """From when the agent first looked on, the hub's states are the truth, and no sample is missing."""
    before = [change for change in machine.truth if change[0] <= begun]
    after = [change for change in machine.truth if change[0] > begun]
    assert states(hub, begun, end) == [(begun, *before[-1][1:]), *after]
    row = hub.agent("pi-1")
    assert row is not None
    assert (row["lost"], row["holes"], row["quarantined"]) == (0, [], 0)
    samples = hub.pages("/machines/main/mc-1/series/load", "samples", **{"from": rfc3339(0), "to": rfc3339(end)})
    assert [sample["mean"] for sample in samples if sample["quality"] == "good"] == machine.loads
