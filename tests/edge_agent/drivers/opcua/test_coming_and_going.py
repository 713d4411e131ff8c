"""Nodes and subscriptions that go and come back, on two servers that are not ours: nobody restarts anything."""

from collections.abc import Callable, Iterator

import pytest
from asyncua import ua

from edge_agent.drivers.opcua.addresses import SignalSettings
from edge_agent.drivers.port import ConnectionLost, Driver
from tests.support.drivers import running
from tests.support.node_opcua import Peer, node_server
from tests.support.opcua import URI, Machine
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
Drivers = Callable[..., Driver]
Kind = ua.VariantType


@pytest.fixture(scope="module")
def plant() -> Iterator[Peer]:
    variables = [{"name": name, "type": "Int32", "value": 1} for name in ("Stays", "Goes", "Ends")]
    with node_server("plant.js", variables=variables) as peer:
        yield peer


async def test_a_node_that_is_deleted_and_added_again(plant: Peer, driver_of: Drivers):
    uri = plant.told["uri"]
    goes = SignalSettings(browse=f"/Objects/nsu={uri};Plant/nsu={uri};Goes")
    async with running(driver_of(plant.endpoint, f"nsu={uri};s=Stays", f"nsu={uri};s=Goes", goes)) as run:
        await eventually(lambda: len(run.feed.readings) == 3)
        plant.ask(remove="Goes")
        await eventually(lambda: set(run.feed.faults) == {1, 2}, what="the fault is told")
        assert "removed this node" in run.feed.faults[1]
        assert (run.feed.of(1)[-1].value, run.feed.of(1)[-1].quality) == (None, "bad")
        plant.ask(set={"Stays": 2})
        await eventually(lambda: run.feed.values(0) == [1, 2], what="the other one flows")
        plant.ask(add={"name": "Goes", "type": "Int32", "value": 7})
        await eventually(lambda: run.feed.values(1)[-1] == 7 and run.feed.values(2)[-1] == 7)
        assert run.feed.faults == {}
        plant.ask(set={"Goes": 8})
        await eventually(lambda: run.feed.values(1)[-1] == 8)
        assert run.feed.connects == 1


@pytest.mark.filterwarnings("ignore:coroutine 'MonitoredItemService.datachange_callback' was never awaited")
async def test_the_same_on_a_server_that_monitors_a_deleted_node_silently(machine: Machine, driver_of: Drivers):
    await machine.add("Stays", 1, Kind.Int32)
    await machine.add("Goes", 1, Kind.Int32)
    async with running(driver_of(machine.endpoint, f"nsu={URI};s=Stays", f"nsu={URI};s=Goes")) as run:
        await eventually(lambda: len(run.feed.readings) == 2)
        await machine.server.delete_nodes([machine.nodes["Goes"]])
        await eventually(lambda: set(run.feed.faults) == {1}, 60, what="the fault is told")
        assert run.feed.of(1)[-1].quality == "bad"
        await machine.add("Goes", 9, Kind.Int32)
        await eventually(lambda: run.feed.values(1)[-1] == 9, 60)
        assert run.feed.faults == {}
        await machine.set("Stays", 2, Kind.Int32)
        await eventually(lambda: run.feed.values(0) == [1, 2])


@pytest.mark.filterwarnings("ignore:coroutine 'MonitoredItemService.datachange_callback' was never awaited")
async def test_a_node_replaced_in_a_moment_is_noticed_once_it_changes(machine: Machine, driver_of: Drivers):
    """The server monitors the old one on, without a word; whoever believes it believes the last value for ever."""
    await machine.add("Swapped", 1, Kind.Int32)
    async with running(driver_of(machine.endpoint, f"nsu={URI};s=Swapped")) as run:
        await eventually(lambda: run.feed.values(0) == [1])
        await machine.server.delete_nodes([machine.nodes["Swapped"]])
        await machine.add("Swapped", 1, Kind.Int32)
        await machine.set("Swapped", 2, Kind.Int32)
        await eventually(lambda: run.feed.values(0)[-1] == 2, 60, what="the value of the new node")
        await machine.set("Swapped", 3, Kind.Int32)
        await eventually(lambda: run.feed.values(0)[-1] == 3, 60)


async def test_a_subscription_that_the_server_ends_is_made_again_at_once(plant: Peer, driver_of: Drivers):
    driver = driver_of(plant.endpoint, f"nsu={plant.told['uri']};s=Ends")
    async with running(driver) as run:
        await eventually(lambda: run.feed.readings)
        plant.ask(end=True)
        why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert why.at_once
    assert "subscription" in str(why)
    async with running(driver) as run:
        await eventually(lambda: run.feed.values(0) == [1])
