"""Parts of an agent for tests: machines' settings without a protocol, clocks, a buffer on disk, waiting."""

import itertools
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from contract.records import Observation
from contract.times import from_us
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Entry, Row, pack_columns, pack_record
from edge_agent.clocks import Clocks
from edge_agent.normalise.normaliser import Normaliser
from edge_agent.settings import ConditionBase, ConnectionBase, MachineSettings, MachineTable, SignalBase
from tests.support.servers import eventually as until

__all__ = ["MACHINE", "NOON_US", "Book", "clocks", "machine", "normaliser", "observation", "open_buffer", "rows_entry",
           "until", "values_entry"]  # fmt: skip

MACHINE = "main/laser-1"
_IDS = itertools.count(1)
NOON_US = 1_795_176_000_000_000  # 2026-11-20 12:00 UTC


def machine(
    signals: Mapping[str, SignalBase], conditions: Mapping[str, ConditionBase] | None = None, driver: str = "opcua"
) -> MachineSettings:
    return MachineSettings(
        table=MachineTable(id="laser-1", driver=driver),
        connection=ConnectionBase(),
        signals=dict(signals),
        conditions=dict(conditions or {}),
    )


class Book:
    """Series numbers as the buffer gives them."""

    def __init__(self):
        self.keys = []

    def __call__(self, key):
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key)


def normaliser(signals, conditions=None, *, rereads=True, memory=None) -> tuple[Normaliser, Book]:
    book = Book()
    return Normaliser(MACHINE, machine(signals, conditions), book, rereads=rereads, memory=memory), book


def clocks(now_us: Callable[[], int] | None = None) -> Clocks:
    return Clocks(now_us or (lambda: time.time_ns() // 1000), time.monotonic, lambda: f"epoch-{next(_IDS)}")


async def open_buffer(path: Path, limits: Limits | None = None, with_clocks: Clocks | None = None) -> Buffer:
    return await Buffer.open(path, limits or Limits(), with_clocks or clocks())


def observation(name: str, value, at_us: int, seen_us: int | None = None) -> Row:
    seen = from_us(at_us if seen_us is None else seen_us)
    return pack_record(Observation(seq=1, seen=seen, machine=MACHINE, at=from_us(at_us), signal=name, value=value))


def rows_entry(rows: list[Row], seen_us: int = NOON_US) -> Entry:
    return Entry(MACHINE, seen_us, rows=rows)


def values_entry(series: list[int], ats: list[int], values: list[float], seen_us: int = NOON_US) -> Entry:
    return Entry(MACHINE, seen_us, columns=pack_columns(series, ats, values))
