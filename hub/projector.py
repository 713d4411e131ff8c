"""Ledger → facts, one company at a time: the only writer of what is folded (DESIGN §5).

A step takes the segments that came since the last one, writes their rows, folds the machines they touch, and moves
the cursor, all in one transaction of that company's store. A fold that fails stops its machine alone, a room that
cannot keep what was reported holds it alone: the fault is shown and tried again, and nothing is skipped. Telemetry
is moved, not copied, from the segment into the series tables. A rebuild folds everything anew in a file beside the
store and swaps it in.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec
import structlog

from hub.errors import HubError
from hub.ledger import held, segments
from hub.ledger.segments import Segment
from hub.machines import store as machines
from hub.machines.clock_model import Correction, reach
from hub.machines.fold import MachineRows, corrections_in, rows_of
from hub.machines.report_model import Reported, reported
from hub.parts import store as parts
from hub.progress import store as progress_reports
from hub.progress import work_store
from hub.quality import chart_store as charts
from hub.quality import measured_store as quality
from hub.schema import BOOKS, COMPANY_MIGRATIONS, PROJECTED
from hub.series import store as series
from hub.series.fold import block_rows
from hub.stops import store as stops
from hub.stores.company import CompanyStore, Reader, Stores, Writer
from hub.timeline import store as timeline
from hub.trace import store as trace

STEP_SEGMENTS = 16
RECUT_SIGNALS = 20
IDLE_S = 60.0
RETRY_S = 5.0
ALL_TIME = -(2**62)
_CURSOR = "ledger"

Earlier: TypeAlias = Callable[[int, int, int, int], Iterable[Segment]]
"""(epoch_no, first, last number, segment) → the segments before that one that hold some of these numbers."""

Keeper: TypeAlias = Callable[[Writer, Sequence[Reported]], Iterable[tuple[str, str]]]
"""Keeps the reports of its room, each under its (epoch_no, seq), in place of itself; the (room, key)s changed."""
KEEPERS: dict[str, Keeper] = {
    "progress": progress_reports.keep,
    "stops": stops.keep,
    "trace": trace.keep,
    "quality": quality.keep,
}
Settler: TypeAlias = Callable[[Writer], Iterable[tuple[str, str]]]
"""Joins at the end of a step what machines and people said of one thing; the (room, key)s changed."""
SETTLERS: dict[str, Settler] = {"parts": parts.settle, "charts": charts.settle, "work": work_store.settle}
HELD_RETRY_US = 60_000_000
HELD_AT_ONCE = 4
_WHOLE_STEP = 0
"""In place of a segment: what could not be joined at the end of a step is tried again with the next one."""
PATIENCE_S = 2.0

log = structlog.get_logger(__name__)


class Touched(msgspec.Struct, frozen=True):
    """What a step changed: machines by key, books by (room, key)."""

    machines: set[str]
    books: set[tuple[str, str]]


class Step(msgspec.Struct, frozen=True):
    """What one step did. `behind`: there is more to do at once."""

    touched: Touched
    records: int
    behind: bool


class Projection(msgspec.Struct, frozen=True):
    """How far a company's facts are: segments not folded yet, machines whose fold is stopped and reports held."""

    behind: int
    stopped: int


def project(
    writer: Writer, arrived: Iterable[Segment], now_us: int, earlier: Earlier | None = None
) -> tuple[Touched, int]:
    """Folds segments, in the caller's transaction; what was touched and the number of records.

    `earlier` finds segments folded before; they are read where `writer` writes unless told otherwise.
    """
    touched = Touched(set(), set())
    records = 0
    for segment in arrived:
        number, epoch_no = segment.segment, segment.epoch_no
        learnt = machines.keep_corrections(writer, epoch_no, corrections_in(segment.records))
        if learnt:
            _correct(writer, segment, learnt, earlier or partial(segments.holding, writer), touched, now_us)
        known = machines.corrections(writer, epoch_no, segment.first_seq, segment.last_seq)
        ids = _place(writer, rows_of(segment.records, segment.samples, epoch_no, known))
        series.write_blocks(writer, block_rows(segment.samples, epoch_no, segment.received_us, known), ids)
        writer.run("INSERT OR REPLACE INTO projector (name, segment) VALUES (?, ?)", (_CURSOR, number))
        touched.machines.update(ids.keys())
        _keep_reports(writer, segment, known, touched, now_us)
        records += len(segment.records) + len(segment.samples)
    for machine_id, from_us in timeline.due(writer):
        _fold(writer, machine_id, from_us, now_us)
    for room, settle in SETTLERS.items():
        touched.books.update(_guarded(writer, room, _WHOLE_STEP, now_us, settle))
    return touched, records


