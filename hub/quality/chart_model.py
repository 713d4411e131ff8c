"""Shewhart's charts: limits from a stated baseline, and every point against them. Pure.

I-MR, X̄-R and X̄-S for measured values, p, np, c and u for counts (DESIGN §6.5; ISO 7870-2:2023). A sample is what one
point rests on; limits are three standard errors around the centre, computed from the baseline alone, for each point's
own size. Nothing is rounded, no sample is dropped. Values are in the characteristic's unit.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from hub.quality import factors_model as factors

ChartKind: TypeAlias = Literal["i_mr", "xbar_r", "xbar_s", "p", "np", "c", "u"]
KINDS: Final[tuple[ChartKind, ...]] = get_args(ChartKind)
VARIABLE: Final[frozenset[ChartKind]] = frozenset({"i_mr", "xbar_r", "xbar_s"})
FEWEST: Final = 2
"""A baseline of fewer samples says nothing of how much they differ."""


class Sample(msgspec.Struct, frozen=True):
    """What one point rests on: measured values, or `count` (nonconforming, or nonconformities) in `size` units."""

    values: tuple[float, ...] = ()
    count: float = 0.0
    size: float = 1.0


class Point(msgspec.Struct, frozen=True):
    """One point of a chart. `sigma` is its standard error; `lower` None: there is no limit on that side."""

    value: float
    center: float
    sigma: float
    lower: float | None
    upper: float | None

    @property
    def z(self) -> float:
        """How many standard errors the point lies above the centre; 0 on it, endless beside it where sigma is 0."""
        away = self.value - self.center
        if self.sigma > 0.0:
            return away / self.sigma
        return 0.0 if abs(away) <= 1e-12 * max(1.0, abs(self.center)) else math.copysign(math.inf, away)


class Spread(msgspec.Struct, frozen=True):
    """What a baseline says: the mean, and sigma of single values (of charts of counts: the mean rate, and None).

    `degrees`: as many degrees of freedom the estimate of sigma is worth. `samples`: how many it rests on.
    """

    center: float
    sigma: float | None
    samples: int
    values: int
    degrees: float | None


class Chart(msgspec.Struct, frozen=True):
    """A chart. `spread` holds the lower of a pair (moving ranges, ranges, standard deviations), None where absent.

    `points` are as many as the samples; of moving ranges the first is absent.
    """

    kind: ChartKind
    baseline: Spread
    points: tuple[Point, ...]
    spread: tuple[Point | None, ...] | None


class TooFewError(ValueError):
    """The baseline has too few samples for limits."""


def chart(kind: ChartKind, samples: Sequence[Sample], baseline: Sequence[int] | None = None) -> Chart:
    """Every sample against limits from those whose indexes are in `baseline` (None: all).

    TooFewError where the baseline holds fewer than two; ValueError where a sample does not fit the kind of chart.
    """
    base = range(len(samples)) if baseline is None else baseline
    chosen = [samples[index] for index in base]
    if len(chosen) < FEWEST:
        raise TooFewError(f"{len(chosen)} samples in the baseline; limits need at least {FEWEST}")
    for sample in samples:
        _check(kind, sample)
    return _individuals(samples, base) if kind == "i_mr" else _DRAWN[kind](samples, chosen)


def _check(kind: ChartKind, sample: Sample) -> None:
    least = 0 if kind not in VARIABLE else 1 if kind == "i_mr" else 2
    if kind in VARIABLE and (len(sample.values) < least or (kind == "i_mr" and len(sample.values) != 1)):
        raise ValueError(f"a sample of {len(sample.values)} values does not fit a chart of kind {kind}")
    if kind not in VARIABLE and (sample.count < 0 or sample.size <= 0):
        raise ValueError(f"{sample.count:g} in {sample.size:g} units is no count")
    if kind in ("p", "np") and sample.count > sample.size:
        raise ValueError(f"{sample.count:g} of {sample.size:g} units cannot be nonconforming")


def _around(value: float, center: float, sigma: float, least: float | None = None) -> Point:
    lower = center - 3.0 * sigma
    return Point(value, center, sigma, lower if least is None else max(least, lower), center + 3.0 * sigma)


def moving_range_degrees(ranges: int, pairs: int | None = None) -> float:
    """Degrees of freedom that a mean of `ranges` moving ranges of two is worth, from its variance (exact).

    `pairs` of them (None: all neighbours) share a value; E|U||V| of normal values with correlation -1/2 is
    (4/π)(√3/2 + π/12).
    """
    square_mean = 4.0 / math.pi
    own = 2.0 - square_mean
    shared = 4.0 / math.pi * (math.sqrt(3.0) / 2.0 + math.pi / 12.0) - square_mean
    variance = (ranges * own + 2.0 * (ranges - 1 if pairs is None else pairs) * shared) / ranges**2
    return square_mean / (2.0 * variance)


def _individuals(samples: Sequence[Sample], chosen: Sequence[int]) -> Chart:
    """Moving ranges of the baseline are those of neighbours: none spans a value that was left out of it."""
    values = [sample.values[0] for sample in samples]
    base = [values[index] for index in chosen]
    after = [b for a, b in itertools.pairwise(chosen) if b == a + 1]
    if not after:
        raise TooFewError("no two neighbours in the baseline; moving ranges need at least one such pair")
    moving = fmean(abs(values[index] - values[index - 1]) for index in after)
    center, sigma = fmean(base), moving / factors.d2(2)
    pairs = sum(b == a + 1 for a, b in itertools.pairwise(after))
    d3, d4 = factors.range_limits(2)
    deviation = factors.d3(2) * sigma
    ranges = [
        Point(abs(after - before), moving, deviation, d3 * moving, d4 * moving)
        for before, after in itertools.pairwise(values)
    ]
    found = Spread(center, sigma, len(base), len(base), moving_range_degrees(len(after), pairs))
    return Chart("i_mr", found, tuple(_around(v, center, sigma) for v in values), (None, *ranges))


def _grand_mean(chosen: Sequence[Sample]) -> float:
    return math.fsum(v for sample in chosen for v in sample.values) / sum(len(sample.values) for sample in chosen)


def _means_and_ranges(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    sigma = fmean(_range(sample) / factors.d2(len(sample.values)) for sample in chosen)
    relative = math.fsum((factors.d3(n) / factors.d2(n)) ** 2 for n in (len(s.values) for s in chosen))
    points = []
    for sample in samples:
        n = len(sample.values)
        d3, d4 = factors.range_limits(n)
        middle = factors.d2(n) * sigma
        points.append(Point(_range(sample), middle, factors.d3(n) * sigma, d3 * middle, d4 * middle))
    return _means("xbar_r", samples, chosen, sigma, relative, points)


def _means_and_deviations(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    sigma = fmean(stdev(sample.values) / factors.c4(len(sample.values)) for sample in chosen)
    relative = math.fsum(1.0 / factors.c4(n) ** 2 - 1.0 for n in (len(s.values) for s in chosen))
    points = []
    for sample in samples:
        n = len(sample.values)
        b3, b4 = factors.deviation_limits(n)
        middle = factors.c4(n) * sigma
        width = math.sqrt(1.0 - factors.c4(n) ** 2) * sigma
        points.append(Point(stdev(sample.values), middle, width, b3 * middle, b4 * middle))
    return _means("xbar_s", samples, chosen, sigma, relative, points)


def _means(
    kind: ChartKind, samples: Sequence[Sample], chosen: Sequence[Sample], sigma: float, relative: float,
    spread: list[Point],
) -> Chart:  # fmt: skip
    """The chart of means over one of spreads; `relative` is the sum of the relative variances of single estimates."""
    center = _grand_mean(chosen)
    points = tuple(_around(fmean(s.values), center, sigma / math.sqrt(len(s.values))) for s in samples)
    degrees = len(chosen) ** 2 / (2.0 * relative)
    found = Spread(center, sigma, len(chosen), sum(len(s.values) for s in chosen), degrees)
    return Chart(kind, found, points, tuple(spread))


def _range(sample: Sample) -> float:
    return max(sample.values) - min(sample.values)


def _rate(chosen: Sequence[Sample]) -> float:
    return math.fsum(s.count for s in chosen) / math.fsum(s.size for s in chosen)


def _counted(kind: ChartKind, chosen: Sequence[Sample], rate: float, points: list[Point]) -> Chart:
    units = math.fsum(sample.size for sample in chosen)
    return Chart(kind, Spread(rate, None, len(chosen), round(units), None), tuple(points), None)


def _shares(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    p = _rate(chosen)
    points = [_at_most_all(_around(s.count / s.size, p, math.sqrt(p * (1 - p) / s.size), 0.0), 1.0) for s in samples]
    return _counted("p", chosen, p, points)


def _numbers(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    p = _rate(chosen)
    points = [_at_most_all(_around(s.count, s.size * p, math.sqrt(s.size * p * (1 - p)), 0.0), s.size) for s in samples]
    return _counted("np", chosen, p, points)


def _at_most_all(point: Point, most: float) -> Point:
    upper = point.upper
    return msgspec.structs.replace(point, upper=None if upper is not None and upper > most else upper)


def _faults(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    c = fmean(sample.count for sample in chosen)
    return _counted("c", chosen, c, [_around(sample.count, c, math.sqrt(c), 0.0) for sample in samples])


def _fault_rates(samples: Sequence[Sample], chosen: Sequence[Sample]) -> Chart:
    u = _rate(chosen)
    return _counted("u", chosen, u, [_around(s.count / s.size, u, math.sqrt(u / s.size), 0.0) for s in samples])


_DRAWN: Final[dict[ChartKind, Callable[[Sequence[Sample], Sequence[Sample]], Chart]]] = {
    "xbar_r": _means_and_ranges, "xbar_s": _means_and_deviations, "p": _shares,
    "np": _numbers, "c": _faults, "u": _fault_rates,
}  # fmt: skip
