"""TLS against a real Mosquitto: what is trusted, what is refused, and what is said of each refusal."""

import asyncio
import contextlib
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge_agent.drivers.mqtt.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.authority import Authority, Pair
from tests.support.drivers import running
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually, mosquitto

Drivers = Callable[..., Driver]
Numbered = Callable[[str, range], list[tuple[str, str]]]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


def secured(folder: Path, trusted: Authority, pair: Pair, *more: str) -> Iterator[Broker]:
    lines = [f"cafile {trusted.ca_file}", f"certfile {pair.certificate}", f"keyfile {pair.key}", *more]
    return mosquitto(folder, extra="\n".join(lines), tls=True)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_messages_come_over_tls(
    tmp_path: Path, ours: Authority, driver_of: Drivers, numbered: Numbered, protocol: str
):
    with secured(tmp_path / "b", ours, ours.sign("broker", "127.0.0.1")) as broker:
        async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file, protocol=protocol)) as run:
            await eventually(lambda: run.feed.connects)
            publish(broker, numbered("shop/a", range(3000)), ca_file=ours.ca_file)
            publish(broker, [("shop/a", '{"value":"' + "x" * 200_000 + '","at":0}')], ca_file=ours.ca_file)
            await eventually(lambda: len(run.feed.readings) == 3001)
            assert run.feed.values(0)[:3000] == list(range(3000))


async def test_a_broker_known_by_another_name_than_its_address(tmp_path: Path, ours: Authority, driver_of: Drivers):
    with secured(tmp_path / "b", ours, ours.sign("broker", "broker.example")) as broker:
        async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file, server_name="broker.example")) as run:
            await eventually(lambda: run.feed.connects)
        async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file)) as run:
            why = await run.ended()
    assert isinstance(why, Misconfigured)
    assert "the broker's certificate is not for 127.0.0.1" in str(why)


async def test_a_client_certificate_is_shown_where_the_broker_wants_one(
    tmp_path: Path, ours: Authority, driver_of: Drivers
):
    agent = ours.sign("edge")
    stranger = Authority(tmp_path / "others", "another authority").sign("stranger")
    namesake = Authority(tmp_path / "same name").sign("namesake")
    late = ours.sign("late", begins_days=-9, ends_days=-1)
    with secured(tmp_path / "b", ours, ours.sign("broker", "127.0.0.1"), "require_certificate true") as broker:

        async def told(**files: Path) -> str:
            async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file, **files)) as run:
                why = await run.ended()
            assert isinstance(why, Misconfigured), why
            return str(why)

        async with running(
            driver_of(
                broker, "shop/a", ca_file=ours.ca_file, client_certificate=agent.certificate, client_key=agent.key
            )
        ) as run:
            await eventually(lambda: run.feed.connects)
        assert "set client_certificate and client_key" in await told()
        assert "does not know the authority" in await told(
            client_certificate=stranger.certificate, client_key=stranger.key
        )
        assert "of the same name" in await told(client_certificate=namesake.certificate, client_key=namesake.key)
        assert "client_certificate expired" in await told(client_certificate=late.certificate, client_key=late.key)


@pytest.mark.parametrize(
    ("begins", "ends", "says"), [(-9, -1, "has expired"), (1, 9, "not valid yet; is this computer's clock right?")]
)
async def test_a_broker_whose_certificate_is_out_of_date(
    tmp_path: Path, ours: Authority, driver_of: Drivers, begins: int, ends: int, says: str
):
    pair = ours.sign("broker", "127.0.0.1", begins_days=begins, ends_days=ends)
    with secured(tmp_path / "b", ours, pair) as broker:
        async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file)) as run:
            assert says in str(await run.ended())


async def test_a_certificate_that_ends_soon_is_told_in_time(
    tmp_path: Path, ours: Authority, driver_of: Drivers, capsys: pytest.CaptureFixture[str]
):
    for name, days in (("short", 10), ("long", 29 + 300)):
        with secured(tmp_path / name, ours, ours.sign(name, "127.0.0.1", ends_days=days)) as broker:
            async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file)) as run:
                await eventually(lambda feed=run.feed: feed.connects)
        assert ("certificate ends soon" in capsys.readouterr().out) == (name == "short")


