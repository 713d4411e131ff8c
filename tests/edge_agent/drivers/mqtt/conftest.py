"""A Mosquitto for each test, and drivers reading from it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt.driver import create
from edge_agent.drivers.mqtt.settings import ConnectionSettings, SignalSettings
from edge_agent.drivers.port import Driver
from tests.support.servers import Broker, mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def driver_of(tmp_path: Path) -> Callable[..., Driver]:
    """A driver reading topics (value at $.value, time at $.at) or whole signal settings."""

    def build(broker: Broker, *signals: str | SignalSettings, **connection: object) -> Driver:
        named = [SignalSettings(topic=s, path="$.value", time="$.at") if isinstance(s, str) else s for s in signals]
        return create(ConnectionSettings(url=broker.url, **connection), named, "test", tmp_path)

    return build


@pytest.fixture
def numbered() -> Callable[[str, range], list[tuple[str, str]]]:
    """Messages that carry their number as value and as microseconds of their time."""

    def build(topic: str, numbers: range) -> list[tuple[str, str]]:
        return [(topic, json.dumps({"value": n, "at": f"2026-11-20T09:00:00.{n:06d}Z"})) for n in numbers]

    return build
