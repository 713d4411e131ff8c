"""A recording played through a real wire, every change with its recorded time, at an even rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.pace import evenly
from simulators.recording import Recording
from simulators.wires import Wire, rfc3339

NAMESPACE = "urn:tsunagu:replay"


@dataclass(frozen=True, slots=True)
class Played:
    """How many changes went out, and the recorded times of the first and the last of them."""

    played: int
    first: str | None
    last: str | None


async def play(recording: Recording, wire: Wire, rate: float, progress: Callable[[int], None]) -> Played:
    """Put every change on the wire, `rate` a second, and return when all of them have left."""
    changes = recording.changes
    async for numbers in evenly(len(changes), rate):
        for number in numbers:
            change = changes[number]
            await wire.put(change.address, change.value, change.at)
        progress(numbers.stop)
    await wire.drained()
    times = [rfc3339(change.at) for change in (changes[:1] + changes[-1:])]
    return Played(len(changes), times[0] if times else None, times[-1] if times else None)
