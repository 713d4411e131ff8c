"""Runs, taps and signals give the same work whatever order they arrive in, and the same after a rebuild."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.records import Record
from hub import projector
from tests.hub.progress.shop import Shop, day, line, tap
from tests.support.company import T0, S, change

RUNS = day(100, 200, 300, 400, 500)


def story() -> list[Record]:
    """A day with a start, a pause, two orders, a signal and a finish that comes late."""
    n = len(RUNS)
    return [
        *RUNS,
        tap(n + 1, 150, "A", "10", "start"),
        tap(n + 2, 250, "A", "10", "pause"),
        tap(n + 3, 260, "B", "10", "start"),
        tap(n + 4, 350, "B", "10", "finish", good=1),
        change(n + 5, T0 + 380 * S, "order", "C"),
        change(n + 6, T0 + 380 * S, "operation", "10"),
        change(n + 7, T0 + 450 * S, "order", None),
        tap(n + 8, 470, "A", "10", "finish", good=2),
    ]


async def arrive(shop: Shop, cuts: list[list[Record]]) -> None:
    """Each piece of the story under an epoch of its own, as from agents that deliver when they can."""
    for number, piece in enumerate(cuts):
        if piece:
            last = max(record.seq for record in piece)
            await shop.send(sorted(piece, key=lambda r: r.seq), after=0, upto=last, epoch=f"e{number}")
            shop.fold()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 3), min_size=len(story()), max_size=len(story())), st.permutations(range(4)))
def test_any_order_of_arrival_gives_the_same_work(places: list[int], order: list[int]) -> None:
    cuts: list[list[Record]] = [[] for _ in range(4)]
    for record, place in zip(story(), places, strict=True):
        cuts[place].append(record)
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = Shop(Path(folder) / "whole"), Shop(Path(folder) / "parts")
        try:
            whole.nest(line("A"))
            asyncio.run(arrive(whole, [story()]))
            asyncio.run(arrive(parts, [cuts[place] for place in order]))
            parts.nest(line("A"))
            assert [each[1:4] for each in whole.work()] == [
                ("A", "10", "program"), ("A", "10", "start"), ("B", "10", "start"), ("C", "10", "signals"),
                (None, None, None),
            ]  # fmt: skip
            assert parts.facts() == whole.facts()
            projector.rebuild(parts.store, T0)
            assert parts.facts() == whole.facts()
        finally:
            whole.close()
            parts.close()
