"""One machine's pipeline: what is stored when its driver connects, delivers, loses its link, fails."""

import asyncio
import contextlib

import pytest

from contract.codec import decode_record
from contract.records import Machine, Observation
from contract.times import to_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import BufferFull
from edge_agent.drivers import registry
from edge_agent.drivers.port import ConnectionLost, Misconfigured
from edge_agent.machine import Pipeline
from edge_agent.reading import Delivery, InboxMark, Reading
from edge_agent.settings import SignalBase
from tests.support.agents import MACHINE, NOON_US, clocks, machine, open_buffer, until

BRISK = Limits(gather_s=0.0, block_s=0.05)


class Scripted:
    """A driver that does what each step says, one step a connection."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.feeds = 0
        self.idle = asyncio.Event()

    async def run(self, feed):
        self.feeds += 1
        if not self.steps:
            self.idle.set()
            await asyncio.sleep(3600)
        await self.steps.pop(0)(feed)


def says(*values, at=0, lose="cable out", life=0):
    async def step(feed):
        feed.connected()
        feed.alive(NOON_US + life)
        readings = [Reading(0, value, NOON_US + at + n) for n, value in enumerate(values)]
        await feed.deliver(Delivery(readings, NOON_US + at + 10))
        if lose:
            raise ConnectionLost(lose)
        await asyncio.sleep(3600)

    return step


@contextlib.asynccontextmanager
async def running(tmp_path, monkeypatch, driver, *, limits=BRISK, signals=None):
    monkeypatch.setattr(registry, "create", lambda *_: driver)
    buffer = await open_buffer(tmp_path / "b.sqlite", limits)
    settings = machine(signals or {"execution": SignalBase(), "load": SignalBase(unit="%")})
    pipeline = Pipeline("pi-1", "main", settings, tmp_path, buffer, clocks(lambda: NOON_US + 1000), lambda: 0.0)
    task = asyncio.create_task(pipeline.run())
    try:
        yield buffer, pipeline, task
    finally:
        task.cancel()
        await asyncio.wait([task])
        await buffer.close()


async def stored(buffer):
    return [decode_record(record) for record in (await buffer.take(0, 1000, 2**20)).records]


def told(records):
    return [(r.value, r.quality, to_us(r.at) - NOON_US) for r in records if isinstance(r, Observation)]


async def test_the_machine_says_it_exists_and_a_loss_is_marked_before_new_values(tmp_path, monkeypatch):
    driver = Scripted(says("ACTIVE", life=50), says("ACTIVE", at=200, lose=""))
    async with running(tmp_path, monkeypatch, driver) as (buffer, pipeline, _):
        await until(lambda: buffer.stats.last_seq >= 4)
        first, *rest = await stored(buffer)
        assert isinstance(first, Machine)
        assert ([s.name for s in first.signals], first.signals[1].unit) == (["execution", "load"], "%")
        # what is read again says nothing of the time in which nobody looked: it counts from when it is seen
        assert told(rest) == [("ACTIVE", "good", 0), (None, "bad", 50), ("ACTIVE", "good", 210)]
        status = pipeline.status()
        assert (status.connected, status.reason) == (True, None)


async def test_a_restart_marks_what_was_known_from_the_last_proof_on(tmp_path, monkeypatch):
    async with running(tmp_path, monkeypatch, Scripted(says("ACTIVE", life=70, lose=""))) as (buffer, _, _):
        await until(lambda: buffer.stats.last_seq == 2)
    async with running(tmp_path, monkeypatch, Scripted(says("ACTIVE", at=0, lose=""))) as (buffer, _, _):
        await until(lambda: buffer.stats.last_seq == 6)
        # read again with its old source time: as reported, and from the moment it was seen on
        assert told(await stored(buffer))[1:] == [(None, "bad", 70), ("ACTIVE", "good", 0), ("ACTIVE", "good", 71)]


async def test_proof_of_life_never_runs_ahead_of_what_is_on_disk(tmp_path, monkeypatch):
    driver = Scripted()
    async with running(tmp_path, monkeypatch, driver, limits=Limits(gather_s=0.5)) as (_, pipeline, _):
        await driver.idle.wait()
        pipeline.alive(NOON_US + 5)
        delivery = asyncio.create_task(pipeline.deliver(Delivery([Reading(0, "READY", NOON_US)], NOON_US + 7)))
        await asyncio.sleep(0)
        pipeline.alive(NOON_US + 9)
        assert pipeline.known_until_us == NOON_US + 7
        await delivery
        assert pipeline.known_until_us == NOON_US + 9


async def test_what_cannot_be_stored_is_not_acknowledged_and_reported_again(tmp_path, monkeypatch):
    driver = Scripted()
    async with running(tmp_path, monkeypatch, driver) as (buffer, pipeline, _):
        await driver.idle.wait()
        append, full = buffer.append, True

        async def refusing(entry):
            if full:
                raise BufferFull("the disk is full")
            await append(entry)

        monkeypatch.setattr(buffer, "append", refusing)
        mark = InboxMark(3, b"m")
        with pytest.raises(BufferFull):
            await pipeline.deliver(Delivery([Reading(0, "READY", NOON_US)], NOON_US, inbox=(mark,)))
        assert not pipeline.is_redelivered(mark)
        full = False
        await pipeline.deliver(Delivery([Reading(0, "READY", NOON_US)], NOON_US, inbox=(mark,)))
        assert pipeline.is_redelivered(mark)
        assert told(await stored(buffer)) == [("READY", "good", 0)]


async def test_why_it_is_not_connected_is_said(tmp_path, monkeypatch):
    async def wrong(_feed):
        raise Misconfigured("no such endpoint; correct it")

    async with running(tmp_path, monkeypatch, Scripted(wrong)) as (_, pipeline, _):
        await until(lambda: pipeline.reason == "no such endpoint; correct it")
        assert pipeline.status().connected is False


async def test_one_bad_address_degrades_only_itself(tmp_path, monkeypatch):
    async def step(feed):
        feed.connected()
        feed.address_fault(1, "no such node")
        await feed.deliver(Delivery([Reading(0, "READY", NOON_US)], NOON_US))
        await asyncio.sleep(3600)

    async with running(tmp_path, monkeypatch, Scripted(step)) as (buffer, pipeline, _):
        await until(lambda: buffer.stats.last_seq == 2)
        assert (pipeline.bad_signals, pipeline.faults) == (("load",), {"load": "no such node"})


async def test_a_new_epoch_hears_of_the_machine_again(tmp_path, monkeypatch):
    driver = Scripted()
    async with running(tmp_path, monkeypatch, driver) as (buffer, pipeline, _):
        await driver.idle.wait()
        await buffer.renumber("epoch-x", 2)
        await pipeline.announce()
        await pipeline.announce()
        [record] = await stored(buffer)
        assert (record.machine, record.seq) == (MACHINE, 1)
