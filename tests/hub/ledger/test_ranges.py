"""Ranges behave as the sets of numbers that they stand for."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hub.ledger import ranges

numbers = st.sets(st.integers(1, 60))


def as_ranges(members: set[int]) -> list[ranges.Range]:
    return ranges.from_numbers(sorted(members))


def as_set(stretches: list[ranges.Range]) -> set[int]:
    return {number for after, upto in stretches for number in range(after + 1, upto + 1)}


@given(numbers)
def test_a_set_comes_back_as_it_went_in(members: set[int]) -> None:
    stretches = as_ranges(members)
    assert as_set(stretches) == members
    assert ranges.size(stretches) == len(members)
    assert all(high < low for (_, high), (low, _) in itertools.pairwise(stretches))


@given(numbers, st.integers(0, 60), st.integers(0, 60))
def test_adding_is_union(members: set[int], after: int, upto: int) -> None:
    assert as_set(ranges.add(as_ranges(members), (after, upto))) == members | set(range(after + 1, upto + 1))


@given(numbers, numbers)
def test_subtracting_is_difference(members: set[int], taken: set[int]) -> None:
    assert as_set(ranges.subtract(as_ranges(members), as_ranges(taken))) == members - taken


@given(numbers)
def test_prefix_and_holes_say_what_is_missing(members: set[int]) -> None:
    stretches = as_ranges(members)
    end = ranges.prefix_end(stretches)
    assert set(range(1, end + 1)) <= members
    assert end + 1 not in members
    assert as_set(ranges.holes(stretches)) == set(range(1, max(members, default=0) + 1)) - members


@given(numbers, st.integers(1, 60))
def test_contains_is_membership(members: set[int], number: int) -> None:
    assert ranges.contains(as_ranges(members), number) == (number in members)
