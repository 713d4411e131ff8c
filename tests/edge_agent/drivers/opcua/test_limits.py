"""Servers that take little at once: every node is read all the same."""

import time
from collections.abc import Callable, Iterator

import pytest

from edge_agent.drivers.opcua.addresses import SignalSettings
from edge_agent.drivers.port import Driver
from tests.support.drivers import running
from tests.support.node_opcua import Peer, node_server
from tests.support.servers import eventually

Drivers = Callable[..., Driver]
COUNT = 230
LIMITS = {
    "maxNodesPerRead": 50, "maxMonitoredItemsPerCall": 50, "maxNodesPerTranslateBrowsePathsToNodeIds": 50,
}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Iterator[Peer]:
    with node_server("plant.js", count=COUNT, limits=LIMITS, perSubscription=100) as peer:
        yield peer


async def test_fifty_nodes_a_call_and_a_hundred_in_a_subscription(small: Peer, driver_of: Drivers):
    uri = small.told["uri"]
    signals = [SignalSettings(browse=f"/Objects/nsu={uri};Plant/nsu={uri};V{n}") for n in range(COUNT)]
    async with running(driver_of(small.endpoint, *signals)) as run:
        await eventually(lambda: len({r.address for r in run.feed.readings if r.quality == "good"}) == COUNT)
        assert small.ask(monitored=True)["items"] == [100, 100, 30]
        assert run.feed.faults == {}
        assert [run.feed.values(n)[0] for n in range(COUNT)] == list(range(COUNT))
        small.ask(set={f"V{n}": n + 0.5 for n in range(COUNT)})
        await eventually(lambda: all(run.feed.values(n)[-1] == n + 0.5 for n in range(COUNT)))
        lives = len(run.feed.lives_us)
        await eventually(lambda: len(run.feed.lives_us) > lives + 3, what="keep-alives of every subscription")
    probes = await driver_of(small.endpoint, *signals).probe(20)
    assert [probe.ok for probe in probes] == [True] * COUNT


async def test_a_server_with_no_room_at_all_says_which_nodes_are_left_out(driver_of: Drivers):
    with node_server("plant.js", count=30, perSubscription=10, subscriptions=2) as peer:
        nodes = [f"ns={peer.told['index']};s=V{n}" for n in range(30)]
        async with running(driver_of(peer.endpoint, *nodes)) as run:
            await eventually(lambda: len({r.address for r in run.feed.readings if r.quality == "good"}) == 20)
            assert set(run.feed.faults) == set(range(20, 30))
            assert "BadTooManySubscriptions" in run.feed.faults[25]


async def test_ten_thousand_nodes_are_subscribed_within_twenty_seconds(driver_of: Drivers):
    with node_server("plant.js", count=10_000) as peer:
        nodes = [f"ns={peer.told['index']};s=V{n}" for n in range(10_000)]
        started = time.monotonic()
        async with running(driver_of(peer.endpoint, *nodes)) as run:
            await eventually(lambda: len(run.feed.readings) >= 10_000, 60)
            took_s = time.monotonic() - started
        print(f"10,000 nodes in {took_s:.1f} s")
        assert took_s < 40  # 20 s is promised; tests share the machine
