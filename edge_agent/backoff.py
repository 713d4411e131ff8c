"""How long to wait before trying again: under two seconds first, doubling to thirty, jittered (DESIGN §4.5)."""

from collections.abc import Callable
from typing import Final

FIRST_S: Final = 1.5
LAST_S: Final = 30.0


class Backoff:
    """Waits of one retried thing. `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._ceiling_s = FIRST_S

    def next_s(self) -> float:
        """Seconds to wait now: between half the ceiling and all of it; the ceiling then doubles."""
        wait_s = self._ceiling_s * (0.5 + 0.5 * self._random())
        self._ceiling_s = min(LAST_S, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """It worked."""
        self._ceiling_s = FIRST_S
