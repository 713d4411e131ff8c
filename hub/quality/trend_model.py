"""A centre line that follows wear: limits parallel to a straight line through the baseline. Pure.

The line is fitted by least squares over the number of the sample; the limits lie three standard errors of estimate
around it (Mandel, The Regression Control Chart, Journal of Quality Technology 1(1), 1969).
"""

import math
from collections.abc import Sequence
from statistics import fmean

import msgspec

from hub.quality.chart_model import Point, TooFewError

FEWEST = 3


class Trend(msgspec.Struct, frozen=True):
    """A line through a baseline: value = start + slope × index. `sigma`: standard error of estimate."""

    start: float
    slope: float
    sigma: float
    samples: int

    def at(self, index: float) -> float:
        """The centre at a sample's number."""
        return self.start + self.slope * index


def trend(values: Sequence[float], baseline: Sequence[int] | None = None) -> Trend:
    """The line through the values at the indexes in `baseline` (None: all); TooFewError below three."""
    at = list(range(len(values)) if baseline is None else baseline)
    if len(at) < FEWEST:
        raise TooFewError(f"{len(at)} samples in the baseline; a trend needs at least {FEWEST}")
    chosen = [values[index] for index in at]
    middle, mean = fmean(at), fmean(chosen)
    spread = math.fsum((x - middle) ** 2 for x in at)
    slope = math.fsum((x - middle) * (y - mean) for x, y in zip(at, chosen, strict=True)) / spread
    start = mean - slope * middle
    errors = math.fsum((y - start - slope * x) ** 2 for x, y in zip(at, chosen, strict=True))
    return Trend(start, slope, math.sqrt(errors / (len(at) - 2)), len(at))


def trended(values: Sequence[float], line: Trend) -> list[Point]:
    """Every value against the line."""
    width = 3.0 * line.sigma
    return [
        Point(value, line.at(index), line.sigma, line.at(index) - width, line.at(index) + width)
        for index, value in enumerate(values)
    ]
