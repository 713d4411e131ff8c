"""A factory over real wires: what subscribers hear, read by the rules, is the truth it wrote."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from asyncua import Client, ua
from paho.mqtt.enums import CallbackAPIVersion

from simulators.factory import FactoryError, read
from simulators.machines.kinds import KINDS
from simulators.machines.life import signals
from simulators.recording import Change
from simulators.wires import rfc3339
from tests.simulators import reading
from tests.simulators.conftest import SIM, started
from tests.support.servers import eventually

FACTORY = """
seed = 5
[opcua]
port = {port}
[mqtt]
url = "{broker}"
prefix = "plant"
[[machines]]
id = "laser-1"
kind = "laser"
[[machines]]
id = "robot-1"
kind = "welding-robot"
[[machines]]
id = "press-1"
kind = "press-brake"
as = "mqtt"
"""


async def _listen(url: str, addresses: list[str], heard: set[Change], played: asyncio.Future[int]) -> None:
    class Handler:
        def datachange_notification(self, node: object, value: object, data: object) -> None:
            at = data.monitored_item.Value.SourceTimestamp.replace(tzinfo=UTC)
            heard.add(Change(at, node.nodeid.Identifier, value))

    async with Client(url) as client:
        index = await client.get_namespace_index("urn:tsunagu:sim")
        subscription = await client.create_subscription(100, Handler())
        nodes = [client.get_node(ua.NodeId(address, index)) for address in addresses]
        every = ua.DataChangeFilter(ua.DataChangeTrigger.StatusValueTimestamp)
        await subscription._subscribe(nodes, mfilter=every, queuesize=10_000)
        changes = await played
        await eventually(lambda: sum(not c.address.endswith("/alive") for c in heard) == changes)


def _mqtt_listener(broker: str, heard: set[Change]) -> paho.Client:
    def on_message(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        said = json.loads(message.payload)
        at = datetime.fromisoformat(said["at"])
        heard.add(Change(at, message.topic.removeprefix("plant/"), said["value"]))

    client = paho.Client(CallbackAPIVersion.VERSION2, "test", protocol=paho.MQTTv5)
    client.on_message = on_message
    client.connect("127.0.0.1", int(broker.rpartition(":")[2]))
    client.subscribe("plant/#", qos=1)
    client.loop_start()
    return client


def test_what_is_heard_is_the_truth(tmp_path: Path, broker: str, free_port: int) -> None:
    file, truth_file = tmp_path / "factory.toml", tmp_path / "truth.json"
    file.write_text(FACTORY.format(port=free_port, broker=broker))
    command = [*SIM, "factory", str(file), "--history", "0.7", "--for", "1", "--wait", "--truth", str(truth_file)]
    heard: set[Change] = set()
    listener = _mqtt_listener(broker, heard)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, **pipes) as factory:
        assert factory.stderr.readline() == "ready\n"
        addresses = [*signals("laser-1", KINDS["laser"]), *signals("robot-1", KINDS["welding-robot"])]
        asyncio.run(_listen_until_played(factory, f"opc.tcp://127.0.0.1:{free_port}/", addresses, heard))
        assert factory.poll() is None, "stands still and answers on"
        factory.send_signal(signal.SIGTERM)
        assert factory.wait(10) == 0
    listener.loop_stop()
    truth = json.loads(truth_file.read_text())
    end = datetime.fromisoformat(truth["until"])
    assert abs((end - datetime.now(UTC)).total_seconds()) < 30, "compressed time ends at now"
    for machine in truth["machines"]:
        mine = [c for c in heard if c.address.startswith(machine["machine"]) and not c.address.endswith("alive")]
        mine.sort(key=lambda change: change.at)
        assert [(i["start"], i["end"], i["state"], i["program"]) for i in machine["intervals"]] == [
            (rfc3339(a), rfc3339(b), state, program) for a, b, state, program in reading.intervals(mine, end)
        ]
    assert any(c.address == "press-1/alive" for c in heard)


async def _listen_until_played(
    factory: subprocess.Popen[str], url: str, addresses: list[str], heard: set[Change]
) -> None:
    played: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    listening = asyncio.create_task(_listen(url, addresses, heard, played))
    said = json.loads(await asyncio.to_thread(factory.stdout.readline))
    assert said["machines"] == 3
    played.set_result(said["changes"])
    await listening


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("machines = 3", "machines"),
        ('[[machines]]\nid = "a"\nkind = "lathe"', "lathe"),
        ('[[machines]]\nid = "a"\nkind = "laser"', r"no \[opcua\]"),
        ('colour = "blue"\n[[machines]]\nid = "a"\nkind = "laser"', "colour"),
        ('[opcua]\nport = 1\n[[machines]]\nid = "a"\nkind = "laser"\n[[machines]]\nid = "a"\nkind = "laser"', "twice"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "factory.toml"
    file.write_text(text)
    with pytest.raises(FactoryError, match=says):
        read(file)


def test_with_a_speed_the_past_is_as_long_as_fits(tmp_path: Path, free_port: int) -> None:
    truth = tmp_path / "truth.json"
    command = [*SIM, "machine", "laser", "--as", "opcua", "--port", str(free_port), "--truth", str(truth)]
    with started([*command, "--speed", "600", "--for", "2"], stdout=subprocess.PIPE) as machine:
        machine.stdout.readline()
    told = json.loads(truth.read_text())
    span = datetime.fromisoformat(told["until"]) - datetime.fromisoformat(told["from"])
    assert 1198 <= span.total_seconds() < 1210
