"""Runs joined with operations through the ledger: by what was said first, anew when something is said later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import projector
from hub.progress.work_model import Binding
from tests.hub.progress.shop import Shop, day, line, run, tap
from tests.support.company import T0, S, change


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


async def test_a_program_that_belongs_to_nothing_is_nobodys(shop: Shop) -> None:
    await shop.report(*day(100, 200, 300))
    assert shop.work() == [(100, None, None, None, 1), (200, None, None, None, 1), (300, None, None, None, 1)]


async def test_the_machines_signals_say_the_order_and_operation(shop: Shop) -> None:
    records = day(100, 200, 300, 400)
    last = len(records)
    said = [
        change(last + 1, T0 + 150 * S, "order", "A"), change(last + 2, T0 + 150 * S, "operation", 10),
        change(last + 3, T0 + 350 * S, "order", "no such"),
    ]  # fmt: skip
    await shop.report(*records, *said)
    assert [each[1:4] for each in shop.work()] == [
        (None, None, None), ("A", "10", "signals"), ("A", "10", "signals"), (None, None, None),
    ]  # fmt: skip
    shop.order("no such")
    shop.fold()
    assert shop.work()[3][1:4] == ("no such", "10", "signals")


async def test_what_was_started_at_the_machine_goes_on_until_it_is_finished(shop: Shop) -> None:
    records = day(100, 200, 300, 400, 500)
    n = len(records)
    taps = [
        tap(n + 1, 150, "A", "10", "start"), tap(n + 2, 250, "A", "10", "pause"),
        tap(n + 3, 350, "B", "10", "start"), tap(n + 4, 450, "B", "10", "finish", good=1),
    ]  # fmt: skip
    await shop.report(*records, *taps)
    assert [each[1] for each in shop.work()] == [None, "A", "A", "B", "A"]
    await shop.report(tap(n + 5, 460, "A", "10", "finish", good=2))
    assert [each[1] for each in shop.work()] == [None, "A", "A", "B", None]
    stands = shop.stands("A").standing
    assert (stands.status, stands.machine_good, stands.reported_good, stands.faults) == (
        "finished", 2, 2, ("fewer_than_ordered",),
    )  # fmt: skip


async def test_a_program_in_one_open_operation_is_for_that_one(shop: Shop) -> None:
    await shop.report(*day(100, 200, 300))
    shop.nest(line("A", 2))
    assert [each[1:] for each in shop.work()] == [("A", "10", "program", 2)] * 3
    shop.nest(line("A", 2), line("B", 1))
    assert [each[1] for each in shop.work()] == [None, None, None]
    await shop.report(tap(shop.sent + 1, 150, "A", "10", "finish", machine=None))
    assert [each[1] for each in shop.work()] == [None, "B", "B"]


async def test_a_program_used_again_for_another_order_leaves_the_first_ones_work(shop: Shop) -> None:
    await shop.report(*day(100, 200, 300))
    shop.nest(line("A"))
    shop.nest(line("B"))
    await shop.report(*run(shop.sent + 1, 400, "1", "2"))
    assert [each[1] for each in shop.work()] == ["A", "A", "A", "B"]
    before = shop.facts()
    projector.rebuild(shop.store, T0)
    assert shop.facts() == before
    shop.fold()
    assert shop.facts() == before


async def test_a_sheet_is_split_over_the_operations_it_is_cut_into(shop: Shop) -> None:
    await shop.report(*day(100, part_rule="nest"))
    shop.nest(line("A", 3, cut_mm=900.0, pierces=0), line("B", 1, cut_mm=100.0, pierces=5))
    assert [each[1:] for each in shop.work()] == [("A", "10", "program", 3), ("B", "10", "program", 1)]
    active = shop.store.read_now(lambda reader: reader.all("SELECT active FROM work ORDER BY line"))
    assert [round(share / S) for (share,) in active] == [45, 15]


async def test_a_persons_word_goes_before_all_others_and_can_be_taken_back(shop: Shop) -> None:
    await shop.report(*day(100, 200, 300))
    shop.nest(line("A"))
    shop.bind(Binding(0, "795", T0 + 150 * S, T0 + 250 * S, "bind", ("B", "10")))
    assert [each[1:4] for each in shop.work()] == [
        ("A", "10", "program"), ("B", "10", "person"), ("A", "10", "program"),
    ]  # fmt: skip
    shop.bind(Binding(0, None, T0 + 250 * S, None, "nothing", None))
    assert shop.work()[2][1:4] == (None, None, "person")
    shop.bind(Binding(0, "795", T0, None, "rules", None))
    assert [each[1] for each in shop.work()] == ["A", "A", "A"]
    shop.bind(Binding(0, "795", T0, None, "bind", ("no such", "10")))
    assert [each[1] for each in shop.work()] == ["A", "A", "A"]


async def test_strokes_count_by_the_bends_of_the_part(shop: Shop) -> None:
    shop.store.write_now(lambda writer: writer.run("UPDATE operations SET bends = 4 WHERE order_id = 'A'"))
    records = day(100, part_rule="strokes")
    n = len(records)
    strokes = [change(n + 1 + k, T0 + (99 + k) * S, "part_count", k) for k in range(10)]
    await shop.report(*records, *strokes, tap(n + 20, 50, "A", "10", "start"))
    assert shop.stands("A").standing.machine_good == 2


async def test_a_report_at_a_corrected_time_is_joined_where_it_belongs(shop: Shop) -> None:
    await shop.report(*day(100, 200))
    await shop.report(tap(shop.sent + 1, 150, "A", "10", "start"))
    assert [each[1] for each in shop.work()] == [None, "A"]
    shop.store.write_now(
        lambda writer: writer.run("UPDATE orders SET closed = ? WHERE order_id = 'A'", (T0 + 900 * S,))
    )
    shop.fold()
    assert [each[1] for each in shop.work()] == [None, "A"]
    shop.store.write_now(lambda writer: writer.run("DELETE FROM operations WHERE order_id = 'A'"))
    shop.fold()
    assert [each[1] for each in shop.work()] == [None, None]


async def test_books_changed_while_a_rebuild_goes_on_are_not_forgotten(shop: Shop) -> None:
    await shop.report(*day(100, 200, 300))

    def meanwhile(_done: int, _of: int) -> None:
        shop.nest(line("A"))

    projector.rebuild(shop.store, T0, meanwhile)
    shop.fold()
    assert [each[1] for each in shop.work()] == ["A", "A", "A"]
