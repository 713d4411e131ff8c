"""Playing machines: each change goes on its machine's wire when its time has come.

The past goes quickly and ends at now; from then on the clock on the wall is the clock. `until`, where the machines
stand still, is simulated time, UTC.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulators.machines.life import Life
from simulators.recording import Change
from simulators.terminal import Bar, say, unless
from simulators.wires import Wire

SLICE_S = 0.02
MOST_A_SLICE = 40
"""2,000 changes a second at most, which is how fast the past is played when nothing slower is asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how fast, and where the truth goes. Seconds of the clock on the wall unless said otherwise."""

    history_s: float = 0.0
    """Simulated time before now to begin with."""
    speed: float | None = None
    """Simulated seconds a second while in the past; None: as fast as the wire is asked to take."""
    for_s: float | None = None
    """Stand still so long after now is reached; None: never."""
    truth: Path | None = None
    wait: bool = False


class Player:
    """Takes the machines' changes in time order and puts each on its wire when its time has come."""

    def __init__(self, lives: Sequence[Life], wires: Mapping[str, Wire], start: datetime) -> None:
        self.put = 0
        self._wires = wires
        self._start = start
        self._changes = heapq.merge(*(life.changes() for life in lives), key=lambda change: change.at)
        self._next = next(self._changes)

    async def play(self, plan: Plan, stop: asyncio.Event) -> datetime:
        """Play until asked to stop or the time is over; return the simulated moment of standing still."""
        await self._show_up(stop, wait=plan.wait)
        begun = _now()
        with Bar("playing the past", plan.history_s) as progress:
            while not stop.is_set() and not await self._caught_up(begun, plan.speed):
                progress((self._next.at - self._start).total_seconds())
                await _pause(stop)
        say("live")
        end = None if plan.for_s is None else _now() + timedelta(seconds=plan.for_s)
        while not stop.is_set():
            now = _now()
            if await self._up_to(min(now, end or now)) and end is not None and now >= end:
                return end
            await _pause(stop)
        return min(self._next.at, _now())

    async def _caught_up(self, begun: datetime, speed: float | None) -> bool:
        """Hurry after the clock on the wall, never ahead of it."""
        wall = _now()
        hurried = wall if speed is None else min(wall, self._start + (wall - begun) * speed)
        return await self._up_to(hurried) and hurried == wall

    async def _show_up(self, stop: asyncio.Event, *, wait: bool) -> None:
        """The first moment: what a control shows when it is switched on."""
        first: list[Change] = []
        while self._next.at <= self._start:
            first.append(self._take())
        await self._say(first)
        if wait:
            await unless(stop, self._heard())
            await self._say(first)  # a broker forgets what nobody heard; to a server it is no change

    async def _heard(self) -> None:
        await asyncio.gather(*(wire.heard() for wire in set(self._wires.values())))

    async def _up_to(self, now: datetime) -> bool:
        """Put what is due, at most so much at a time; say whether nothing is left."""
        due: list[Change] = []
        while self._next.at <= now and len(due) < MOST_A_SLICE:
            due.append(self._take())
        await self._say(due)
        return self._next.at > now

    async def _say(self, changes: Iterable[Change]) -> None:
        for change in changes:
            await self._wires[change.address.partition("/")[0]].put(change.address, change.value, change.at)

    def _take(self) -> Change:
        self.put += 1
        taken, self._next = self._next, next(self._changes)
        return taken


def _now() -> datetime:
    return datetime.now(UTC)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), SLICE_S)
