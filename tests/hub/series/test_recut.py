"""Telemetry moves from the ledger through blocks into hours, and nothing of it changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.times import from_us
from hub import projector
from hub.machines import store as machines
from hub.series import columns, store
from hub.series.columns import Point
from hub.series.model import HOUR_US, MINUTE_US
from tests.support.company import KEY, T0, Company, S, block

DAY = 86_400 * S


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def points(company: Company, low: int = 0, high: int = 2 * T0) -> list[Point]:
    def ask(reader: machines.Reader) -> list[Point]:
        known = machines.find(reader, KEY)
        assert known is not None
        return store.points(reader, known.machine_id, "load", low, high)

    return company.store.read_now(ask)


def recut(company: Company, now_us: int) -> int:
    return company.store.write_now(lambda writer: projector.recut(writer, now_us))


def waiting(company: Company) -> tuple[int, int]:
    row = company.store.read_now(lambda reader: reader.one("SELECT count(*), count(samples) FROM segments"))
    blocks = company.store.read_now(lambda reader: reader.one("SELECT count(*) FROM sample_blocks"))
    assert row is not None
    assert blocks is not None
    return row[1], blocks[0]


async def test_content_is_the_same_at_every_stage(company: Company) -> None:
    blocks = [block(n + 1, T0 + n * 500 * S, [n + i / 10 for i in range(500)]) for n in range(20)]
    await company.send(blocks, after=0, upto=20)
    assert waiting(company) == (1, 0)
    company.fold()
    assert waiting(company) == (0, 20)
    before = points(company)
    assert len(before) == 10_000
    assert recut(company, T0 + DAY) > 0
    assert points(company) == before
    assert [value for _, value, _ in before[:3]] == [0.0, 0.1, 0.2]


async def test_late_blocks_join_the_hour_that_was_cut(company: Company) -> None:
    await company.send([block(1, T0, [1.0, 2.0]), block(2, T0 + 2 * HOUR_US, [9.0])], after=0, upto=2)
    company.fold()
    recut(company, T0)
    await company.send([block(3, T0 + S // 2, [1.5]), block(4, T0 + 4 * HOUR_US, [7.0])], after=2, upto=4)
    company.fold()
    recut(company, T0)
    assert [value for _, value, _ in points(company)] == [1.0, 1.5, 2.0, 9.0, 7.0]


async def test_every_value_at_one_instant_stays_and_an_exact_repeat_counts_once(company: Company) -> None:
    await company.send([block(1, T0, [1.0]), block(2, T0, [2.0]), block(3, T0, [1.0])], after=0, upto=3)
    company.fold()
    assert points(company) == columns.in_order([(T0, 1.0, 0), (T0, 2.0, 0)])


async def test_rollups_are_the_same_before_and_after_cutting(company: Company) -> None:
    blocks = [block(n + 1, T0 + n * 600 * S, [float(n * i % 17) for i in range(600)]) for n in range(12)]
    await company.send(blocks, after=0, upto=12)
    company.fold()

    def rolled(width_us: int) -> list[object]:
        def ask(reader: machines.Reader) -> list[object]:
            known = machines.find(reader, KEY)
            assert known is not None
            return list(store.rollups(reader, known.machine_id, "load", T0, T0 + DAY, width_us))

        return company.store.read_now(ask)

    before = [rolled(width) for width in (MINUTE_US, 5 * MINUTE_US, HOUR_US)]
    assert recut(company, T0 + DAY) > 0
    assert [rolled(width) for width in (MINUTE_US, 5 * MINUTE_US, HOUR_US)] == before
    assert from_us(T0).minute == 0


async def test_rebuilding_leaves_telemetry_alone(company: Company) -> None:
    await company.send([block(1, T0, [1.0, None, 3.0])], after=0, upto=1)
    company.fold()
    before = points(company)
    projector.rebuild(company.store, T0)
    assert points(company) == before
