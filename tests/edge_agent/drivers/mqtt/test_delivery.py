"""The MQTT driver against a real Mosquitto: nothing is acknowledged before it is durable, nothing comes twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt.driver import create
from edge_agent.drivers.mqtt.settings import ConnectionSettings, SignalSettings
from tests.support.feeds import Collector
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually, mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@asynccontextmanager
async def reading(broker: Broker, *signals: SignalSettings, **connection: object) -> AsyncIterator[Collector]:
    feed = Collector()
    settings = ConnectionSettings(url=broker.url, **connection)
    running = asyncio.create_task(create(settings, list(signals), "test", Path()).run(feed))
    try:
        yield feed
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def value(topic: str) -> SignalSettings:
    return SignalSettings(topic=topic, path="$.value", time="$.at")


def message(number: int) -> str:
    return json.dumps({"value": number, "at": f"2026-11-20T09:00:00.{number:06d}Z"})


async def test_every_message_arrives_in_order_with_its_own_time(broker: Broker):
    async with reading(broker, value("shop/a")) as feed:
        await eventually(lambda: feed.connects)
        publish(broker, [("shop/a", message(n)) for n in range(500)])
        await eventually(lambda: len(feed.readings) == 500)
        assert feed.values(0) == list(range(500))
        times = [r.at_us for r in feed.readings]
        assert [t - times[0] for t in times] == list(range(500))
