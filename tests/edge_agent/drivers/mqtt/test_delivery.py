"""The MQTT driver against a real Mosquitto: nothing is acknowledged before it is durable, nothing comes twice."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from edge_agent.drivers.mqtt import link
from edge_agent.drivers.mqtt.settings import SignalSettings
from edge_agent.drivers.port import Driver
from edge_agent.reading import Delivery
from tests.support.drivers import running
from tests.support.feeds import Collector
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually

Drivers = Callable[..., Driver]
Numbered = Callable[[str, range], list[tuple[str, str]]]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_every_message_arrives_in_order_with_its_own_time(
    broker: Broker, driver_of: Drivers, numbered: Numbered, protocol: str
):
    async with running(driver_of(broker, "shop/a", protocol=protocol)) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, numbered("shop/a", range(500)))
        await eventually(lambda: len(run.feed.readings) == 500)
        assert run.feed.values(0) == list(range(500))
        times = [r.at_us for r in run.feed.readings]
        assert [t - times[0] for t in times] == list(range(500))


async def test_what_was_not_durable_comes_again_and_is_recorded_once(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    driver = driver_of(broker, "shop/a")
    feed = Collector()
    async with running(driver, feed) as run:
        await eventually(lambda: feed.connects)
        feed.hold = asyncio.Event()
        publish(broker, numbered("shop/a", range(20)))
        await eventually(lambda: feed.waiting)
        assert not run.task.done()
    assert feed.readings == []
    feed.hold = None
    async with running(driver, feed):
        await eventually(lambda: len(feed.readings) == 20)
        assert feed.values(0) == list(range(20))


class StoredButNotSaid(Collector):
    """Durable, and then the agent dies before it can acknowledge."""

    async def deliver(self, delivery: Delivery) -> None:
        await super().deliver(delivery)
        await asyncio.Event().wait()


async def test_what_was_durable_but_not_acknowledged_is_known_when_it_comes_again(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    driver = driver_of(broker, "shop/a")
    first = StoredButNotSaid()
    async with running(driver, first):
        await eventually(lambda: first.connects)
        publish(broker, numbered("shop/a", range(1)))
        await eventually(lambda: first.readings)
    second = Collector(inbox=first.inbox)
    async with running(driver, second):
        await eventually(lambda: second.connects)
        publish(broker, numbered("shop/a", range(1, 3)))
        await eventually(lambda: len(second.readings) == 2)
        assert second.values(0) == [1, 2]
    third = Collector()
    async with running(driver, third):
        await eventually(lambda: third.connects)
        publish(broker, numbered("shop/a", range(9, 10)))
        await eventually(lambda: third.readings)
        assert third.values(0) == [9]  # nothing was left to come again


async def test_messages_of_the_agents_absence_wait_at_the_broker(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    driver = driver_of(broker, "shop/a")
    async with running(driver) as run:
        await eventually(lambda: run.feed.connects)
    publish(broker, numbered("shop/a", range(300)))
    async with running(driver) as again:
        await eventually(lambda: len(again.feed.readings) == 300)
        assert again.feed.values(0) == list(range(300))


async def test_retained_messages_are_the_current_values(broker: Broker, driver_of: Drivers, numbered: Numbered):
    publish(broker, numbered("shop/a", range(7, 8)), retain=True)
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.readings)
        assert run.feed.values(0) == [7]


async def test_a_full_queue_holds_the_broker_back_and_loses_nothing(
    broker: Broker, driver_of: Drivers, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(link, "MAX_HELD", 50)
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.connects)
        run.feed.hold = asyncio.Event()
        publish(broker, numbered("shop/a", range(2000)))
        await eventually(lambda: run.feed.waiting)
        run.feed.hold.set()
        await eventually(lambda: len(run.feed.readings) == 2000)
        assert run.feed.values(0) == list(range(2000))
        assert max(len(d.readings) for d in run.feed.deliveries) <= 50


async def test_one_bad_payload_degrades_only_the_signals_of_its_topic(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    whole = SignalSettings(topic="shop/c")
    async with running(driver_of(broker, "shop/a", "shop/b", whole)) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, [("shop/a", "{broken"), *numbered("shop/b", range(1)), ("shop/c", "x" * 300_000)])
        await eventually(lambda: len(run.feed.readings) == 3)
        assert [(r.value, r.code) for r in run.feed.readings] == [(None, "BadPayload"), (0, None), (None, "TooLarge")]
        assert set(run.feed.faults) == {0, 2}
        assert "shop/a: the message is not JSON" in run.feed.faults[0]
        publish(broker, [*numbered("shop/a", range(1)), ("shop/c", "READY")])
        await eventually(lambda: len(run.feed.readings) == 5)
        assert run.feed.faults == {}
        assert run.feed.values(2) == [None, "READY"]


async def test_topics_of_an_earlier_configuration_are_given_up(broker: Broker, driver_of: Drivers, numbered: Numbered):
    async with running(driver_of(broker, "shop/old", "shop/a")) as before:
        await eventually(lambda: before.feed.connects)
    publish(broker, [*numbered("shop/old", range(3)), *numbered("shop/a", range(3))])
    async with running(driver_of(broker, "shop/a")) as after:
        await eventually(lambda: len(after.feed.readings) == 3)
        assert after.feed.values(0) == [0, 1, 2]


async def test_a_run_ends_at_once_while_its_queue_is_full(
    broker: Broker, driver_of: Drivers, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(link, "MAX_HELD", 10)
    before = threading.active_count()
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.connects)
        run.feed.hold = asyncio.Event()
        publish(broker, numbered("shop/a", range(500)))
        await eventually(lambda: run.feed.waiting)
    names = [thread.name for thread in threading.enumerate()]
    assert threading.active_count() <= before + 1, names  # the loop's own worker may stay
    assert not [name for name in names if "paho" in name]
