"""The projector: late data, split instants, a fold that fails, a rebuild, a full disk."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import projector
from hub.errors import StoreFull
from hub.ledger import delivery
from hub.schema import PROJECTED
from hub.timeline import store as timeline
from hub.timeline.fold import Folded
from tests.support.company import T0, Company, S, change, machine


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def facts(company: Company) -> dict[str, list[Any]]:
    """Every folded table but the cursor, in a fixed order."""

    def ask(reader: projector.Reader) -> dict[str, list[Any]]:
        return {
            table: sorted(reader.all(f"SELECT * FROM {table}"), key=repr) for table in PROJECTED if table != "projector"
        }

    return company.store.read_now(ask)


def states(company: Company) -> list[tuple[int, int, str]]:
    rows = company.store.read_now(lambda reader: timeline.intervals(reader, 1, 0, 2 * T0, None))
    return [((row.start_us - T0) // S, (row.end_us - T0) // S, row.state) for row in rows]


DAY = [
    machine(1),
    change(2, T0, "execution", "READY"),
    change(3, T0 + 10 * S, "execution", "ACTIVE"),
    change(4, T0 + 20 * S, "execution", "FEED_HOLD"),
    change(5, T0 + 30 * S, "execution", "ACTIVE"),
    change(6, T0 + 40 * S, "execution", "READY"),
]


async def test_late_data_is_folded_where_it_belongs(company: Company) -> None:
    await company.send(DAY, after=0, upto=6)
    company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 20, "running"), (20, 30, "held"), (30, 40, "running")]
    await company.send([change(7, T0 + 15 * S, "estop", "TRIGGERED")], after=6, upto=7)
    company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 15, "running")]
    await company.send([change(8, T0 + 25 * S, "estop", "ARMED")], after=7, upto=8)
    company.fold()
    assert states(company)[1:4] == [(10, 15, "running"), (15, 25, "alarm"), (25, 30, "held")]


async def test_one_instant_in_two_batches_is_one_step(company: Company) -> None:
    await company.send(
        [machine(1), change(2, T0, "execution", "READY"), change(3, T0, "mode", "MANUAL")], after=0, upto=3
    )
    company.fold()
    await company.send([change(4, T0 + 10 * S, "mode", "AUTOMATIC")], after=3, upto=4)
    company.fold()
    await company.send([change(5, T0 + 10 * S, "execution", "ACTIVE")], after=4, upto=5)
    await company.send([change(6, T0 + 20 * S, "execution", "READY")], after=5, upto=6)
    company.fold()
    assert states(company) == [(0, 10, "manual"), (10, 20, "running")]


async def test_of_two_records_for_one_fact_the_later_number_stands(company: Company) -> None:
    records = [
        *DAY[:3],
        change(4, T0 + 10 * S, "execution", "INTERRUPTED"),
        change(5, T0 + 20 * S, "execution", "READY"),
    ]
    await company.send(records[3:], after=3, upto=5)
    company.fold()
    await company.send(records[:3], after=0, upto=3)
    company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 20, "held")]


async def test_a_wrong_clock_is_folded_by_when_it_was_seen(company: Company) -> None:
    await company.send(
        [
            *DAY[:2],
            change(3, 0, "execution", "ACTIVE", seen_us=T0 + 10 * S),
            change(4, T0 + 10**15, "execution", "READY", seen_us=T0 + 20 * S),
        ],
        after=0,
        upto=4,
    )
    company.fold()
    assert states(company) == [(0, 10, "idle"), (10, 20, "running")]
    marks = company.store.read_now(lambda reader: reader.all("SELECT at, wrong_clock FROM changes ORDER BY at"))
    assert [mark for _, mark in marks] == [0, 1, 1]


async def test_a_changed_state_model_folds_from_then_on(company: Company) -> None:
    await company.send(DAY, after=0, upto=6)
    company.fold()
    later = T0 + 35 * S
    await company.send(
        [machine(7, "state", later), change(8, later, "state", "maintenance"), change(9, T0 + 50 * S, "state", "off")],
        after=6,
        upto=9,
    )
    company.fold()
    assert states(company)[-2:] == [(30, 35, "running"), (35, 50, "maintenance")]


async def test_rebuilding_gives_the_same_facts(company: Company) -> None:
    await company.send(DAY, after=0, upto=6)
    company.fold()
    await company.send([change(7, T0 + 15 * S, "estop", "TRIGGERED")], after=6, upto=7)
    company.fold()
    before = facts(company)
    assert projector.rebuild(company.store, T0) == 7
    after = facts(company)
    assert {name: rows for name, rows in after.items() if name != "checkpoints"} == {
        name: rows for name, rows in before.items() if name != "checkpoints"
    }
    assert company.store.read_now(projector.progress) == projector.Projection(0, 0)


async def test_a_fold_that_fails_stops_its_machine_and_is_tried_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Folded:
        raise ArithmeticError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(timeline, "fold", broken)
        await company.send(DAY, after=0, upto=6)
        company.fold()
    assert company.store.read_now(projector.progress) == projector.Projection(0, 1)
    assert states(company) == []
    company.fold()
    assert company.store.read_now(projector.progress) == projector.Projection(0, 0)
    assert len(states(company)) == 4


async def fill(company: Company) -> int:
    """Sends batches until one is refused; the number that was."""
    for number in range(1, 2000):
        text = f"{number:x}" * 900
        try:
            await company.send([change(number, T0 + number, "program_comment", text)], after=number - 1, upto=number)
        except StoreFull:
            return number
    raise AssertionError("the store was never full")


async def test_a_full_disk_refuses_the_batch_and_keeps_what_was_taken(tmp_path: Path) -> None:
    company = Company(tmp_path / "small", max_pages=150)
    try:
        refused = await fill(company)
        (agent,) = company.store.read_now(delivery.read_agents)
        assert (agent.acked, agent.records, agent.lost) == (refused - 1, refused - 1, 0)
    finally:
        company.close()


def test_a_store_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "companies" / "aoba" / "company.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(projector.HubError, match="cannot be used"):
        Company(tmp_path)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT 1 FROM sqlite_master")
