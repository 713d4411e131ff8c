"""What people decide about a program version: kept, read by the fold, the same after a rebuild and in any order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import projector
from hub.parts import decision_store, store
from hub.parts.decision_model import Decision, Kind, begun, ruling
from hub.parts.store import Made, Version
from tests.hub.parts.test_judging import run
from tests.support.company import KEY, T0, Company, S, change, machine


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


async def ran(company: Company, *runs: tuple[str, ...], part_rule: str | None = None) -> None:
    """A run every 100 s with these steps."""
    records = [machine(1, part_rule=part_rule), change(2, T0, "execution", "READY")]
    for number, steps in enumerate(runs, 1):
        records += run(len(records) + 1, number * 100, *steps)
    await company.send(records, after=0, upto=len(records))
    company.fold()


def decide(company: Company, kind: Kind, at_s: int = 100, signature: tuple[str, ...] | None = None) -> None:
    said = ("a@aoba.example", T0, "because")
    company.store.write_now(lambda writer: decision_store.add(writer, KEY, "795", T0 + at_s * S, kind, signature, said))
    company.fold()


def made(company: Company) -> list[Made]:
    return company.store.read_now(lambda reader: store.parts(reader, 1, T0, T0 + 86_400 * S, 1000))


def starts(company: Company) -> list[tuple[int, str]]:
    return [((one.part.started_us - T0) // S, one.part.grade) for one in made(company)]


def versions(company: Company) -> list[Version]:
    return company.store.read_now(lambda reader: store.program_versions(reader, 1))


FULL = ("1", "2")


async def test_a_rejected_version_makes_no_part_until_that_is_withdrawn(company: Company) -> None:
    await ran(company, FULL, FULL, FULL)
    decide(company, "reject")
    assert starts(company) == []
    assert [(v.verdict, v.reference, v.parts) for v in versions(company)] == [("rejected", FULL, 0)]
    decide(company, "withdraw")
    assert [at for at, _ in starts(company)] == [100, 200, 300]
    assert versions(company)[0].verdict is None


async def test_a_person_chooses_the_reference_where_the_rule_finds_none(company: Company) -> None:
    await ran(company, FULL, FULL, ("1", "2", "3"))
    assert starts(company) == []
    decide(company, "reference", signature=FULL)
    assert starts(company) == [(100, "B"), (200, "B")]
    assert [(v.verdict, v.reference, v.times) for v in versions(company)] == [("corrected", FULL, 2)]


async def test_a_new_version_begins_where_a_person_says_and_can_be_joined_again(company: Company) -> None:
    await ran(company, FULL, FULL, FULL, FULL, FULL, FULL)
    decide(company, "begins", at_s=400)
    assert [(v.version, v.runs, v.parts) for v in versions(company)] == [(2, 3, 3), (1, 3, 3)]
    decide(company, "reject", at_s=400)
    assert [at for at, _ in starts(company)] == [100, 200, 300]
    decide(company, "withdraw", at_s=400)
    assert [(v.version, v.runs, v.parts) for v in versions(company)] == [(1, 6, 6)]


async def test_runs_without_steps_are_parts_by_time_alone_once_a_person_says_so(company: Company) -> None:
    await ran(company, (), ())
    assert starts(company) == []
    decide(company, "confirm")
    assert starts(company) == [(100, "C"), (200, "C")]


async def test_a_confirmed_version_with_steps_but_no_reference_still_makes_no_part(company: Company) -> None:
    await ran(company, ("1",), ("2", "1"))
    decide(company, "confirm")
    assert starts(company) == []


async def test_a_late_run_is_judged_by_what_was_decided_before(company: Company) -> None:
    await ran(company, (), ())
    decide(company, "confirm")
    late = run(100, 300)
    await company.send(late, after=99, upto=99 + len(late))
    company.fold()
    assert starts(company) == [(100, "C"), (200, "C"), (300, "C")]


async def test_a_rebuild_gives_the_same_also_when_something_was_decided_meanwhile(company: Company) -> None:
    await ran(company, FULL, FULL, ("1", "2", "3"))
    decide(company, "reference", signature=FULL)
    before = (made(company), versions(company))
    projector.rebuild(company.store, T0)
    assert (made(company), versions(company)) == before

    def meanwhile(_done: int, _of: int) -> None:
        if not starts_of_reject(company):
            decide(company, "reject")

    projector.rebuild(company.store, T0, meanwhile)
    company.fold()
    assert starts(company) == []


def starts_of_reject(company: Company) -> list[Decision]:
    said = company.store.read_now(lambda reader: decision_store.decisions(reader, KEY, "795"))
    return [each for each in said if each.kind == "reject"]


async def test_finished_runs_of_a_nest_are_sheets_and_strokes_make_parts(company: Company, tmp_path: Path) -> None:
    await ran(company, ("1",), ("2",), part_rule="nest")
    assert [(one.part.rule, one.part.grade) for one in made(company)] == [("nest", "B"), ("nest", "B")]
    other = Company(tmp_path / "press")
    try:
        strokes = [change(99, T0, "part_count", 0), *(
            change(100 + n, T0 + (105 + 10 * n) * S, "part_count", n + 1) for n in range(5)
        ), change(110, T0 + 210 * S, "part_count", 6)]  # fmt: skip
        await other.send(strokes, after=98, upto=110, epoch="epoch-2")
        await ran(other, (), (), part_rule="strokes:3")
        parts = [one.part for one in made(other)]
        assert [(part.rule, part.grade, len(part.gaps_us)) for part in parts] == [
            ("strokes", "A", 1), ("strokes", "A", 1),
        ]  # fmt: skip
    finally:
        other.close()


def test_the_latest_word_on_each_matter_holds() -> None:
    def said(number: int, kind: Kind, at_us: int = 0, signature: tuple[str, ...] | None = None) -> Decision:
        return Decision(
            number=number, machine="m", program="p", at_us=at_us, kind=kind, signature=signature, who="x", when_us=0
        )

    told = [said(3, "confirm"), said(1, "reject"), said(2, "reference", signature=("1",))]
    assert (ruling(told, 0, 9).verdict, ruling(told, 0, 9).signature) == ("corrected", ("1",))
    assert ruling(told, 1, 9).verdict is None
    assert begun([said(1, "begins", 5), said(2, "begins", 7), said(3, "withdraw", 5)]) == {7}
