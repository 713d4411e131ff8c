"""The OPC UA driver against a real server: every change arrives, in order, with its source time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from asyncua import ua

from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.settings import ConnectionSettings, SignalSettings
from tests.support.feeds import Collector
from tests.support.opcua import URI, Machine, at_us, opcua_server
from tests.support.servers import eventually

Kind = ua.VariantType


@asynccontextmanager
async def reading(machine: Machine, *nodes: str, **connection: object) -> AsyncIterator[Collector]:
    feed = Collector()
    settings = ConnectionSettings(endpoint=machine.endpoint, **connection)
    driver = create(settings, [SignalSettings(node=node) for node in nodes], "test", Path())
    running = asyncio.create_task(driver.run(feed))
    try:
        yield feed
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_current_values_come_first_then_every_change_with_its_source_time():
    async with opcua_server() as machine:
        await machine.add("Execution", "READY", Kind.String)
        await machine.add("Load", 1.5, Kind.Double)
        async with reading(machine, f"nsu={URI};s=Execution", f"ns={machine.index};s=Load") as feed:
            await eventually(lambda: len(feed.readings) == 2)
            for n in range(100):
                await machine.set("Load", float(n), Kind.Double, us=n)
            await machine.set("Execution", "ACTIVE", Kind.String, us=7)
            await eventually(lambda: len(feed.readings) == 103)
            assert feed.connects == 1
            assert feed.values(0) == ["READY", "ACTIVE"]
            assert feed.values(1) == [1.5, *map(float, range(100))]
            assert [r.at_us for r in feed.of(1)][1:] == [at_us(n) for n in range(100)]
            assert all(r.quality == "good" and r.code is None for r in feed.readings)
