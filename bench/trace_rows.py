"""The row of traceability: everything that one lot became, in a company with 100,000 lots and a million links."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import RUNS, Row, Spread, spread
from hub.access.catalogue import Room
from hub.directory.company import CompanyView
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import CompanyStore, Reader, Writer
from hub.trace import questions
from hub.web.answers import json_response

FAMILIES, LAYERS, WIDE, PARENTS = 10, 10, 1000, 12
"""Families of 10,000 lots; each lot has ten parents in the layer before it, and every layer hangs on the first lot."""


def trace() -> Iterator[Row]:
    """One lot with 10,000 relatives, asked as the API asks, down to the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        store = CompanyStore("bench", Path(folder) / "company.db", COMPANY_MIGRATIONS)
        try:
            store.write_now(_fill)
            lots, links = store.read_now(_count)
            asked = _ms(lambda: store.read_now(_ask))
            plain = _ms(lambda: store.read_now(_plain))
        finally:
            store.close()
    yield Row(
        "trace",
        f"all that a lot became: 10,000 lots, 100,000 links, of {lots:,} lots with {links:,} links",
        asked,
        "ms",
        "≤ 200",
        (("SQLite reading as many links in a row", plain),),
    )


def _fill(writer: Writer) -> None:
    chance = random.Random(7)
    size = LAYERS * WIDE
    writer.many(
        "INSERT INTO lots (lot_id, lot, last_at) VALUES (?, ?, 0)",
        [(number, f"LOT-{number:06}") for number in range(1, FAMILIES * size + 1)],
    )
    links = {
        (_parent(chance, family * size + 1, layer), family * size + 1 + layer * WIDE + place)
        for family in range(FAMILIES)
        for layer in range(LAYERS)
        for place in range(1 if layer == 0 else 0, WIDE)
        for _ in range(PARENTS)
    }
    writer.many("INSERT INTO lot_links VALUES (?, ?, 1.5, 'kg')", sorted(links))


def _parent(chance: random.Random, first: int, layer: int) -> int:
    """The first lot for its own layer, else some lot of the layer before."""
    return first if layer == 0 else first + (layer - 1) * WIDE + chance.randrange(WIDE)


def _count(reader: Reader) -> tuple[int, int]:
    lots, links = reader.one("SELECT count(*) FROM lots"), reader.one("SELECT count(*) FROM lot_links")
    assert lots is not None
    assert links is not None
    return lots[0], links[0]


def _ask(reader: Reader) -> None:
    room = Room("bench", reader, CompanyView("bench", "Bench"), 0)
    (row,) = questions.genealogy(room, questions.Towards(lot="LOT-000001", direction="forward")).rows
    assert len(row.lots) > 9_000, len(row.lots)
    json_response(row)


def _plain(reader: Reader) -> None:
    assert len(reader.all("SELECT parent_id, child_id, quantity, unit FROM lot_links LIMIT 91000")) == 91_000


def _ms(work: Callable[[], object]) -> Spread:
    work()
    figures = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        figures.append((time.perf_counter() - start) * 1e3)
    return spread(figures)
