"""Limits, broken rules and indices agree with the figures that others print, to their last printed digit.

Where each example was read: `published`.
"""

import pytest

from hub.quality import factors_model as factors
from hub.quality.capability_model import both_sides, nearer_side
from hub.quality.chart_model import Chart, Point, Sample, chart
from hub.quality.rules_model import Rule, violations
from tests.hub.quality import published as data


def printed(value: float | None, figure: str) -> bool:
    """Whether a value may have been printed so: within half a unit of the last digit."""
    digits = len(figure.partition(".")[2])
    assert value is not None
    return abs(value - float(figure)) <= 0.5 * 10**-digits + 1e-9


def near(value: float | None, figure: str) -> bool:
    """As `printed`, but the book went on with rounded factors: one unit of its last digit."""
    digits = len(figure.partition(".")[2])
    assert value is not None
    return abs(value - float(figure)) <= 10**-digits + 1e-9


def groups(rows: tuple[tuple[float, ...], ...]) -> list[Sample]:
    return [Sample(row) for row in rows]


def counts(numbers: tuple[int, ...], size: float = 1.0) -> list[Sample]:
    return [Sample(count=number, size=size) for number in numbers]


def without(length: int, left_out: tuple[int, ...]) -> list[int]:
    return [index for index in range(length) if index not in left_out]


def lower_of(made: Chart) -> Point:
    assert made.spread is not None
    point = made.spread[1]
    assert point is not None
    return point


@pytest.mark.parametrize("n", data.FACTORS)
def test_the_factors_are_those_of_the_tables(n: int) -> None:
    d3, d4 = factors.range_limits(n)
    b3, b4 = factors.deviation_limits(n)
    found = (factors.a2(n), factors.a3(n), factors.c4(n), b3, b4, factors.d2(n), factors.d3(n), d3, d4)
    digits = (3, 3, 4, 3, 3, 3, 3, 3, 3)
    for value, figure, places in zip(found, data.FACTORS[n], digits, strict=True):
        # tables were computed from rounded factors: some of their last digits are off by one
        assert abs(value - figure) < 0.65 * 10**-places, (n, value, figure)


def test_means_and_ranges_of_gap_width() -> None:
    """[SAS] limits 242.087 and 277.246 around 259.667; ranges 30.4762, up to 64.4419; σ 13.1028."""
    made = chart("xbar_r", groups(data.GAP_WIDTH))
    assert printed(made.baseline.center, "259.667")
    assert printed(made.points[0].lower, "242.087")
    assert printed(made.points[0].upper, "277.246")
    assert printed(lower_of(made).center, "30.4762")
    assert printed(lower_of(made).upper, "64.4419")
    assert lower_of(made).lower == 0.0
    assert printed(made.baseline.sigma, "13.1028")


def test_capability_of_gap_width() -> None:
    """[SAS] specification 240 to 270: Cp 0.38160, towards the lower limit 0.50032, the upper 0.26288."""
    base = chart("xbar_r", groups(data.GAP_WIDTH)).baseline
    assert base.sigma is not None
    assert base.degrees is not None
    both = both_sides(240, 270, base.sigma, base.degrees)
    assert both is not None
    assert printed(both.value, "0.38160")
    for lower, upper, figure in ((240, None, "0.50032"), (None, 270, "0.26288"), (240, 270, "0.26288")):
        found = nearer_side(lower, upper, base.center, base.sigma, base.values, base.degrees)
        assert printed(found.value, figure)


def test_the_rule_broken_by_gap_means() -> None:
    """[SAS] of tests 1 to 5, the fifth (two of three beyond 2 σ) "was positive at sample 14"; no other is named."""
    rows = [Sample((mean - spread / 2, mean, mean, mean, mean + spread / 2)) for mean, spread in data.GAP_MEANS]
    made = chart("xbar_r", rows)
    rules: tuple[Rule, ...] = ("beyond_3", "run_9", "trend_6", "alternating_14", "two_of_3")
    found = violations([point.z for point in made.points], rules)
    assert [(each.rule, each.index + 1) for each in found] == [("two_of_3", 14)]


def test_the_rule_broken_by_failing_circuits() -> None:
    """[SAS] "batches 10 and 19 have unusually high proportions of failing circuits": beyond the limits they lie."""
    made = chart("p", counts(data.CIRCUIT_BATCHES, 500))
    found = violations([point.z for point in made.points], ("beyond_3",))
    assert [each.index + 1 for each in found] == [10, 19]


