"""Rows of the control charts: the list of broken rules among a thousand charts, and what one measurement costs."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Row, Spread, spread
from bench.scenes import START
from contract.records import Inspection
from contract.times import from_us, to_us
from hub.machines.report_model import Reported
from hub.quality import chart_store, measured_store, store
from hub.quality.model import Characteristic
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import CompanyStore, Writer

CHARTS, VALUES, ASKED = 1_000, 300, 20
S = 1_000_000
START_US = to_us(START)


def chart() -> Iterator[Row]:
    """Milliseconds: rules broken on any chart as asked; beside it one chart drawn, and a step with one measurement."""
    with tempfile.TemporaryDirectory() as folder:
        company = CompanyStore("bench", Path(folder) / "bench.db", COMPANY_MIGRATIONS)
        try:
            company.write_now(_fill)
            asked = _timed(lambda: company.read_now(lambda reader: chart_store.violations(reader, 0)))
            drawn = _timed(lambda: company.read_now(lambda reader: chart_store.read_view(reader, _made(7))))
            steps = iter(range(ASKED))
            step = _timed(lambda: company.write_now(lambda writer: _measured(writer, next(steps))))
        finally:
            company.close()
    what = f"broken rules among {CHARTS:,} charts of {VALUES} measurements"
    beside = (("one chart drawn", drawn), ("a step with one measurement", step))
    yield Row("chart", what, asked, "ms", "≤ 50 ms", beside)


def _timed(work: Callable[[], object]) -> Spread:
    taken = []
    for _ in range(ASKED):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return spread(taken)


def _made(number: int) -> Characteristic:
    return Characteristic(characteristic=f"D{number}", item="PN-1", operation="10", lower=9.9, upper=10.1, unit="mm")


def _report(chart_no: int, number: int) -> Reported:
    """Quiet values, and one in each chart far outside."""
    value = 10.3 if number == VALUES // 2 else random.Random(chart_no * 10_000 + number).gauss(10.0, 0.02)
    at_us = START_US + number * S
    moment = from_us(at_us)
    said = Inspection(
        seq=chart_no * 10_000 + number + 1,
        at=moment,
        seen=moment,
        characteristic=f"D{chart_no}",
        value=value,
        unit="mm",
    )
    return Reported(record=said, at_us=at_us, seen_us=at_us, epoch_no=1)


def _fill(writer: Writer) -> None:
    for number in range(CHARTS):
        store.save_characteristic(writer, _made(number))
        measured_store.keep(writer, [_report(number, each) for each in range(VALUES)])
    while writer.one("SELECT 1 FROM charts_due"):
        chart_store.settle(writer)


def _measured(writer: Writer, step: int) -> None:
    measured_store.keep(writer, [_report(step, VALUES + step)])
    chart_store.settle(writer)
