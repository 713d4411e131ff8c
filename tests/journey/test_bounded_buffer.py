"""A full buffer lets go of what matters least, and the hub says how much: lost is what was let go, gaps say which."""

from pathlib import Path
from random import Random

import pytest

from contract.batch import Head, Status
from contract.codec import encode_batch
from contract.records import Gap, Observation, Record, Samples
from contract.times import from_us, to_us
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.normalise.track import SeriesKey
from hub.ledger import segments
from hub.ledger.delivery import AgentDelivery, read_agents
from tests.support.agents import MACHINE, NOON_US, clocks, observation, open_buffer, rows_entry, until, values_entry
from tests.support.company import Company

MINUTE_US = 60_000_000
LOAD = SeriesKey(MACHINE, "load", "%", "good", None, replayed=False)


async def deliver(company: Company, buffer: Buffer) -> None:
    """Everything there is goes to the hub and is settled by its receipt."""
    while buffer.stats.last_seq > buffer.stats.acked:
        taken = await buffer.take(buffer.stats.acked, 200, 2**18)
        head = Head(
            v=1, agent="pi-1", epoch=taken.epoch, after=taken.after, upto=taken.upto, sent_at=from_us(NOON_US),
            status=Status(),
        )  # fmt: skip
        receipt = await company.desk.accept("aoba", "pi-1", "main", encode_batch(head, taken.records), NOON_US)
        assert receipt.rejected == ()
        await buffer.settle(taken.epoch, receipt.acked, NOON_US)


def at_the_hub(company: Company) -> tuple[AgentDelivery, list[Record]]:
    """How the hub sees the agent, and every record it has."""
    (agent,) = company.store.read_now(read_agents)
    found = company.store.read_now(lambda reader: list(segments.after(reader, 0, 10_000)))
    return agent, [record for segment in found for record in (*segment.records, *segment.samples)]


async def work(buffer: Buffer, chance: Random, first_minute: int, minutes: int) -> None:
    """A machine's telemetry, one change a minute; more than there is room for."""
    number, before = buffer.series(LOAD), buffer.stats.given_up
    for minute in range(first_minute, first_minute + minutes):
        at = NOON_US + minute * MINUTE_US
        values = [chance.random() for _ in range(256)]
        await buffer.append(values_entry([number] * 256, [at + n for n in range(256)], values, at))
        await buffer.append(rows_entry([observation("program", f"P{minute}", at, at)], at))
    await until(lambda: buffer.stats.given_up > before and buffer.stats.used_bytes <= buffer.stats.limit_bytes)


@pytest.mark.parametrize("rounds", [1, 3])
async def test_the_hub_counts_lost_what_the_gaps_explain(tmp_path: Path, rounds: int):
    chance = Random(rounds)
    limits = Limits(max_bytes=2**20, gather_s=0.0, block_s=0.0)
    company = Company(tmp_path / "hub")
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, clocks(lambda: NOON_US))
    try:
        for place in range(rounds):
            await work(buffer, chance, 400 * place, 400)
            await deliver(company, buffer)
        agent, records = at_the_hub(company)
        gaps = [record for record in records if isinstance(record, Gap)]
        blocks = [record for record in records if isinstance(record, Samples)]
        assert agent.lost == sum(gap.count for gap in gaps) == buffer.stats.given_up > 0
        assert agent.holes == []
        assert [r.value for r in records if isinstance(r, Observation)] == [f"P{n}" for n in range(400 * rounds)]
        for minute in range(400 * rounds):  # every block is there, or in a gap
            at = NOON_US + minute * MINUTE_US
            kept = any(to_us(block.t0) == at for block in blocks)
            explained = any(to_us(gap.from_) <= at <= to_us(gap.to) and gap.machine == MACHINE for gap in gaps)
            assert kept or explained, minute
        assert {gap.reason for gap in gaps} == {"the buffer is full"}
    finally:
        await buffer.close()
        company.close()


async def test_without_telemetry_the_oldest_changes_go_and_gaps_of_gaps_still_add_up(tmp_path: Path):
    limits = Limits(max_bytes=2**19, gather_s=0.0)
    company = Company(tmp_path / "hub")
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, clocks(lambda: NOON_US))
    try:
        for hundred in range(60):
            at = NOON_US + hundred * MINUTE_US
            rows = [observation("program", f"P{hundred}-{n}" + "x" * 100, at + n, at + n) for n in range(100)]
            await buffer.append(rows_entry(rows, at))
            if hundred % 20 == 19:  # full again and again: gaps become the oldest there is
                least = 600 * (hundred // 20)
                await until(
                    lambda least=least: buffer.stats.given_up > least and buffer.stats.used_bytes <= limits.max_bytes
                )
        await deliver(company, buffer)
        agent, records = at_the_hub(company)
        gaps = [record for record in records if isinstance(record, Gap)]
        changes = [record for record in records if isinstance(record, Observation)]
        assert agent.lost == sum(gap.count for gap in gaps) == buffer.stats.given_up > 1000
        assert min(to_us(change.at) for change in changes) > max(to_us(gap.from_) for gap in gaps)
        assert to_us(changes[-1].at) == NOON_US + 59 * MINUTE_US + 99  # the newest are here
    finally:
        await buffer.close()
        company.close()


async def test_how_long_it_survives_is_what_it_takes_to_fill(tmp_path: Path):
    now = [NOON_US, 0.0]
    told = clocks(lambda: int(now[0]))
    limits = Limits(max_bytes=2**21, gather_s=0.0)
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, type(told)(told.now_us, lambda: now[1], told.new_id))
    seconds, filled_at = 0, None
    promised: list[float] = []
    try:
        while filled_at is None and seconds < 3000:
            seconds += 1
            now[0], now[1] = NOON_US + seconds * 1_000_000, float(seconds)
            rows = [observation("program", f"P{seconds}-{n}" + "y" * 80, int(now[0])) for n in range(20)]
            await buffer.append(rows_entry(rows))
            await buffer.refused()  # is asked after the upkeep
            if seconds == 60:
                promised.append((buffer.stats.survives_days or 0.0) * 86_400)
            filled_at = seconds if buffer.stats.given_up else None
    finally:
        await buffer.close()
    assert filled_at is not None
    assert promised[0] == pytest.approx(filled_at - 60, rel=0.25)
