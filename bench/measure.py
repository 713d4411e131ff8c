"""What a row of the table is, and how something is measured several times. Seconds and microseconds."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """Several runs of one measurement."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.median)} [{number(self.low)}–{number(self.high)}]"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, the target of DESIGN §10, and what stands beside it."""

    name: str
    what: str
    figure: Spread
    unit: str
    target: str
    beside: tuple[tuple[str, Spread], ...] = ()
    note: str = ""


def number(value: float) -> str:
    """A figure with three digits that count, thousands set apart."""
    if abs(value) >= 1000:
        return f"{round(value, -max(len(str(int(value))) - 3, 0)):,.0f}"
    return f"{value:.3g}"


def spread(values: Sequence[float]) -> Spread:
    """Median and range of some runs."""
    return Spread(statistics.median(values), min(values), max(values))


def cpu_us(work: Callable[[], object], events: int, runs: int = RUNS) -> Spread:
    """Processor time of this process for each event, µs; one run before is thrown away."""
    work()
    return spread([_timed(work, time.process_time) / events * 1e6 for _ in range(runs)])


def per_second(work: Callable[[], object], events: int, runs: int = RUNS) -> Spread:
    """Events a second by the clock on the wall; one run before is thrown away."""
    work()
    return spread([events / _timed(work, time.perf_counter) for _ in range(runs)])


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    start = clock()
    work()
    return clock() - start
