"""Replay over real wires: every change arrives, in order, with its recorded time."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from asyncua import Client, ua
from asyncua.ua.status_codes import StatusCodes
from paho.mqtt.enums import CallbackAPIVersion

from simulators.recording import Recording, parse
from simulators.wires import rfc3339
from tests.simulators.conftest import SIM, started
from tests.support.servers import wait_until

START = datetime(2016, 5, 25, 5, 0, 0, 123457, tzinfo=UTC)


@pytest.fixture
def slice_of_a_day(tmp_path: Path) -> tuple[Path, Recording]:
    """Six seconds of changes at 1,000 a second: equal times, repeats, UNAVAILABLE, Japanese text."""
    lines = []
    for number in range(6000):
        at = rfc3339(START + timedelta(microseconds=number // 3 * 997))
        match number % 3:
            case 0:
                lines.append(f"{at}|load|{number // 300 / 8}")
            case 1:
                lines.append(f"{at}|execution|{('READY', 'ACTIVE', 'ACTIVE', 'UNAVAILABLE')[number // 3 % 4]}")
            case _:
                lines.append(f"{at}|message|加工 {number}|a|")
    path = tmp_path / "slice.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path, parse(lines)


class Everything:
    """Keeps each data value of each node as it came, until there are `total`."""

    def __init__(self, total: int) -> None:
        self.values: dict[str, list[ua.DataValue]] = defaultdict(list)
        self.missing = total
        self.complete = asyncio.Event()

    def datachange_notification(self, node: object, _: object, data: object) -> None:
        self.values[node.nodeid.Identifier].append(data.monitored_item.Value)
        self.missing -= 1
        if self.missing == 0:
            self.complete.set()


async def _listen(url: str, items: list[str], seen: Everything) -> None:
    """Subscribe as an agent would and return when so many values are there."""
    async with Client(url) as client:
        assert await client.get_namespace_index("urn:tsunagu:replay") == 2
        subscription = await client.create_subscription(100, seen)
        nodes = [client.get_node(ua.NodeId(item, 2)) for item in items]
        every = ua.DataChangeFilter(ua.DataChangeTrigger.StatusValueTimestamp)
        await subscription._subscribe(nodes, mfilter=every, queuesize=20_000)
        async with asyncio.timeout(60):
            await seen.complete.wait()


def test_opcua_subscriber_gets_every_change(slice_of_a_day: tuple[Path, Recording], free_port: int) -> None:
    path, recording = slice_of_a_day
    command = [*SIM, "replay", str(path), "--as", "opcua", "--port", str(free_port), "--wait"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started([*command, "--rate", "3000"], **pipes) as player:
        assert "ready" in player.stderr.readline()
        items = sorted(recording.numeric)
        seen = Everything(len(recording.changes) + len(items))
        asyncio.run(_listen(f"opc.tcp://127.0.0.1:{free_port}/", items, seen))
        changes = recording.changes
        assert json.loads(player.stdout.readline()) == {
            "played": len(changes),
            "first": rfc3339(changes[0].at),
            "last": rfc3339(changes[-1].at),
        }
        assert player.poll() is None, "serves on until SIGTERM"
        player.send_signal(signal.SIGTERM)
        assert player.wait(10) == 0
    for item in items:
        first, *values = seen.values[item]
        assert first.StatusCode.value == StatusCodes.BadWaitingForInitialData
        expected = [c for c in changes if c.address == item]
        assert [(v.SourceTimestamp.replace(tzinfo=UTC), v.Value.Value) for v in values] == [
            (c.at, c.value) for c in expected
        ]
        assert [v.StatusCode.value == StatusCodes.BadNoData for v in values] == [c.value is None for c in expected]
        number = ua.VariantType.Double if recording.numeric[item] else ua.VariantType.String
        assert {v.Value.VariantType for v in values if v.Value.Value is not None} == {number}


def test_mqtt_subscriber_gets_every_change(slice_of_a_day: tuple[Path, Recording], broker: str) -> None:
    path, recording = slice_of_a_day
    port = int(broker.rpartition(":")[2])
    messages: list[paho.MQTTMessage] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, "test", protocol=paho.MQTTv5)
    client.on_message = lambda _client, _userdata, message: messages.append(message)
    client.connect("127.0.0.1", port)
    subscribed: list[object] = []
    client.on_subscribe = lambda *_: subscribed.append(1)
    client.loop_start()
    client.subscribe("plant/a/#", qos=1)
    wait_until(lambda: subscribed)
    command = [*SIM, "replay", str(path), "--as", "mqtt", "--url", broker, "--topic-prefix", "plant/a"]
    done = subprocess.run([*command, "--rate", "6000"], capture_output=True, text=True, timeout=60, check=True)
    changes = recording.changes
    wait_until(lambda: len(messages) >= len(changes))
    client.loop_stop()
    assert json.loads(done.stdout)["played"] == len(changes)
    assert [(m.topic, json.loads(m.payload), m.qos) for m in messages] == [
        (f"plant/a/{c.address}", {"value": c.value, "at": rfc3339(c.at)}, 1) for c in changes
    ]


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["missing.txt", "--as", "opcua", "--port", "1"], "missing.txt", 1),
        (["{file}", "--as", "opcua"], "--port", 2),
        (["{file}", "--as", "mqtt", "--topic-prefix", "p"], "--url", 2),
        (["{file}", "--as", "mqtt", "--topic-prefix", "p", "--url", "mqtt://127.0.0.1:1"], "127.0.0.1:1", 1),
    ],
)
def test_a_mistake_is_one_clear_line(arguments: list[str], says: str, code: int, tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("2016-05-25T05:00:00Z|item|1\n")
    command = [*SIM, "replay", *(a.replace("{file}", str(file)) for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
