"""What can be asked of control charts: one characteristic's chart with its capability, and violations everywhere.

Times in rows are aware UTC datetimes; values and limits in the characteristic's unit (pooled: deviation, or Z).
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.quality import chart_store, store
from hub.quality import measured_store as measured
from hub.quality.capability_model import Index, Reason
from hub.quality.chart_model import ChartKind, Point
from hub.quality.measured_store import Which
from hub.quality.model import Characteristic
from hub.quality.questions import Text, TheCharacteristic, known_characteristic
from hub.quality.rules_model import Rule, RuleSet
from hub.quality.view_model import Basis, Drawn, View, pooled_view

_DAY_US: Final = 86_400_000_000
RECENT_US: Final = 30 * _DAY_US
_FAR_AHEAD: Final = 2**62
Pooled = Literal["deviation", "z"]


class ChartOf(msgspec.Struct, frozen=True, kw_only=True):
    """The chart of a characteristic: its newest `limit` measurements in ``[from_us, to_us)``.

    `pooled`: with all others of its process and gauge, by deviation from nominal or by Z (short runs).
    """

    characteristic: Text
    from_us: int | None = None
    to_us: int | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 300
    pooled: Pooled | None = None


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """Violations since a moment (None: of the last 30 days), the newest `limit` of them."""

    from_us: int | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 1000


class LimitsRow(msgspec.Struct, frozen=True, kw_only=True):
    """A value against its centre and limits; a limit that is not there is null."""

    value: float
    center: float
    sigma: float
    lower: float | None
    upper: float | None


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule broken at a point; `first`: the number of the point where the row begins. `spread`: in the lower chart."""

    rule: Rule
    first: int
    spread: bool


class PointRow(msgspec.Struct, frozen=True, kw_only=True):
    """A point of a chart: its number, time, value, limits, and the measurements (`ids`) it is made of.

    `left_out`: the measurement by which a person left it out of the baseline; null where nobody did.
    """

    number: int
    at: datetime
    value: float
    limits: LimitsRow | None
    spread: LimitsRow | None
    rules: list[RuleRow]
    ids: list[str]
    left_out: str | None


class BaselineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the limits rest on: the mean (or mean rate), sigma of single values, how many samples and values."""

    center: float
    sigma: float | None
    samples: int
    values: int
    slope: float | None


class IndexRow(msgspec.Struct, frozen=True, kw_only=True):
    """An index and its 95 % interval."""

    value: float
    low: float
    high: float


class CapabilityRow(msgspec.Struct, frozen=True, kw_only=True):
    """Indices of `n` values; where `refused` says why not, there are none. `outside`: the share expected outside."""

    n: int
    refused: Reason | None
    mean: float | None
    within: float | None
    overall: float | None
    outside: float | None
    cp: IndexRow | None
    cpk: IndexRow | None
    pp: IndexRow | None
    ppk: IndexRow | None


class ChartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A control chart. `basis`: stated, provisional (the first samples), given (Z), or none: `why` says why not."""

    characteristic: Annotated[str, Discloses("quality")]
    name: Annotated[str | None, Discloses("quality")]
    item: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("customer")]
    unit: Annotated[str | None, Discloses("quality")]
    nominal: Annotated[float | None, Discloses("quality")]
    lower: Annotated[float | None, Discloses("quality")]
    upper: Annotated[float | None, Discloses("quality")]
    chart: Annotated[ChartKind, Discloses("quality")]
    rules: Annotated[RuleSet, Discloses("quality")]
    pooled: Annotated[Pooled | None, Discloses("quality")]
    basis: Annotated[Basis, Discloses("quality")]
    why: Annotated[str | None, Discloses("quality")]
    baseline_from: Annotated[datetime | None, Discloses("quality")]
    baseline_to: Annotated[datetime | None, Discloses("quality")]
    baseline: Annotated[BaselineRow | None, Discloses("quality")]
    points: Annotated[list[PointRow], Discloses("quality")]
    capability: Annotated[CapabilityRow, Discloses("quality")]


class ViolationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule broken at a point of a characteristic's chart. `left_out`: a person left it out of the baseline."""

    characteristic: Annotated[str, Discloses("quality")]
    name: Annotated[str | None, Discloses("quality")]
    item: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("customer")]
    at: Annotated[datetime, Discloses("quality")]
    value: Annotated[float, Discloses("quality")]
    unit: Annotated[str | None, Discloses("quality")]
    rule: Annotated[Rule, Discloses("quality")]
    spread: Annotated[bool, Discloses("quality")]
    provisional: Annotated[bool, Discloses("quality")]
    left_out: Annotated[bool, Discloses("quality")]
    order: Annotated[str | None, Discloses("customer")]
    machine: Annotated[str | None, Discloses("identity")]


class ExclusionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A point that a person left out of its chart's baseline, by a measurement of it (`id`), and why."""

    id: Annotated[str, Discloses("quality")]
    characteristic: Annotated[str, Discloses("quality")]
    reason: Annotated[str, Discloses("quality")]
    excluded_by: Annotated[str | None, Discloses("people")]
    excluded_at: Annotated[datetime, Discloses("quality")]


