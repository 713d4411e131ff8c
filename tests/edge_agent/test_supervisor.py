"""The whole agent in one process: sick parts, stopping in order, one agent a folder."""

import asyncio
import time

import pytest

from edge_agent import computer, health, supervisor
from edge_agent.buffer.buffer import FILE_NAME
from edge_agent.buffer.model import StorageError
from edge_agent.buffer.store import Store
from edge_agent.credential import Credential
from edge_agent.drivers import registry
from edge_agent.settings import AgentTable, BufferTable, HubTable, MachineTable, Settings, SignalBase
from edge_agent.supervisor import Outside
from tests.edge_agent.test_machine import Scripted, says
from tests.support.agents import clocks, machine, open_buffer, until
from tests.support.stand_in import StandIn


def settings_of(tmp_path, hub, *names):
    signals = {"execution": SignalBase(), "load": SignalBase(unit="%")}
    machines = [machine(signals).model_copy(update={"table": MachineTable(id=name, driver="opcua")}) for name in names]
    return Settings(
        agent=AgentTable(id="pi-1", site="main", data_dir=tmp_path / "data"),
        hub=HubTable(url=hub.url),
        buffer=BufferTable(),
        machines=tuple(machines),
    )


def outside():
    held = Credential(credential="secret", agent="pi-1", site="main", company="aoba", hub="http://127.0.0.1:9")
    return Outside(clocks(), lambda: 0.0, held)


async def test_one_sick_machine_never_stops_another(tmp_path, monkeypatch):
    async def explode(_feed):
        raise RuntimeError("a bug")

    drivers = {"sick": Scripted(explode), "well": Scripted(says("ACTIVE", lose=""))}
    monkeypatch.setattr(registry, "create", lambda _d, _c, _a, name, _f: drivers[name.rsplit("_", 1)[1]])
    stop = asyncio.Event()
    async with StandIn() as hub:
        agent = asyncio.create_task(supervisor.run(settings_of(tmp_path, hub, "sick", "well"), outside(), stop))
        await until(lambda: any(getattr(r, "value", None) == "ACTIVE" for r in hub.records.values()))
        await until(lambda: drivers["sick"].feeds > 1)  # it began again
        await until(lambda: (found := health.read(tmp_path / "data")) and found.hub.connected)
        assert computer.is_running(tmp_path / "data")
        with pytest.raises(computer.AlreadyRunning):
            await supervisor.run(settings_of(tmp_path, hub, "well"), outside(), asyncio.Event())
        stop.set()
        await agent
        found = health.read(tmp_path / "data")
        assert [(m.machine, m.driver) for m in found.machines] == [("main/sick", "opcua"), ("main/well", "opcua")]
        assert not computer.is_running(tmp_path / "data")


async def test_stopping_takes_less_than_five_seconds_and_closes_open_blocks(tmp_path, monkeypatch):
    async def stubborn(feed):
        feed.connected()
        await says(0.5, lose="")(_OnLoad(feed))

    class _OnLoad:
        """Sends what is said to the telemetry signal, and will not let go when asked to."""

        def __init__(self, feed):
            self.feed, self.connected, self.alive = feed, feed.connected, feed.alive

        async def deliver(self, delivery):
            readings = [type(r)(1, r.value, r.at_us) for r in delivery.readings]
            await self.feed.deliver(type(delivery)(readings, delivery.seen_us))
            stored.set()
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(3600)

    monkeypatch.setattr(registry, "create", lambda *_: Scripted(stubborn))
    stop, stored = asyncio.Event(), asyncio.Event()
    async with StandIn() as hub:
        agent = asyncio.create_task(supervisor.run(settings_of(tmp_path, hub, "laser-1"), outside(), stop))
        await asyncio.wait_for(stored.wait(), 30)
        begun = time.monotonic()
        stop.set()
        await agent
        assert time.monotonic() - begun < 5
    buffer = await open_buffer(tmp_path / "data" / FILE_NAME)
    found = await buffer.take(0, 100, 2**20)
    assert any(b'"kind":"samples"' in record and b"0.5" in record for record in found.records)
    assert buffer.stats.staged_values == 0
    await buffer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it is the planted one
async def test_without_its_buffer_the_agent_ends_and_says_so(tmp_path, monkeypatch):
    def explode(*_):
        raise ArithmeticError("planted")

    monkeypatch.setattr(registry, "create", lambda *_: Scripted(says("ACTIVE", lose="")))
    async with StandIn() as hub:
        agent = asyncio.create_task(supervisor.run(settings_of(tmp_path, hub, "well"), outside(), asyncio.Event()))
        await until(lambda: hub.records)
        monkeypatch.setattr(Store, "write", explode)
        with pytest.raises(StorageError, match="ended unforeseen"):
            await agent
