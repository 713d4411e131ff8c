"""The agent's own time, and how it finds out that it was wrong.

A small computer without a battery clock starts in 1970, or when it was last switched off, and learns the time later.
So the agent's time is not simply the computer's clock: it goes on evenly with a clock that nobody sets, and is set in
two ways. *The computer's clock is set* (held against the even one it makes a step): believed as long as the hub never
confirmed the time since the computer was started. *The hub says so* in a receipt: always believed. Each time, a
correction is told, so that what was stamped before can be moved by it (a `clock` record): from the first number since
the computer was started, or since the hub last found this clock right. A clock that is slowed or sped up is followed.

Used on the event loop alone, but for `now_us`. Times µs since 1970, UTC; `steady` seconds that go on in sleep, too.
"""

from collections.abc import Callable
from typing import Final

import msgspec

NOTICED_US: Final = 1_000_000
"""A step of the computer's clock that is noticed."""
ADOPTED_US: Final = 1_000_000
"""The hub's time is taken over where it surely differs by so much."""
EXACT_US: Final = 1_000_000
"""A measurement that may be wrong by more does not confirm a clock."""
IN_FLIGHT_US: Final = 60_000_000
"""After a step, stamps of the computer's clock may still come for so long that were made before it."""


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives the agent, as long as the computer goes on: see AgentClock. `boot` names its start."""

    boot: str
    apart_us: int
    set_us: int
    checked: bool
    first_seq: int


class AgentClock:
    """The agent's time. `checked`: the hub found it right since the computer started.

    `wall` is the computer's clock, `next_seq` the number that a record would get now, `corrected` is told
    (step in µs, first number it is about) and is to number no record of the new time before that.
    `continues`: the time goes on as remembered; not so after a start of the computer.
    """

    def __init__(
        self,
        wall: Callable[[], int],
        steady: Callable[[], float],
        boot: str | None,
        remembered: Remembered | None,
        next_seq: Callable[[], int],
        corrected: Callable[[int, int], None],
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._boot = boot
        self._next_seq = next_seq
        self._corrected = corrected
        self._stepped_us: int | None = None
        self.corrections = 0
        """How many were begun; counted before the time changes."""
        if remembered is not None and remembered.boot == boot:
            self.continues = True
            self._apart_us, self._set_us = remembered.apart_us, remembered.set_us
            self.checked, self._first_seq = remembered.checked, remembered.first_seq
        else:
            self.continues = False
            self._apart_us, self._set_us = wall() - self._steady_us(), 0
            self.checked, self._first_seq = False, next_seq()

    def _steady_us(self) -> int:
        return round(self._steady() * 1e6)

    def now_us(self) -> int:
        """Now, by the agent's time."""
        return self._steady_us() + self._apart_us

    @property
    def set_us(self) -> int:
        """By how much the agent's time is ahead of the computer's clock: 0 where that is believed."""
        return self._set_us

    def remember(self) -> Remembered | None:
        """What to keep; None where starts of this computer cannot be told apart."""
        if self._boot is None:
            return None
        return Remembered(
            boot=self._boot, apart_us=self._apart_us, set_us=self._set_us, checked=self.checked,
            first_seq=self._first_seq,
        )  # fmt: skip

    def look(self) -> None:
        """Notices whether the computer's clock was set; to be called every few seconds."""
        step_us = self._wall() + self._set_us - self.now_us()
        if abs(step_us) < NOTICED_US:
            self._apart_us += step_us
            return
        self._stepped_us = self.now_us()
        if self.checked:  # the hub knows better than whoever set it
            self._set_us -= step_us
            if abs(self._set_us) < NOTICED_US:  # it was set right
                self._apart_us -= self._set_us
                self._set_us = 0
            return
        self.corrections += 1
        self._apart_us += step_us
        self._stepped_us += step_us
        self._corrected(step_us, self._first_seq)

    def ours(self, wall_us: int) -> int:
        """A moment that was just stamped by the computer's clock, by the agent's time."""
        self.look()
        moment, now = wall_us + self._set_us, self.now_us()
        if moment > now:
            return moment if moment - now < NOTICED_US else now
        if self._stepped_us is not None:
            if now - self._stepped_us > IN_FLIGHT_US:
                self._stepped_us = None
            elif moment < self._stepped_us - NOTICED_US:  # stamped before the clock was set, or just then
                return now
        return moment

    def measured(self, ahead_us: int, unsure_us: int) -> int:
        """The hub's clock is ahead of `now_us` by so much, give or take `unsure_us`.

        Returns by how much it is ahead of the computer's clock.
        """
        ahead_of_wall_us = ahead_us + self._set_us
        first_seq = self._first_seq
        if unsure_us <= EXACT_US:
            self._first_seq = self._next_seq()
        if abs(ahead_us) - unsure_us > ADOPTED_US:
            self.corrections += 1
            self._apart_us += ahead_us
            self._set_us += ahead_us
            self._corrected(ahead_us, first_seq)
        if unsure_us <= EXACT_US:
            self.checked = True
        return ahead_of_wall_us