def _own(room: Room, made: Characteristic, params: ChartOf) -> View:
    until = _FAR_AHEAD if params.to_us is None else params.to_us
    since = -_FAR_AHEAD if params.from_us is None else params.from_us
    return chart_store.read_view(room.reader, made, from_us=since, to_us=until, limit=params.limit)


def _chart(room: Room, params: ChartOf) -> Found[ChartRow]:
    made = known_characteristic(room, params.characteristic)
    found = _own(room, made, params) if params.pooled is None else _pooled(room, made, params, params.pooled)
    since, until = made.baseline_from_us, made.baseline_to_us
    return Found([ChartRow(
        characteristic=made.characteristic, name=made.name, item=made.item, operation=made.operation, unit=made.unit,
        nominal=made.nominal, lower=made.lower, upper=made.upper, chart=made.chart, rules=made.rules,
        pooled=params.pooled, basis=found.basis, why=found.why,
        baseline_from=None if since is None else from_us(since), baseline_to=None if until is None else from_us(until),
        baseline=_baseline(found), points=[_point(number, each) for number, each in enumerate(found.points)],
        capability=_capability(found),
    )])  # fmt: skip


def _pooled(room: Room, made: Characteristic, params: ChartOf, how: Pooled) -> View:
    kinds = store.pool(room.reader, made.process, made.gauge)
    since = -_FAR_AHEAD if params.from_us is None else params.from_us
    until = _FAR_AHEAD if params.to_us is None else params.to_us
    found = [
        each
        for kind in kinds
        for each in measured.measurements(
            room.reader, Which(characteristic=kind.characteristic, from_us=since, to_us=until), params.limit
        )
    ]
    found.sort(key=lambda each: (each.at_us, each.epoch_no, each.seq))
    left_out = {each.id for kind in kinds for each in chart_store.exclusions(room.reader, kind.characteristic)}
    return pooled_view(kinds, found[-params.limit :], how, made, left_out)


def _baseline(found: View) -> BaselineRow | None:
    base = found.baseline
    if base is None:
        return None
    return BaselineRow(
        center=base.center, sigma=base.sigma, samples=base.samples, values=base.values, slope=found.slope
    )  # fmt: skip


def _point(number: int, each: Drawn) -> PointRow:
    return PointRow(
        number=number, at=from_us(each.group.last.at_us), value=each.value, limits=_limits(each.point),
        spread=_limits(each.spread),
        rules=[RuleRow(rule=one.rule, first=one.first, spread=one.spread) for one in each.broken],
        ids=[one.key for one in each.group.members], left_out=each.left_out,
    )  # fmt: skip


def _limits(point: Point | None) -> LimitsRow | None:
    if point is None:
        return None
    return LimitsRow(
        value=point.value, center=point.center, sigma=point.sigma, lower=point.lower, upper=point.upper
    )  # fmt: skip


def _capability(found: View) -> CapabilityRow:
    able = found.capability
    return CapabilityRow(
        n=able.n, refused=able.refused, mean=able.mean, within=able.within, overall=able.overall,
        outside=able.outside, cp=_index(able.cp), cpk=_index(able.cpk), pp=_index(able.pp), ppk=_index(able.ppk),
    )  # fmt: skip


def _index(index: Index | None) -> IndexRow | None:
    return None if index is None else IndexRow(value=index.value, low=index.low, high=index.high)


def _violations(room: Room, params: Since) -> Found[ViolationRow]:
    since = room.now_us - RECENT_US if params.from_us is None else params.from_us
    known: dict[str, Characteristic] = {}
    rows = []
    for each in chart_store.violations(room.reader, since, params.limit):
        if each.characteristic not in known:
            known[each.characteristic] = known_characteristic(room, each.characteristic)
        made = known[each.characteristic]
        rows.append(ViolationRow(
            characteristic=made.characteristic, name=made.name, item=made.item, operation=made.operation,
            at=from_us(each.at_us), value=each.value, unit=made.unit, rule=each.rule, spread=each.spread,
            provisional=each.provisional, left_out=each.left_out, order=each.order, machine=each.machine,
        ))  # fmt: skip
    return Found(rows)


def _exclusions(room: Room, params: TheCharacteristic) -> Found[ExclusionRow]:
    key = known_characteristic(room, params.characteristic).characteristic
    return Found([
        ExclusionRow(
            id=each.id, characteristic=key, reason=each.reason, excluded_by=each.by, excluded_at=from_us(each.at_us)
        )
        for each in chart_store.exclusions(room.reader, key)
    ])  # fmt: skip


QUESTIONS: Final = (
    Question(
        name="quality.chart", summary="A characteristic's control chart and capability", params=ChartOf, row=ChartRow,
        run=_chart,
    ),
    Question(
        name="quality.violations", summary="Rules broken on any control chart, the newest first", params=Since,
        row=ViolationRow, run=_violations,
    ),
    Question(
        name="quality.exclusions", summary="Points left out of a chart's baseline, and why", params=TheCharacteristic,
        row=ExclusionRow, run=_exclusions,
    ),
)  # fmt: skip
