"""A machine tool with the official OPC 40501-1 nodeset, on a server that is not ours, without one signal written.

Two machines of one server: one with an NC channel and the building blocks of v1.02, one with the nodes of v1.01 alone.
"""

import time
from datetime import datetime
from pathlib import Path

from contract.times import rfc3339, to_us
from tests.support.agent import agent_process
from tests.support.hub import HubProcess, hub_process
from tests.support.node_opcua import Peer, node_server
from tests.support.servers import wait_until

MACHINES = [
    {"name": "MC-01", "version": "1.02", "channel": True},
    {"name": "MC-02", "version": "1.01", "channel": False},
]
State = tuple[int, str, str | None]
"""From when (µs since 1970), the state, the program."""
FIRST = {"program": "O1", "machineMode": 1, "parts": 0, "machineFeed": 100.0}
STEPS = {
    "MC-01": [
        ({"channelState": 0}, "running", "O1"),
        ({"channelState": 1}, "held", "O1"),
        ({"channelState": 0, "parts": 1}, "running", "O1"),
        ({"channelMode": 2}, "manual", "O1"),
        ({"channelMode": 0, "channelState": 2}, "idle", "O1"),
        ({"operationMode": 2}, "setup", "O1"),
        ({"operationMode": 3, "program": "O2"}, "idle", "O2"),
    ],
    "MC-02": [
        ({"programState": 1}, "running", "O1"),
        ({"programState": 3}, "held", "O1"),
        ({"programState": 2, "parts": 1}, "idle", "O1"),
        ({"machineMode": 4}, "maintenance", "O1"),
        ({"machineMode": 1, "program": "O2"}, "idle", "O2"),
        ({"programState": 1}, "running", "O2"),
        ({"machineMode": 0}, "manual", "O2"),
    ],
}


def table(endpoint: str, machine: str) -> str:
    lines = ["[[machines]]", f'id = "{machine.lower()}"', 'driver = "opcua"', 'state_model = "machinetool"']
    return "\n".join([*lines, "[machines.opcua]", f'endpoint = "{endpoint}"', f'machine = "{machine}"', ""])


def now_ms() -> int:
    """Now, in whole milliseconds as the server keeps them, µs."""
    return time.time_ns() // 1_000_000 * 1_000


def say(peer: Peer, machine: str, values: dict[str, object]) -> int:
    at = now_ms()
    assert peer.ask(machine=machine, set=values, at=rfc3339(at)) == {}
    return at


def states(hub: HubProcess, machine: str, start: int, end: int) -> list[State]:
    path = f"/machines/main/{machine.lower()}/states"
    rows = hub.pages(path, "intervals", **{"from": rfc3339(start), "to": rfc3339(end)})
    return [(to_us(datetime.fromisoformat(row["start"])), row["state"], row["program"]) for row in rows]


def states_until(hub: HubProcess, machine: str, start: int, last: State) -> list[State]:
    """The states once the last one is there."""
    wait_until(lambda: states(hub, machine, start, now_ms())[-1] == last, 30, f"{machine}: {last}")
    return states(hub, machine, start, now_ms())


def test_two_machine_tools_are_read_without_a_mapping(tmp_path: Path):
    with node_server("machinetool.js", machines=MACHINES) as peer, hub_process(tmp_path) as hub:
        say(peer, "MC-01", {**FIRST, "channelState": 2, "channelMode": 0, "operationMode": 3, "itemState": 2})
        say(peer, "MC-02", {**FIRST, "programState": 2})
        tables = [table(peer.endpoint, machine) for machine in STEPS]
        with agent_process(tmp_path, hub, "pi-1", *tables):
            wait_until(lambda: all(state_of(hub, machine) == "idle" for machine in STEPS), 60, "both known")
            begun = now_ms()
            wait_until(lambda: now_ms() > begun, 10, "the next millisecond")
            true: dict[str, list[State]] = {m: [(begun, "idle", "O1")] for m in STEPS}
            for number in range(7):
                for machine, steps in STEPS.items():
                    values, state, program = steps[number]
                    true[machine].append((say(peer, machine, values), state, program))
                until = time.monotonic() + 0.4
                wait_until(lambda until=until: time.monotonic() >= until, 10, "the next step")
            for machine, told in true.items():
                found = states_until(hub, machine, begun, told[-1])
                assert found == told
                row = hub.machine(f"main/{machine.lower()}")
                assert row is not None
                assert row["program"] == "O2"


def state_of(hub: HubProcess, machine: str) -> str | None:
    row = hub.machine(f"main/{machine.lower()}")
    return None if row is None else row["state"]
