"""The clocks and the chance that every part of the agent is given: nobody asks the computer for them by himself."""

from collections.abc import Callable
from dataclasses import dataclass


def _same(moment_us: int) -> int:
    return moment_us


def _not_taken(ahead_us: int, _unsure_us: int) -> int:
    return ahead_us


def _yes() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time and randomness, passed in: the time (µs since 1970, UTC), seconds that only go on, new epoch ids.

    The rest is for an agent that does not simply believe the computer's clock (`edge_agent.clockwatch`).
    """

    now_us: Callable[[], int]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    ours: Callable[[int], int] = _same
    """A moment stamped by the computer's clock → the same by `now_us`."""
    measured: Callable[[int, int], int] = _not_taken
    """(µs the hub is ahead of `now_us`, unsure by) → µs it is ahead of the computer's clock."""
    continues: bool = True
    """Whether the time goes on from before this agent started; not so after a start of the computer."""
    checked: Callable[[], bool] = _yes
    """Whether the hub found the time right since the computer was started."""
