"""Limits and indices agree with the figures that textbooks print, to their last printed digit."""

import pytest

from hub.quality import factors_model as factors
from hub.quality.capability_model import both_sides, nearer_side
from hub.quality.chart_model import Chart, Point, Sample, chart
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


def test_means_and_ranges_of_flow_width() -> None:
    """[M] example 6.1: x̿ 1.5056, R̄ 0.32521, limits 1.31795 and 1.69325, of ranges 0 and 0.68749; σ 0.1398."""
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
    """[M] section 6.2.1: limits 1.50 ± 0.50 µm, σ 0.1398, Cp 1.192."""
    made = chart("xbar_r", groups(data.FLOW_WIDTH))
    assert made.baseline.sigma is not None
    assert made.baseline.degrees is not None
    found = both_sides(1.0, 2.0, made.baseline.sigma, made.baseline.degrees)
    assert found is not None
    assert printed(found.value, "1.192")


def test_means_and_deviations_of_piston_rings() -> None:
    """[M] example 6.3: x̿ 74.001, s̄ 0.0094, limits 74.014 and 73.988, of s 0 and 0.0196; σ 0.0100."""
    made = chart("xbar_s", groups(data.PISTON_RINGS))
    assert printed(made.baseline.center, "74.001")
    assert printed(lower_of(made).center, "0.0094")
    assert near(made.points[0].upper, "74.014")
    assert near(made.points[0].lower, "73.988")
    assert printed(74.001 + round(factors.a3(5), 3) * 0.0094, "74.014"), "the book's own arithmetic"
    assert printed(lower_of(made).upper, "0.0196")
    assert printed(made.baseline.sigma, "0.0100")


def test_means_and_ranges_of_piston_rings() -> None:
    """[M5] example 5-1, the same rings: R̄ 0.023, limits 74.014 and 73.988, of ranges 0 and 0.049."""
    made = chart("xbar_r", groups(data.PISTON_RINGS))
    assert printed(lower_of(made).center, "0.023")
    assert near(made.points[0].upper, "74.014")
    assert near(made.points[0].lower, "73.988")
    assert printed(74.001 + round(factors.a2(5), 3) * 0.023, "74.014"), "the book's own arithmetic"
    assert printed(lower_of(made).upper, "0.049")


def test_single_values_of_loan_costs() -> None:
    """[M] example 6.5: x̄ 300.5, mean moving range 7.79, limits 279.78 and 321.22, of ranges 25.45."""
    made = chart("i_mr", [Sample((float(cost),)) for cost in data.LOAN_COSTS])
    assert printed(made.baseline.center, "300.5")
    assert printed(lower_of(made).center, "7.79")
    width = 3 * 7.79 / round(factors.d2(2), 3)
    assert printed(made.baseline.center - width, "279.78"), "the book's own arithmetic, with rounded factors"
    assert printed(made.baseline.center + width, "321.22")
    assert abs((made.points[0].upper or 0) - 321.22) < 0.02
    assert near(lower_of(made).upper, "25.45")


def test_single_values_of_flow_rate() -> None:
    """[NIST] 6.3.2.2: centre 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041 (with d2 = 1.128)."""
    made = chart("i_mr", [Sample((rate,)) for rate in data.FLOW_RATE])
    assert printed(made.baseline.center, "50.81")
    assert printed(lower_of(made).center, "1.8778")
    assert abs((made.points[0].upper or 0) - 55.8041) < 2e-3
    assert abs((made.points[0].lower or 0) - 45.8159) < 2e-3


@pytest.mark.parametrize(
    ("left_out", "center", "lower", "upper"),
    [((), "0.2313", "0.0524", "0.4102"), (data.JUICE_ASSIGNABLE, "0.2150", "0.0407", "0.3893")],
)
def test_share_of_leaking_cans(left_out: tuple[int, ...], center: str, lower: str, upper: str) -> None:
    """[M] example 7.1, then without two samples that had causes; the first also [NIST] 6.3.3.2."""
    made = chart("p", counts(data.JUICE_CANS, 50), without(30, left_out))
    assert printed(made.baseline.center, center)
    assert near(made.points[0].lower, lower)
    assert near(made.points[0].upper, upper)
    beyond = [index + 1 for index, point in enumerate(made.points) if abs(point.z) > 3]
    assert beyond == ([15, 23] if not left_out else [15, 21, 23])


def test_number_of_leaking_cans() -> None:
    """[M] example 7.2: p̄ 0.2313 and n 50: centre 11.565, limits 2.620 and 20.510."""
    made = chart("np", counts(data.JUICE_CANS, 50))
    assert abs(made.points[0].center - 11.565) < 2e-3  # the book goes on with p̄ rounded to 0.2313
    assert abs((made.points[0].lower or 0) - 2.620) < 2e-3
    assert abs((made.points[0].upper or 0) - 20.510) < 3e-3


@pytest.mark.parametrize(
    ("left_out", "center", "lower", "upper"),
    [((), "19.85", "6.48", "33.22"), (data.BOARDS_ASSIGNABLE, "19.67", "6.36", "32.97")],
)
def test_nonconformities_of_circuit_boards(left_out: tuple[int, ...], center: str, lower: str, upper: str) -> None:
    """[M] example 7.3, then without units 6 and 20."""
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


def test_nonconformities_of_computers() -> None:
    """[M5] example 6-4: ū 1.93, limits 0.07 and 3.79."""
    made = chart("u", counts(data.COMPUTERS, 5))
    assert printed(made.points[0].center, "1.93")
    assert printed(made.points[0].lower, "0.07")
    assert printed(made.points[0].upper, "3.79")


def test_nonconformities_of_dyed_cloth() -> None:
    """[M] example 7.5: ū 1.42 for rolls of different size; roll 1 (10 units): limits 0.29 and 2.55."""
    made = chart("u", [Sample(count=count, size=size) for count, size in data.CLOTH])
    assert printed(made.points[0].center, "1.42")
    assert near(made.points[0].lower, "0.29")
    assert near(made.points[0].upper, "2.55")


def test_interval_of_cp() -> None:
    """[M] example 8.4: limits 38 and 62, n 20, s 1.75: Cp 2.29, at 95 % from 1.57 to 3.01."""
    found = both_sides(38, 62, 1.75, 19)
    assert found is not None
    assert printed(found.value, "2.29")
    assert near(found.low, "1.57")
    assert near(found.high, "3.01")


def test_interval_of_cpk() -> None:
    """[M] example 8.5: n 20, Cpk 1.33: at 95 % from 0.88 to 1.78."""
    found = nearer_side(None, 3 * 1.33, 0.0, 1.0, 20, 19)
    assert printed(found.value, "1.33")
    assert near(found.low, "0.88")
    assert near(found.high, "1.78")
