"""What is to be measured, and what a measurement says: inside its limits, outside, or not to be understood. Pure.

A characteristic belongs to one operation of an item: a length with limits (`variable`), or something that is right or
wrong, or counted (`attribute`). Its key names it in the whole company. Values and limits are in the characteristic's
own unit; nothing is converted or guessed. Times are microseconds since 1970 UTC (``_us``), days YYYY-MM-DD.
"""

import math
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from contract.records import Inspection
from hub.quality.chart_model import ChartKind
from hub.quality.rules_model import RuleSet

Kind: TypeAlias = Literal["variable", "attribute"]
Verdict: TypeAlias = Literal["in", "low", "high", "fail"]
Disposition: TypeAlias = Literal["rework", "scrap", "accept", "return"]
DISPOSITIONS: Final[tuple[Disposition, ...]] = get_args(Disposition)
OUT: Final[frozenset[Verdict]] = frozenset({"low", "high", "fail"})
Calibrated: TypeAlias = Literal["ok", "overdue", "never", "unknown"]
ROOM: Final = "quality"
"""What live pages hear of is told under this name, with a characteristic as its key."""
MOST_KEY: Final = 64
MOST_TEXT: Final = 200


class Characteristic(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be measured or checked on every piece, on each `every`-th, and on the `first` and `last` one.

    `subgroup`: how many values (units) make one point of the chart. `process` and `gauge` name the pool that short
    runs are charted in; `sigma` is what is known of its scatter, for Z charts. Limits of the chart rest on what was
    measured from `baseline_from_us` until `baseline_to_us`; None: on the first samples, and are called provisional.
    """

    characteristic: str
    item: str
    operation: str
    name: str | None = None
    kind: Kind = "variable"
    nominal: float | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str | None = None
    gauge: str | None = None
    every: int | None = None
    first: bool = False
    last: bool = False
    subgroup: int = 1
    chart: ChartKind = "i_mr"
    rules: RuleSet = "default"
    trend: bool = False
    process: str | None = None
    sigma: float | None = None
    baseline_from_us: int | None = None
    baseline_to_us: int | None = None
    active: bool = True

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.characteristic


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """A measuring instrument by its number. `calibrated_on` None: it never was; `due_on`: until when that holds."""

    gauge: str
    name: str | None = None
    site: str | None = None
    active: bool = True
    calibrated_on: str | None = None
    due_on: str | None = None


class Calibration(msgspec.Struct, frozen=True):
    """A gauge was calibrated on a day, good until another (that day included)."""

    calibrated_on: str
    due_on: str


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement as it is kept. (epoch_no, seq) is its identity; `fault` says why it is not understood."""

    epoch_no: int
    seq: int
    at_us: int
    characteristic: str
    value: float | None = None
    passed: bool | None = None
    unit: str | None = None
    machine: str | None = None
    order: str | None = None
    operation: str | None = None
    lot: str | None = None
    serial: str | None = None
    instrument: str | None = None
    operator: str | None = None
    verdict: Verdict | None = None
    fault: str | None = None
    fault_ja: str | None = None

    @property
    def key(self) -> str:
        """Its identity as one text."""
        return f"{self.epoch_no}-{self.seq}"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided about a nonconformance."""

    disposition: Disposition
    cause: str | None
    note: str | None
    by: str
    at_us: int


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """A person left the point of this measurement (its key, `id`) out of its chart's baseline, and why."""

    id: str
    characteristic: str
    reason: str
    by: str
    at_us: int


class Judged(msgspec.Struct, frozen=True):
    """What a measurement says: a verdict, or why it is not understood (in both languages) and in which field."""

    verdict: Verdict | None = None
    fault: str | None = None
    fault_ja: str | None = None
    field: str | None = None


def same_unit(a: str | None, b: str | None) -> bool:
    """Whether two units are written for the same one; none said means the other's.

    >>> same_unit("μm", "µm"), same_unit("ｍｍ", "mm"), same_unit("in", "mm"), same_unit(None, "mm")
    (True, True, False, True)
    """
    return a is None or b is None or plain_unit(a) == plain_unit(b)


def plain_unit(unit: str) -> str:
    """A unit without its accidents of spelling; micrometres are ``um`` as in UCUM."""
    plain = unicodedata.normalize("NFKC", unit).strip()
    return plain.replace("μ", "u").replace("°C", "Cel")


def judge(characteristic: Characteristic | None, said: Inspection, order_item: str | None = None) -> Judged:
    """What an inspection says about its characteristic (None: nobody has defined it).

    `order_item`: which item its order is for; None where it names none that is known.
    """
    key = said.characteristic[:MOST_KEY]
    if characteristic is None:
        return Judged(
            fault=f"there is no characteristic {key!r}; define it, then it is understood",
            fault_ja=f"特性「{key}」は登録されていません。登録すると読み取れます",
            field="characteristic",
        )
    if said.operation is not None and said.operation != characteristic.operation:
        wrong = said.operation[:MOST_KEY]
        return Judged(
            fault=f"{key} belongs to operation {characteristic.operation}, not to {wrong}",
            fault_ja=f"「{key}」は工程 {characteristic.operation} の特性です（報告は {wrong}）",
            field="operation",
        )
    if order_item is not None and order_item != characteristic.item:
        order = (said.order or "")[:MOST_KEY]
        return Judged(
            fault=f"order {order} is for {order_item}, but {key} belongs to {characteristic.item}",
            fault_ja=f"注文 {order} の品目は {order_item} です。「{key}」は {characteristic.item} の特性です",
            field="order",
        )
    if said.value is None and said.passed is None:
        return Judged(
            fault="neither a value nor whether it passed is said",
            fault_ja="測定値も合否もありません",
            field="value",
        )
    if said.value is not None:
        return _judge_value(characteristic, said.value, said)
    return Judged("in" if said.passed else "fail")


def _judge_value(characteristic: Characteristic, value: float, said: Inspection) -> Judged:
    if not math.isfinite(value):
        return Judged(
            fault="the value is not a finite number", fault_ja="測定値が有限の数ではありません", field="value"
        )  # fmt: skip
    if said.unit is not None and characteristic.unit is None:
        return Judged(
            fault=f"{characteristic.characteristic} is counted and has no unit",
            fault_ja=f"「{characteristic.characteristic}」は数えるもので、単位はありません",
            field="unit",
        )
    if not same_unit(said.unit, characteristic.unit):
        return Judged(
            fault=f"the value is in {said.unit}, but {characteristic.characteristic} is measured in"
            f" {characteristic.unit}; nothing is converted, measure in {characteristic.unit}",
            fault_ja=f"単位が {said.unit} です。「{characteristic.characteristic}」は {characteristic.unit} で測ります"
            "（換算はしません）",
            field="unit",
        )
    verdict = verdict_of(characteristic, value)
    if verdict == "in" and said.passed is False:
        return Judged("fail")
    return Judged(verdict)


def verdict_of(characteristic: Characteristic, value: float) -> Verdict:
    """Where a value lies; one that is on a limit is inside."""
    if characteristic.lower is not None and value < characteristic.lower:
        return "low"
    if characteristic.upper is not None and value > characteristic.upper:
        return "high"
    return "in"


def calibrated(calibrations: Sequence[Calibration], day: str) -> Calibrated:
    """Whether a gauge was good on a day, by the last calibration until then.

    >>> known = [Calibration("2026-01-10", "2026-07-10")]
    >>> calibrated(known, "2026-07-10"), calibrated(known, "2026-07-11"), calibrated(known, "2026-01-09")
    ('ok', 'overdue', 'never')
    """
    done = [each for each in calibrations if each.calibrated_on <= day]
    if not done:
        return "never"
    return "ok" if max(done, key=lambda each: each.calibrated_on).due_on >= day else "overdue"
