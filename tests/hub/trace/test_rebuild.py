"""Lots from the wire to the store: rebuilt, corrected by a clock record, and sent again, the facts are the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.records import Clock, Lot, Record
from contract.times import from_us
from hub import projector
from tests.support.company import T0, Company, S
from tests.support.lots import facts, links, lot


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


def a_day() -> list[Lot]:
    work = {"order": "A-100", "operation": "10"}
    return [
        lot(1, "receive", "COIL-1", 100.0, "kg", item="SPCC"), lot(2, "split", "HALF", 40.0, "kg", parents=("COIL-1",)),
        lot(3, "consume", "HALF", 30.0, "kg", **work), lot(4, "produce", "P-1", 50.0, "pcs", **work),
        lot(5, "merge", "BOX", 50.0, "pcs", parents=("P-1",)), lot(6, "merge", "COIL-1", 1.0, parents=("BOX",)),
        lot(7, "ship", "BOX", None, customer="Example Works"),
    ]  # fmt: skip


async def test_a_rebuild_gives_the_same_facts(company: Company) -> None:
    await company.send(a_day(), after=0, upto=7)
    company.fold()
    before = company.store.read_now(facts)
    assert [row[0] for row in before["lots"]] == ["BOX", "COIL-1", "HALF", "P-1"]
    assert [number for _, number, _ in before["refused"]] == [6]
    assert projector.rebuild(company.store, T0) == 7
    assert company.store.read_now(facts) == before


async def test_sent_again_nothing_is_counted_twice(company: Company) -> None:
    await company.send(a_day(), after=0, upto=7)
    company.fold()
    before = company.store.read_now(facts)
    await company.send(a_day(), after=0, upto=7)
    company.fold()
    assert company.store.read_now(facts) == before


async def test_a_clock_correction_moves_steps_to_their_true_time(company: Company) -> None:
    """The clock was an hour behind for the first two: what looked like the earlier of two contradictions is not."""
    first: list[Record] = [lot(1, "produce", "B", 1.0, "pcs", parents=("A",))]
    now = T0 + 100 * S
    await company.send(first, after=0, upto=1)
    company.fold()
    await company.send([lot(2, "produce", "A", 1.0, "pcs", parents=("B",))], after=0, upto=2, epoch="epoch-2")
    company.fold()
    assert company.store.read_now(links) == {("A", "B"): (1.0, "pcs")}
    moved = Clock(seq=2, seen=from_us(now), at=from_us(now), offset_us=3600 * S, from_seq=1)
    await company.send([moved], after=1, upto=2)
    company.fold()
    assert company.store.read_now(links) == {("B", "A"): (1.0, "pcs")}
    before = company.store.read_now(facts)
    projector.rebuild(company.store, T0)
    assert company.store.read_now(facts) == before
