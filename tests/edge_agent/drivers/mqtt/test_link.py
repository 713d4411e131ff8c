"""The link to a broker: proof of life, loss, refusal, and the machine's own heartbeat."""

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt import advice
from edge_agent.drivers.mqtt.settings import Alive
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.drivers import running
from tests.support.feeds import Collector
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually, free_port, mosquitto

Drivers = Callable[..., Driver]
Numbered = Callable[[str, range], list[tuple[str, str]]]


async def test_the_brokers_ping_answers_are_proof_of_life(broker: Broker, driver_of: Drivers):
    async with running(driver_of(broker, "shop/a", keepalive_s=2)) as run:
        await eventually(lambda: run.feed.lives_us, what="a ping answer")
        assert abs(run.feed.lives_us[0] / 1e6 - time.time()) < 1
        assert run.feed.readings == []


async def test_a_broker_that_restarts_is_lost_and_then_gives_what_was_missed(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    driver = driver_of(broker, "shop/a")
    async with running(driver) as run:
        await eventually(lambda: run.feed.connects)
        broker.stop()
        why = await run.ended()
        assert isinstance(why, ConnectionLost)
        assert broker.url in str(why)
    broker.start()
    publish(broker, numbered("shop/a", range(5)))
    async with running(driver) as again:
        await eventually(lambda: len(again.feed.readings) == 5)


async def test_a_broker_that_hangs_is_noticed(broker: Broker, driver_of: Drivers):
    async with running(driver_of(broker, "shop/a", keepalive_s=2)) as run:
        await eventually(lambda: run.feed.connects)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGSTOP)
        try:
            assert isinstance(await run.ended(), ConnectionLost)
        finally:
            broker.process.send_signal(signal.SIGCONT)


async def test_nobody_there_is_said(driver_of: Drivers, tmp_path: Path):
    async with running(driver_of(Broker(tmp_path, free_port()), "shop/a")) as run:
        why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "nothing listens there" in str(why)


async def test_a_host_that_is_no_broker_is_given_up(driver_of: Drivers, tmp_path: Path):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        there = Broker(tmp_path, deaf.getsockname()[1])
        async with running(driver_of(there, "shop/a", connect_timeout_s=0.3)) as run:
            why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "no answer in time" in str(why)


async def test_user_and_password_are_asked_and_checked(
    tmp_path: Path, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    words = tmp_path / "word"
    words.write_text("right\n")
    with mosquitto(tmp_path / "broker", users={"edge": "right"}) as broker:
        async with running(driver_of(broker, "shop/a")) as run:
            why = await run.ended()
            assert isinstance(why, Misconfigured)
            assert "username and password" in str(why)
        async with running(driver_of(broker, "shop/a", username="edge", password_file=words)) as run:
            await eventually(lambda feed=run.feed: feed.connects)
        monkeypatch.setenv("BROKER_PASSWORD", "wrong")
        async with running(driver_of(broker, "shop/a", username="edge", password_env="BROKER_PASSWORD")) as run:
            why = await run.ended()
            assert isinstance(why, Misconfigured)
            assert "wrong" not in str(why)
        monkeypatch.delenv("BROKER_PASSWORD")
        async with running(driver_of(broker, "shop/a", username="edge", password_env="BROKER_PASSWORD")) as run:
            assert "BROKER_PASSWORD" in str(await run.ended())


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (0x87, Misconfigured, "username and password"),
        (0x84, Misconfigured, "protocol"),
        (0x8E, Misconfigured, "same name"),
        (0x89, ConnectionLost, "Server busy"),
    ],
)
def test_what_a_brokers_refusal_means(code: int, kind: type, says: str):
    told = advice.refused(code, "Server busy", "mqtt://192.0.2.5")
    assert isinstance(told, kind)
    assert says in str(told)


async def beating(broker: Broker, feed: Collector) -> None:
    """Sends heartbeats until the driver has heard one: it subscribes to them only once it is connected."""

    async def heard() -> bool:
        publish(broker, [("shop/alive", "1")])
        return bool(feed.connects)

    await eventually(heard, what="the heartbeat heard")


async def test_a_machine_with_a_heartbeat_lives_by_it_alone(broker: Broker, driver_of: Drivers, numbered: Numbered):
    alive = Alive(topic="shop/alive", limit_s=3, dead="gone")
    async with running(driver_of(broker, "shop/a", alive=alive)) as run:
        await beating(broker, run.feed)
        await eventually(lambda: run.feed.lives_us)
        publish(broker, numbered("shop/a", range(1, 3)))
        await eventually(lambda: run.feed.values(0)[-1:] == [2])
        # messages of the machine's other topics prove the path only
        assert max(run.feed.lives_us) < run.feed.deliveries[-1].seen_us
        why = await run.ended()
        assert isinstance(why, ConnectionLost)
        assert "no heartbeat for 3 s" in str(why)


async def test_a_machine_without_its_heartbeat_is_not_connected(broker: Broker, driver_of: Drivers):
    publish(broker, [("shop/alive", "1")], retain=True)
    async with running(driver_of(broker, "shop/a", alive=Alive(topic="shop/alive", limit_s=0.3))) as run:
        assert "no heartbeat" in str(await run.ended())
        assert run.feed.connects == 0


async def test_the_last_will_ends_it_at_once(broker: Broker, driver_of: Drivers):
    alive = Alive(topic="shop/alive", limit_s=60, dead="gone")
    async with running(driver_of(broker, "shop/a", alive=alive)) as run:
        await beating(broker, run.feed)
        publish(broker, [("shop/alive", "gone")])
        why = await run.ended()
        assert isinstance(why, ConnectionLost)
        assert "last will" in str(why)


async def test_probe_shows_what_each_topic_says_and_takes_nothing_away(
    broker: Broker, driver_of: Drivers, numbered: Numbered
):
    driver = driver_of(broker, "shop/a", "shop/b", "shop/c")
    async with running(driver) as run:
        await eventually(lambda: run.feed.connects)
    publish(broker, [*numbered("shop/a", range(5, 6)), ("shop/c", "nonsense")], retain=True)
    found = await driver.probe(0.5)
    assert [(p.address, p.ok, p.value) for p in found] == [(0, True, 5), (1, False, None), (2, False, None)]
    assert "no message within 0.5 s" in (found[1].advice or "")
    assert "not JSON" in (found[2].advice or "")
    async with running(driver) as again:
        await eventually(lambda: again.feed.values(0))
