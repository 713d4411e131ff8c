"""What an agent found out about its own clock, and what that means for the times it stamped. Pure.

A small computer without a battery clock starts in 1970, or when it was last switched off, and learns the time later:
from the network or from the hub. It then writes a `clock` record. The ledger stays as it is; the folds add the
correction to what was stamped by that clock (`contract.times.effective_us`). Corrections add up: a clock that was set
roughly and then exactly has two, and the first numbers moved by both. Offsets are microseconds.
"""

from collections.abc import Sequence

import msgspec


class Correction(msgspec.Struct, frozen=True, order=True):
    """The numbers from `from_seq` up to, not including, `before_seq` were stamped `offset_us` too early."""

    from_seq: int
    before_seq: int
    offset_us: int


def offset_us(corrections: Sequence[Correction], seq: int) -> int:
    """What is to be added to the agent's stamps in record `seq`.

    >>> set_twice = (Correction(1, 5, 3_600), Correction(1, 9, 60))
    >>> [offset_us(set_twice, seq) for seq in (4, 5, 9)]
    [3660, 60, 0]
    """
    return sum(found.offset_us for found in corrections if found.from_seq <= seq < found.before_seq)


def reach(corrections: Sequence[Correction]) -> tuple[int, int]:
    """The first and the last number that some corrections touch, at least one given."""
    return min(found.from_seq for found in corrections), max(found.before_seq for found in corrections) - 1
