"""How long to wait before trying again: under two seconds first, doubling to thirty, jittered (DESIGN §4.5).

A machine may be `patient_after` so many tries: until then it is waited for `HURRIED_S` at most. A controller that is
switched off and on again, or a cable that is plugged back, is to be read within seconds, and asking one machine every
other second costs nobody anything.
"""

from collections.abc import Callable
from typing import Final

FIRST_S: Final = 1.5
HURRIED_S: Final = 2.0
LAST_S: Final = 30.0


class Backoff:
    """Waits of one retried thing. `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float], patient_after: int = 0) -> None:
        self._random = random
        self._patient_after = patient_after
        self._ceiling_s = FIRST_S
        self._tries = 0

    def next_s(self) -> float:
        """Seconds to wait now: between half the ceiling and all of it; the ceiling then doubles."""
        wait_s = self._ceiling_s * (0.5 + 0.5 * self._random())
        self._tries += 1
        self._ceiling_s = min(HURRIED_S if self._tries < self._patient_after else LAST_S, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """It worked."""
        self._ceiling_s = FIRST_S
        self._tries = 0
