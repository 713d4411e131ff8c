"""Take → send → receipt → settle, against a hub that misbehaves in every way the contract knows."""

import asyncio
import contextlib

import pytest

from contract.batch import MachineStatus
from contract.times import from_us
from edge_agent import uplink as uplink_module
from edge_agent.buffer.gauge import Limits
from edge_agent.hub_client import HubClient
from edge_agent.uplink import Uplink
from tests.support.agents import MACHINE, NOON_US, clocks, observation, open_buffer, rows_entry, until
from tests.support.stand_in import StandIn

BRISK = Limits(gather_s=0.0, block_s=0.05)


@contextlib.asynccontextmanager
async def delivering(tmp_path, hub, count, *, credential="secret", url=None):
    """A buffer with `count` observations and its uplink, running."""
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK, clocks(lambda: NOON_US + 5_000_000))
    if count:
        await add(buffer, count)
    client = HubClient(url or hub.url, credential)
    status = MachineStatus(machine=MACHINE, connected=True, known_until=from_us(NOON_US + 4_000_000))
    uplink = Uplink("pi-1", buffer, client, clocks(lambda: NOON_US + 5_000_000), lambda: 0.0, lambda: (status,))
    task = asyncio.create_task(uplink.run())
    try:
        yield buffer, uplink
    finally:
        task.cancel()
        await asyncio.wait([task])
        await client.close()
        await buffer.close()


async def add(buffer, count, start=0):
    await buffer.append(
        rows_entry([observation("program", f"P{start + n}-", NOON_US + start + n) for n in range(count)])
    )


def values(hub):
    return [record.value for _, record in sorted(hub.records.items())]


async def test_everything_arrives_once_in_order(tmp_path):
    async with StandIn() as hub, delivering(tmp_path, hub, 12_000) as (buffer, uplink):
        await until(lambda: buffer.stats.acked == 12_000)
        assert values(hub) == [f"P{n}-" for n in range(12_000)]
        assert [len(batch.records) for batch in hub.batches] == [0, 5000, 5000, 2000]
        await add(buffer, 3, 12_000)
        await until(lambda: buffer.stats.acked == 12_003)  # woken by new numbers, not by the heartbeat
        assert uplink.report.connected
        assert uplink.report.clock_offset_s == pytest.approx(-5.0, abs=0.5)
        assert hub.batches[-1].status.machines[0].known_until == from_us(NOON_US + 4_000_000)


async def test_while_more_waits_machines_are_known_only_as_far_as_was_sent(tmp_path):
    async with StandIn() as hub, delivering(tmp_path, hub, 12_000) as (buffer, _):
        await until(lambda: buffer.stats.acked == 12_000)
        assert [batch.status.machines[0].known_until for batch in hub.batches[1:3]] == [
            from_us(NOON_US + 4999), from_us(NOON_US + 9999),
        ]  # fmt: skip


@pytest.mark.parametrize("fault", [500, 502, "cut", "commit and cut"])
async def test_faults_on_the_way_are_retried(tmp_path, fault):
    async with StandIn(script=[fault, fault]) as hub, delivering(tmp_path, hub, 10) as (buffer, _):
        await until(lambda: buffer.stats.acked == 10)
        assert values(hub) == [f"P{n}-" for n in range(10)]


@pytest.mark.parametrize("status", [429, 503, 507])
async def test_not_now_is_asked_again_when_the_hub_says(tmp_path, status):
    hub = StandIn(script=[status] * 2, headers={"Retry-After": "0.1"})
    async with hub, delivering(tmp_path, hub, 10) as (buffer, uplink):
        await until(lambda: uplink.report.trouble is not None)
        await until(lambda: buffer.stats.acked == 10, 3)


async def test_a_wrong_credential_stops_sending_and_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(uplink_module, "DENIED_S", 0.1)
    async with StandIn(credential="other") as hub, delivering(tmp_path, hub, 10) as (buffer, uplink):
        await until(lambda: uplink.report.trouble is not None)
        assert "enrol" in uplink.report.trouble
        assert not uplink.report.connected
        assert not hub.records
        hub.credential = "secret"
        await until(lambda: buffer.stats.acked == 10)
        assert uplink.report.trouble is None


async def test_one_record_the_hub_cannot_read_is_isolated_and_kept(tmp_path):
    async with StandIn(poison={"P700-"}) as hub, delivering(tmp_path, hub, 1500) as (buffer, _):
        await until(lambda: buffer.stats.acked == 1500)
        assert values(hub) == [f"P{n}-" for n in range(1500) if n != 700]
        [refused] = await buffer.refused()
        assert (refused.seq, b"P700-" in refused.record) == (701, True)


async def test_a_body_too_large_is_halved(tmp_path):
    async with StandIn(largest=20_000) as hub, delivering(tmp_path, hub, 1500) as (buffer, _):
        await until(lambda: buffer.stats.acked == 1500)
        assert values(hub) == [f"P{n}-" for n in range(1500)]
        assert await buffer.refused() == []


async def test_rejected_records_are_kept_and_shown_and_not_sent_again(tmp_path):
    async with StandIn(rejects={"P3-"}) as hub, delivering(tmp_path, hub, 10) as (buffer, _):
        await until(lambda: buffer.stats.acked == 10 and buffer.stats.refused == 1)
        [refused] = await buffer.refused()
        assert (refused.seq, refused.reason) == (4, "not wanted")


async def test_a_hub_restored_from_a_backup_gets_again_what_it_lacks(tmp_path):
    async with StandIn() as hub, delivering(tmp_path, hub, 20) as (buffer, _):
        await until(lambda: buffer.stats.acked == 20)
        hub.acked[buffer.epoch] = 5
        hub.records = {key: record for key, record in hub.records.items() if key[1] <= 5}
        await add(buffer, 1, 20)
        await until(lambda: len(hub.records) == 21)
        assert values(hub) == [f"P{n}-" for n in range(21)]


async def test_a_file_that_lost_its_end_begins_a_new_epoch(tmp_path):
    async with StandIn() as hub:
        buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
        await add(buffer, 5)
        hub.acked[buffer.epoch] = 9  # the hub had four more before the file was cut
        old = buffer.epoch
        await buffer.close()
        async with delivering(tmp_path, hub, 0) as (again, _):
            assert again.epoch == old
            await add(again, 3, 100)
            await until(lambda: again.epoch != old and again.stats.acked == 3)
            assert values(hub) == ["P100-", "P101-", "P102-"]
            assert {epoch for epoch, _ in hub.records} == {again.epoch}


async def test_an_address_that_is_no_hub_is_said(tmp_path):
    async with StandIn(script=[404, 404]) as hub, delivering(tmp_path, hub, 1) as (_, uplink):
        await until(lambda: uplink.report.trouble is not None)
        assert "check [hub] url" in uplink.report.trouble


async def test_nobody_there_is_said(tmp_path):
    async with delivering(tmp_path, None, 1, url="http://127.0.0.1:9") as (_, uplink):
        await until(lambda: uplink.report.trouble is not None)
        assert "cannot be reached" in uplink.report.trouble
