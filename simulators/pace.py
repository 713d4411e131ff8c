"""Things at an even rate, in small slices of the monotonic clock rather than one sleep for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

SLICE_S = 0.02
"""How often the clock is looked at; 2,000 changes a second are 40 at a time."""


async def evenly(total: int, rate: float) -> AsyncIterator[range]:
    """Give the numbers 0 to `total - 1` in order, as ranges, at `rate` a second counted from now.

    Whoever falls behind catches up, at most ten slices at once so that the event loop breathes.
    """
    begun, done = time.monotonic(), 0
    most = max(1, int(rate * SLICE_S * 10))
    while done < total:
        due = min(total, int((time.monotonic() - begun) * rate) + 1, done + most)
        if due > done:
            yield range(done, due)
            done = due
        await asyncio.sleep(0 if done < (time.monotonic() - begun) * rate - most else SLICE_S)
