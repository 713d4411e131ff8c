"""The normal and the chi-square distribution as control charts and capability need them. Pure.

Everything is computed to about 1e-12 from the standard library; lengths are in units of sigma.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Final

_TINY: Final = 1e-300
_CLOSE: Final = 1e-15
_MOST: Final = 10_000


def phi(x: float) -> float:
    """Probability that a standard normal value is below `x`."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def normal_quantile(p: float) -> float:
    """The standard normal value below which a share `p` lies, 0 < p < 1."""
    return NormalDist().inv_cdf(p)


def chi2_below(x: float, degrees: float) -> float:
    """Probability that a chi-square value with `degrees` degrees of freedom (may be broken) is below `x`."""
    return _gamma_below(degrees / 2.0, x / 2.0)


def chi2_quantile(p: float, degrees: float) -> float:
    """The chi-square value below which a share `p` lies, 0 < p < 1."""
    high = max(degrees, 1.0)
    while chi2_below(high, degrees) < p:
        high *= 2.0
    return _root(lambda x: chi2_below(x, degrees) - p, 0.0, high)


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero, by halving until neighbours meet."""
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if rises(middle) < 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _gamma_below(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function P(a, x): by series below a + 1, by a fraction above."""
    if x <= 0.0:
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        return scale * _series(a, x)
    return 1.0 - scale * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for step in range(1, _MOST):
        term *= x / (a + step)
        total += term
        if term < total * _CLOSE:
            break
    return total


def _fraction(a: float, x: float) -> float:
    """Lentz's method for the continued fraction of the upper function."""
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    total = d
    for step in range(1, _MOST):
        numerator = -step * (step - a)
        b += 2.0
        d = 1.0 / _away(numerator * d + b)
        c = _away(b + numerator / c)
        total *= d * c
        if abs(d * c - 1.0) < _CLOSE:
            break
    return total


def _away(x: float) -> float:
    return x if abs(x) > _TINY else _TINY
