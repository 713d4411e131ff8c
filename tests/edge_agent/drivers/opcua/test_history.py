"""What a server recorded while nobody looked is read and told, and nothing is made up."""

import time
from collections.abc import Callable, Iterator

import pytest

from contract.records import CONNECTION_LOST
from contract.times import rfc3339
from edge_agent.drivers.opcua import history
from edge_agent.drivers.port import Driver
from edge_agent.reading import Reading
from tests.support.drivers import Running, running
from tests.support.feeds import Collector
from tests.support.node_opcua import Peer, node_server
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
Drivers = Callable[..., Driver]
SECOND = 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    variables = [
        {"name": "Execution", "type": "String", "history": True},
        {"name": "Load", "type": "Double", "history": True},
        {"name": "Plain", "type": "String", "value": "x"},
        {"name": "Many", "type": "Int32", "history": True},
    ]
    with node_server("plant.js", variables=variables, limits={"maxNodesPerHistoryReadData": 1}) as peer:
        yield peer


def say(server: Peer, at_us: int, **values: object) -> None:
    assert server.ask(set=values, at=rfc3339(at_us)) == {}


def now_ms() -> int:
    """Now, in whole milliseconds as the server keeps them, µs."""
    return time.time_ns() // 1_000_000 * 1_000


def replayed(run: Running) -> list[Reading]:
    return [reading for delivery in run.feed.deliveries if delivery.replayed for reading in delivery.readings]


async def test_the_values_of_a_blind_time_and_what_was_held_when_it_began(server: Peer, driver_of: Drivers):
    begun = now_ms()
    say(server, begun + 1_000, Execution="READY", Load=1.0)
    say(server, begun + 50_000, Execution="ACTIVE", Load=2.0)
    since, until = begun + 100_000, begun + 400_000
    say(server, begun + 200_000, Execution="INTERRUPTED", Load=3.0)
    say(server, begun + 300_000, Execution="READY")
    await eventually(lambda: now_ms() > until)
    say(server, until + 50_000, Execution="ACTIVE")
    nodes = [f"nsu={server.told['uri']};s={name}" for name in ("Execution", "Load", "Plain")]
    async with running(driver_of(server.endpoint, *nodes), Collector(blind=(since, until))) as run:
        await eventually(lambda: replayed(run))
        told = replayed(run)
        assert [(r.value, r.at_us, r.held) for r in told if r.address == 0] == [
            ("ACTIVE", since, True),
            ("INTERRUPTED", begun + 200_000, False),
            ("READY", begun + 300_000, False),
        ]
        assert [(r.value, r.at_us, r.held) for r in told if r.address == 1] == [
            (2.0, since, True),
            (3.0, begun + 200_000, False),
        ]
        assert {r.address for r in told} == {0, 1}, "a node without a history tells nothing"
        await eventually(lambda: sum(len(d.readings) for d in run.feed.deliveries if not d.replayed) == 3)


async def test_slices_stand_by_themselves(server: Peer, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "SLICE_US", 100_000)
    monkeypatch.setattr(history, "VALUES_PER_CALL", 3)
    begun = now_ms()
    say(server, begun, Many=0)
    for n in range(1, 26):
        say(server, begun + n * 10_000, Many=n)
    await eventually(lambda: now_ms() > begun + 300_000)
    node = f"nsu={server.told['uri']};s=Many"
    async with running(driver_of(server.endpoint, node), Collector(blind=(begun + 5_000, begun + 260_000))) as run:
        await eventually(lambda: len([d for d in run.feed.deliveries if d.replayed]) == 3)
        slices = [[(r.value, r.code) for r in d.readings] for d in run.feed.deliveries if d.replayed]
    assert [s[0] for s in slices] == [(0, None), (10, None), (20, None)]
    assert [s[-1] for s in slices] == [(None, CONNECTION_LOST), (None, CONNECTION_LOST), (25, None)]
    assert [value for s in slices for value, code in s[1:] if code is None] == list(range(1, 26))


async def test_too_many_values_are_cut_and_what_follows_is_unknown(
    server: Peer, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(history, "VALUES_PER_CALL", 2)
    monkeypatch.setattr(history, "VALUES_PER_SLICE", 4)
    begun = now_ms()
    for n in range(10):
        say(server, begun + n * 10_000, Many=100 + n)
    await eventually(lambda: now_ms() > begun + 200_000)
    node = f"nsu={server.told['uri']};s=Many"
    async with running(driver_of(server.endpoint, node), Collector(blind=(begun, begun + 200_000))) as run:
        await eventually(lambda: replayed(run))
        told = [(r.value, r.code) for r in replayed(run) if not r.held or r.code is not None]
    assert told == [(100, None), (101, None), (102, None), (103, None), (None, CONNECTION_LOST)]


async def test_time_before_the_server_started_is_not_guessed(server: Peer, driver_of: Drivers):
    variables = [{"name": "Execution", "type": "String", "history": True}]
    before = now_ms()
    with node_server("plant.js", variables=variables) as fresh:
        say(fresh, now_ms(), Execution="READY")
        said = now_ms()
        await eventually(lambda: now_ms() > said + 100_000)
        node = f"nsu={fresh.told['uri']};s=Execution"
        async with running(driver_of(fresh.endpoint, node), Collector(blind=(before - 3600 * SECOND, now_ms()))) as run:
            await eventually(lambda: replayed(run))
            assert [r.value for r in replayed(run)] == ["READY"]
            assert replayed(run)[0].at_us > before


async def test_no_blind_time_no_history(server: Peer, driver_of: Drivers):
    async with running(driver_of(server.endpoint, f"nsu={server.told['uri']};s=Execution")) as run:
        await eventually(lambda: len(run.feed.lives_us) > 1)
        assert replayed(run) == []