async def test_a_host_that_never_shakes_hands_is_given_up(tmp_path: Path, ours: Authority, driver_of: Drivers):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        there = Broker(tmp_path, deaf.getsockname()[1], tls=True)
        async with running(driver_of(there, "shop/a", ca_file=ours.ca_file, connect_timeout_s=0.3)) as run:
            why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "no answer in time" in str(why)


async def test_a_strange_authority_is_refused(tmp_path: Path, ours: Authority, driver_of: Drivers):
    others = Authority(tmp_path / "others", "another authority")
    with secured(tmp_path / "b", others, others.sign("broker", "127.0.0.1")) as broker:
        for files, says in (({}, "give its certificate as ca_file"), ({"ca_file": ours.ca_file}, "the right one")):
            async with running(driver_of(broker, "shop/a", **files)) as run:
                why = await run.ended()
            assert isinstance(why, Misconfigured)
            assert says in str(why)


async def test_tls_where_there_is_none_and_none_where_there_is(
    tmp_path: Path, ours: Authority, broker: Broker, driver_of: Drivers
):
    broker.tls = True
    async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file, connect_timeout_s=2)) as run:
        why = await run.ended()
    assert isinstance(why, ConnectionLost | Misconfigured)
    assert "TLS port" in str(why)
    with secured(tmp_path / "b", ours, ours.sign("broker", "127.0.0.1")) as other:
        other.tls = False
        async with running(driver_of(other, "shop/a")) as run:
            assert "not mqtts://" in str(await run.ended())


def serve_old_tls(listening: socket.socket, pair: Pair) -> None:
    """Answers one client with TLS 1.1, as old as a broker may still be (Mosquitto itself cannot be held to it)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_1
    client, _ = listening.accept()
    with client, contextlib.suppress(OSError), context.wrap_socket(client, server_side=True):
        pass


async def test_tls_older_than_1_2_is_refused(tmp_path: Path, ours: Authority, driver_of: Drivers):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        there = Broker(tmp_path, listening.getsockname()[1], tls=True)
        old = asyncio.create_task(asyncio.to_thread(serve_old_tls, listening, ours.sign("broker", "127.0.0.1")))
        async with running(driver_of(there, "shop/a", ca_file=ours.ca_file)) as run:
            why = await run.ended()
        await old
    assert isinstance(why, Misconfigured)
    assert "at least 1.2" in str(why)


async def test_files_that_cannot_be_used_are_named(tmp_path: Path, ours: Authority, driver_of: Drivers):
    agent, other = ours.sign("edge"), ours.sign("other")
    locked = ours.sign("locked", password=b"secret")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")

    async def told(**files: Path) -> str:
        async with running(driver_of(Broker(tmp_path, 1, tls=True), "shop/a", **files)) as run:
            why = await run.ended()
        assert isinstance(why, Misconfigured), why
        return str(why)

    assert "no.pem (ca_file) cannot be read" in await told(ca_file=tmp_path / "no.pem")
    assert "empty.pem (ca_file) holds no certificate" in await told(ca_file=empty)
    assert "no.pem (client_key) cannot be read" in await told(
        client_certificate=agent.certificate, client_key=tmp_path / "no.pem"
    )
    assert "is not the key of" in await told(client_certificate=agent.certificate, client_key=other.key)
    assert "the key without a password" in await told(client_certificate=locked.certificate, client_key=locked.key)
    assert "both must be PEM" in await told(client_certificate=empty)


async def test_a_broker_that_dies_is_lost_as_without_tls(tmp_path: Path, ours: Authority, driver_of: Drivers):
    with secured(tmp_path / "b", ours, ours.sign("broker", "127.0.0.1")) as broker:
        async with running(driver_of(broker, "shop/a", ca_file=ours.ca_file)) as run:
            await eventually(lambda: run.feed.connects)
            broker.stop(kill=True)
            why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "the connection to the broker was lost" in str(why)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "mqtt://192.0.2.5", "ca_file": "ca.pem"}, "write mqtts://"),
        ({"url": "mqtts://192.0.2.5", "client_key": "key.pem"}, "client_key needs a client_certificate"),
    ],
)
def test_settings_of_tls_belong_together(fields: dict[str, str], says: str):
    with pytest.raises(ValidationError, match=says):
        ConnectionSettings(**fields)
