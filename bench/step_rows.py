"""Row of the projector's step: one more run after 1,000 runs of one program, and after the 50,000 of a year.

The machine tells its orders by signals and people report at it; every second part is held where it is turned over.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.measure import Row, Spread, spread
from bench.scenes import START
from contract.batch import Head, Status
from contract.codec import encode_batch, encode_record
from contract.records import Machine, Observation, Progress, Record
from contract.times import from_us, to_us
from hub import projector
from hub.ingest.desk import IngestDesk
from hub.ledger import segments
from hub.orders import store as orders
from hub.orders.model import Nest, NestLine, Operation, Order
from hub.parts import store as parts
from hub.progress import work_store
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import CompanyStore, Stores, Writer

S = 1_000_000
KEY, PROGRAM = "main/lathe-1", "795"
NOW_US = to_us(START)
FEW, MANY, ASKED, EVERY_S, OF_ORDER = 1_000, 50_000, 30, 200, 50
"""A run every EVERY_S seconds, OF_ORDER of them for one order."""


class _Year:
    """A company with one machine; `sent` is the last record's number, `ran` how many runs there were."""

    def __init__(self, folder: Path) -> None:
        stores = Stores(folder, COMPANY_MIGRATIONS)
        self.close = stores.close
        self.store: CompanyStore = stores.create("bench")
        self.desk = IngestDesk(stores)
        self.sent = self.ran = 0

    def go_on(self, runs: int) -> None:
        """Sends so many more runs, and what was said about them."""
        records = [] if self.ran else [_machine()]
        for number in range(self.ran, self.ran + runs):
            records += _run(number, self.sent + len(records) + 1)
        if not self.ran:
            self.store.write_now(_books)
        self.ran += runs
        for first in range(0, len(records), 5000):
            body = self._batch(records[first : first + 5000])
            asyncio.run(self.desk.accept("bench", "bench", "main", body, NOW_US))

    def _batch(self, records: Iterable[Record]) -> bytes:
        bodies = [encode_record(record) for record in records]
        after, self.sent = self.sent, self.sent + len(bodies)
        head = Head(v=1, agent="bench", epoch="bench", after=after, upto=self.sent, sent_at=START, status=Status())
        return encode_batch(head, bodies)


def step() -> Iterator[Row]:
    """Milliseconds of processor time of one step, after a year; beside it the first day's, and its stages' alone."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = _measured(Path(folder) / "few", FEW), _measured(Path(folder) / "many", MANY)
    beside = [(f"after {FEW:,}", few[0])]
    for name, of_few, of_many in zip(("judging", "joining"), few[1:], many[1:], strict=True):
        beside += [(f"{name} after {FEW:,}", of_few), (f"after {MANY:,}", of_many)]
    what = f"step with one more run after {MANY:,} runs of its program"
    yield Row("step", what, many[0], "ms", "≤ 5, as after 1,000", tuple(beside))


def _measured(folder: Path, runs: int) -> tuple[Spread, Spread, Spread]:
    year = _Year(folder)
    try:
        year.go_on(runs)
        year.store.write_now(_all)
        taken: list[tuple[float, float, float]] = []
        for _ in range(ASKED):
            year.go_on(1)
            last_us = NOW_US + year.ran * EVERY_S * S - EVERY_S * S
            step = _ms(lambda: year.store.write_now(lambda writer: projector.step(writer, NOW_US)))
            judged = _ms(lambda at=last_us: year.store.write_now(lambda w: parts.judge_machine(w, 1, None, at)))
            taken.append((step, judged, _ms(lambda: year.store.write_now(work_store.settle))))
    finally:
        year.close()
    step_ms, judged_ms, joined_ms = zip(*taken, strict=True)
    return spread(step_ms), spread(judged_ms), spread(joined_ms)


def _all(writer: Writer) -> None:
    """Everything that came, in one step: how it was reached is not what is measured."""
    projector.project(writer, list(segments.after(writer, 0, 10_000)), NOW_US)


def _ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _machine() -> Record:
    return Machine(seq=1, seen=START, at=START, machine=KEY, driver="opcua", state_model="mtconnect")


def _run(number: int, seq: int) -> list[Record]:
    """The number-th run; with the first of an order the machine's signal and a person say so."""
    begun, order = number * EVERY_S, f"A-{number // OF_ORDER}"
    said: list[tuple[int, str, str]] = []
    if number % OF_ORDER == 0:
        said.append((0, "order", order) if number // OF_ORDER % 2 else (0, "order", "none"))
    said += [(1, "program", PROGRAM), (1, "execution", "ACTIVE"), (2, "step", "1"), (10, "step", "2")]
    said += [(11, "execution", "INTERRUPTED"), (15, "execution", "ACTIVE")] if number % 2 else []
    said += [(40, "step", "0"), (40, "execution", "READY")]
    found: list[Record] = [_change(seq + n, begun + after, *what) for n, (after, *what) in enumerate(said)]
    action = {0: "start", OF_ORDER - 1: "finish"}.get(number % OF_ORDER)
    if action is not None:
        at = from_us(NOW_US + (begun + (0 if action == "start" else 50)) * S)
        found.append(
            Progress(
                seq=seq + len(found), seen=at, at=at, order=order, operation="10", action=action, machine=KEY, good=0
            )
        )
    return found


def _change(seq: int, at_s: int, signal: str, value: str) -> Observation:
    at = from_us(NOW_US + at_s * S)
    return Observation(seq=seq, seen=at, at=at, machine=KEY, signal=signal, value=value)


def _books(writer: Writer) -> None:
    """The orders of a year, and a nest for each."""
    for number in range(MANY // OF_ORDER + 1):
        name = f"A-{number}"
        orders.save_order(writer, Order(order=name, item="PN-1", quantity=OF_ORDER, created_us=NOW_US))
        steps = [Operation(order=name, quantity=OF_ORDER, operation="10", position=1, process="turning", machine=KEY)]
        orders.save_operations(writer, name, steps)
        line = NestLine(order=name, operation="10", quantity=1)
        orders.save_nest(writer, Nest(machine=KEY, program=f"N-{number}", lines=(line,)))
