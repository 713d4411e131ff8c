"""An agent that finds out how its clock was: what it stamped before is folded where it belongs, whatever the order."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contract.records import CONNECTION_LOST, Clock, Observation, Record
from contract.times import from_us
from hub import projector
from hub.machines import store as machines
from hub.schema import PROJECTED
from hub.series import store as series
from hub.timeline import store as timeline
from tests.support.company import KEY, T0, Company, S, block, change, machine

MINUTE = 60 * S
SINCE_1970 = 30 * S
"""What the clock of a computer without battery says half a minute after it was switched on."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def clock(seq: int, offset_us: int, from_seq: int, at_us: int = T0) -> Clock:
    return Clock(seq=seq, seen=from_us(at_us), at=from_us(at_us), offset_us=offset_us, from_seq=from_seq)


def lost(seq: int, since_us: int, seen_us: int, signal: str = "execution") -> Observation:
    return Observation(
        seq=seq, seen=from_us(seen_us), machine=KEY, at=from_us(since_us), signal=signal, value=None, quality="bad",
        code=CONNECTION_LOST,
    )  # fmt: skip


async def send_one_by_one(company: Company, records: Sequence[Record]) -> None:
    for record in records:
        await company.send([record], after=record.seq - 1, upto=record.seq)


def states(company: Company) -> list[tuple[int, int, str]]:
    rows = company.store.read_now(lambda reader: timeline.intervals(reader, 1, 0, 2 * T0, None))
    return [((row.start_us - T0) // S, (row.end_us - T0) // S, row.state) for row in rows]


def facts(company: Company) -> dict[str, list[Any]]:
    """Every folded table but the cursor, and telemetry, in a fixed order."""
    tables = [table for table in PROJECTED if table != "projector"] + ["sample_blocks"]

    def ask(reader: projector.Reader) -> dict[str, list[Any]]:
        return {table: sorted(reader.all(f"SELECT * FROM {table}"), key=repr) for table in tables}

    return company.store.read_now(ask)


def newest(company: Company) -> dict[str, tuple[int, Any]]:
    rows = company.store.read_now(lambda reader: machines.newest(reader, 1))
    return {row.signal: ((row.at_us - T0) // S, row.value) for row in rows}


def points(company: Company) -> list[tuple[int, float | None]]:
    found = company.store.read_now(lambda reader: series.points(reader, 1, "load", -(2**60), 2 * T0))
    return [((time - T0) // S, value) for time, value, _ in found]


def a_start_in(began_us: int) -> list[Record]:
    """A machine without times of its own, read by an agent whose clock says `began_us` at T0; 40 s later it is set."""
    return [
        machine(1, at_us=began_us),
        change(2, began_us, "execution", "READY"),
        change(3, began_us + 10 * S, "execution", "ACTIVE"),
        replace(block(4, began_us + 12 * S, [1.0, 2.0, 3.0]), seen=from_us(began_us + 12 * S)),
        lost(5, began_us + 20 * S, began_us + 22 * S),
        change(6, began_us + 25 * S, "execution", "ACTIVE"),
        clock(7, T0 - began_us, 1, T0 + 40 * S),
        change(8, T0 + 50 * S, "execution", "READY"),
    ]


TRUE_STATES = [(0, 10, "idle"), (10, 20, "running"), (20, 25, "unknown"), (25, 50, "running")]


@pytest.mark.parametrize("began_us", [SINCE_1970, T0 - 10 * MINUTE, T0 - MINUTE, T0 + 3 * MINUTE, T0 + 600 * MINUTE])
@pytest.mark.parametrize("steps", ["at once", "one by one", "folded at the end"])
async def test_what_was_stamped_by_a_wrong_clock_is_folded_at_its_true_time(
    company: Company, began_us: int, steps: str
) -> None:
    records = a_start_in(began_us)
    if steps == "at once":
        await company.send(records, after=0, upto=8)
    else:
        for record in records:
            await company.send([record], after=record.seq - 1, upto=record.seq)
            if steps == "one by one":
                company.fold()
    company.fold()
    assert states(company) == TRUE_STATES
    assert points(company) == [(12, 1.0), (13, 2.0), (14, 3.0)]
    assert newest(company) == {"execution": (50, "READY"), "load": (14, 3.0)}


async def test_the_time_of_a_source_whose_clock_is_right_never_moves(company: Company) -> None:
    agent = T0 - 10 * MINUTE
    records = [
        machine(1, at_us=agent),
        change(2, T0, "execution", "READY", seen_us=agent + S),
        change(3, T0 + 10 * S, "execution", "ACTIVE", seen_us=agent + 11 * S),
        change(4, T0 + 20 * S, "execution", "READY", seen_us=agent + 21 * S),
    ]
    await send_one_by_one(company, records)
    company.fold()
    assert [low for low, _, _ in states(company)] == [-599, -589]  # nobody else to believe than the agent
    await company.send([clock(5, 10 * MINUTE, 1, T0 + 30 * S)], after=4, upto=5)
    company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 20, "running")]


async def test_corrections_add_up(company: Company) -> None:
    records = [
        machine(1, at_us=SINCE_1970),
        change(2, SINCE_1970, "execution", "READY"),
        clock(3, T0 - MINUTE - SINCE_1970, 1),  # roughly: still a minute behind
        change(4, T0 - MINUTE + 10 * S, "execution", "ACTIVE"),
        clock(5, MINUTE, 1),
        change(6, T0 + 20 * S, "execution", "READY"),
    ]
    for record in records:
        await company.send([record], after=record.seq - 1, upto=record.seq)
        company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 20, "running")]


async def test_sent_again_changes_nothing(company: Company) -> None:
    records = a_start_in(T0 - 10 * MINUTE)
    await company.send(records, after=0, upto=8)
    company.fold()
    before = facts(company)
    await company.send(records, after=0, upto=8)
    company.fold()
    assert facts(company) == before


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_of_arrival_and_a_rebuild_give_the_same_facts(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    began = T0 - chance.randrange(1, 10**9) * S
    later = change(9, T0 + 60 * S, "execution", "ACTIVE", seen_us=T0 + 61 * S)
    again = clock(10, chance.choice([-7, 3, 90]) * S, chance.randrange(1, 9))
    records = [*a_start_in(began), later, again]
    seen: list[dict[str, list[Any]]] = []
    for place, order in enumerate([records, chance.sample(records, len(records))]):
        company = Company(tmp_path / str(place))
        try:
            for record in order:
                await company.send([record], after=record.seq - 1, upto=record.seq)
                if chance.random() < 0.5:
                    company.fold()
            company.fold()
            seen.append(facts(company))
            projector.rebuild(company.store, T0)
            seen.append(facts(company))
        finally:
            company.close()
    for found in seen:  # machines get their numbers, and blocks their moment, in order of arrival: one machine here
        assert found == seen[0]


async def test_a_proof_of_life_from_a_clock_that_is_ahead_does_not_stand_in_the_way(company: Company) -> None:
    await company.send([machine(1)], after=0, upto=1, known_until=T0 + 3 * MINUTE)
    await company.send([change(2, T0, "execution", "READY")], after=1, upto=2, known_until=T0)
    company.fold()
    known = company.store.read_now(lambda reader: machines.all_machines(reader)[0])
    assert known.life is not None
    assert known.life.known_until_us == T0


async def test_a_rebuild_while_telemetry_waits_keeps_it(company: Company) -> None:
    await company.send([machine(1)], after=0, upto=1)
    company.fold()
    await company.send([block(2, T0, [1.0, 2.0])], after=1, upto=2)
    projector.rebuild(company.store, T0)
    company.fold()
    await company.send([change(3, T0, "execution", "READY")], after=2, upto=3)
    company.fold()
    assert points(company) == [(0, 1.0), (1, 2.0)]
