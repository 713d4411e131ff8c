"""Joins the agent's clock to its buffer and its machines: a correction is a record, and everybody's memory moves.

A correction takes its place among the appends in the moment it is made, so that every number before its record was
stamped by the clock as it went, and every number behind it by the clock as it goes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.model import BufferClosed, StorageError
from edge_agent.clocks import Clocks
from edge_agent.clockwatch import AgentClock, Remembered

LOOK_S: Final = 2.0
DRIFT_US: Final = 50_000
"""What is remembered of the clock is renewed when it is off by so much."""

log = structlog.get_logger(__name__)


class Timekeeper:
    """The agent's time. `clocks` is what its parts are given; `steady` goes on evenly, `boot` names this start."""

    def __init__(self, buffer: Buffer, computer: Clocks, steady: Callable[[], float], boot: str | None) -> None:
        self._buffer = buffer
        self._moved: list[Callable[[int], None]] = []
        self._unstored: list[tuple[int, int]] = []
        self._kept: Remembered | None = None
        self._stored_corrections = 0
        self.clock = AgentClock(
            computer.now_us, steady, boot, _decoded(buffer.clock), lambda: buffer.stats.last_seq + 1, self._corrected
        )
        self.clocks = replace(
            computer, now_us=self.clock.now_us, ours=self.clock.ours, measured=self.clock.measured,
            continues=self.clock.continues, checked=self._is_settled,
        )  # fmt: skip
        buffer.keep_time(self.clocks)
        self._remember()

    def _is_settled(self) -> bool:
        """Whether the time is right and the buffer knows how the clock was before: only then it may judge by age."""
        return self.clock.checked and self.clock.corrections == self._stored_corrections

    def tell(self, moved: Callable[[int], None]) -> None:
        """Whoever remembers times hears of each correction (µs to add), before anything new is stamped."""
        self._moved.append(moved)

    async def run(self) -> None:
        """Looks at the computer's clock until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.retry()
            self.clock.look()
            self._remember()

    def retry(self) -> None:
        """Corrections that found no room are stored now."""
        unstored, self._unstored = self._unstored, []
        for step_us, first_seq in unstored:
            self._note(step_us, first_seq)

    def _corrected(self, step_us: int, first_seq: int) -> None:
        log.warning("the agent's clock was corrected", by_s=round(step_us / 1e6, 3), from_seq=first_seq)
        for moved in self._moved:
            moved(step_us)
        self._note(step_us, first_seq)

    def _note(self, step_us: int, first_seq: int) -> None:
        self._remember()
        now_us, memory = self.clock.now_us(), _encoded(self.clock.remember())
        try:
            noted = self._buffer.note_clock(step_us, first_seq, now_us, memory)
        except BufferClosed:
            return
        noted.add_done_callback(lambda done: self._stored(done, step_us, first_seq))

    def _stored(self, done: "asyncio.Future[None]", step_us: int, first_seq: int) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._stored_corrections += 1
        if isinstance(error, StorageError) and not isinstance(error, BufferClosed):
            log.warning("the correction of the clock is not stored yet", reason=str(error))
            self._unstored.append((step_us, first_seq))

    def _remember(self) -> None:
        now, kept = self.clock.remember(), self._kept
        if now is None:
            return
        drifted = kept is None or abs(now.apart_us - kept.apart_us) > DRIFT_US
        if drifted or msgspec.structs.replace(now, apart_us=kept.apart_us if kept else 0) != kept:
            self._kept = now
            self._buffer.remember_clock(msgspec.json.encode(now))


def _encoded(memory: Remembered | None) -> bytes | None:
    return None if memory is None else msgspec.json.encode(memory)


def _decoded(memory: bytes | None) -> Remembered | None:
    if memory is None:
        return None
    try:
        return msgspec.json.decode(memory, type=Remembered)
    except msgspec.DecodeError:  # written by another version
        return None
