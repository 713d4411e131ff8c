"""Short runs: many kinds of part on one chart, by their distance from what was wanted. Pure.

Lots under twenty pieces give no limits of their own, so parts of one process and gauge are pooled (DESIGN §6.5):
`deviation` where they scatter alike, `z` where each kind has its own known sigma (Montgomery, Introduction to
Statistical Quality Control, section 10.1). A pooled row is charted as single values with moving ranges.
"""

import itertools
from collections.abc import Sequence

import msgspec

from hub.quality import factors_model as factors
from hub.quality.chart_model import Chart, Point, Sample, Spread, chart

SHORT = 20
"""Lots of fewer pieces are pooled."""


class Piece(msgspec.Struct, frozen=True):
    """One measured piece: its value, what was wanted, and sigma of its kind where that is known."""

    value: float
    nominal: float
    sigma: float | None = None


def deviations(pieces: Sequence[Piece], baseline: Sequence[int] | None = None) -> Chart:
    """I-MR of the deviations from nominal, in the unit of the values."""
    return chart("i_mr", [Sample((piece.value - piece.nominal,)) for piece in pieces], baseline)


def scores(pieces: Sequence[Piece]) -> Chart:
    """Z and its moving range: centre 0 and limits ±3 by definition; ValueError where a kind's sigma is not known."""
    z = [_score(piece) for piece in pieces]
    d3, d4 = factors.range_limits(2)
    middle, width = factors.d2(2), factors.d3(2)
    moving = [
        Point(abs(after - before), middle, width, d3 * middle, d4 * middle) for before, after in itertools.pairwise(z)
    ]
    given = Spread(0.0, 1.0, 0, 0, None)
    return Chart("i_mr", given, tuple(Point(value, 0.0, 1.0, -3.0, 3.0) for value in z), (None, *moving))


def _score(piece: Piece) -> float:
    if piece.sigma is None or piece.sigma <= 0.0:
        raise ValueError("a Z chart needs the sigma of every kind of part; chart deviations instead")
    return (piece.value - piece.nominal) / piece.sigma
