"""The factors of Shewhart charts for samples of n normal values, computed, not tabulated. Pure.

d2 and d3 are mean and standard deviation of the range of n standard normal values (by integration), c4 the mean of
their standard deviation (exact). A2 … B4 follow from them as in ISO 7870-2:2023, table 2. All are free of units.
"""

import math
from functools import cache
from typing import Final

from hub.quality.normal_model import phi

LARGEST: Final = 100
"""Samples up to this size are charted; ranges say little long before."""
_STEP_X: Final = 0.125
_REACH_X: Final = 9.0
_STEP_T: Final = 0.0625
_FROM_T: Final = -36.0
_UPTO_T: Final = 3.0


def _above_range(w: float, n: int) -> float:
    """Probability that the range of n standard normal values is above `w`.

    P(W <= w) = n ∫ φ(x) [Φ(x + w) - Φ(x)]^(n-1) dx; for such a curve the rule of trapezoids is as good as exact.
    """
    steps = round(_REACH_X / _STEP_X)
    below = 0.0
    for step in range(-steps, steps + 1):
        x = step * _STEP_X
        below += math.exp(-x * x / 2.0) * (phi(x + w) - phi(x)) ** (n - 1)
    return max(0.0, 1.0 - n * below * _STEP_X / math.sqrt(2.0 * math.pi))


def _moments(n: int) -> tuple[float, float]:
    """E W and E W² of the range: ∫ P(W > w) dw and 2 ∫ w P(W > w) dw, with w = exp t."""
    first = second = 0.0
    for step in range(round((_UPTO_T - _FROM_T) / _STEP_T) + 1):
        w = math.exp(_FROM_T + step * _STEP_T)
        above = _above_range(w, n)
        first += above * w
        second += 2.0 * above * w * w
    return first * _STEP_T, second * _STEP_T


@cache
def _range_factors(n: int) -> tuple[float, float]:
    mean, square = _moments(n)
    return mean, math.sqrt(square - mean * mean)


def d2(n: int) -> float:
    """Mean range of n standard normal values."""
    return _range_factors(_checked(n))[0]


def d3(n: int) -> float:
    """Standard deviation of the range of n standard normal values."""
    return _range_factors(_checked(n))[1]


def c4(n: int) -> float:
    """Mean of the standard deviation of n standard normal values."""
    _checked(n)
    return math.sqrt(2.0 / (n - 1)) * math.exp(math.lgamma(n / 2.0) - math.lgamma((n - 1) / 2.0))


def a2(n: int) -> float:
    """Half-width of the limits of means, in mean ranges."""
    return 3.0 / (d2(n) * math.sqrt(n))


def a3(n: int) -> float:
    """Half-width of the limits of means, in mean standard deviations."""
    return 3.0 / (c4(n) * math.sqrt(n))


def range_limits(n: int) -> tuple[float, float]:
    """(D3, D4): the limits of ranges in mean ranges; none is below zero."""
    width = 3.0 * d3(n) / d2(n)
    return max(0.0, 1.0 - width), 1.0 + width


def deviation_limits(n: int) -> tuple[float, float]:
    """(B3, B4): the limits of standard deviations in mean standard deviations; none is below zero."""
    mean = c4(n)
    width = 3.0 * math.sqrt(1.0 - mean * mean) / mean
    return max(0.0, 1.0 - width), 1.0 + width


def _checked(n: int) -> int:
    if not 2 <= n <= LARGEST:
        raise ValueError(f"samples of {n} values; from 2 to {LARGEST} can be charted")
    return n
