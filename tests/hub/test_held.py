"""A room that cannot keep what was reported stands still alone; what it could not keep is tried again, not skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.records import Progress
from contract.times import from_us
from hub import projector
from hub.progress import store as progress
from tests.support.company import KEY, T0, Company, S, change, machine


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


def report(seq: int, order: str) -> Progress:
    at = from_us(T0 + seq * S)
    return Progress(seq=seq, seen=at, at=at, order=order, operation="10", action="start", machine=KEY)


def kept(company: Company, order: str) -> int:
    return len(company.store.read_now(lambda reader: progress.reports_of(reader, order)))


def states(company: Company) -> list[object]:
    return company.store.read_now(lambda reader: reader.all("SELECT at, value FROM changes ORDER BY at"))


def sick(_writer: object, reports: object) -> list[tuple[str, str]]:
    raise OverflowError(f"cannot keep {reports!r}"[:20])


async def test_the_rest_goes_on_and_the_held_are_kept_later(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    well = projector.KEEPERS["progress"]
    monkeypatch.setitem(projector.KEEPERS, "progress", sick)
    await company.send([machine(1), report(2, "A-1"), change(3, T0 + S, "execution", "ACTIVE")], after=0, upto=3)
    company.fold()
    assert states(company) == [(T0 + S, "ACTIVE")]
    assert kept(company, "A-1") == 0
    assert company.store.read_now(projector.progress).stopped == 1
    assert company.store.read_now(projector.progress).behind == 0

    monkeypatch.setitem(projector.KEEPERS, "progress", well)
    await company.send([report(4, "A-2")], after=3, upto=4)
    company.fold()
    assert (kept(company, "A-1"), kept(company, "A-2")) == (0, 1), "not before its time"
    company.fold(T0 + projector.HELD_RETRY_US + S)
    assert (kept(company, "A-1"), kept(company, "A-2")) == (1, 1)
    assert company.store.read_now(projector.progress).stopped == 0


async def test_what_cannot_be_joined_is_joined_with_the_next_step(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = projector.SETTLERS["work"]
    monkeypatch.setitem(projector.SETTLERS, "work", lambda writer: sick(writer, "work"))
    await company.send([machine(1), report(2, "A-1")], after=0, upto=2)
    company.fold()
    assert kept(company, "A-1") == 1
    assert company.store.read_now(projector.progress).stopped == 1
    monkeypatch.setitem(projector.SETTLERS, "work", well)
    company.fold()
    assert company.store.read_now(projector.progress).stopped == 0


async def test_a_rebuild_holds_too_and_loses_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    await company.send([machine(1), report(2, "A-1")], after=0, upto=2)
    company.fold()
    assert kept(company, "A-1") == 1
    with monkeypatch.context() as ill:
        ill.setitem(projector.KEEPERS, "progress", sick)
        projector.rebuild(company.store, T0)
    assert kept(company, "A-1") == 0
    assert company.store.read_now(projector.progress).stopped == 1
    company.fold(T0 + projector.HELD_RETRY_US + S)
    assert kept(company, "A-1") == 1