def test_means_and_ranges_of_flow_width() -> None:
    """[M] example 6.1: x̿ 1.5056, R̄ 0.32521, limits 1.31795 and 1.69325, of ranges 0 and 0.68749; σ 0.1398.

    Second sources quote the first two figures whole, the limits as 1.318, 1.693 and 0.6876, and not σ.
    """
    made = chart("xbar_r", groups(data.FLOW_WIDTH))
    assert printed(made.baseline.center, "1.5056")
    assert near(lower_of(made).center, "0.32521")
    assert abs((made.points[0].upper or 0) - 1.69325) < 2e-4  # the book multiplies by A2 = 0.577
    assert abs((made.points[0].lower or 0) - 1.31795) < 2e-4
    assert abs((lower_of(made).upper or 0) - 0.68749) < 2e-4
    assert lower_of(made).lower == 0.0
    assert printed(made.baseline.sigma, "0.1398")
    assert not [p for p in made.points if abs(p.z) > 3]


def test_capability_of_flow_width() -> None:
    """[M] section 6.2: limits 1.50 ± 0.50 µm, σ 0.1398, Cp 1.192 (edition not checked)."""
    made = chart("xbar_r", groups(data.FLOW_WIDTH))
    assert made.baseline.sigma is not None
    assert made.baseline.degrees is not None
    found = both_sides(1.0, 2.0, made.baseline.sigma, made.baseline.degrees)
    assert found is not None
    assert printed(found.value, "1.192")


def test_means_and_deviations_of_piston_rings() -> None:
    """[M] example 6.3: x̿ 74.001, s̄ 0.0094, limits 74.014 and 73.988, of s 0 and 0.0196; σ 0.0100.

    All but σ also as public code quotes the 7th edition, page 261.
    """
    made = chart("xbar_s", groups(data.PISTON_RINGS))
    assert printed(made.baseline.center, "74.001")
    assert printed(lower_of(made).center, "0.0094")
    assert near(made.points[0].upper, "74.014")
    assert near(made.points[0].lower, "73.988")
    assert printed(74.001 + round(factors.a3(5), 3) * 0.0094, "74.014"), "the book's own arithmetic"
    assert printed(lower_of(made).upper, "0.0196")
    assert printed(made.baseline.sigma, "0.0100")


def test_means_and_ranges_of_piston_rings() -> None:
    """[qcc] centre 74.00118, limits 73.98805 and 74.0143, at 2 σ 73.99242 and 74.00993; R̄ 0.02276 up to 0.04812."""
    made = chart("xbar_r", groups(data.RINGS_QCC))
    assert printed(made.baseline.center, "74.00118")
    assert printed(made.points[0].lower, "73.98805")
    assert printed(made.points[0].upper, "74.0143")
    assert printed(made.points[0].center - 2 * made.points[0].sigma, "73.99242")
    assert printed(made.points[0].center + 2 * made.points[0].sigma, "74.00993")
    assert printed(lower_of(made).center, "0.02276")
    assert near(lower_of(made).upper, "0.04812")


def test_single_values_of_flow_rate() -> None:
    """[NIST] 6.3.2.2: centre 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041 (with d2 = 1.128)."""
    made = chart("i_mr", [Sample((rate,)) for rate in data.FLOW_RATE])
    assert printed(made.baseline.center, "50.81")
    assert printed(lower_of(made).center, "1.8778")
    assert abs((made.points[0].upper or 0) - 55.8041) < 2e-3
    assert abs((made.points[0].lower or 0) - 45.8159) < 2e-3


@pytest.mark.parametrize(
    ("left_out", "center", "lower", "upper"),
    [((), "0.2313333", "0.05242755", "0.4102391"), (data.JUICE_ASSIGNABLE, "0.2150", "0.0407", "0.3893")],
)
def test_share_of_leaking_cans(left_out: tuple[int, ...], center: str, lower: str, upper: str) -> None:
    """[qcc], to four digits [NIST] 6.3.3.2; then [M] without two samples that had causes (edition not checked)."""
    made = chart("p", counts(data.JUICE_CANS, 50), without(30, left_out))
    assert printed(made.baseline.center, center)
    assert near(made.points[0].lower, lower)
    assert near(made.points[0].upper, upper)
    beyond = [index + 1 for index, point in enumerate(made.points) if abs(point.z) > 3]
    assert beyond == ([15, 23] if not left_out else [15, 21, 23])


