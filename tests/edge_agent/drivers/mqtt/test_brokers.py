"""Brokers as they behave: restarted with and without memory, full of rules, asked by two clients of one name."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt import link, quirks
from edge_agent.drivers.mqtt.settings import SignalSettings
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.drivers import running
from tests.support.feeds import Collector
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually, mosquitto

Drivers = Callable[..., Driver]
Numbered = Callable[[str, range], list[tuple[str, str]]]

VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


@VERSIONS
async def test_a_broker_with_memory_gives_what_came_before_and_after_its_restart(
    tmp_path: Path, driver_of: Drivers, numbered: Numbered, protocol: str
):
    with mosquitto(tmp_path / "b") as broker:
        driver, feed = driver_of(broker, "shop/a", protocol=protocol), Collector()
        async with running(driver, feed):
            await eventually(lambda: feed.connects)
        publish(broker, numbered("shop/a", range(5)))
        broker.stop()
        broker.start()
        publish(broker, numbered("shop/a", range(5, 10)))
        async with running(driver, feed):
            await eventually(lambda: len(feed.readings) == 10)
            assert feed.values(0) == list(range(10))


@VERSIONS
async def test_a_broker_without_memory_is_subscribed_to_anew(
    tmp_path: Path, driver_of: Drivers, numbered: Numbered, protocol: str
):
    with mosquitto(tmp_path / "b", persistent=False) as broker:
        driver, feed = driver_of(broker, "shop/a", protocol=protocol), Collector()
        async with running(driver, feed) as run:
            await eventually(lambda: feed.connects)
            broker.stop(kill=True)
            assert isinstance(await run.ended(), ConnectionLost)
        broker.start()
        async with running(driver, feed):
            await eventually(lambda: feed.connects == 2)
            publish(broker, numbered("shop/a", range(5)))
            await eventually(lambda: len(feed.readings) == 5)


@VERSIONS
async def test_a_second_client_of_the_same_name_is_told(broker: Broker, driver_of: Drivers, protocol: str):
    async with running(driver_of(broker, "shop/a", protocol=protocol, client_id="cell-1")) as first:
        await eventually(lambda: first.feed.connects)
        async with running(driver_of(broker, "shop/b", protocol=protocol, client_id="cell-1")) as second:
            await eventually(lambda: second.feed.connects)
            why = await first.ended()
            assert not second.task.done()
    assert isinstance(why, ConnectionLost)  # this Mosquitto closes without a word; one that says why: test_link
    assert "no other client using this client's name" in str(why)


async def test_a_message_too_large_for_memory_is_left_out_and_the_rest_flows(
    broker: Broker, driver_of: Drivers, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(quirks, "MAXIMUM_PACKET", 1_000_000)
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, [("shop/a", b"x" * 1_100_000), ("shop/a", b"x" * 900_000), *numbered("shop/a", range(2))])
        await eventually(lambda: run.feed.values(0) == [None, 0, 1])
        assert run.feed.readings[0].code == "TooLarge"


async def test_large_messages_fill_the_queue_and_none_is_lost(
    broker: Broker, driver_of: Drivers, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(link, "MAX_HELD_BYTES", 300_000)
    big = [("shop/a", '{"value":' + str(n) + ',"at":0,"rest":"' + "x" * 100_000 + '"}') for n in range(30)]
    async with running(driver_of(broker, "shop/a")) as run:
        await eventually(lambda: run.feed.connects)
        publish(broker, big)
        await eventually(lambda: run.feed.values(0) == list(range(30)))


async def test_a_broker_that_finds_our_packets_too_large_says_so(tmp_path: Path, driver_of: Drivers):
    topics = [SignalSettings(topic=f"shop/{'x' * 500}/{n}") for n in range(5)]
    with mosquitto(tmp_path / "b", extra="max_packet_size 1000") as broker:
        async with running(driver_of(broker, *topics)) as run:
            why = await run.ended()
    assert isinstance(why, Misconfigured)
    assert "raise its limit" in str(why)


def refuse_second_topic(listening: socket.socket, protocol: str) -> None:
    """A broker with rules about subscriptions (Mosquitto's rule files have none): grants the first topic only."""
    modern = protocol == "5"
    client, _ = listening.accept()
    with client, contextlib.suppress(OSError):
        client.recv(1000)
        client.sendall(b"\x20\x03\x00\x00\x00" if modern else b"\x20\x02\x00\x00")
        packet_id = client.recv(1000)[2:4]
        client.sendall(b"\x90\x05" + packet_id + b"\x00\x01\x87" if modern else b"\x90\x04" + packet_id + b"\x01\x80")
        topic = b"\x00\x06shop/a" + (b"\x00" if modern else b"")
        client.sendall(bytes([0x30, len(topic) + 18]) + topic + b'{"value":7,"at":0}')
        client.recv(1000)


@VERSIONS
async def test_a_topic_we_may_not_read_degrades_only_itself(tmp_path: Path, driver_of: Drivers, protocol: str):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        answering = asyncio.create_task(asyncio.to_thread(refuse_second_topic, listening, protocol))
        there = Broker(tmp_path, listening.getsockname()[1])
        async with running(driver_of(there, "shop/a", "shop/b", protocol=protocol)) as run:
            await eventually(lambda: run.feed.values(0) == [7])
            assert list(run.feed.faults) == [1]
            assert "give this user the right there" in run.feed.faults[1]
        await answering
