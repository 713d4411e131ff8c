"""The one thread that owns the buffer's connection: gathers appends into commits and does all other work between.

Group commit: at once when the last commit is over 200 ms ago, else when 200 ms have passed since it or 500 records
and values wait, so a quiet shop sees its change at once and a busy one costs five fsyncs a second. Whoever appended
is told after the commit, never before. Jobs (take, settle, …) run between commits and never wait for one.
"""

import logging
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from contract.times import rfc3339
from edge_agent.buffer import bounds, gauge, rescue, schema
from edge_agent.buffer.gauge import Counts, Limits, Rate
from edge_agent.buffer.model import BufferClosed, BufferDamaged, BufferFull, Entry, Proof, Stats, StorageError
from edge_agent.buffer.store import Store
from edge_agent.clocks import Clocks
from edge_agent.normalise.track import SeriesKey

T = TypeVar("T")
GATHER_RECORDS: Final = 500
BLOCK_STAGED: Final = 100_000
PROOF_S: Final = 5.0
UPKEEP_S: Final = 1.0
SHUT_BUSY_MS: Final = 300
"""Whoever else holds the file is not waited for longer when the agent is stopping."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Append:
    """Entries to commit, and whom to tell: called in the writer's thread with None or the error."""

    entry: Entry
    done: Callable[[StorageError | None], None]


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Work on the store, and its result."""

    work: Callable[[Store], T]
    result: "Future[T]"


class Writer(threading.Thread):
    """Runs until `stop`. `numbered` is called after each commit that gave out numbers."""

    def __init__(self, path: Path, limits: Limits, clocks: Clocks, numbered: Callable[[], None]) -> None:
        super().__init__(name="buffer", daemon=True)
        self.path = path
        self.limits = limits
        self.clocks = clocks
        self.numbered = numbered
        self.jobs: queue.SimpleQueue[Append | Job[Any] | None] = queue.SimpleQueue()
        self.opened: Future[Store] = Future()
        self.ended: Future[None] = Future()
        self.stats = Stats("", 0, 0)
        self.new_series: dict[int, SeriesKey] = {}
        self.proofs: dict[str, Proof] = {}
        self.inbox: dict[str, dict[int, bytes]] = {}
        self.clock: bytes | None = None
        self._written: dict[str, Proof] = {}
        self._pending: list[Append] = []
        self._weight = 0
        self._since: dict[str, float] = {}
        self._last_commit = -1e9
        self._last_proofs = -1e9
        self._next_upkeep = 0.0
        self._turned = clocks.monotonic()
        self._trouble: str | None = None
        self._given_up = 0
        self._rate = Rate()
        self._rescued = 0
        self._refused = 0
        self._stopping = False

    # --- life ---

    def run(self) -> None:
        """The thread."""
        try:
            store = self._open()
        except (StorageError, OSError, sqlite3.Error) as error:
            self.opened.set_exception(error if isinstance(error, StorageError) else _opening(self.path, error))
            return
        self.opened.set_result(store)
        try:
            while (store := self._round(store)) is not None:  # type: ignore[assignment]
                pass
            self.ended.set_result(None)
        finally:
            if not self.ended.done():  # a fault nobody foresaw: whoever waits must not wait for ever
                fault = f"{sys.exc_info()[1]!r}"
                self.ended.set_exception(StorageError(f"the buffer's thread ended unforeseen ({fault})"))
                for job in self._pending:
                    job.done(BufferClosed("the buffer's thread has ended"))
                self.drain()

    def _round(self, store: Store) -> Store | None:
        try:
            return self._step(store)
        except sqlite3.Error as error:
            problem = schema.typed(error)
            if not isinstance(problem, BufferDamaged):
                self._trouble = str(problem)
                self._refresh(store)
                return store
        return self._begin_anew(store)

    def _open(self) -> Store:
        try:
            store = self._ready(self._connect())
            store.forget_series()
        except sqlite3.DatabaseError as error:
            if not isinstance(schema.typed(error), BufferDamaged):
                raise
        except (BufferDamaged, KeyError):
            pass
        else:
            return store
        return self._replace()

    def _connect(self) -> sqlite3.Connection:
        db = schema.connect(self.path)
        try:
            schema.prepare(db, self.clocks.new_id())
            schema.check(db)
            if self.limits.max_pages is not None:
                db.execute(f"PRAGMA max_page_count={self.limits.max_pages}")
        except BaseException:
            db.close()
            raise
        return db

    def _ready(self, db: sqlite3.Connection) -> Store:
        try:
            store = Store(db)
            store.set_clean(clean=False)
            self.proofs.update(store.proofs())
            self._rescued = rescue.waiting(store)
            self._refused = len(store.refused())
            for machine in list(store.staged):
                store.close_blocks(machine)
            self.inbox = store.inbox
            self.clock = self.clock if self.clock is not None else store.clock
            self._refresh(store)
        except BaseException:
            db.close()
            raise
        return store

    def _replace(self) -> Store:
        """A new file in place of a damaged one, with what could be read of it."""
        now = self.clocks.now_us()
        aside = rescue.set_aside(self.path, rfc3339(now)[:19].replace(":", "").replace("-", ""))
        db = self._connect()
        count = rescue.rescue(Store(db), aside)
        store = self._ready(db)
        store.refuse(rescue.note_damage(store.epoch, now, aside, count), remove=False)
        self._refused = len(store.refused())
        self._refresh(store)
        log.error("buffer file was damaged: set aside as %s, %d records rescued", aside.name, count)
        return store

    def _begin_anew(self, store: Store) -> Store:
        store.db.close()
        fresh = self._replace()
        # series that were promised numbers must exist in the new file, read from the old one or not
        missing = {number: key for number, key in store.series.items() if number not in fresh.series}
        self.new_series = {**missing, **self.new_series}
        return fresh

    def quiet_s(self) -> float:
        """Seconds since it came round last; at least once a second where all is well."""
        return self.clocks.monotonic() - self._turned

    # --- one round ---

    def _step(self, store: Store) -> Store | None:
        job = self._next()
        if job is None:
            if self._stopping:
                self._shut(store)
                return None
        elif isinstance(job, Append):
            self._gather(job)
        else:
            self._do(store, job)
        now = self._turned = self.clocks.monotonic()
        if self._pending and (self._weight >= GATHER_RECORDS or now - self._last_commit >= self.limits.gather_s):
            while not self.jobs.empty() and self._weight < 20 * GATHER_RECORDS:
                more = self.jobs.get_nowait()
                if isinstance(more, Append):
                    self._gather(more)
                elif more is None:
                    self._stopping = True
                else:
                    self._do(store, more)
            self._commit(store)
        self._close_due(store, now, all_of_them=False)
        if now - self._last_proofs >= PROOF_S and self._dirty():
            self._commit(store)
        if now >= self._next_upkeep:
            self._next_upkeep = now + UPKEEP_S
            self._upkeep(store)
        return store

    def _next(self) -> "Append | Job[Any] | None":
        if self._stopping:
            return None
        now = self.clocks.monotonic()
        due = self._next_upkeep
        if self._pending:
            due = min(due, self._last_commit + self.limits.gather_s)
        if self._since:
            due = min(due, min(self._since.values()) + self.limits.block_s)
        try:
            job = self.jobs.get(timeout=max(0.0, due - now))
        except queue.Empty:
            return None
        if job is None:
            self._stopping = True
        return job

    def _gather(self, job: Append) -> None:
        self._pending.append(job)
        self._weight += job.entry.weight

    def _do(self, store: Store, job: Job[Any]) -> None:
        if not job.result.set_running_or_notify_cancel():
            return
        try:
            result = job.work(store)
        except sqlite3.Error as error:
            problem = schema.typed(error)
            job.result.set_exception(problem)
            if isinstance(problem, BufferDamaged):
                raise
        except StorageError as error:
            job.result.set_exception(error)
        else:
            job.result.set_result(result)

    def _dirty(self) -> dict[str, Proof]:
        return {name: proof for name, proof in self.proofs.copy().items() if self._written.get(name) != proof}

    def _with_newest(self, proofs: dict[str, Proof], pending: list[Append]) -> dict[str, Proof]:
        """Proofs to write, none older than what is committed with them: a start marks what is unknown after both."""
        for machine, newest in ((job.entry.machine, job.entry.newest_us) for job in pending):
            if newest is not None:
                known = proofs.get(machine) or self.proofs.get(machine) or Proof(None, None)
                told = (newest, known.newest_us, self._written.get(machine, known).newest_us)
                proofs[machine] = known._replace(newest_us=max(us for us in told if us is not None))
        return proofs

    def _commit(self, store: Store) -> None:
        """One commit of all that waits; whoever waits is told."""
        pending, self._pending = self._pending, []
        weight, self._weight = self._weight, 0
        series = self.new_series.copy()
        now = self.clocks.monotonic()
        due = now - self._last_proofs >= UPKEEP_S
        proofs = self._with_newest(self._dirty() if due else {}, pending)
        before = store.last_seq
        try:
            self._write(store, pending, series, proofs)
        except sqlite3.Error as error:
            problem = schema.typed(error)
            if isinstance(problem, BufferDamaged):
                self._pending, self._weight = pending, weight
                raise
            self._trouble = str(problem)
            self._refresh(store)
            for job in pending:
                job.done(problem)
            return
        finally:
            self._last_commit = self.clocks.monotonic()
        for number in series:
            self.new_series.pop(number, None)
        self._written.update(proofs)
        if due and proofs:
            self._last_proofs = now
        self._trouble = None
        self._rate.add(gauge.bytes_in(job.entry for job in pending))
        self._refresh(store, look=False)
        for job in pending:
            if job.entry.columns is not None:
                self._since.setdefault(job.entry.machine, now)
            job.done(None)
        if store.last_seq != before:
            self.numbered()

    def _write(
        self, store: Store, pending: list[Append], series: dict[int, SeriesKey], proofs: dict[str, Proof]
    ) -> None:
        entries = [job.entry for job in pending]
        try:
            store.write(entries, series, proofs, self.clock)
        except sqlite3.Error as error:
            if not isinstance(schema.typed(error), BufferFull) or not _free_sent(store):
                raise
            store.write(entries, series, proofs, self.clock)

    def _close_due(self, store: Store, now: float, *, all_of_them: bool) -> None:
        for machine, since in list(self._since.items()):
            if all_of_them or now - since >= self.limits.block_s or store.staged.get(machine, 0) >= BLOCK_STAGED:
                self._since[machine] = now  # a full disk: tried again after the usual time
                store.close_blocks(machine)
                del self._since[machine]
                self._refresh(store, look=False)
                self.numbered()

    def close_all(self, store: Store) -> None:
        """All that waits becomes numbered records, now."""
        if self._pending:
            self._commit(store)
        self._close_due(store, self.clocks.monotonic(), all_of_them=True)

    def _shut(self, store: Store) -> None:
        try:
            store.db.execute(f"PRAGMA busy_timeout={SHUT_BUSY_MS}")
            if self._pending or self._dirty():
                self._commit(store)
            self._close_due(store, self.clocks.monotonic(), all_of_them=True)
            store.set_clean(clean=True)
        except sqlite3.Error as error:
            log.warning("buffer: %s", schema.typed(error))
        finally:
            store.db.close()
        self.drain()

    def drain(self) -> None:
        """Whoever still asks is told that the buffer is closed."""
        closed = BufferClosed("the agent is stopping")
        while not self.jobs.empty():
            job = self.jobs.get_nowait()
            if isinstance(job, Append):
                job.done(closed)
            elif job is not None and job.result.set_running_or_notify_cancel():
                job.result.set_exception(closed)

    # --- upkeep ---

    def _upkeep(self, store: Store) -> None:
        now = self.clocks.now_us()
        self._rate.tick(self.clocks.monotonic())
        before = store.last_seq
        bounds.drop_settled(store, now)
        if self.clocks.checked():  # by a clock that may be years ahead nothing is too old
            self._given_up += bounds.drop_old(store, self.limits.max_age_us, now)
        for _ in range(50):
            self._given_up += (given_up := bounds.make_room(store, self.limits.max_bytes, now))
            if not given_up and bounds.used_bytes(store) <= self.limits.max_bytes * bounds.LOW_WATER:
                break
        self._refresh(store)
        if store.last_seq != before:
            self.numbered()

    def _refresh(self, store: Store, *, look: bool = True) -> None:
        """`look`: also at the file, once a second; else only at the numbers."""
        counts = Counts(self._given_up, self._refused, self._rescued, self._trouble)
        self.stats = gauge.stats(store, self.stats, counts, self._rate.per_s, self.limits, look=look)

    def note_counts(self, store: Store, *, look: bool = False) -> None:
        """Refused and rescued records were changed by a job; `look`: what was stored before is seen anew."""
        self._refused = store.db.execute("SELECT count(*) FROM refused").fetchone()[0]
        self._rescued = rescue.waiting(store)
        self._refresh(store, look=look)


def _free_sent(store: Store) -> bool:
    try:
        return bounds.drop_sent(store) > 0
    except sqlite3.Error:
        return False


def _opening(path: Path, error: Exception) -> StorageError:
    return StorageError(f"{path} cannot be opened ({error}); check that data_dir exists and may be written")