@pytest.mark.parametrize(
    ("left_out", "center", "lower", "upper"),
    [((), "19.84615", "6.481447", "33.21086"), (data.BOARDS_ASSIGNABLE, "19.67", "6.36", "32.97")],
)
def test_nonconformities_of_circuit_boards(left_out: tuple[int, ...], center: str, lower: str, upper: str) -> None:
    """[qcc]; then [M] without units 6 and 20 (edition not checked)."""
    made = chart("c", counts(data.CIRCUIT_BOARDS), without(26, left_out))
    assert printed(made.points[0].center, center)
    assert near(made.points[0].lower, lower)
    assert near(made.points[0].upper, upper)
    if not left_out:
        assert [index + 1 for index, point in enumerate(made.points) if abs(point.z) > 3] == [6, 20]


def test_defects_of_wafers() -> None:
    """[NIST] 6.3.3.1: c̄ 16, limits 4 and 28; wafer 24 lies above, wafer 3 on the limit."""
    made = chart("c", counts(data.WAFERS))
    assert (made.points[0].center, made.points[0].lower, made.points[0].upper) == (16.0, 4.0, 28.0)
    assert [index + 1 for index, point in enumerate(made.points) if abs(point.z) > 3] == [24]


def test_nonconformities_of_dyed_cloth() -> None:
    """[M] ū 1.42 for rolls of different size; roll 1 (10 units): limits 0.29 and 2.55 (edition not checked)."""
    made = chart("u", [Sample(count=count, size=size) for count, size in data.CLOTH])
    assert printed(made.points[0].center, "1.42")
    assert near(made.points[0].lower, "0.29")
    assert near(made.points[0].upper, "2.55")


def test_paint_defects_of_trucks() -> None:
    """[SAS] c̄ 7.8, limits 0 and 16.1785."""
    made = chart("c", counts(data.TRUCKS))
    assert printed(made.points[0].center, "7.8")
    assert made.points[0].lower == 0.0
    assert printed(made.points[0].upper, "16.1785")


def test_defects_of_fabric() -> None:
    """[SAS] ū 0.30333 a square metre, limits 0.001671271 and 0.60500 for rolls of 30."""
    made = chart("u", counts(data.FABRIC, 30))
    assert printed(made.points[0].center, "0.30333")
    assert printed(made.points[0].lower, "0.001671271")
    assert printed(made.points[0].upper, "0.60500")


def test_interval_of_cp() -> None:
    """[SAS] 63922 capability_a0000001446: n 100, Cp 0.354967, at 95 % from 0.305565 to 0.404288."""
    found = both_sides(0.0, 6 * 0.354967, 1.0, 99)
    assert found is not None
    assert near(found.low, "0.305565")
    assert near(found.high, "0.404288")


def test_interval_of_cpk() -> None:
    """[SAS] the same page: n 100, Cpk 0.288943, at 95 % from 0.212210 to 0.365677."""
    found = nearer_side(None, 3 * 0.288943, 0.0, 1.0, 100, 99)
    assert near(found.low, "0.212210")
    assert near(found.high, "0.365677")


def test_indices_of_a_process_off_its_middle() -> None:
    """[NIST] 6.1.6: limits 8 and 20, mean 16, s 2: Cp 1.0, Cpk 0.6667."""
    both = both_sides(8, 20, 2.0, 99)
    assert both is not None
    assert printed(both.value, "1.0")
    assert printed(nearer_side(8, 20, 16.0, 2.0, 100, 99).value, "0.6667")


@pytest.mark.parametrize(("mean", "sigma"), [(0.166, 0.0457), (0.250, 0.0292)])
def test_index_towards_the_only_limit(mean: float, sigma: float) -> None:
    """[AV] one upper limit of 0.40 mm: Cpk 1.71, near the natural limit as near the tolerance."""
    assert both_sides(None, 0.40, sigma, 99) is None
    assert printed(nearer_side(None, 0.40, mean, sigma, 100, 99).value, "1.71")
