"""Factors, limits, rules and indices agree to 1e-9 with a second implementation, written here from the definitions.

mpmath integrates and inverts with 30 digits; the limits are computed again with statistics and plain sums.
"""

import itertools
import math
import random
import statistics

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.quality import factors_model as factors
from hub.quality.capability_model import both_sides, capability, nearer_side
from hub.quality.chart_model import Sample, chart, moving_range_degrees
from hub.quality.normal_model import chi2_below, chi2_quantile, phi
from hub.quality.rules_model import RULES, violations
from hub.quality.short_model import Piece, deviations, scores
from hub.quality.trend_model import trend, trended

CLOSE = 1e-9


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 10, 25])
def test_the_factors_of_ranges(n: int) -> None:
    """d2 = ∫ 1 - Φⁿ - (1-Φ)ⁿ; E W² from the density of the range."""
    with mpmath.workdps(18):
        mean = mpmath.quad(
            lambda x: 1 - mpmath.ncdf(x) ** n - (1 - mpmath.ncdf(x)) ** n, [-mpmath.inf, -3, 0, 3, mpmath.inf]
        )
        assert close(factors.d2(n), float(mean))
    square = mpmath.quad(lambda w: w * w * density_of_range(float(w), n), [0, 1, 2, 4, 6, 9, 14])
    assert close(factors.d3(n), math.sqrt(float(square) - float(mean) ** 2))


def density_of_range(w: float, n: int) -> float:
    """n (n-1) ∫ φ(x) φ(x + w) (Φ(x + w) - Φ(x))ⁿ⁻² dx by plain sums over a fine grid."""
    step = 0.125
    grid = [step * k - w / 2 for k in range(-72, 73)]
    heights = (
        math.exp(-(x * x + (x + w) ** 2) / 2)
        * (math.erf((x + w) / math.sqrt(2)) - math.erf(x / math.sqrt(2))) ** (n - 2)
        for x in grid
    )
    return n * (n - 1) * step * math.fsum(heights) / (2 * math.pi * 2 ** (n - 2))


@pytest.mark.parametrize("n", [2, 3, 5, 10, 50])
def test_the_factor_of_deviations(n: int) -> None:
    with mpmath.workdps(30):
        assert close(
            factors.c4(n), float(mpmath.sqrt(mpmath.mpf(2) / (n - 1)) * mpmath.gammaprod([n / 2], [(n - 1) / 2]))
        )


@pytest.mark.parametrize(("p", "degrees"), [(0.025, 19), (0.975, 19), (0.025, 18.3), (0.5, 1), (0.999, 250), (0.01, 2)])
def test_chi_square(p: float, degrees: float) -> None:
    x = chi2_quantile(p, degrees)
    with mpmath.workdps(30):
        assert close(float(mpmath.gammainc(degrees / 2, 0, mpmath.mpf(x) / 2, regularized=True)), p)
    assert close(chi2_below(x, degrees), p)


def test_the_normal_distribution() -> None:
    for x in (-8.0, -2.5, 0.0, 1.0, 5.0):
        assert math.isclose(phi(x), float(mpmath.ncdf(x)), rel_tol=1e-12)


def test_what_moving_ranges_are_worth() -> None:
    """Against the variance of their mean over many simulated rows."""
    chance = random.Random(7)
    means = []
    for _ in range(20_000):
        row = [chance.gauss() for _ in range(11)]
        means.append(statistics.fmean(abs(a - b) for a, b in itertools.pairwise(row)))
    simulated = statistics.fmean(means) ** 2 / (2 * statistics.variance(means))
    assert abs(moving_range_degrees(10) / simulated - 1) < 0.05


values = st.floats(-1e3, 1e3).map(lambda x: round(x, 4))


@given(st.lists(values, min_size=2, max_size=40))
def test_single_values(row: list[float]) -> None:
    made = chart("i_mr", [Sample((value,)) for value in row])
    moving = sum(abs(b - a) for a, b in itertools.pairwise(row)) / (len(row) - 1)
    center, d2 = statistics.mean(row), 2 / math.sqrt(math.pi)
    assert close(made.points[0].center, center)
    assert close(made.points[0].upper or 0, center + 3 * moving / d2)
    assert close(made.points[0].lower or 0, center - 3 * moving / d2)
    assert made.spread is not None
    assert made.spread[1] is not None
    assert close(made.spread[1].upper or 0, moving * (1 + 3 * math.sqrt(2 - d2**2) / d2))


