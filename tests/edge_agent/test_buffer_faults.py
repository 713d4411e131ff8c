"""Full disks, full bounds, damaged files, killed processes: nothing acknowledged is lost, or a gap counts it."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from contract.codec import decode_record
from contract.records import Gap, Observation, Samples
from contract.times import to_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import BufferClosed, BufferDamaged, BufferFull, Refused
from edge_agent.normalise.track import SeriesKey
from tests.support.agents import MACHINE, NOON_US, clocks, observation, open_buffer, rows_entry, until, values_entry

BRISK = Limits(gather_s=0.0, block_s=1000.0)
LOAD = SeriesKey(MACHINE, "load", "%", "good", None, False)


def program(number: int, length: int = 6):
    return observation("program", f"P{number}".ljust(length, "x"), NOON_US + number)


async def everything(buffer, after=0):
    found = []
    while True:
        taken = await buffer.take(after, 5000, 2**20)
        found += [decode_record(record) for record in taken.records]
        if not taken.more:
            return found
        after = taken.upto


async def fill(buffer, step=100):
    """Appends until the disk is full; how many were acknowledged."""
    count = 0
    while True:
        try:
            await buffer.append(rows_entry([program(count + n, 200) for n in range(step)]))
        except BufferFull:
            return count
        count += step


async def test_a_full_disk_refuses_clearly_loses_nothing_and_recovers(tmp_path):
    limits = Limits(gather_s=0.0, max_pages=120)
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, clocks(lambda: NOON_US))
    count = await fill(buffer)
    assert count > 500
    assert "the disk is full" in buffer.stats.trouble
    assert len(await everything(buffer)) == buffer.stats.last_seq == count
    await buffer.settle(buffer.epoch, count - 50, NOON_US)
    await buffer.append(rows_entry([program(count, 200)]))  # what was sent makes room
    assert buffer.stats.trouble is None
    await buffer.close()
    again = await open_buffer(tmp_path / "b.sqlite", BRISK)
    found = [to_us(record.at) - NOON_US for record in await everything(again, count - 50)]
    assert found == list(range(count - 50, count + 1))
    await again.close()


async def test_a_series_first_used_on_a_full_disk_is_kept_for_later(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(gather_s=0.0, max_pages=120), clocks(lambda: NOON_US))
    count = await fill(buffer, 10)
    number = buffer.series(LOAD)
    with pytest.raises(BufferFull):
        await buffer.append(values_entry([number] * 3000, [NOON_US] * 3000, [1.0] * 3000))
    await buffer.settle(buffer.epoch, count, NOON_US)
    await buffer.append(values_entry([number], [NOON_US], [2.0]))
    await buffer.close()
    again = await open_buffer(tmp_path / "b.sqlite", BRISK)
    blocks = [record for record in await everything(again) if isinstance(record, Samples)]
    assert [(block.signal, block.unit, block.values) for block in blocks] == [("load", "%", [2.0])]
    await again.close()


async def test_over_its_bound_telemetry_goes_first_and_a_gap_counts_it(tmp_path):
    limits = Limits(max_bytes=2**20, gather_s=0.0, block_s=0.0)
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, clocks(lambda: NOON_US))
    number = buffer.series(LOAD)
    rng = random.Random(3)
    for block in range(500):
        await buffer.append(
            values_entry(
                [number] * 256, [NOON_US + 256 * block + n for n in range(256)], [rng.random() for _ in range(256)]
            )
        )
        await buffer.append(rows_entry([program(block)]))
    await until(lambda: buffer.stats.given_up and buffer.stats.used_bytes <= limits.max_bytes)
    found = await everything(buffer)
    gaps = [record for record in found if isinstance(record, Gap)]
    blocks = [record for record in found if isinstance(record, Samples)]
    assert len([record for record in found if isinstance(record, Observation)]) == 500
    assert sum(gap.count for gap in gaps) + len(blocks) == 500
    assert sum(gap.count for gap in gaps) == buffer.stats.given_up
    assert {(gap.machine, gap.reason) for gap in gaps} == {(MACHINE, "the buffer is full")}
    assert min(to_us(block.t0) for block in blocks) > max(to_us(gap.to) for gap in gaps)  # oldest went
    assert buffer.stats.used_bytes > 0.6 * limits.max_bytes  # and hardly more than had to
    await buffer.close()


async def test_sent_records_go_before_anything_unsent(tmp_path):
    limits = Limits(max_bytes=2**20, gather_s=0.0)
    buffer = await open_buffer(tmp_path / "b.sqlite", limits, clocks(lambda: NOON_US))
    for start in range(0, 6000, 500):
        await buffer.append(rows_entry([program(start + n, 100) for n in range(500)]))
        await buffer.settle(buffer.epoch, start + 400, NOON_US)
    await until(lambda: buffer.stats.used_bytes <= limits.max_bytes)
    assert buffer.stats.given_up == 0
    assert [record.seq for record in await everything(buffer, buffer.stats.acked)] == list(range(5901, 6001))
    await buffer.close()


async def test_what_was_sent_is_kept_24_hours_and_may_be_sent_again(tmp_path):
    now = NOON_US
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK, clocks(lambda: now))
    await buffer.append(rows_entry([program(n) for n in range(10)]))
    await buffer.settle(buffer.epoch, 8, now)
    await buffer.settle(buffer.epoch, 3, now)  # the hub was restored from a backup
    taken = await buffer.take(buffer.stats.acked, 100, 2**20)
    assert taken.seqs == [4, 5, 6, 7, 8, 9, 10]
    await buffer.settle(buffer.epoch, 9, now)
    now += 86_400_000_001
    await until(lambda: buffer.stats.used_bytes, 1)
    await buffer.append(rows_entry([program(10)]))
    await buffer.close()
    again = await open_buffer(tmp_path / "b.sqlite", BRISK, clocks(lambda: now))
    await until(lambda: sqlite_count(tmp_path / "b.sqlite") == 2)
    taken = await again.take(0, 100, 2**20)
    assert (taken.after, taken.upto, taken.seqs) == (0, 11, [10, 11])  # the others are claimed without a record
    await again.close()


def sqlite_count(path: Path) -> int:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM records").fetchone()[0]


async def test_too_old_is_given_up_with_a_gap(tmp_path):
    now = NOON_US
    buffer = await open_buffer(tmp_path / "b.sqlite", Limits(max_age_us=1_000_000, gather_s=0.0), clocks(lambda: now))
    await buffer.append(rows_entry([program(n) for n in range(5)]))
    now += 2_000_000
    await buffer.append(rows_entry([observation("program", "new", now)]))
    await until(lambda: buffer.stats.given_up == 5)
    found = await everything(buffer)
    gaps = [record for record in found if isinstance(record, Gap)]
    assert [record.value for record in found if isinstance(record, Observation)] == ["new"]
    assert sum(gap.count for gap in gaps) == 5
    assert (to_us(gaps[0].from_), to_us(gaps[-1].to)) == (NOON_US, NOON_US + 4)
    await buffer.close()


async def test_a_record_that_cannot_be_sent_is_kept_aside_and_claimed_without(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
    await buffer.append(rows_entry([program(n) for n in range(3)]))
    await buffer.refuse(Refused(buffer.epoch, 2, "not JSON", NOON_US), remove=True)
    taken = await buffer.take(0, 100, 2**20)
    assert (taken.upto, taken.seqs) == (3, [1, 3])
    [refused] = await buffer.refused()
    assert (refused.seq, refused.reason) == (2, "not JSON")
    assert b'"value":"P1' in refused.record
    assert buffer.stats.refused == 1
    await buffer.close()


def damage(path: Path, share: float) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * share) // 4096 * 4096)
        file.write(b"\xde\xad\xbe\xef" * 1024)


async def test_a_damaged_file_is_set_aside_and_its_rows_go_out_under_their_old_identity(tmp_path):
    path = tmp_path / "b.sqlite"
    buffer = await open_buffer(path, BRISK)
    old = buffer.epoch
    for start in range(0, 4000, 500):
        await buffer.append(rows_entry([program(start + n, 60) for n in range(500)]))
    await buffer.settle(old, 100, NOON_US)
    await buffer.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'clean'")
    db.close()
    damage(path, 0.5)
    again = await open_buffer(path, BRISK)
    assert again.epoch != old
    assert list(tmp_path.glob("b.damaged-*.sqlite"))
    assert again.stats.rescued > 3000
    [note] = await again.refused()
    assert "damaged" in note.reason
    sent = set()
    while (taken := await again.take_rescued(700, 2**20)) is not None:
        assert taken.epoch == old
        for seq, record in zip(taken.seqs, taken.records, strict=True):
            assert decode_record(record).value.startswith(f"P{seq - 1}")
        sent.update(taken.seqs)
        await again.settle(old, taken.upto, NOON_US)
    assert len(sent) > 3000
    assert 101 in sent
    assert 4000 in sent
    assert again.stats.rescued == 0
    await again.append(rows_entry([program(1)]))
    assert (await again.take(0, 10, 2**20)).seqs == [1]
    await again.close()


async def test_a_file_that_is_no_database_is_set_aside(tmp_path):
    path = tmp_path / "b.sqlite"
    path.write_bytes(b"this is not a database at all" * 1000)
    buffer = await open_buffer(path, BRISK)
    await buffer.append(rows_entry([program(1)]))
    assert buffer.stats.last_seq == 1
    await buffer.close()
    assert len(list(tmp_path.glob("b.damaged-*.sqlite"))) == 1


async def test_a_file_that_lost_its_end_gets_a_new_epoch_for_what_was_never_sent(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
    await buffer.append(rows_entry([program(n) for n in range(10)]))
    first_unsent = 8  # the hub is known to have more than 7 numbers of this epoch
    await buffer.renumber("epoch-new", first_unsent)
    taken = await buffer.take(0, 100, 2**20)
    assert (taken.epoch, taken.after, taken.upto, taken.seqs) == ("epoch-new", 0, 3, [1, 2, 3])
    assert [decode_record(record).value for record in taken.records] == ["P7xxxx", "P8xxxx", "P9xxxx"]
    await buffer.append(rows_entry([program(11)]))
    assert buffer.stats.last_seq == 4
    await buffer.close()


async def test_closed_is_said(tmp_path):
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK)
    await buffer.close()
    with pytest.raises(BufferClosed):
        await buffer.append(rows_entry([program(1)]))


CHILD = """
import asyncio, sys
from pathlib import Path
from edge_agent.buffer.gauge import Limits
from tests.support.agents import NOON_US, observation, open_buffer, rows_entry, values_entry
from tests.edge_agent.test_buffer_faults import LOAD