def _keep_reports(writer: Writer, segment: Segment, known: Sequence[Correction], touched: Touched, now_us: int) -> None:
    """What people reported goes to the rooms that keep it; kept again, a report only takes its own place."""
    reports = reported(segment.records, segment.epoch_no, known)
    if reports:
        for room, keep in KEEPERS.items():
            touched.books.update(_guarded(writer, room, segment.segment, now_us, keep, reports))


def _guarded(
    writer: Writer, room: str, segment: int, now_us: int, work: Callable[..., Iterable[tuple[str, str]]], *given: object
) -> Iterable[tuple[str, str]]:
    """A room's work on a segment's reports; where it fails they are held, and everything else goes on."""
    writer.run("SAVEPOINT room")
    try:
        changed = work(writer, *given)
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError | sqlite3.InterfaceError):
            raise  # the store is at fault, not what was reported: the whole step is undone
        writer.run("ROLLBACK TO room")
        held.hold(writer, room, segment, now_us, f"{type(error).__name__}: {error}")
        log.exception("reports held", room=room, segment=segment)
        changed = ()
    else:
        held.release(writer, room, segment)
    writer.run("RELEASE room")
    return changed


def _try_held(writer: Writer, touched: Touched, now_us: int) -> None:
    """Reports that a room could not keep are tried again after a while: an update may have mended it."""
    for room, number in held.due(writer, now_us - HELD_RETRY_US, HELD_AT_ONCE):
        for segment in segments.after(writer, number - 1, 1) if number != _WHOLE_STEP else ():
            known = machines.corrections(writer, segment.epoch_no, segment.first_seq, segment.last_seq)
            reports = reported(segment.records, segment.epoch_no, known)
            touched.books.update(_guarded(writer, room, number, now_us, KEEPERS[room], reports))


def _place(writer: Writer, rows: MachineRows, instead_of: MachineRows | None = None) -> dict[str, int]:
    """Writes a segment's rows, in place of those it had before; the machines named and their numbers."""
    described = {row[0] for row in rows.machines}
    before = machines.rules_by_key(writer, described)
    if instead_of is not None:
        machines.remove(writer, instead_of)
    ids = machines.write(writer, rows)
    for earliest in (rows.earliest_change, instead_of.earliest_change if instead_of is not None else {}):
        timeline.mark_due(writer, {ids[machine]: at for machine, at in earliest.items()})
    after = machines.rules_by_key(writer, described)
    timeline.mark_due(writer, {ids[m]: ALL_TIME for m in described if before[m] != after[m]})
    return ids


def _correct(
    writer: Writer, segment: Segment, learnt: list[Correction], earlier: Earlier, touched: Touched, now_us: int
) -> None:
    """An agent found out how its clock was: what it stamped before is folded where it belongs."""
    epoch_no = segment.epoch_no
    first, last = reach(learnt)
    known = machines.corrections(writer, epoch_no, first, last)
    until_now = [one for one in known if one not in learnt]
    for before in earlier(epoch_no, first, last, segment.segment):
        stood = rows_of(before.records, (), epoch_no, until_now)
        moved = _place(writer, rows_of(before.records, (), epoch_no, known), instead_of=stood)
        touched.machines.update(moved.keys())
        _keep_reports(writer, before, known, touched, now_us)
    machines.move_newest(writer, epoch_no, series.move_blocks(writer, epoch_no, first, last, known))


def _fold(writer: Writer, machine_id: int, from_us: int, now_us: int) -> None:
    writer.run("SAVEPOINT fold")
    try:
        timeline.fold_machine(writer, machine_id, from_us)
        parts.judge_machine(writer, machine_id, machines.part_rule(writer, machine_id), from_us)
    except sqlite3.Error:
        raise  # the store is at fault, not this machine: the whole step is undone
    except Exception as error:
        writer.run("ROLLBACK TO fold")
        timeline.note_fault(writer, "timeline", machine_id, now_us, f"{type(error).__name__}: {error}")
        log.exception("fold stopped", machine_id=machine_id)
    else:
        timeline.clear_fault(writer, "timeline", machine_id)
    writer.run("RELEASE fold")


def cursor(reader: Reader) -> int:
    """The last segment that was folded."""
    row = reader.one("SELECT segment FROM projector WHERE name = ?", (_CURSOR,))
    return int(row[0]) if row is not None else 0