@given(st.lists(st.lists(values, min_size=2, max_size=6).map(tuple), min_size=2, max_size=12))
def test_means_of_samples_of_any_size(rows: list[tuple[float, ...]]) -> None:
    for kind in ("xbar_r", "xbar_s"):
        made = chart(kind, [Sample(row) for row in rows])
        if kind == "xbar_s":
            single = [statistics.stdev(row) / factors.c4(len(row)) for row in rows]
        else:
            single = [(max(row) - min(row)) / factors.d2(len(row)) for row in rows]
        sigma = sum(single) / len(single)
        center = statistics.mean([value for row in rows for value in row])
        for row, point in zip(rows, made.points, strict=True):
            assert math.isclose(point.value, statistics.mean(row), rel_tol=1e-9, abs_tol=1e-7)
            assert math.isclose(point.upper or 0, center + 3 * sigma / math.sqrt(len(row)), rel_tol=1e-9, abs_tol=1e-7)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(40, 90)), min_size=2, max_size=20))
def test_counts(rows: list[tuple[int, int]]) -> None:
    samples = [Sample(count=count, size=size) for count, size in rows]
    p = sum(count for count, _ in rows) / sum(size for _, size in rows)
    for (count, size), share, number, rate in zip(
        rows, chart("p", samples).points, chart("np", samples).points, chart("u", samples).points, strict=True
    ):
        width = 3 * math.sqrt(p * (1 - p) / size)
        assert close(share.value, count / size)
        assert close(share.lower or 0, max(0, p - width))
        assert share.upper is None or close(share.upper, p + width)
        assert close(number.center, p * size)
        assert close(number.lower or 0, max(0, size * (p - width)))
        assert close(rate.upper or 0, p + 3 * math.sqrt(p / size))


@given(st.lists(values, min_size=3, max_size=30))
def test_a_trend_is_the_line_of_least_squares(row: list[float]) -> None:
    line = trend(row)
    slope, start = statistics.linear_regression(range(len(row)), row)
    rest = math.sqrt(sum((y - start - slope * x) ** 2 for x, y in enumerate(row)) / (len(row) - 2))
    assert math.isclose(line.slope, slope, rel_tol=1e-9, abs_tol=1e-7)
    assert math.isclose(line.start, start, rel_tol=1e-9, abs_tol=1e-6)
    assert math.isclose(trended(row, line)[-1].upper or 0, start + slope * (len(row) - 1) + 3 * rest, abs_tol=1e-5)


def brute(z: list[float], rule: str) -> set[int]:
    """The points that complete a pattern, written out rule by rule from the tests' own wording."""
    found = set()
    for i in range(len(z)):
        last = {k: z[i - k + 1 : i + 1] for k in (3, 5, 6, 8, 9, 14, 15) if i - k + 1 >= 0}
        up = {(k, limit): [x for x in row if x > limit] for k, row in last.items() for limit in (1, 2)}
        down = {(k, limit): [x for x in row if x < -limit] for k, row in last.items() for limit in (1, 2)}
        beyond = up if z[i] > 0 else down
        signs = [(b > a) - (b < a) for a, b in itertools.pairwise(z[: i + 1])]
        broken = {
            "beyond_3": z[i] > 3 or z[i] < -3,
            "run_9": 9 in last and (min(last[9]) > 0 or max(last[9]) < 0),
            "run_8": 8 in last and (min(last[8]) > 0 or max(last[8]) < 0),
            "two_of_3": abs(z[i]) > 2 and len(beyond.get((3, 2), [])) >= 2,
            "four_of_5": abs(z[i]) > 1 and len(beyond.get((5, 1), [])) >= 4,
            "trend_6": 6 in last and signs[-5:] in ([1] * 5, [-1] * 5),
            "alternating_14": 14 in last and signs[-13:] in ([1, -1] * 6 + [1], [-1, 1] * 6 + [-1]),
            "within_1_15": 15 in last and max(map(abs, last[15])) < 1,
            "beyond_1_8": 8 in last and min(map(abs, last[8])) > 1,
        }
        if broken[rule]:
            found.add(i)
    return found


