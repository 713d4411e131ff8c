"""Taps in the buffer's file: stored once with their records, found again, followed through epochs and damage."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from contract.codec import decode_record
from contract.records import Progress
from contract.times import from_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Entry, Row, Tap, pack_record
from tests.support.agents import NOON_US, clocks, observation, open_buffer, rows_entry, until

PAGE = 4096


def work(number: int) -> Row:
    at = from_us(NOON_US)
    return pack_record(Progress(seq=1, seen=at, at=at, order=f"A-{number}", operation="10", action="start"))


def tapped(name: str, *numbers: int) -> Entry:
    return Entry("", NOON_US, [work(number) for number in numbers], tap=Tap(name, NOON_US, name.encode()))


async def orders(buffer) -> list[str]:
    taken = await buffer.take(0, 10_000, 2**24)
    return [record.order for raw in taken.records if isinstance(record := decode_record(raw), Progress)]


async def test_the_same_tap_is_stored_once_also_within_one_commit(tmp_path: Path):
    buffer = await open_buffer(tmp_path / "buffer.sqlite")
    await asyncio.gather(*(buffer.append(tapped("one", 1, 2)) for _ in range(5)), buffer.append(tapped("two", 3)))
    await buffer.append(tapped("one", 9))
    assert sorted(await orders(buffer)) == ["A-1", "A-2", "A-3"]
    kept = await buffer.tap("one")
    assert kept is not None
    assert kept.tap.note == b"one"
    assert await buffer.tap("three") is None
    await buffer.close()


async def test_a_tap_is_delivered_when_its_last_record_is(tmp_path: Path):
    buffer = await open_buffer(tmp_path / "buffer.sqlite")
    await buffer.append(tapped("one", 1, 2))
    kept = await buffer.tap("one")
    assert kept is not None
    await buffer.take(0, 100, 2**20)
    await buffer.settle(buffer.epoch, 1, NOON_US)
    assert not buffer.is_delivered(kept)
    await buffer.settle(buffer.epoch, 2, NOON_US)
    assert buffer.is_delivered(kept)
    await buffer.settle(buffer.epoch, 1, NOON_US)
    assert not buffer.is_delivered(kept), "a hub restored from a backup has less"
    await buffer.close()


async def test_a_new_epoch_takes_the_taps_along(tmp_path: Path):
    buffer = await open_buffer(tmp_path / "buffer.sqlite")
    for number in range(3):
        await buffer.append(tapped(f"t{number}", number))
    await buffer.renumber("fresh", 3)
    told = [(kept.tap.id, kept.epoch, kept.upto, buffer.is_delivered(kept)) for kept in await buffer.newest_taps(9)]
    assert told == [("t0", "fresh", 0, True), ("t1", "fresh", 0, True), ("t2", "fresh", 1, False)]
    await buffer.close()


async def test_taps_of_a_damaged_file_are_still_known(tmp_path: Path):
    path = tmp_path / "buffer.sqlite"
    buffer = await open_buffer(path)
    await buffer.append(rows_entry([observation("note", "x" * 400, NOON_US + place) for place in range(600)]))
    await buffer.append(tapped("one", 1))
    await buffer.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE meta SET value = '0' WHERE key = 'clean'")
    body = bytearray(path.read_bytes())
    late = len(body) // PAGE * 3 // 4  # a page of records: the roots of the tables stand before
    body[late * PAGE : (late + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(body)

    again = await open_buffer(path)
    assert again.stats.rescued > 100, "the damage was not noticed"
    kept = await again.tap("one")
    assert kept is not None
    assert not again.is_delivered(kept)
    await again.append(tapped("one", 1))
    assert await orders(again) == [], "a tap was stored a second time"
    await again.close()


async def test_what_people_said_leaves_last(tmp_path: Path):
    buffer = await open_buffer(tmp_path / "buffer.sqlite", Limits(max_bytes=400_000), clocks(lambda: NOON_US))
    await asyncio.gather(*(buffer.append(tapped(f"t{number}", number)) for number in range(20)))
    for batch in range(8):
        rows = [observation("note", "x" * 900, NOON_US + batch * 100 + place) for place in range(100)]
        await buffer.append(rows_entry(rows))
    await until(lambda: buffer.stats.given_up > 100, what="observations given up")
    assert await orders(buffer) == [f"A-{number}" for number in range(20)]
    await buffer.close()
