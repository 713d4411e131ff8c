"""How long to wait before trying again: under two seconds first, doubling to three, jittered.

However long a link was away, data is to flow again within five seconds of its return, so a wait may not be longer: a
try is one connection that nobody answers. What a person must put right first, and what failed in a way that nobody
foresaw, is tried every thirty seconds at most (DESIGN §4.5, docs/decisions/0008).
"""

from collections.abc import Callable
from typing import Final

FIRST_S: Final = 1.5
LAST_S: Final = 3.0


class Backoff:
    """Waits of one retried thing. `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float], last_s: float = LAST_S) -> None:
        self._random = random
        self._last_s = last_s
        self._ceiling_s = FIRST_S

    def next_s(self) -> float:
        """Seconds to wait now: between half the ceiling and all of it; the ceiling then doubles."""
        wait_s = self._ceiling_s * (0.5 + 0.5 * self._random())
        self._ceiling_s = min(self._last_s, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """It worked."""
        self._ceiling_s = FIRST_S
