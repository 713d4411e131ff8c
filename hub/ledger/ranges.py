"""Sets of numbers as sorted, disjoint, non-adjacent half-open ranges ``(after, upto]``. Pure.

A range ``(after, upto]`` holds the numbers after+1 … upto. Delivery keeps what was claimed and what was lost in
this form: two integers for any stretch, however long.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Range: TypeAlias = tuple[int, int]


def add(ranges: Sequence[Range], extra: Range) -> list[Range]:
    """The union of a set and one more range.

    >>> add([(0, 5), (9, 12)], (5, 8))
    [(0, 8), (9, 12)]
    """
    after, upto = extra
    if upto <= after:
        return list(ranges)
    kept = []
    for low, high in ranges:
        if high < after or low > upto:
            kept.append((low, high))
        else:
            after, upto = min(after, low), max(upto, high)
    kept.append((after, upto))
    return sorted(kept)


def subtract(ranges: Sequence[Range], taken: Iterable[Range]) -> list[Range]:
    """The numbers of a set that are not in another.

    >>> subtract([(0, 10)], [(2, 4), (8, 9)])
    [(0, 2), (4, 8), (9, 10)]
    """
    left = list(ranges)
    for after, upto in taken:
        cut: list[Range] = []
        for low, high in left:
            if upto <= low or after >= high:
                cut.append((low, high))
                continue
            if low < after:
                cut.append((low, after))
            if upto < high:
                cut.append((upto, high))
        left = cut
    return left


def intersect(ranges: Sequence[Range], window: Range) -> list[Range]:
    """The numbers of a set inside one range.

    >>> intersect([(0, 5), (8, 12)], (3, 9))
    [(3, 5), (8, 9)]
    """
    after, upto = window
    return [(max(low, after), min(high, upto)) for low, high in ranges if low < upto and high > after]


def from_numbers(numbers: Iterable[int]) -> list[Range]:
    """The set of some numbers, given in ascending order.

    >>> from_numbers([1, 2, 3, 7])
    [(0, 3), (6, 7)]
    """
    ranges: list[Range] = []
    for number in numbers:
        if ranges and ranges[-1][1] >= number - 1:
            ranges[-1] = (ranges[-1][0], max(number, ranges[-1][1]))
        else:
            ranges.append((number - 1, number))
    return ranges


def size(ranges: Sequence[Range]) -> int:
    """How many numbers a set holds."""
    return sum(upto - after for after, upto in ranges)


def contains(ranges: Sequence[Range], number: int) -> bool:
    """Whether a number is in the set."""
    return any(after < number <= upto for after, upto in ranges)


def prefix_end(ranges: Sequence[Range]) -> int:
    """The last number of the unbroken stretch that begins at 1; 0 where there is none.

    >>> prefix_end([(0, 10), (20, 30)]), prefix_end([(5, 9)])
    (10, 0)
    """
    return ranges[0][1] if ranges and ranges[0][0] == 0 else 0


def holes(ranges: Sequence[Range]) -> list[Range]:
    """The numbers below the highest one that are not in the set.

    >>> holes([(0, 10), (20, 30)]), holes([(5, 9)])
    ([(10, 20)], [(0, 5)])
    """
    return subtract([(0, ranges[-1][1])], ranges) if ranges else []
