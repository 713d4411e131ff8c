"""How much is sent to the hub at once and how long its answer is waited for: less and longer on a slow line.

Sizes in bytes before packing, times in seconds. Pure.
"""

from typing import Final

MOST_BYTES: Final = 2**20
LEAST_BYTES: Final = 4096
FIRST_S: Final = 3.5
LAST_S: Final = 29.0


class Pace:
    """Begins brisk. `overdue` after an answer that did not come in time, `answered` after one that did."""

    def __init__(self, first_s: float = FIRST_S) -> None:
        self._first_s = first_s
        self.patience_s = first_s
        self.max_bytes = MOST_BYTES

    def overdue(self) -> None:
        """Send a quarter, wait twice as long."""
        self.max_bytes = max(LEAST_BYTES, self.max_bytes // 4)
        self.patience_s = min(LAST_S, self.patience_s * 2)

    def answered(self, took_s: float) -> None:
        """Wait for three times as long as it took; send more where that was short."""
        self.patience_s = min(LAST_S, max(self._first_s, 3 * took_s))
        if took_s < self._first_s / 4:
            self.max_bytes = min(MOST_BYTES, self.max_bytes * 2)