async def main():
    buffer = await open_buffer(Path(sys.argv[1]), Limits(gather_s=0.0, block_s=0.02))
    number, count = buffer.series(LOAD), int(sys.argv[2])
    while True:
        at = NOON_US + count
        await asyncio.gather(buffer.append(rows_entry([observation("program", f"P{count}", at)])),
                             buffer.append(values_entry([number], [at], [float(count)])))
        count += 1
        print(count, flush=True)

asyncio.run(main())
"""


def write_and_be_killed(path: Path) -> int:
    """Four children write until they are killed; how many writes were acknowledged to one."""
    acknowledged = 0
    root = Path(__file__).parents[2]
    rng = random.Random(11)
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(acknowledged)],
            stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
        )  # fmt: skip
        for _ in range(rng.randint(5, 120)):
            acknowledged = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        child.wait()
    return acknowledged


async def test_kill_9_loses_nothing_acknowledged(tmp_path):
    path = tmp_path / "b.sqlite"
    acknowledged = write_and_be_killed(path)
    buffer = await open_buffer(path, BRISK)
    found = await everything(buffer)
    programs = [record.value for record in found if isinstance(record, Observation)]
    values = [value for record in found if isinstance(record, Samples) for value in record.values]
    assert programs[:acknowledged] != []
    assert set(programs) >= {f"P{n}" for n in range(acknowledged)}
    assert set(values) >= {float(n) for n in range(acknowledged)}
    # what was being written when it was killed may be there once more, since it was never acknowledged
    assert len(programs) <= acknowledged + 4
    assert len(values) <= acknowledged + 4
    assert [record.seq for record in found] == list(range(1, len(found) + 1))
    await buffer.close()


async def test_damage_found_while_running_loses_nothing_that_can_be_read(tmp_path):
    path = tmp_path / "b.sqlite"
    buffer = await open_buffer(path, BRISK)
    old, number = buffer.epoch, buffer.series(LOAD)
    await buffer.append(rows_entry([program(n) for n in range(40)]))
    await buffer.append(values_entry([number], [NOON_US], [1.5]))  # staged, never numbered

    def corrupt(store):
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        page = store.db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'refused'").fetchone()[0]
        with path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xde\xad\xbe\xef" * 1024)
        store.db.execute("PRAGMA shrink_memory")
        store.refused()

    with pytest.raises(BufferDamaged):
        await buffer._ask(corrupt)
    await buffer.append(values_entry([number], [NOON_US + 1], [2.5]))
    await buffer.append(rows_entry([program(40)]))
    assert buffer.epoch != old
    assert buffer.stats.trouble is None
    await buffer.close()
    again = await open_buffer(path, BRISK)
    found = await everything(again)
    assert [record.value for record in found if isinstance(record, Observation)] == ["P40xxx"]
    blocks = [record for record in found if isinstance(record, Samples)]
    assert sorted(value for block in blocks for value in block.values) == [1.5, 2.5]
    rescued = await again.take_rescued(100, 2**20)
    assert (rescued.epoch, rescued.seqs) == (old, list(range(1, 41)))
    await again.close()
