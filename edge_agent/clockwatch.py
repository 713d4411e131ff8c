"""Notices when the agent's own clock is corrected (a Raspberry Pi has none of its own and starts in the past).

The wall clock is held against one that only goes on: where they part by more than a second, the wall clock was set.
The time after the correction is taken for right. Times µs since 1970, UTC.
"""

from typing import Final

from edge_agent.buffer.writer import Clocks

NOTICED_US: Final = 1_000_000


class ClockWatch:
    """`first_seq`: the first number given out under the clock as it goes now."""

    def __init__(self, clocks: Clocks, first_seq: int) -> None:
        self._clocks = clocks
        self._base_us = self._apart_us()
        self.first_seq = first_seq

    def _apart_us(self) -> int:
        return self._clocks.now_us() - round(self._clocks.monotonic() * 1e6)

    def correction_us(self) -> int | None:
        """By how much the clock was set since this was asked last; None where it was not."""
        apart = self._apart_us()
        step = apart - self._base_us
        if abs(step) < NOTICED_US:
            # a clock that is only slowed or sped up is followed, lest an hour of that looks like a step
            self._base_us = apart
            return None
        self._base_us = apart
        return step
