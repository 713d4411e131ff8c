"""The buffer as the rest of the agent sees it: asynchronous, durable on return, numbered, settled by number.

Third station of the journey (normaliser → **buffer** → uplink). `append` returns after the fsync'd commit; what
raised was not stored. Nothing in memory is ever called stored.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from edge_agent.buffer import rescue, taps
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import BufferClosed, Entry, KeptTap, Proof, Refused, Stats, StorageError, Taken
from edge_agent.buffer.store import Store
from edge_agent.buffer.writer import Append, Job, Writer
from edge_agent.clocks import Clocks
from edge_agent.normalise.normaliser import Memory
from edge_agent.normalise.track import SeriesKey
from edge_agent.reading import InboxMark

T = TypeVar("T")
FILE_NAME = "buffer.sqlite"
STALLED_S: Final = 30.0


class Buffer:
    """One buffer file, open. Made by `Buffer.open`; closed by `close`."""

    def __init__(self, writer: Writer, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self._writer = writer
        self._loop = loop
        self._closed = False
        self.numbered = asyncio.Event()
        """Set whenever there may be new numbers to send; whoever waits clears it."""
        self._series = {key: number for number, key in store.series.items()}
        self._next_series = max(store.series, default=0) + 1

    @classmethod
    async def open(cls, path: Path, limits: Limits, clocks: Clocks) -> "Buffer":
        """Opens or makes the file. StorageError where that cannot be; a damaged file is set aside."""
        loop = asyncio.get_running_loop()
        wake: list[Callable[[], None]] = []

        def numbered() -> None:
            if wake:
                _tell(loop, wake[0])

        writer = Writer(path, limits, clocks, numbered)
        writer.start()
        store = await asyncio.wrap_future(writer.opened)
        buffer = cls(writer, store, loop)
        wake.append(buffer.numbered.set)
        return buffer

    @property
    def stats(self) -> Stats:
        """The buffer as it stood at most a second ago; numbers as of the last commit."""
        return self._writer.stats

    @property
    def epoch(self) -> str:
        """The id under which numbers are given out now."""
        return self._writer.stats.epoch

    def series(self, key: SeriesKey) -> int:
        """The number of a series; a new one is stored with the next commit."""
        number = self._series.get(key)
        if number is None:
            number = self._series[key] = self._next_series
            self._next_series += 1
            self._writer.new_series[number] = key
        return number

    async def append(self, entry: Entry) -> None:
        """Returns once `entry` is on disk. BufferFull or BufferClosed where it was not stored."""
        if self._closed:
            raise BufferClosed("the agent is stopping")
        future: asyncio.Future[None] = self._loop.create_future()
        self._writer.jobs.put(Append(entry, partial(_tell, self._loop, partial(_settle, future))))
        await future

    async def tap(self, name: str) -> KeptTap | None:
        """A tap by its id; None where it is not on disk."""
        return await self._ask(lambda store: taps.find(store.db, name))

    async def newest_taps(self, most: int) -> list[KeptTap]:
        """The last taps, oldest first."""
        return await self._ask(lambda store: taps.newest(store.db, most))

    def is_delivered(self, kept: KeptTap) -> bool:
        """Whether the hub has acknowledged a tap's records; it may have less again, restored from a backup."""
        stats = self.stats
        return kept.upto <= stats.acked if kept.epoch == stats.epoch else not stats.rescued

    def prove(self, machine: str, proof: Proof) -> None:
        """A machine's last proof of life; stored with the next commit, within five seconds."""
        self._writer.proofs[machine] = proof

    def proof(self, machine: str) -> Proof | None:
        """The last proof of life there is."""
        return self._writer.proofs.get(machine)

    def is_redelivered(self, machine: str, mark: InboxMark) -> bool:
        """Whether this message is on disk already."""
        return self._writer.inbox.get(machine, {}).get(mark.packet_id) == mark.digest

    async def memory(self, machine: str) -> dict[str, Memory]:
        """What the machine's normaliser must know after a restart."""
        return await self._ask(lambda store: store.memory(machine))

    async def take(self, after: int, max_records: int, max_bytes: int) -> Taken:
        """The next batch behind `after`; records of a damaged file come by `take_rescued`."""
        return await self._ask(lambda store: store.take(after, max_records, max_bytes))

    async def take_rescued(self, max_records: int, max_bytes: int) -> Taken | None:
        """The next batch of a damaged file, under its old epoch."""
        return await self._ask(lambda store: rescue.take_rescued(store, max_records, max_bytes))

    async def settle(self, epoch: str, acked: int, now_us: int) -> None:
        """The hub has everything of `epoch` up to `acked`; it may be less than before."""

        def work(store: Store) -> None:
            if epoch == store.epoch:
                store.settle(acked, now_us)
            else:
                rescue.settle_rescued(store, epoch, acked)
            self._writer.note_counts(store)

        await self._ask(work)

    async def refuse(self, refused: Refused, *, remove: bool) -> None:
        """Keeps a record that the hub did not take; `remove`: it is not sent again."""

        def work(store: Store) -> None:
            store.refuse(refused, remove=remove)
            self._writer.note_counts(store)

        await self._ask(work)

    async def refused(self) -> list[Refused]:
        """What the hub did not take."""
        return await self._ask(Store.refused)

    @property
    def clock(self) -> bytes | None:
        """What the agent's clock remembers from before it was started."""
        return self._writer.clock

    def remember_clock(self, clock: bytes) -> None:
        """What the agent's clock is to remember; stored with the next commit, within five seconds."""
        self._writer.clock = clock

    def keep_time(self, clocks: Clocks) -> None:
        """The clocks to go by from now on."""
        self._writer.clocks = clocks

    def note_clock(self, offset_us: int, from_seq: int, at_us: int, clock: bytes | None) -> "asyncio.Future[None]":
        """The agent's own clock was corrected (see `Store.note_clock`); what was appended before this call counts.

        Takes its place in the order of appends at once, not when it is awaited; StorageError where it has none.
        """

        def work(store: Store) -> None:
            self._writer.close_all(store)
            store.note_clock(offset_us, min(from_seq, store.last_seq + 1), at_us, clock)
            self._writer.note_counts(store, look=True)
            self._writer.numbered()

        return self._put(work)

    async def renumber(self, epoch: str, first: int) -> None:
        """Numbers from `first` on, never sent, begin a new epoch (see `Store.renumber`)."""

        def work(store: Store) -> None:
            store.renumber(epoch, first)
            self._writer.note_counts(store)

        await self._ask(work)

    async def _ask(self, work: Callable[[Store], T]) -> T:
        return await self._put(work)

    def _put(self, work: Callable[[Store], T]) -> "asyncio.Future[T]":
        if self._closed:
            raise BufferClosed("the agent is stopping")
        result: Future[T] = Future()
        self._writer.jobs.put(Job(work, result))
        return asyncio.wrap_future(result)

    def works(self) -> bool:
        """Whether the thread lives and has come round lately; one long job is no reason to doubt it."""
        return self._writer.is_alive() and self._writer.quiet_s() < STALLED_S

    async def watch(self) -> None:
        """Returns when the buffer was closed; StorageError as soon as it ended otherwise."""
        await asyncio.shield(asyncio.wrap_future(self._writer.ended))

    async def close(self) -> None:
        """Closes open blocks, commits, closes the file."""
        if self._closed:
            return
        self._closed = True
        self._writer.jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        self._writer.drain()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., None], *args: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(what, *args)


def _settle(future: "asyncio.Future[None]", problem: StorageError | None) -> None:
    if future.done():
        return
    if problem is None:
        future.set_result(None)
    else:
        future.set_exception(problem)