def step(writer: Writer, now_us: int) -> Step:
    """One step of a company, in the caller's transaction."""
    arrived = list(segments.after(writer, cursor(writer), STEP_SEGMENTS))
    touched, records = project(writer, arrived, now_us)
    _try_held(writer, touched, now_us)
    if arrived:
        segments.samples_moved(writer, arrived[-1].segment)
    return Step(touched, records, behind=len(arrived) == STEP_SEGMENTS)


def recut(writer: Writer, now_us: int) -> int:
    """Re-cuts telemetry of hours that are over, a few signals at a time; how many samples were moved."""
    return sum(series.recut(writer, *found) for found in series.settled(writer, now_us, RECUT_SIGNALS))


def progress(reader: Reader) -> Projection:
    """How far behind the ledger the facts are."""
    return Projection(segments.last(reader) - cursor(reader), timeline.fault_count(reader) + held.count(reader))


class Projector:
    """Runs the steps of every company; `wake` says that a company has something new."""

    def __init__(
        self, stores: Stores, companies: Callable[[], Iterable[str]], changed: Callable[[str, Step], None],
        now_us: Callable[[], int],
    ) -> None:  # fmt: skip
        self._stores = stores
        self._companies = companies
        self._changed = changed
        self._now_us = now_us
        self._awake: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begins with every company there is; what came while the hub was down is folded first."""
        self._loop = asyncio.get_running_loop()
        for company in self._companies():
            self._watch(company)

    async def stop(self) -> None:
        """Lets running steps end, then stops."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def wake(self, company: str) -> None:
        """Something of this company was committed. Called on the event loop."""
        if company not in self._tasks:
            self._watch(company)
        self._awake[company].set()

    async def caught_up(self, company: str) -> None:
        """Waits, at most PATIENCE_S, until what was committed before is folded: who made a change is to see it."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(company, []).append(done)
        self.wake(company)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await done

    def _watch(self, company: str) -> None:
        self._awake[company] = asyncio.Event()
        self._awake[company].set()
        self._tasks[company] = asyncio.create_task(self._run(company), name=f"projector-{company}")

    async def _run(self, company: str) -> None:
        awake = self._awake[company]
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    await awake.wait()
            except TimeoutError:
                await self._tidy(company)
                continue
            awake.clear()
            waiting = self._waiting.pop(company, [])
            try:
                await self._catch_up(company)
                for one in waiting:
                    if not one.done():
                        one.set_result(None)
            except HubError as error:
                log.warning("projector waits", company=company, reason=error.message)
                await asyncio.sleep(RETRY_S)
                awake.set()
            except Exception:
                log.exception("projector step failed", company=company)
                await asyncio.sleep(RETRY_S)
                awake.set()

    async def _catch_up(self, company: str) -> None:
        store = self._stores.open(company)
        while True:
            done = await store.write(lambda writer: step(writer, self._now_us()))
            if done.touched.machines or done.touched.books:
                self._changed(company, done)
            if not done.behind:
                return

    async def _tidy(self, company: str) -> None:
        try:
            while await self._stores.open(company).write(lambda writer: recut(writer, self._now_us())):
                pass
        except HubError as error:
            log.warning("telemetry was not re-cut", company=company, reason=error.message)


def rebuild(store: CompanyStore, now_us: int, told: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Folds a company's whole ledger anew beside the store and swaps the result in; how many records.

    Reads while the hub goes on; what comes meanwhile is folded by the next step. `told(done, of)` hears of segments.
    """
    beside = store.path.with_name("rebuild.db")
    _remove(beside)
    fresh = CompanyStore(store.slug, beside, COMPANY_MIGRATIONS)
    records, done = 0, 0

    def ledger(epoch_no: int, first: int, last: int, before: int) -> Iterable[Segment]:
        return store.read_now(lambda reader: list(segments.holding(reader, epoch_no, first, last, before)))

    try:
        fresh.plant(store.path, BOOKS)
        seeds = store.read_now(machines.seeds)
        fresh.write_now(lambda writer: machines.plant(writer, seeds))
        while arrived := store.read_now(partial(_some_after, segment=done)):
            _, count = fresh.write_now(partial(project, arrived=arrived, now_us=now_us, earlier=ledger))
            records, done = records + count, arrived[-1].segment
            told(done, store.read_now(segments.last))
    finally:
        fresh.close()
    store.swap_in(beside, PROJECTED)
    _remove(beside)
    return records


def _some_after(reader: Reader, segment: int) -> list[Segment]:
    """Only what the hub has folded: of what it has not, the telemetry is still to be moved out of the ledger."""
    folded = cursor(reader)
    return [found for found in segments.after(reader, segment, STEP_SEGMENTS) if found.segment <= folded]


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