steps = st.sampled_from([-3.5, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.5])


@given(st.lists(st.one_of(steps, st.floats(-1, 1)), max_size=60), st.integers(0, 3))
def test_rules(z: list[float], kind: int) -> None:
    row = {0: z, 1: sorted(z), 2: [abs(x) * (-1) ** i for i, x in enumerate(z)], 3: [x / 4 for x in z]}[kind]
    for rule in RULES:
        assert {found.index for found in violations(row, [rule])} == brute(row, rule), rule


@given(st.lists(values, min_size=30, max_size=60), values, st.floats(0.1, 100))
def test_indices(row: list[float], lower: float, width: float) -> None:
    s = statistics.stdev(row)
    found = capability(row, lower, lower + width, within=1.5, degrees=20.0, in_control=True)
    if s <= 1e-6:
        return
    mean = statistics.mean(row)
    assert found.cp is not None
    assert found.cpk is not None
    assert found.pp is not None
    assert found.ppk is not None
    assert close(found.cp.value, width / 9)
    assert math.isclose(found.pp.value, width / (6 * s), rel_tol=1e-7)
    assert math.isclose(found.ppk.value, min(lower + width - mean, mean - lower) / (3 * s), rel_tol=1e-6, abs_tol=1e-6)
    chi = chi2_quantile(0.025, len(row) - 1)
    assert math.isclose(found.pp.low, found.pp.value * math.sqrt(chi / (len(row) - 1)), rel_tol=1e-9)


def test_no_index_without_enough_values_or_control() -> None:
    row = [float(index % 5) for index in range(40)]

    def refused(values: list[float], lower: float | None = 0.0, *, ok: bool = True, within: float | None = 1.0):
        return capability(values, lower, None, within=within, degrees=30.0, in_control=ok).refused

    assert refused(row[:29]) == "too_few"
    assert refused(row, ok=False) == "not_in_control"
    assert refused(row, None) == "no_limits"
    assert refused(row, within=None) == "no_limits_of_control"
    assert refused([1.0] * 30, within=0.0) == "no_spread"
    one_sided = capability(row, None, 5.0, within=1.0, degrees=30.0, in_control=True)
    assert (one_sided.cp, one_sided.pp, one_sided.refused) == (None, None, None)
    assert one_sided.cpk is not None
    assert close(one_sided.cpk.value, 1.0)
    assert both_sides(None, 5.0, 1.0, 10) is None
    assert nearer_side(-1.0, 9.0, 0.0, 1.0, 30, 29).value == pytest.approx(1 / 3)


def test_a_limit_is_drawn_from_the_stated_baseline_alone() -> None:
    quiet = [Sample((10.0 + (index % 3) / 10,)) for index in range(30)]
    loud = [*quiet, *(Sample((20.0 + index,)) for index in range(5))]
    before, after = chart("i_mr", quiet), chart("i_mr", loud, range(30))
    assert (before.points[0].upper, before.points[0].lower) == (after.points[0].upper, after.points[0].lower)
    assert [found.index for found in violations([p.z for p in after.points], ["beyond_3"])] == [30, 31, 32, 33, 34]


def test_short_runs_are_pooled() -> None:
    pieces = [Piece(10.1, 10, 0.1), Piece(25.3, 25, 0.3), Piece(9.8, 10, 0.1), Piece(24.7, 25, 0.3)]
    assert [round(p.value, 9) for p in deviations(pieces).points] == [0.1, 0.3, -0.2, -0.3]
    pooled = scores(pieces)
    assert [round(p.value, 9) for p in pooled.points] == [1.0, 1.0, -2.0, -1.0]
    assert {(p.lower, p.center, p.upper) for p in pooled.points} == {(-3.0, 0.0, 3.0)}
    assert pooled.spread is not None
    assert pooled.spread[2] is not None
    assert close(pooled.spread[2].upper or 0, 2 / math.sqrt(math.pi) + 3 * math.sqrt(2 - 4 / math.pi))
    with pytest.raises(ValueError, match="sigma"):
        scores([Piece(1, 1)])
