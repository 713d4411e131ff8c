"""The buffer is a plain list under append, take, settle and crash.

A crash is what a power cut leaves: the database and its log as they lie on disk while the agent runs, copied away
and opened again. What was acknowledged must be there, under the same numbers, once.
"""

import asyncio
import math
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.codec import decode_record
from contract.records import Observation, Samples
from contract.times import to_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Entry, Proof
from edge_agent.normalise.normaliser import Memory
from edge_agent.normalise.track import SeriesKey
from edge_agent.reading import InboxMark
from tests.support.agents import MACHINE, NOON_US, observation, open_buffer, rows_entry, until, values_entry

BRISK = Limits(gather_s=0.0, block_s=1000.0)
KEYS = [SeriesKey(MACHINE, name, "%", quality, None, False) for name in ("load", "temp") for quality in ("good", "bad")]

OPERATION = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 30)),
    st.tuples(st.just("values"), st.lists(st.integers(0, 3), min_size=1, max_size=40)),
    st.tuples(st.just("close_blocks"), st.none()),
    st.tuples(st.just("take"), st.integers(1, 20)),
    st.tuples(st.just("settle"), st.floats(0, 1)),
    st.tuples(st.just("crash"), st.none()),
)


class Model:
    """Everything that was acknowledged, and what the buffer says about it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.opened = 0
        self.records: dict[int, bytes] = {}
        self.written: list[int] = []
        self.values: Counter[tuple[str, int, float | None]] = Counter()
        self.clock = NOON_US

    async def open(self):
        self.buffer = await open_buffer(self.folder / f"{self.opened}.sqlite", BRISK)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    async def append(self, count):
        ats = [self.tick() for _ in range(count)]
        await self.buffer.append(rows_entry([observation("program", f"P{at}", at) for at in ats]))
        self.written += ats

    async def add_values(self, which):
        numbers = [self.buffer.series(KEYS[place]) for place in which]
        ats = [self.tick() for _ in which]
        values = [math.nan if KEYS[place].quality == "bad" else float(at) for place, at in zip(which, ats, strict=True)]
        await self.buffer.append(values_entry(numbers, ats, values))
        for place, at, value in zip(which, ats, values, strict=True):
            self.values[KEYS[place].signal, at, None if math.isnan(value) else value] += 1

    async def close_blocks(self, _):
        await self.buffer._ask(lambda store: store.close_blocks(MACHINE))

    async def take(self, count):
        taken = await self.buffer.take(self.buffer.stats.acked, count, 2**20)
        self.check(taken)

    def check(self, taken):
        assert taken.seqs == sorted(set(taken.seqs))
        assert all(taken.after < seq <= taken.upto for seq in taken.seqs)
        for seq, record in zip(taken.seqs, taken.records, strict=True):
            assert self.records.setdefault(seq, record) == record  # a number means one record for ever

    async def settle(self, share):
        acked = round(self.buffer.stats.last_seq * share)
        await self.buffer.settle(self.buffer.epoch, acked, NOON_US)
        assert self.buffer.stats.acked == acked

    async def crash(self, _):
        stats = self.buffer.stats
        old = self.folder / f"{self.opened}.sqlite"
        self.opened += 1
        new = self.folder / f"{self.opened}.sqlite"
        shutil.copyfile(old, new)
        if (wal := old.with_name(old.name + "-wal")).exists():
            shutil.copyfile(wal, new.with_name(new.name + "-wal"))
        dead = self.buffer
        await self.open()
        await dead.close()
        assert self.buffer.epoch == stats.epoch
        assert self.buffer.stats.last_seq >= stats.last_seq
        assert self.buffer.stats.staged_values == 0

    async def everything(self):
        await self.close_blocks(None)
        await self.buffer.settle(self.buffer.epoch, 0, NOON_US)
        after, records = 0, []
        while True:
            taken = await self.buffer.take(after, 7, 2000)
            self.check(taken)
            records += [decode_record(record) for record in taken.records]
            if not taken.more:
                return records
            after = taken.upto


@given(st.lists(OPERATION, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_buffer_is_a_list(operations):
    async def story(folder: Path):
        model = Model(folder)
        await model.open()
        acts = {"append": model.append, "values": model.add_values, "close_blocks": model.close_blocks,
                "take": model.take, "settle": model.settle, "crash": model.crash}  # fmt: skip
        for act, argument in operations:
            await acts[act](argument)
        records = await model.everything()
        await model.buffer.close()
        observed = [to_us(record.at) for record in records if isinstance(record, Observation)]
        assert observed == model.written
        found = Counter(
            (record.signal, to_us(record.t0) + dt, value)
            for record in records if isinstance(record, Samples)
            for dt, value in zip(record.dt_us, record.values, strict=True)
        )  # fmt: skip
        assert found == model.values

    with TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))


async def test_quiet_appends_are_committed_at_once_and_busy_ones_together(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.2))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await buffer.append(rows_entry([observation("program", "A", NOON_US)]))
    first_s = loop.time() - begun
    tasks = [
        asyncio.create_task(buffer.append(rows_entry([observation("program", f"P{n}", NOON_US + n)])))
        for n in range(50)
    ]
    await asyncio.gather(*tasks)
    assert first_s < 0.15 < loop.time() - begun  # the second commit waited for others
    assert buffer.stats.last_seq == 51
    await buffer.close()


async def test_blocks_close_by_themselves_and_wake_the_uplink(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0, block_s=0.05))
    buffer.numbered.clear()
    number = buffer.series(KEYS[0])
    count = 1200
    await buffer.append(
        values_entry([number] * count, [NOON_US + n for n in range(count)], [float(n) for n in range(count)])
    )
    assert buffer.stats.backlog == count
    await asyncio.wait_for(buffer.numbered.wait(), 5)
    await until(lambda: buffer.stats.last_seq == 3)
    taken = await buffer.take(0, 10, 2**20)
    blocks = [msgspec.json.decode(record, type=Samples) for record in taken.records]
    assert [len(block.values) for block in blocks] == [512, 512, 176]
    assert [value for block in blocks for value in block.values] == [float(n) for n in range(count)]
    await buffer.close()


async def test_memory_proof_and_inbox_survive(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
    mark = InboxMark(7, b"12345678")
    buffer.prove(MACHINE, Proof(NOON_US, NOON_US + 5))
    memory = {"load": Memory("samples", "%", known=True)}
    await buffer.append(Entry(MACHINE, NOON_US, inbox=(mark,), memory=memory))
    assert buffer.is_redelivered(MACHINE, mark)
    await buffer.close()
    again = await open_buffer(tmp_path / "b.sqlite", BRISK)
    assert again.is_redelivered(MACHINE, mark)
    assert not again.is_redelivered(MACHINE, InboxMark(7, b"other"))
    assert not again.is_redelivered("main/other", mark)
    assert again.proof(MACHINE) == Proof(NOON_US, NOON_US + 5)
    assert await again.memory(MACHINE) == memory
    await again.close()


async def test_a_proof_of_life_is_never_older_than_what_is_committed(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
    try:
        buffer.prove(MACHINE, Proof(NOON_US, NOON_US))
        for later in (10, 20, 15):  # well within the five seconds in which a proof alone is written once
            row = observation("execution", f"at {later}", NOON_US + later)
            await buffer.append(Entry(MACHINE, NOON_US + later, rows=[row], newest_us=NOON_US + later))
        with sqlite3.connect(tmp_path / "b.sqlite") as file:
            assert file.execute("SELECT at, newest FROM proof").fetchall()[0][1] >= NOON_US + 20
    finally:
        await buffer.close()
