"""What is measured: one series for each dimension, in the order of measuring, and what it does to a control chart.

A series is quiet for its first points (the baseline) and stays so, or drifts by half a sigma a point from a certain
point on until the tool is changed. Values are drawn so that an individuals chart has nothing to say before the drift:
a made-up process that is in control should look so. The chart: centre and sigma from the baseline, sigma = mean moving
range / 1.128; it speaks of a point beyond three sigma and of nine in a row on one side. Pure and seeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, pairwise
from random import Random
from statistics import fmean

from simulators.work.group import DRIFTING, Gauge

BASELINE = 20
DRIFT_FROM = 34
"""The first point that is measured off, counted from 0."""
DRIFT_POINTS = 14
"""Then somebody changes the tool."""
DRIFT_SIGMA = 0.5
DRIFTED = range(DRIFT_FROM, DRIFT_FROM + DRIFT_POINTS)
D2 = 1.128
TRIES = 200
RUN = 9


@dataclass(frozen=True, slots=True)
class Point:
    """A measurement: of which order, when, what."""

    order: str
    at: int
    value: float


class Series:
    """The measurements of one dimension during the day."""

    def __init__(self, gauge: Gauge, seed: int) -> None:
        self.gauge = gauge
        self.points: list[Point] = []
        self._seed = seed
        self._base = next(filter(lambda drawn: first_signal(drawn) is None, map(self._baseline, count())))

    @property
    def drifts(self) -> bool:
        """Whether its tool wears out."""
        return self.gauge.characteristic == DRIFTING

    def take(self, order: str, at: int) -> float:
        """Measure the next piece; rounded as the instrument shows it."""
        number = len(self.points)
        value = self._base[number] if number < BASELINE else self._later(number)
        self.points.append(Point(order, at, value))
        return value

    def _baseline(self, attempt: int) -> list[float]:
        dice = Random(f"{self._seed}/{self.gauge.characteristic}/{attempt}")  # noqa: S311 - a seeded story, no secret
        return [self._read(dice, 0.0) for _ in range(BASELINE)]

    def _later(self, number: int) -> float:
        off = DRIFT_SIGMA * (number - DRIFT_FROM + 1) if self.drifts and number in DRIFTED else 0.0
        before = [point.value for point in self.points]
        for attempt in count():
            dice = Random(f"{self._seed}/{self.gauge.characteristic}/{number}/{attempt}")  # noqa: S311 - as above
            value = self._read(dice, off)
            if attempt > TRIES or (self.drifts and number >= DRIFT_FROM) or first_signal([*before, value]) is None:
                return value
        raise AssertionError

    def _read(self, dice: Random, off: float) -> float:
        return round(self.gauge.nominal + (max(-2.2, min(2.2, dice.gauss())) + off) * self.gauge.sigma, 3)


def first_signal(values: list[float]) -> int | None:
    """Number of the first point at which the chart speaks (the ninth of nine in a row), None where it is silent."""
    if len(values) < BASELINE:
        return None
    base = values[:BASELINE]
    centre = fmean(base)
    sigma = fmean(abs(b - a) for a, b in pairwise(base)) / D2
    side, row = 0, 0
    for number, value in enumerate(values):
        now = (value > centre) - (value < centre)
        row = row + 1 if now and now == side else int(now != 0)
        side = now
        if abs(value - centre) > 3 * sigma or row >= RUN:
            return number
    return None
