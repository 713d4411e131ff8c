"""A characteristic's measurements as a chart that can be read: samples, stated limits, violations, capability. Pure.

Measurements are taken in the order of (at, epoch_no, seq). Samples of several values never mix two orders; one that
is not full yet waits. Limits rest on the stated baseline, or on the first samples, and then are called provisional.
A point that a person left out of the baseline stays on the chart, and is judged; limits and capability do without it.
Times are microseconds since 1970 UTC; values in the characteristic's unit.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

import msgspec

from hub.quality import chart_model
from hub.quality.capability_model import Capability, capability
from hub.quality.chart_model import VARIABLE, Chart, Point, Sample, Spread, TooFewError
from hub.quality.model import Characteristic, Measurement
from hub.quality.rules_model import SETS, Rule, violations
from hub.quality.short_model import Piece, deviations, scores
from hub.quality.trend_model import trend, trended

PROVISIONAL: Final = 25
"""As many first samples stand in for a baseline that nobody has stated."""
Basis = Literal["stated", "provisional", "given", "none"]


class Group(msgspec.Struct, frozen=True):
    """A sample and the measurements it is made of."""

    sample: Sample
    members: tuple[Measurement, ...]

    @property
    def last(self) -> Measurement:
        """The measurement that completed it."""
        return self.members[-1]


class Broken(msgspec.Struct, frozen=True):
    """A rule broken at a point of a chart; the row that shows it begins at the point `first`."""

    rule: Rule
    first: int
    spread: bool


class Drawn(msgspec.Struct, frozen=True):
    """One point as drawn. `point` is None where there are no limits yet; `spread` belongs to the lower chart.

    `left_out`: the measurement by which a person left it out of the baseline.
    """

    group: Group
    value: float
    point: Point | None
    spread: Point | None
    broken: tuple[Broken, ...]
    left_out: str | None = None


class View(msgspec.Struct, frozen=True):
    """A whole chart. `basis`: what the limits rest on; `baseline` None: there are no limits, `why` says why not."""

    points: tuple[Drawn, ...]
    basis: Basis
    baseline: Spread | None
    capability: Capability
    slope: float | None = None
    why: str | None = None


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A rule broken at the point `number` of a characteristic's chart, as it is listed."""

    characteristic: str
    at_us: int
    number: int
    rule: Rule
    spread: bool
    value: float
    provisional: bool
    left_out: bool
    order: str | None
    machine: str | None


def flags(characteristic: str, found: View) -> list[Flag]:
    """Every broken rule of a chart."""
    return [
        Flag(
            characteristic=characteristic, at_us=each.group.last.at_us, number=number, rule=one.rule,
            spread=one.spread, value=each.value, provisional=found.basis == "provisional",
            left_out=each.left_out is not None, order=each.group.last.order, machine=each.group.last.machine,
        )
        for number, each in enumerate(found.points)
        for one in each.broken
    ]  # fmt: skip


def groups(characteristic: Characteristic, measured: Iterable[Measurement]) -> list[Group]:
    """Samples in the order they were taken; what is not understood is no part of any."""
    understood = [each for each in measured if each.verdict is not None]
    if characteristic.kind == "variable":
        return _value_groups(characteristic, [each for each in understood if each.value is not None])
    counted = [
        Group(Sample(count=each.value, size=characteristic.subgroup), (each,))
        for each in understood
        if each.value is not None
    ]
    checked = [each for each in understood if each.value is None]
    size = characteristic.subgroup
    full = [tuple(checked[start : start + size]) for start in range(0, len(checked) - size + 1, size)]
    counted += [
        Group(Sample(count=sum(each.verdict == "fail" for each in row), size=len(row)), row) for row in full
    ]  # fmt: skip
    return sorted(counted, key=lambda group: _place(group.last))


def _place(each: Measurement) -> tuple[int, int, int]:
    return each.at_us, each.epoch_no, each.seq


def _value_groups(characteristic: Characteristic, measured: Sequence[Measurement]) -> list[Group]:
    found: list[Group] = []
    row: list[Measurement] = []
    for each in measured:
        if row and each.order != row[0].order:
            row = []
        row.append(each)
        if len(row) == characteristic.subgroup:
            values = tuple(one.value for one in row if one.value is not None)
            found.append(Group(Sample(values), tuple(row)))
            row = []
    return found


def view(
    characteristic: Characteristic, shown: Sequence[Measurement], before: Sequence[Measurement] = (), skipped: int = 0,
    left_out: Collection[str] = (),
) -> View:  # fmt: skip
    """The chart of what is to be shown.

    `before`: what was measured earlier and belongs to the stated baseline; `skipped`: how many lie between.
    `left_out`: measurements (their keys) whose points are no part of the baseline.
    """
    early, late = groups(characteristic, before), groups(characteristic, shown)
    both = [*early, *late]
    by = [_left_out(group, left_out) for group in both]
    basis, base = _baseline(characteristic, both, by)
    samples = [group.sample for group in both]
    counted = [group for group, out in zip(late, by[len(early) :], strict=True) if out is None]
    values = [value for group in counted for value in group.sample.values]
    slope: float | None = None
    try:
        made: Chart | None = chart_model.chart(characteristic.chart, samples, base)
        why = None
        if characteristic.trend and made is not None:
            made, slope = _along_wear(made, samples, base, len(early), skipped)
    except (TooFewError, ValueError) as error:
        made, why = None, str(error)
    points = _points(characteristic, late, made, len(early), by)
    able = capability(
        values if characteristic.kind == "variable" else [], characteristic.lower, characteristic.upper,
        within=None if made is None else made.baseline.sigma,
        degrees=None if made is None else made.baseline.degrees,
        in_control=made is not None and not any(each.broken for each in points if each.left_out is None),
    )  # fmt: skip
    if made is None:
        return View(points, "none", None, able, why=why)
    return View(points, basis, made.baseline, able, slope)


