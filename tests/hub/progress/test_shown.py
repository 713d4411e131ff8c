"""What a page says of an order's operations: the loss of pieces is named where it happened, and once."""

from typing import Any

from hub.progress.questions import StandingRow
from hub.web.progressview import said_once


def row(operation: str, status: str, good: int, *faults: str) -> StandingRow:
    known: dict[str, Any] = dict.fromkeys(StandingRow.__struct_fields__)
    return StandingRow(**known | {"operation": operation, "status": status, "good": good, "faults": faults})


def faults(rows: list[StandingRow]) -> list[tuple[str, ...]]:
    return [each.faults for each in said_once(rows)]


def test_pieces_that_were_lost_before_are_not_told_again() -> None:
    fewer = "fewer_than_ordered"
    assert faults([
        row("10", "finished", 40), row("20", "finished", 39, fewer), row("30", "finished", 39, "counts_differ", fewer),
        row("40", "finished", 38, fewer), row("50", "started", 10),
    ]) == [(), (fewer,), ("counts_differ",), (fewer,), ()]  # fmt: skip


def test_an_operation_that_lost_none_of_what_came_says_nothing_even_after_one_still_under_way() -> None:
    fewer = "fewer_than_ordered"
    rows = [row("10", "finished", 39, fewer), row("20", "started", 5), row("30", "finished", 39, fewer)]
    assert faults(rows) == [(fewer,), (), ()]
