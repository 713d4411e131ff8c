"""How well a process fits its limits: Cp and Cpk on the spread within samples, Pp and Ppk on the whole. Pure.

Nothing is said on fewer than `FEWEST` values, nor of a process that is not in control (DESIGN §6.5). With each number
stands its 95 % interval: chi-square for Cp and Pp, Bissell's approximation for Cpk and Ppk (Bissell, Applied Statistics
39(3), 1990), on as many degrees of freedom as the estimate of sigma is worth. ISO 22514-2 defines the indices.
"""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final, Literal

import msgspec

from hub.quality.normal_model import chi2_quantile, normal_quantile, phi

FEWEST: Final = 30
CONFIDENCE: Final = 0.95
Reason = Literal["too_few", "not_in_control", "no_limits", "no_spread", "no_limits_of_control"]


class Index(msgspec.Struct, frozen=True):
    """One index between the ends of its confidence interval."""

    value: float
    low: float
    high: float


class Capability(msgspec.Struct, frozen=True):
    """Indices of `n` values; `cp` and `pp` are None where there is a limit on one side only.

    `refused` says why there is none; then all indices are None. `outside`: the share expected beyond the limits.
    """

    n: int
    mean: float | None = None
    within: float | None = None
    overall: float | None = None
    cp: Index | None = None
    cpk: Index | None = None
    pp: Index | None = None
    ppk: Index | None = None
    outside: float | None = None
    refused: Reason | None = None


def capability(
    values: Sequence[float], lower: float | None, upper: float | None, *, within: float | None, degrees: float | None,
    in_control: bool,
) -> Capability:  # fmt: skip
    """Indices of the values, or why there are none.

    `within`: sigma from the control chart, worth so many `degrees` of freedom; None where it has no limits.
    """
    n = len(values)
    if lower is None and upper is None:
        return Capability(n, refused="no_limits")
    if n < FEWEST:
        return Capability(n, refused="too_few")
    if within is None or degrees is None:
        return Capability(n, refused="no_limits_of_control")
    if not in_control:
        return Capability(n, refused="not_in_control")
    mean, overall = fmean(values), stdev(values)
    if within <= 0.0 or overall <= 0.0:
        return Capability(n, mean, refused="no_spread")
    return Capability(
        n, mean, within, overall,
        cp=both_sides(lower, upper, within, degrees), cpk=nearer_side(lower, upper, mean, within, n, degrees),
        pp=both_sides(lower, upper, overall, n - 1), ppk=nearer_side(lower, upper, mean, overall, n, n - 1),
        outside=expected_outside(lower, upper, mean, overall),
    )  # fmt: skip


def both_sides(lower: float | None, upper: float | None, sigma: float, degrees: float) -> Index | None:
    """Width of the tolerance over six sigma, with its chi-square interval; None where a limit is absent."""
    if lower is None or upper is None:
        return None
    value = (upper - lower) / (6.0 * sigma)
    tail = (1.0 - CONFIDENCE) / 2.0
    return Index(
        value,
        value * math.sqrt(chi2_quantile(tail, degrees) / degrees),
        value * math.sqrt(chi2_quantile(1.0 - tail, degrees) / degrees),
    )


def nearer_side(
    lower: float | None, upper: float | None, mean: float, sigma: float, n: int, degrees: float
) -> Index:  # fmt: skip
    """Distance of the mean to the nearer limit over three sigma, with Bissell's interval."""
    sides = [] if upper is None else [upper - mean]
    sides += [] if lower is None else [mean - lower]
    value = min(sides) / (3.0 * sigma)
    width = normal_quantile((1.0 + CONFIDENCE) / 2.0) * math.sqrt(1.0 / (9.0 * n) + value**2 / (2.0 * degrees))
    return Index(value, value - width, value + width)


def expected_outside(lower: float | None, upper: float | None, mean: float, sigma: float) -> float:
    """The share of a normal process beyond its limits."""
    below = 0.0 if lower is None else phi((lower - mean) / sigma)
    above = 0.0 if upper is None else phi((mean - upper) / sigma)
    return below + above
