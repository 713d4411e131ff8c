"""Parts through the ledger: folded with the runs, asked over the API, judged anew when something comes late."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.records import Record
from hub.parts import store
from hub.parts.store import Made
from tests.support.company import T0, Company, S, change, machine


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def run(seq: int, at_s: int, *steps: str, program: str = "795") -> list[Record]:
    """A complete run of a minute, a step every ten seconds, from `at_s` seconds after T0."""
    at = T0 + at_s * S
    said = [(0, "program", program), (0, "execution", "ACTIVE")]
    said += [(10 * n, "step", step) for n, step in enumerate(steps)]
    said += [(60, "step", "0"), (60, "execution", "READY")]
    return [change(seq + n, at + after * S, signal, value) for n, (after, signal, value) in enumerate(said)]


def made(company: Company) -> list[Made]:
    return company.store.read_now(lambda reader: store.parts(reader, 1, T0, T0 + 86_400 * S, 1000))


def day(*runs: tuple[str, ...]) -> list[Record]:
    records: list[Record] = [machine(1), change(2, T0, "execution", "READY")]
    for number, steps in enumerate(runs, 1):
        records += run(len(records) + 1, number * 100, *steps)
    return records


async def test_parts_are_folded_with_the_runs(company: Company) -> None:
    records = day(("1", "2"), ("1", "2"), ("1", "2"), ("1",))
    await company.send(records, after=0, upto=len(records))
    company.fold()
    assert [(m.program, m.version, (m.part.started_us - T0) // S, m.part.grade) for m in made(company)] == [
        ("795", 1, 100, "B"), ("795", 1, 200, "B"), ("795", 1, 300, "B"),
    ]  # fmt: skip
    assert [m.part.gaps_us for m in made(company)] == [(None,), (40 * S,), (40 * S,)]
    (version,) = company.store.read_now(lambda reader: store.program_versions(reader, 1))
    assert (version.runs, version.complete, version.parts, version.reference) == (4, 4, 3, ("1", "2"))
    assert version.counting_since_us is None


async def test_a_late_run_with_a_new_step_takes_the_reference_away(company: Company) -> None:
    records = day(("1", "2"), ("1", "2"), ("1", "2"))
    last = len(records)
    await company.send(records, after=0, upto=last)
    company.fold()
    assert len(made(company)) == 3
    late = [*run(last + 1, 405, "1", "3")]
    await company.send(late, after=last, upto=last + len(late))
    company.fold()
    assert made(company) == []


async def test_the_order_of_arrival_does_not_matter(company: Company, tmp_path: Path) -> None:
    records = day(("1", "2"), ("1", "2"), ("1",), ("2",), ("9",), ("9",), ("9",))
    await company.send(records, after=0, upto=len(records))
    company.fold()
    other = Company(tmp_path / "other")
    try:
        middle = len(records) // 2
        await other.send(records[middle:], after=0, upto=len(records), epoch="epoch-2")
        other.fold()
        await other.send(records[:middle], after=0, upto=middle)
        other.fold()
        assert made(other) == made(company)
        assert [m.version for m in made(company)] == [1, 1, 1, 2, 2, 2][-len(made(company)) :]
    finally:
        other.close()


async def test_a_counter_that_counts_gives_grade_a(company: Company) -> None:
    counting = machine(1, part_rule="counter")
    records = [
        counting,
        change(2, T0, "part_count", 4),
        *run(3, 100, "1", "2"),
        change(9, T0 + 160 * S, "part_count", 5),
    ]
    await company.send(records, after=0, upto=9)
    company.fold()
    assert [(m.part.grade, m.part.rule, m.part.stitched) for m in made(company)] == [("A", "counter", False)]
    (version,) = company.store.read_now(lambda reader: store.program_versions(reader, 1))
    assert version.counting_since_us == T0 + 160 * S
