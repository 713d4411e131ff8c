"""The rules by which a point, or a row of points, says that something has changed. Pure.

`default`: a point beyond 3 σ, or nine in a row on one side (DESIGN §6.5). `western_electric`: the four zone rules of
the Statistical Quality Control Handbook (1956), with a run of eight. `nelson`: the eight tests of Nelson (1984),
Journal of Quality Technology 16(4). Points are given as `z`: standard errors above the centre.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec

RuleSet: TypeAlias = Literal["default", "western_electric", "nelson"]
RULE_SETS: Final[tuple[RuleSet, ...]] = get_args(RuleSet)
Rule: TypeAlias = Literal[
    "beyond_3", "run_9", "run_8", "two_of_3", "four_of_5", "trend_6", "alternating_14", "within_1_15", "beyond_1_8"
]
RULES: Final[tuple[Rule, ...]] = get_args(Rule)
SETS: Final[dict[RuleSet, tuple[Rule, ...]]] = {
    "default": ("beyond_3", "run_9"),
    "western_electric": ("beyond_3", "two_of_3", "four_of_5", "run_8"),
    "nelson": (
        "beyond_3", "run_9", "trend_6", "alternating_14", "two_of_3", "four_of_5", "within_1_15", "beyond_1_8",
    ),
}  # fmt: skip


class Violation(msgspec.Struct, frozen=True, order=True):
    """The point at `index` completes what `rule` forbids; the row that shows it begins at `first`."""

    index: int
    first: int
    rule: Rule


def violations(z: Sequence[float], rules: RuleSet | Sequence[Rule] = "default") -> list[Violation]:
    """What the rules find, by index; each point that completes a pattern is named, so a long run names many."""
    chosen = SETS[rules] if isinstance(rules, str) else rules
    found = [
        Violation(end, end - length + 1, rule)
        for rule in chosen
        for length, breaks in (_TESTS[rule],)
        for end in range(length - 1, len(z))
        if breaks(z[end - length + 1 : end + 1])
    ]
    return sorted(found)


def _beyond(row: Sequence[float], limit: float, least: int) -> bool:
    """The last point and at least `least` of the row lie beyond `limit` on the same side."""
    side = 1.0 if row[-1] > 0 else -1.0
    return row[-1] * side > limit and sum(z * side > limit for z in row) >= least


def _one_side(row: Sequence[float]) -> bool:
    return all(z > 0 for z in row) or all(z < 0 for z in row)


def _steady(row: Sequence[float]) -> bool:
    pairs = list(itertools.pairwise(row))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)


def _alternating(row: Sequence[float]) -> bool:
    steps = [b - a for a, b in itertools.pairwise(row)]
    return all(a * b < 0 for a, b in itertools.pairwise(steps))


_Test: TypeAlias = Callable[[Sequence[float]], bool]
_TESTS: Final[dict[Rule, tuple[int, _Test]]] = {
    "beyond_3": (1, lambda row: abs(row[0]) > 3.0),
    "run_9": (9, _one_side),
    "run_8": (8, _one_side),
    "two_of_3": (3, lambda row: _beyond(row, 2.0, 2)),
    "four_of_5": (5, lambda row: _beyond(row, 1.0, 4)),
    "trend_6": (6, _steady),
    "alternating_14": (14, _alternating),
    "within_1_15": (15, lambda row: all(abs(z) < 1.0 for z in row)),
    "beyond_1_8": (8, lambda row: all(abs(z) > 1.0 for z in row)),
}
