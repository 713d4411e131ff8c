"""Several machines on shared topics, against a real Mosquitto, from the settings file to the readings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt.driver import create
from edge_agent.drivers.mqtt.settings import Alive, SignalSettings
from edge_agent.drivers.port import Driver, Misconfigured
from edge_agent.settings import MachineSettings
from edge_agent.settings_file import read_settings
from tests.support.drivers import running
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually

Drivers = Callable[..., Driver]
Numbered = Callable[[str, range], list[tuple[str, str]]]

PRESSES = """
[agent]
id = "pi-1"
site = "main"
data_dir = "data"
[hub]
url = "http://hub.example:8000"
[[machines]]
id = "press-1"
driver = "mqtt"
[machines.mqtt]
url = "URL"
time_zone = "Asia/Tokyo"
encoding = "shift_jis"
[machines.signals]
execution = { topic = "shop/{machine}/state", path = "$.state", time = "$.at" }
load = { topic = "gateway", each = "$.values", where = { "$.id" = "{machine}.load" }, path = "$.v", unit = "%" }
[machines.conditions]
alarm = { topic = "alarms", where = { "$.machine" = "{machine}" }, path = "$.text" }
[[machines]]
id = "press-2"
like = "press-1"
[[machines]]
id = "press-3"
like = "press-1"
fill = { machine = "P003" }
"""


def drivers_of(tmp_path: Path, broker: Broker) -> list[Driver]:
    path = tmp_path / "agent.toml"
    path.write_text(PRESSES.replace("URL", broker.url), encoding="utf-8")

    def built(one: MachineSettings) -> Driver:
        return create(one.connection, one.addresses, f"test-{one.id}", tmp_path)  # type: ignore[arg-type]  # MQTT's own

    return [built(one) for one in read_settings(path, {}).machines]


def sjis(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("cp932")


async def test_machines_written_once_each_hear_their_own(tmp_path: Path, broker: Broker):
    first, second, third = drivers_of(tmp_path, broker)
    async with running(first) as one, running(second) as two, running(third) as three:
        await eventually(lambda: one.feed.connects and two.feed.connects and three.feed.connects)
        values = [{"id": f"{name}.load", "v": n} for n, name in enumerate(("press-1", "press-2", "P003", "other"))]
        publish(
            broker,
            [
                ("shop/press-1/state", sjis({"state": "ACTIVE", "at": "2026/11/20 09:00:37.383"})),
                ("shop/P003/state", sjis({"state": "READY", "at": "2026/11/20 09:00:38.383"})),
                ("gateway", sjis({"values": values})),
                ("alarms", sjis({"machine": "P003", "text": "非常停止表示"})),
            ],
        )
        await eventually(lambda: len(three.feed.readings) == 3)
        await eventually(lambda: len(one.feed.readings) == 2 and len(two.feed.readings) == 1)
        assert [r.value for r in one.feed.readings] == ["ACTIVE", 0]
        assert [r.value for r in two.feed.readings] == [1]
        assert [r.value for r in three.feed.readings] == ["READY", 2, "非常停止表示"]
        assert (three.feed.readings[0].at_us or 0) - (one.feed.readings[0].at_us or 0) == 1_000_000


async def test_check_tells_topics_that_speak_of_others_from_silent_ones(tmp_path: Path, broker: Broker):
    publish(
        broker, [("alarms", sjis({"machine": "press-2", "text": "x"})), ("gateway", sjis({"values": []}))], retain=True
    )
    found = await drivers_of(tmp_path, broker)[0].probe(0.5)
    assert [probe.ok for probe in found] == [False, False, False]
    assert "shop/press-1/state: no message within 0.5 s" in (found[0].advice or "")
    assert "none about this one" in (found[1].advice or "")
    assert "none about this one" in (found[2].advice or "")


async def test_wildcards_bring_each_message_once_and_retained_ones_first(broker: Broker, driver_of: Drivers):
    publish(broker, [("shop/p1/orders/7/done", "1")], retain=True)
    signals = [
        SignalSettings(topic="shop/p1/orders/+/done", level=4),
        SignalSettings(topic="shop/p1/orders/#"),
        SignalSettings(topic="shop/p1/orders/8/done"),
    ]
    async with running(driver_of(broker, *signals, alive=None)) as run:
        await eventually(lambda: len(run.feed.readings) == 2)
        publish(broker, [("shop/p1/orders/8/done", "2"), ("shop/p1/orders", "3"), ("shop/p1/orders/9/done", "4")])
        await eventually(lambda: run.feed.values(1)[-1:] == [4])
        assert run.feed.values(0) == ["7", "8", "9"]
        assert run.feed.values(1) == [1, 2, 3, 4]
        assert run.feed.values(2) == [2]
        assert [r.held for r in run.feed.of(1)] == [True, False, False, False]


async def test_a_heartbeat_among_the_topics_of_a_wildcard_is_heard(broker: Broker, driver_of: Drivers):
    alive = Alive(topic="shop/p1/alive", limit_s=60)
    async with running(driver_of(broker, SignalSettings(topic="shop/p1/+"), alive=alive)) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, [("shop/p1/alive", "1")])
        await eventually(lambda: run.feed.lives_us)
        assert run.feed.values(0) == [1]


def test_wildcards_that_would_bring_messages_twice_are_refused(broker: Broker, driver_of: Drivers):
    with pytest.raises(Misconfigured, match=r"shop/\+/a and shop/p1/\+ may match the same topic"):
        driver_of(broker, SignalSettings(topic="shop/+/a"), SignalSettings(topic="shop/p1/+"))


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("old", ["shop/#", "+/+", "shop/old"])
async def test_what_an_earlier_configuration_subscribed_to_is_given_up(
    tmp_path: Path, broker: Broker, driver_of: Drivers, numbered: Numbered, old: str, remembered: bool
):
    async with running(driver_of(broker, SignalSettings(topic=old))) as before:
        await eventually(lambda: before.feed.connects)
    if not remembered:
        (tmp_path / "mqtt-test.json").unlink()
    publish(broker, numbered("shop/old", range(3)))
    async with running(driver_of(broker, "shop/a")) as after:
        await eventually(lambda: after.feed.connects)
        publish(broker, numbered("shop/a", range(4)))
        await eventually(lambda: after.feed.values(0)[-1:] == [3])
    publish(broker, [("shop/old", "9"), *numbered("shop/a", range(4, 5))])
    async with running(driver_of(broker, "shop/a", SignalSettings(topic="shop/old"))) as again:
        await eventually(lambda: again.feed.values(0)[-1:] == [4])
        assert again.feed.values(1) == []  # nobody kept it for us: the old subscription had ended


async def test_a_memory_that_cannot_be_kept_stops_nothing(
    tmp_path: Path, broker: Broker, driver_of: Drivers, numbered: Numbered
):
    (tmp_path / "mqtt-test.json").write_bytes(b"\xff{torn")
    (tmp_path / "mqtt-test.new").mkdir()
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, numbered("shop/a", range(2)))
        await eventually(lambda: run.feed.values(0) == [0, 1])


@pytest.mark.parametrize(("old", "new"), [("shop/+/a", "shop/p1/a"), ("shop/p1/a", "shop/+/a"), ("shop/#", "shop/+/a")])
async def test_a_topic_written_otherwise_is_not_heard_twice(
    broker: Broker, driver_of: Drivers, numbered: Numbered, old: str, new: str
):
    async with running(driver_of(broker, SignalSettings(topic=old))) as before:
        await eventually(lambda: before.feed.connects)
    async with running(driver_of(broker, SignalSettings(topic=new, path="$.value"))) as after:
        await eventually(lambda: after.feed.connects)
        publish(broker, numbered("shop/p1/a", range(5)))
        await eventually(lambda: after.feed.values(0)[-1:] == [4])
        publish(broker, numbered("shop/p1/a", range(5, 6)))
        await eventually(lambda: after.feed.values(0)[-1:] == [5])
        assert after.feed.values(0) == list(range(6))