def _left_out(group: Group, left_out: Collection[str]) -> str | None:
    return next((each.key for each in group.members if each.key in left_out), None) if left_out else None


def _baseline(
    characteristic: Characteristic, both: Sequence[Group], left_out: Sequence[str | None]
) -> tuple[Basis, list[int]]:
    since, until = characteristic.baseline_from_us, characteristic.baseline_to_us
    counted = [index for index, out in enumerate(left_out) if out is None]
    if since is None or until is None:
        return "provisional", counted[:PROVISIONAL]
    return "stated", [index for index in counted if since <= both[index].last.at_us < until]


def _along_wear(
    made: Chart, samples: Sequence[Sample], base: Sequence[int], early: int, skipped: int
) -> tuple[Chart, float]:
    """The same chart with a centre that follows the line through the baseline."""
    values = [sample.values[0] for sample in samples]
    line = trend(values, base)
    moved = trended([*values[:early], *[0.0] * skipped, *values[early:]], line)
    points = (*moved[:early], *moved[early + skipped :])
    spread = Spread(made.baseline.center, line.sigma, line.samples, line.samples, float(line.samples - 2))
    return msgspec.structs.replace(made, points=points, baseline=spread), line.slope


def _points(
    characteristic: Characteristic, late: Sequence[Group], made: Chart | None, early: int,
    left_out: Sequence[str | None],
) -> tuple[Drawn, ...]:  # fmt: skip
    """The points of `late`; `left_out` says of these and the `early` ones before them by what each was left out."""
    by = left_out[early:]
    if made is None:
        return tuple(
            Drawn(group, plain_value(characteristic, group.sample), None, None, (), out)
            for group, out in zip(late, by, strict=True)
        )
    points = made.points[early:]
    spread = [None] * len(points) if made.spread is None else list(made.spread[early:])
    if early and characteristic.chart == "i_mr" and spread:
        spread[0] = None  # the value before it is not its neighbour
    if characteristic.chart == "i_mr":  # nor does a range say anything of a point that comes after one left out
        spread = [None if n and by[n - 1] and not by[n] else below for n, below in enumerate(spread)]
    broken = _broken(characteristic, points, spread)
    return tuple(
        Drawn(group, point.value, point, below, tuple(broken.get(index, ())), out)
        for index, (group, point, below, out) in enumerate(zip(late, points, spread, by, strict=True))
    )


def _broken(
    characteristic: Characteristic, points: Sequence[Point], spread: Sequence[Point | None]
) -> dict[int, list[Broken]]:
    found: dict[int, list[Broken]] = {}
    for each in violations([point.z for point in points], SETS[characteristic.rules]):
        found.setdefault(each.index, []).append(Broken(each.rule, each.first, spread=False))
    for index, below in enumerate(spread):
        if below is not None and _beyond(below):
            found.setdefault(index, []).append(Broken("beyond_3", index, spread=True))
    return found


def _beyond(point: Point) -> bool:
    over = point.upper is not None and point.value > point.upper
    return over or (point.lower is not None and point.value < point.lower)


def plain_value(characteristic: Characteristic, sample: Sample) -> float:
    """What a sample shows on its chart."""
    if characteristic.chart in VARIABLE:
        return sum(sample.values) / len(sample.values)
    return sample.count / sample.size if characteristic.chart in ("p", "u") else sample.count


def pooled_view(
    kinds: Sequence[Characteristic], measured: Sequence[Measurement], how: Literal["deviation", "z"],
    rules: Characteristic, left_out: Collection[str] = (),
) -> View:  # fmt: skip
    """Short runs of several characteristics on one chart, by deviation from nominal or by Z (DESIGN §6.5)."""
    by_key = {each.characteristic: each for each in kinds if each.nominal is not None}
    taken = [each for each in measured if each.verdict and each.value is not None and each.characteristic in by_key]
    none = Capability(len(taken), refused="not_in_control")
    pieces = []
    for each in taken:
        kind = by_key[each.characteristic]
        if each.value is not None and kind.nominal is not None:
            pieces.append(Piece(each.value, kind.nominal, kind.sigma))
    late = [Group(Sample((piece.value,)), (each,)) for piece, each in zip(pieces, taken, strict=True)]
    try:
        base = [index for index, each in enumerate(taken) if each.key not in left_out][:PROVISIONAL]
        made = deviations(pieces, base) if how == "deviation" else scores(pieces)
    except ValueError as error:
        return View(
            tuple(Drawn(g, g.sample.values[0], None, None, ()) for g in late), "none", None, none, why=str(error)
        )
    plain = msgspec.structs.replace(rules, chart="i_mr", subgroup=1)
    points = _points(plain, late, made, 0, [_left_out(group, left_out) for group in late])
    return View(points, "given" if how == "z" else "provisional", made.baseline, none)
