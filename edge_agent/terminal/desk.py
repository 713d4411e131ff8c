"""Where taps are taken: once each, durable before anybody hears so, judged by what is known here.

A tap whose id is on disk already is answered from there, whatever became of the work since; one with other content
under the same id is told apart. Taps are judged and stored one after the other: two tablets cannot start a thing twice.
Times are microseconds since 1970, UTC, by the agent's clock.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from contract.worklist import Worklist, WorkOperation
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.model import Entry, KeptTap, Tap, pack_record
from edge_agent.buffer.store import REFUSED_KEPT
from edge_agent.clocks import Clocks
from edge_agent.terminal import floor
from edge_agent.terminal.deeds import Deed, Note, decode_note, encode_note, records_of
from edge_agent.terminal.floor import Standstill, Tapped, Work
from edge_agent.terminal.worklist_copy import WorklistCopy

REMEMBERED: Final = 3000
"""So many taps are looked at to say how work stands; older ones are the hub's to know."""
DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a tap. `repeated`: it was on disk before; `other`: under this id something else is on disk."""

    tapped: Tapped | None = None
    refusal: str | None = None
    repeated: bool = False
    other: bool = False


class Desk:
    """The terminal's side of the buffer. Made by `open_desk`."""

    def __init__(self, buffer: Buffer, clocks: Clocks, copy: WorklistCopy, kept: Iterable[KeptTap]) -> None:
        self._buffer = buffer
        self._clocks = clocks
        self._copy = copy
        self._taps: deque[tuple[KeptTap, Note]] = deque(maxlen=REMEMBERED)
        self._lock = asyncio.Lock()
        self._refused: dict[tuple[str, int], str] = {}
        self._refused_seen = 0
        for one in kept:
            self._remember(one)

    def _remember(self, kept: KeptTap) -> None:
        note = decode_note(kept.tap.note)
        if note is not None:
            self._taps.append((kept, note))

    @property
    def worklist(self) -> Worklist | None:
        """The last list there is."""
        return self._copy.worklist

    @property
    def age_s(self) -> float | None:
        """How long ago the hub last said that the list is current; None where it never did."""
        checked = self._copy.checked_us
        return None if checked is None else max(0.0, (self._clocks.now_us() - checked) / 1e6)

    def now_us(self) -> int:
        """The agent's time."""
        return self._clocks.now_us()

    async def look(self) -> None:
        """Learns which records the hub put aside; before anything is shown of taps."""
        count = self._buffer.stats.refused
        if count and (count != self._refused_seen or count >= REFUSED_KEPT):
            found = await self._buffer.refused()
            self._refused = {(one.epoch, one.seq): one.reason for one in found if one.seq is not None}
            self._refused_seen = count

    def taps(self) -> list[Tapped]:
        """The taps remembered, oldest first."""
        return [self._tapped(kept, note) for kept, note in self._taps]

    def _tapped(self, kept: KeptTap, note: Note) -> Tapped:
        records = len(records_of(note.deed, kept.tap.at_us)) if self._refused else 0
        numbers = range(kept.upto - records + 1, kept.upto + 1)
        refused = next((why for one in numbers if (why := self._refused.get((kept.epoch, one))) is not None), None)
        return Tapped(kept.tap.id, kept.tap.at_us, note.deed, self._buffer.is_delivered(kept), refused)

    def waiting(self) -> int:
        """How many taps the hub does not have yet."""
        return sum(not self._buffer.is_delivered(kept) for kept, _ in self._taps)

    def refused_lately(self) -> int:
        """How many taps of the last day the hub put aside."""
        if not self._refused:
            return 0
        since_us = self.now_us() - DAY_US
        return sum(one.refused is not None and one.at_us > since_us for one in self.taps())

    def taps_of(self, order: str, operation: str) -> list[Tapped]:
        """The taps on one operation, oldest first."""
        return [one for one in self.taps() if (one.deed.order, one.deed.operation) == (order, operation)]

    def works(self, listed: Sequence[WorkOperation]) -> list[tuple[WorkOperation, Work]]:
        """Each operation with how it stands."""
        by_operation: dict[tuple[str | None, str | None], list[Tapped]] = {}
        for tap in self.taps():
            by_operation.setdefault((tap.deed.order, tap.deed.operation), []).append(tap)
        made = floor.made_us(self.worklist)
        return [(one, floor.standing(one, made, by_operation.get((one.order, one.operation), ()))) for one in listed]

    def work(self, order: str, operation: str) -> Work:
        """How one operation stands, on the list or not."""
        listed = floor.find_operation(self.worklist, order, operation)
        return floor.standing(listed, floor.made_us(self.worklist), self.taps_of(order, operation))

    def standstills(self) -> dict[str, Standstill]:
        """The machines that people said stand."""
        return floor.standstills(self.taps())

    async def find(self, tap_id: str, digest: str) -> Outcome | None:
        """What became of this tap before; None where it is new."""
        kept = await self._buffer.tap(tap_id)
        if kept is None:
            return None
        note = decode_note(kept.tap.note)
        if note is None or note.digest != digest:
            return Outcome(other=True)
        return Outcome(self._tapped(kept, note), repeated=True)

    async def do(self, tap_id: str, digest: str, judge: Callable[[int], Deed | str]) -> Outcome:
        """Stores a deed unless it is known or refused; on disk on return.

        `judge` is told the time and gives the deed, or the key of the message that says why not; it is asked while no
        other tap can come between. StorageError where the buffer has no room: nothing was stored.
        """
        async with self._lock:
            known = await self.find(tap_id, digest)
            if known is not None:
                return known
            at_us = self._clocks.now_us()
            deed = judge(at_us)
            if isinstance(deed, str):
                return Outcome(refusal=deed)
            rows = [pack_record(record) for record in records_of(deed, at_us)]
            note = Note(digest=digest, deed=deed)
            await self._buffer.append(Entry("", at_us, rows, tap=Tap(tap_id, at_us, encode_note(note))))
            kept = await self._buffer.tap(tap_id)
            assert kept is not None  # append returned: it is on disk
            self._remember(kept)
            return Outcome(self._tapped(kept, note))


async def open_desk(buffer: Buffer, clocks: Clocks, copy: WorklistCopy) -> Desk:
    """A desk that remembers the taps on disk."""
    desk = Desk(buffer, clocks, copy, await buffer.newest_taps(REMEMBERED))
    await desk.look()
    return desk
