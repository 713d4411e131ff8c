"""Stops of a timeline that was folded from records, with reasons that came over the same way, in any order."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contract.batch import Receipt
from contract.records import Clock, Reason, Record
from contract.times import from_us
from hub import projector
from hub.calendars import store as calendars
from hub.calendars.model import Calendar, Day
from hub.machines import store as machines
from hub.stops import store
from hub.stops.model import Looked, ReasonCode
from hub.stores.company import Writer
from tests.support.company import KEY, T0, Company, S, change, machine

MIN = 60 * S
NOW = T0
B = T0 - 120 * MIN
"""Minutes are counted from here; the hub has heard everything at T0."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def reason(
    seq: int, from_min: float, to_min: float, code: str, *, at_min: float = 110, ongoing: bool = False
) -> Reason:
    at = from_us(B + round(at_min * MIN))
    return Reason(
        seq=seq, seen=at, at=at, machine=KEY, from_=from_us(B + round(from_min * MIN)),
        to=from_us(B + round(to_min * MIN)), code=code, ongoing=ongoing,
    )  # fmt: skip


def hours() -> list[Record]:
    """Runs at first, stands from minute 10 to 40, shortly at 50, is not known from 60 to 70, stands from 90 on."""
    said = [
        (0, "ACTIVE"), (10, "READY"), (40, "ACTIVE"), (50, "READY"), (51, "ACTIVE"), (60, None), (70, "ACTIVE"),
        (90, "INTERRUPTED"),
    ]  # fmt: skip
    changes = [change(2 + n, B + at * MIN, "execution", value) for n, (at, value) in enumerate(said)]
    return [machine(1, at_us=B), *changes]


async def send(company: Company, records: list[Record], *, after: int = 0, epoch: str = "epoch-1") -> Receipt:
    return await company.send(records, after=after, upto=records[-1].seq, epoch=epoch)


def look(company: Company, from_min: float = 0, to_min: float = 120) -> Looked:
    window = (B + round(from_min * MIN), B + round(to_min * MIN))

    def ask(reader: object) -> Looked:
        known = machines.find(reader, KEY)  # type: ignore[arg-type]  # the store's reader
        assert known is not None
        return store.stops_of(reader, known, Calendar(), window, NOW)  # type: ignore[arg-type]  # as above

    return company.store.read_now(ask)


def told(found: Looked) -> list[tuple[float, float, str | None, bool]]:
    return [((s.start_us - B) / MIN, (s.end_us - B) / MIN, s.code, s.open) for s in found.stops]


async def test_stops_of_a_folded_timeline(company: Company) -> None:
    await send(company, hours())
    company.fold(NOW)
    found = look(company)
    assert told(found) == [(10, 40, None, False), (90, 120, None, True)]
    assert (found.short_us, found.short_count, found.unknown_us) == (1 * MIN, 1, 10 * MIN)
    assert found.planned_us == 120 * MIN == found.stop_us + found.short_us + found.unknown_us + found.running_us


async def test_reasons_are_the_same_in_whatever_order_they_arrive(company: Company, tmp_path: Path) -> None:
    said = [reason(20, 10, 25, "setup", at_min=41), reason(21, 20, 40, "material", at_min=42)]
    said.append(reason(22, 90, 95, "breakdown", at_min=95, ongoing=True))
    await send(company, [*hours(), *said])
    company.fold(NOW)
    expected = [(10, 20, "setup", False), (20, 40, "material", False), (90, 120, "breakdown", True)]
    assert told(look(company)) == expected
    other = Company(tmp_path / "other")
    try:
        for number, one in enumerate(reversed(said)):
            await send(other, [one], after=one.seq - 1, epoch=f"late-{number}")
            other.fold(NOW)
        await send(other, hours())
        other.fold(NOW)
        assert told(look(other)) == expected
    finally:
        other.close()


async def test_a_window_sees_the_whole_of_the_stops_at_its_edges(company: Company) -> None:
    await send(company, [*hours(), reason(20, 12, 12, "setup", at_min=12, ongoing=True)])
    company.fold(NOW)
    assert told(look(company, 30, 31)) == [(30, 31, "setup", False)]
    assert told(look(company, 0, 11)) == [(10, 11, "setup", False)]
    assert told(look(company, 115, 116)) == [(115, 116, None, True)]


async def test_a_tap_a_little_before_the_machine_stands_is_for_that_stop_in_every_window(company: Company) -> None:
    early = [reason(20, 9, 9, "setup", at_min=9, ongoing=True), reason(21, 57, 89, "break", at_min=89, ongoing=True)]
    await send(company, [*hours(), *early])
    company.fold(NOW)
    assert told(look(company)) == [(10, 40, "setup", False), (90, 120, "break", True)]
    assert told(look(company, 20, 30)) == [(20, 30, "setup", False)]
    assert told(look(company, 100, 120)) == [(100, 120, "break", True)]


async def test_a_stop_that_lasts_tells_where_it_began_before_the_window(company: Company) -> None:
    await send(company, hours())
    company.fold(NOW)
    assert [(stop.open, stop.since_us) for stop in look(company, 100, 120).stops] == [(True, B + 90 * MIN)]
    assert [(stop.open, stop.since_us) for stop in look(company).stops] == [(False, None), (True, None)]


async def test_a_reason_moves_with_the_clock_it_was_told_by(company: Company) -> None:
    """The agent's clock was two minutes behind while the reason was given, and the agent says so later."""
    late = Clock(seq=21, seen=from_us(NOW), at=from_us(NOW), offset_us=2 * MIN, from_seq=20)
    await send(company, [*hours(), reason(20, 18, 28, "setup", at_min=100)])
    company.fold(NOW)
    assert told(look(company))[1] == (18, 28, "setup", False)
    await send(company, [late], after=20)
    company.fold(NOW)
    assert told(look(company))[:3] == [(10, 20, None, False), (20, 30, "setup", False), (30, 40, None, False)]


async def test_a_rebuild_keeps_what_was_said_and_set(company: Company) -> None:
    await send(company, [*hours(), reason(20, 10, 40, "setup"), reason(21, 90, 90, "break", ongoing=True)])
    company.fold(NOW)
    codes = [ReasonCode("setup", "段取り", "Setup", "changeover")]
    entry = Day(scope="main", day=date(2026, 4, 2), kind="closed")

    def set_books(writer: Writer) -> None:
        store.set_reason_codes(writer, codes)
        store.set_threshold_s(writer, 60)
        calendars.set_day(writer, entry)

    company.store.write_now(set_books)
    before = look(company)
    assert told(before) == [(10, 40, "setup", False), (50, 51, None, False), (90, 120, "break", True)]
    projector.rebuild(company.store, NOW)
    assert look(company) == before
    assert company.store.read_now(store.reason_codes) == codes
    assert company.store.read_now(calendars.calendar).days == (entry,)
