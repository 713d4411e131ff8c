"""The bus of live events: to the right company, coalesced, bounded, from any thread."""

import asyncio
import threading

from hub.access.live import QUEUE, AgentChanged, LiveBus, MachineChanged


def changed(machine: str) -> MachineChanged:
    return MachineChanged(site="main", machine=machine)


async def test_events_reach_their_company_and_no_other() -> None:
    bus = LiveBus()
    async with bus.subscribe("aoba") as own, bus.subscribe("midori") as other:
        bus.publish("aoba", changed("laser-1"))
        assert await own.take(1) == [changed("laser-1")]
        assert await other.take(0.01) == []


async def test_waiting_events_of_one_machine_become_one() -> None:
    bus = LiveBus()
    async with bus.subscribe("aoba") as subscription:
        for _ in range(100):
            bus.publish("aoba", changed("laser-1"))
            bus.publish("aoba", AgentChanged(agent="pi-1"))
        assert await subscription.take(1) == [changed("laser-1"), AgentChanged(agent="pi-1")]


async def test_a_listener_that_sleeps_costs_a_bounded_queue() -> None:
    bus = LiveBus()
    async with bus.subscribe("aoba") as subscription:
        for number in range(QUEUE + 10):
            bus.publish("aoba", changed(f"m-{number}"))
        taken = await subscription.take(1)
        assert len(taken) == QUEUE
        assert taken[-1] == changed(f"m-{QUEUE + 9}")


async def test_publishing_from_a_thread_wakes_the_listener() -> None:
    bus = LiveBus()
    async with bus.subscribe("aoba") as subscription:
        thread = threading.Thread(target=bus.publish, args=("aoba", changed("laser-1")))
        thread.start()
        assert await subscription.take(5) == [changed("laser-1")]
        thread.join()


async def test_a_listener_that_left_is_forgotten_and_the_end_wakes_the_others() -> None:
    bus = LiveBus()
    async with bus.subscribe("aoba"):
        assert bus.subscribers == 1
    assert bus.subscribers == 0
    async with bus.subscribe("aoba") as subscription:
        waiting = asyncio.create_task(subscription.take(30))
        await asyncio.sleep(0)
        bus.end()
        assert await waiting == []
        assert subscription.ended
    async with bus.subscribe("aoba") as late:
        assert late.ended
