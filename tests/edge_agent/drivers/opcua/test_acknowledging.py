"""A publish is acknowledged after it is durable, and a lost notification is asked for again or read anew."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asyncua import ua
from asyncua.server import subscription_service
from asyncua.server.internal_subscription import InternalSubscription

from edge_agent.drivers.port import ConnectionLost, Driver
from tests.support.drivers import running
from tests.support.opcua import Machine
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
Kind = ua.VariantType
Drivers = Callable[..., Driver]


class Losing(InternalSubscription):
    """Its third notification never leaves; `kept`: it can be asked for again."""

    kept = True

    def _pop_publish_result(self) -> ua.PublishResult:
        result = super()._pop_publish_result()
        if result.NotificationMessage.SequenceNumber == 3 and result.NotificationMessage.NotificationData:
            if not self.kept:
                self._not_acknowledged_results.clear()
            return super()._pop_publish_result()
        return result


async def test_nothing_is_acknowledged_before_it_is_durable(machine: Machine, driver_of: Drivers):
    await machine.add("Held", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Held")) as run:
        await eventually(lambda: run.feed.readings and not machine.unacknowledged())
        run.feed.hold = asyncio.Event()
        alive = len(run.feed.lives_us)
        await machine.set("Held", 1, Kind.Int32)
        await eventually(lambda: run.feed.waiting)
        await machine.set("Held", 2, Kind.Int32)
        await eventually(lambda: len(machine.unacknowledged()) == 2)
        assert len(run.feed.lives_us) == alive  # no proof of life beyond what is durable
        run.feed.hold.set()
        await eventually(lambda: not machine.unacknowledged())
        assert run.feed.values(0) == [0, 1, 2]


async def test_a_delivery_that_cannot_be_stored_ends_the_session(machine: Machine, driver_of: Drivers):
    await machine.add("Full", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Full")) as run:
        await eventually(lambda: run.feed.readings)
        run.feed.fail = OSError("disk full")
        await machine.set("Full", 1, Kind.Int32)
        assert await run.ended() is run.feed.fail
    await eventually(lambda: not machine.subscriptions())
    async with running(driver_of(machine.endpoint, "ns=2;s=Full")) as again:
        await eventually(lambda: again.feed.readings)
        assert again.feed.values(0) == [1]


async def test_a_lost_notification_is_asked_for_again(
    machine: Machine, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscription_service, "InternalSubscription", Losing)
    await machine.add("Lost", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Lost")) as run:
        for n in range(1, 6):
            await eventually(lambda n=n: len(run.feed.readings) >= n - (n == 4))
            await machine.set("Lost", n, Kind.Int32, us=n)
        await eventually(lambda: len(run.feed.readings) == 6)
        assert run.feed.values(0) == [0, 1, 2, 3, 4, 5]


async def test_a_notification_that_is_gone_ends_the_connection(
    machine: Machine, driver_of: Drivers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(subscription_service, "InternalSubscription", Losing)
    monkeypatch.setattr(Losing, "kept", False)
    await machine.add("Gone", 0, Kind.Int32)
    async with running(driver_of(machine.endpoint, "ns=2;s=Gone")) as run:
        for n in range(1, 3):
            await eventually(lambda n=n: len(run.feed.readings) >= n)
            await machine.set("Gone", n, Kind.Int32, us=n)
        why: Any = await run.ended()
        assert isinstance(why, ConnectionLost)
        assert "notification 3 was lost" in str(why)
