"""What can be asked about what is to be measured, and with what: characteristics and gauges.

Days are texts YYYY-MM-DD; times in rows aware UTC datetimes; values and limits in the characteristic's unit.
"""

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Nothing, Page, decode_cursor, encode_cursor
from hub.errors import Invalid, NotFound
from hub.quality import store
from hub.quality.chart_model import ChartKind
from hub.quality.model import Calibrated, Calibration, Characteristic, Gauge, Kind, calibrated
from hub.quality.rules_model import RuleSet
from hub.web.times import DEFAULT_ZONE

Text = Annotated[str, msgspec.Meta(max_length=200)]


class CharacteristicsPage(Page, frozen=True, kw_only=True):
    """Characteristics by key; `item` and `operation` narrow them. `active`: those asked for, or others (None: both)."""

    item: Text | None = None
    operation: Text | None = None
    active: bool | None = None


class TheCharacteristic(msgspec.Struct, frozen=True, kw_only=True):
    """One characteristic of the company."""

    characteristic: Text


class CharacteristicRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured or checked at an operation of an item.

    `subgroup`: values in one point of the chart. `baseline_from` None: the chart's limits are provisional.
    """

    characteristic: Annotated[str, Discloses("quality")]
    item: Annotated[str, Discloses("customer")]
    operation: Annotated[str, Discloses("customer")]
    name: Annotated[str | None, Discloses("quality")]
    kind: Annotated[Kind, Discloses("quality")]
    nominal: Annotated[float | None, Discloses("quality")]
    lower: Annotated[float | None, Discloses("quality")]
    upper: Annotated[float | None, Discloses("quality")]
    unit: Annotated[str | None, Discloses("quality")]
    gauge: Annotated[str | None, Discloses("quality")]
    every: Annotated[int | None, Discloses("quality")]
    first: Annotated[bool, Discloses("quality")]
    last: Annotated[bool, Discloses("quality")]
    subgroup: Annotated[int, Discloses("quality")]
    chart: Annotated[ChartKind, Discloses("quality")]
    rules: Annotated[RuleSet, Discloses("quality")]
    trend: Annotated[bool, Discloses("quality")]
    process: Annotated[str | None, Discloses("quality")]
    sigma: Annotated[float | None, Discloses("quality")]
    baseline_from: Annotated[datetime | None, Discloses("quality")]
    baseline_to: Annotated[datetime | None, Discloses("quality")]
    active: Annotated[bool, Discloses("quality")]


class GaugeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A gauge. `state`: ok, overdue (measurements by it are marked), never calibrated."""

    gauge: Annotated[str, Discloses("quality")]
    name: Annotated[str | None, Discloses("quality")]
    site: Annotated[str | None, Discloses("identity")]
    active: Annotated[bool, Discloses("quality")]
    calibrated_on: Annotated[str | None, Discloses("quality")]
    due_on: Annotated[str | None, Discloses("quality")]
    state: Annotated[Calibrated, Discloses("quality")]


def characteristic_row(made: Characteristic) -> CharacteristicRow:
    """A characteristic as it is answered."""
    since, until = made.baseline_from_us, made.baseline_to_us
    return CharacteristicRow(
        characteristic=made.characteristic, item=made.item, operation=made.operation, name=made.name, kind=made.kind,
        nominal=made.nominal, lower=made.lower, upper=made.upper, unit=made.unit, gauge=made.gauge, every=made.every,
        first=made.first, last=made.last, subgroup=made.subgroup, chart=made.chart, rules=made.rules,
        trend=made.trend, process=made.process, sigma=made.sigma,
        baseline_from=None if since is None else from_us(since), baseline_to=None if until is None else from_us(until),
        active=made.active,
    )  # fmt: skip


def known_characteristic(room: Room, characteristic: str) -> Characteristic:
    """The characteristic of that key; NotFound where there is none."""
    found = store.find_characteristic(room.reader, characteristic)
    if found is None:
        raise NotFound(f"characteristic {characteristic[:64]!r}")
    return found


def local_day(us: int) -> str:
    """The calendar day of a moment where the company is, YYYY-MM-DD."""
    return from_us(us).astimezone(ZoneInfo(DEFAULT_ZONE)).date().isoformat()


def _characteristics(room: Room, params: CharacteristicsPage) -> Found[CharacteristicRow]:
    after = None if params.cursor is None else _key_of(params.cursor)
    found = store.characteristics(
        room.reader, after, params.limit + 1, item=params.item, operation=params.operation
    )  # fmt: skip
    following = encode_cursor(found[params.limit - 1].characteristic) if len(found) > params.limit else None
    wanted = [each for each in found[: params.limit] if params.active in (None, each.active)]
    return Found([characteristic_row(each) for each in wanted], following)


def _key_of(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(key)]:
            return key
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


def _one(room: Room, params: TheCharacteristic) -> Found[CharacteristicRow]:
    return Found([characteristic_row(known_characteristic(room, params.characteristic))])


def _gauges(room: Room, _params: Nothing) -> Found[GaugeRow]:
    today = local_day(room.now_us)
    return Found([_gauge_row(each, today) for each in store.gauges(room.reader)])


def _gauge_row(gauge: Gauge, today: str) -> GaugeRow:
    done = (
        [] if gauge.calibrated_on is None or gauge.due_on is None else [Calibration(gauge.calibrated_on, gauge.due_on)]
    )
    return GaugeRow(
        gauge=gauge.gauge, name=gauge.name, site=gauge.site, active=gauge.active, calibrated_on=gauge.calibrated_on,
        due_on=gauge.due_on, state=calibrated(done, today),
    )  # fmt: skip


QUESTIONS: Final = (
    Question(
        name="quality.characteristics", summary="What is to be measured and checked", params=CharacteristicsPage,
        row=CharacteristicRow, run=_characteristics,
    ),
    Question(
        name="quality.characteristic", summary="One characteristic", params=TheCharacteristic, row=CharacteristicRow,
        run=_one,
    ),
    Question(
        name="quality.gauges", summary="Gauges and their calibration", params=Nothing, row=GaugeRow, run=_gauges
    ),
)  # fmt: skip
