"""The OPC UA driver against a real server: every change arrives, in order, with its source time."""

import asyncio
import time
from collections.abc import Callable

import pytest
from asyncua import ua
from asyncua.server import subscription_service

from edge_agent.drivers.opcua import reader, session
from edge_agent.drivers.opcua.addresses import SignalSettings
from edge_agent.drivers.port import Driver
from tests.support.drivers import running
from tests.support.opcua import URI, Machine, Splitting, at_us
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
Kind = ua.VariantType
Drivers = Callable[..., Driver]


async def test_current_values_come_first_then_every_change_with_its_source_time(machine: Machine, driver_of: Drivers):
    await machine.add("Execution", "READY", Kind.String)
    await machine.add("Load", 1.5, Kind.Double)
    async with running(driver_of(machine.endpoint, f"nsu={URI};s=Execution", f"ns={machine.index};s=Load")) as run:
        await eventually(lambda: len(run.feed.readings) == 2)
        for n in range(100):
            await machine.set("Load", float(n), Kind.Double, us=n)
        await machine.set("Execution", "ACTIVE", Kind.String, us=7)
        await eventually(lambda: len(run.feed.readings) == 103)
        assert run.feed.connects == 1
        assert run.feed.values(0) == ["READY", "ACTIVE"]
        assert run.feed.values(1) == [1.5, *map(float, range(100))]
        assert [r.at_us for r in run.feed.of(1)][1:] == [at_us(n) for n in range(100)]
        assert all(r.quality == "good" and r.code is None for r in run.feed.readings)


async def test_changes_at_one_instant_keep_their_order(machine: Machine, driver_of: Drivers):
    await machine.add("Instant", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Instant")) as run:
        await eventually(lambda: run.feed.readings)
        for n in (5, 3, 9, 1):
            await machine.set("Instant", n, Kind.Int32, us=1)
        await eventually(lambda: len(run.feed.readings) == 5)
        assert run.feed.values(0) == [0, 5, 3, 9, 1]


async def test_a_notification_split_into_many_responses_is_one_delivery(
    machine: Machine, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscription_service, "InternalSubscription", Splitting)
    await machine.add("Fast", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Fast")) as run:
        await eventually(lambda: run.feed.readings)
        (subscription,) = machine.subscriptions()
        subscription._publishing_enabled = False
        for n in range(1, 5001):
            await machine.set("Fast", n, Kind.Int32, us=n)
        subscription._publishing_enabled = True
        await eventually(lambda: len(run.feed.readings) == 5001)
        assert [len(d.readings) for d in run.feed.deliveries] == [1, 5000]
        assert run.feed.values(0) == list(range(5001))
        await eventually(lambda: not machine.unacknowledged(), what="every response acknowledged")


async def test_quality_and_native_code_come_with_the_value(machine: Machine, driver_of: Drivers):
    await machine.add("Quality", "X", Kind.String)
    async with running(driver_of(machine.endpoint, "ns=2;s=Quality")) as run:
        await eventually(lambda: run.feed.readings)
        await machine.set("Quality", None, Kind.Null, us=1, status=ua.StatusCodes.BadNoData)
        await machine.set("Quality", "Y", Kind.String, us=2, status=ua.StatusCodes.UncertainLastUsableValue)
        await machine.set("Quality", None, Kind.String, us=3)
        await machine.set("Quality", "Z", Kind.String, us=None)
        await eventually(lambda: len(run.feed.readings) == 5)
        told = [(r.value, r.quality, r.code, r.at_us) for r in run.feed.readings][1:4]
        assert told == [
            (None, "bad", "BadNoData", at_us(1)),
            ("Y", "uncertain", "UncertainLastUsableValue", at_us(2)),
            (None, "bad", "NoValue", at_us(3)),
        ]
        last = run.feed.readings[-1]
        assert (last.value, last.quality) == ("Z", "good")
        assert last.at_us is not None, "the server's time where the source tells none"
        assert abs(last.at_us - time.time_ns() // 1000) < 60_000_000


async def test_a_bad_node_degrades_only_itself_and_is_tried_again(
    machine: Machine, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reader, "RETRY_FIRST_S", 0.3)
    await machine.add("There", 1, Kind.Int32)
    nodes = ["ns=2;s=There", "ns=2;s=Later", "nsu=urn:example:none;s=There", "i=85"]
    async with running(driver_of(machine.endpoint, *nodes)) as run:
        await eventually(lambda: run.feed.of(0))
        assert run.feed.values(0) == [1]
        assert "no such node" in run.feed.faults[1]
        assert "no namespace urn:example:none" in run.feed.faults[2]
        assert "BadAttributeIdInvalid" in run.feed.faults[3]
        assert [(r.address, r.quality, r.code) for r in run.feed.deliveries[0].readings] == [
            (1, "bad", "BadNodeIdUnknown"),
            (2, "bad", "BadNodeIdUnknown"),
            (3, "bad", "BadAttributeIdInvalid"),
        ]
        await machine.add("Later", 2, Kind.Int32)
        await eventually(lambda: 2 in run.feed.values(1))
        assert set(run.feed.faults) == {2, 3}


async def test_a_value_of_another_type_is_said_and_taken_back(machine: Machine, driver_of: Drivers):
    await machine.add("Mixed", [1.0, 2.0], Kind.Double)
    whole, second = SignalSettings(node="ns=2;s=Mixed"), SignalSettings(node="ns=2;s=Mixed", index=1)
    async with running(driver_of(machine.endpoint, whole, second)) as run:
        await eventually(lambda: len(run.feed.readings) == 2)
        assert (run.feed.values(0), run.feed.of(0)[0].code, run.feed.values(1)) == ([None], "WrongType", [2.0])
        assert "index" in run.feed.faults[0]
        await machine.set("Mixed", 3.0, Kind.Double)
        await eventually(lambda: len(run.feed.readings) == 4)
        assert run.feed.values(0) == [None, 3.0]
        assert set(run.feed.faults) == {1}


async def test_probe_tries_every_address_once(machine: Machine, driver_of: Drivers):
    await machine.add("Probed", 42, Kind.Int32)
    await machine.set("Probed", 43, Kind.Int32)
    found = await driver_of(machine.endpoint, "ns=2;s=Probed", "ns=2;s=Absent", "nsu=urn:x:y;s=A").probe(5)
    assert [(p.address, p.ok, p.value) for p in found] == [(0, True, 43), (1, False, None), (2, False, None)]
    assert found[0].age_s is not None
    assert "no such node" in (found[1].advice or "")
    assert "urn:x:y" in (found[2].advice or "")


async def test_nothing_is_left_behind_after_a_run(machine: Machine, driver_of: Drivers):
    await machine.add("Left", 1, Kind.Int32)
    before = len(asyncio.all_tasks())
    for _ in range(5):
        async with running(driver_of(machine.endpoint, "ns=2;s=Left")) as run:
            await eventually(lambda: run.feed.readings)
    await eventually(lambda: not machine.subscriptions())
    await eventually(lambda: len(asyncio.all_tasks()) <= before, what="tasks ended")


async def test_the_channel_is_renewed_while_reading(
    machine: Machine, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "CHANNEL_MS", 400)
    renewed = []
    renew = session.Session.renew

    async def counted(self: session.Session) -> None:
        await renew(self)
        renewed.append(self.renew_at)

    monkeypatch.setattr(session.Session, "renew", counted)
    await machine.add("Renewed", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Renewed")) as run:
        await eventually(lambda: len(renewed) > 2)
        await machine.set("Renewed", 1, Kind.Int32)
        await eventually(lambda: run.feed.values(0) == [0, 1])
        assert not run.task.done()
