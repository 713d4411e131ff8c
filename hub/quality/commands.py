"""What people change about characteristics and gauges, and what they decide about a nonconformance.

Each through the gate, in one transaction. Times are aware UTC datetimes, days YYYY-MM-DD.
"""

import re
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import to_us
from hub.access.catalogue import Books, Change
from hub.directory.roles import Role
from hub.errors import NotFound
from hub.orders import store as orders
from hub.quality import chart_store as charts
from hub.quality import measured_store as measured
from hub.quality import store
from hub.quality.chart_model import ChartKind
from hub.quality.check_model import check
from hub.quality.measured_store import Which
from hub.quality.model import (
    OUT,
    ROOM,
    Calibration,
    Characteristic,
    Decision,
    Disposition,
    Exclusion,
    Gauge,
    Kind,
    Measurement,
)
from hub.quality.rules_model import RuleSet
from hub.quality.view_model import groups
from hub.sheets.fault import Refused
from hub.sheets.values import day, key, text

MASTER: Final[frozenset[Role]] = frozenset({"manager", "admin"})
FEWEST_IN_BASELINE: Final = 2
_ID: Final = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)
MOST: Final = 1e12
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Number = Annotated[float, msgspec.Meta(ge=-MOST, le=MOST)]
Count = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept, by its key; `created`: it was not there before."""

    key: str
    created: bool


class SaveCharacteristic(msgspec.Struct, frozen=True, kw_only=True):
    """A characteristic as it is to be; one of that key is replaced, its baseline stays.

    `characteristic` None: its key is made of item, operation and name.
    """

    characteristic: Text | None = None
    item: Text
    operation: Text
    name: Text | None = None
    kind: Kind = "variable"
    nominal: Number | None = None
    lower: Number | None = None
    upper: Number | None = None
    unit: Text | None = None
    gauge: Text | None = None
    every: Count | None = None
    first: bool = False
    last: bool = False
    subgroup: Count = 1
    chart: ChartKind | None = None
    rules: RuleSet = "default"
    trend: bool = False
    process: Text | None = None
    sigma: Number | None = None
    active: bool = True


class SetBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """The time whose measurements a chart's limits rest on, ``[from, to)``; both None: none is stated."""

    characteristic: Text
    baseline_from: Time | None = None
    baseline_to: Time | None = None


class SaveGauge(msgspec.Struct, frozen=True, kw_only=True):
    """A gauge as it is to be; its calibrations stay. With both days it is also calibrated."""

    gauge: Text
    name: Text | None = None
    site: Text | None = None
    active: bool = True
    calibrated_on: Text | None = None
    due_on: Text | None = None


class Dispose(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of what lies outside its limits, by the measurement's id, and why it came about."""

    id: Text
    disposition: Disposition
    cause: Text | None = None
    note: Text | None = None


class Exclude(msgspec.Struct, frozen=True, kw_only=True):
    """The point of a measurement, by its id, is no part of its chart's baseline, for a reason that is kept.

    `excluded` false: it is again; then no reason is needed.
    """

    id: Text
    reason: Text | None = None
    excluded: bool = True


def required(value: str | None, field: str) -> str:
    """A key that must be there; Refused with its field where it is not."""
    found = optional(value, field)
    if found is None:
        raise Refused(f"{field} is missing", "入力してください", field)
    return found


def optional(value: str | None, field: str) -> str | None:
    """A key, tidied; None where it is empty."""
    try:
        return key(value)
    except Refused as refused:
        raise refused.at(field) from None


def line(value: str | None, field: str) -> str | None:
    """A line of text, tidied; None where it is empty."""
    try:
        return text(value)
    except Refused as refused:
        raise refused.at(field) from None


def _save_characteristic(books: Books, params: SaveCharacteristic) -> Saved:
    item, operation = required(params.item, "item"), required(params.operation, "operation")
    name = line(params.name, "name")
    named = optional(params.characteristic, "characteristic")
    number = named or required("-".join([item, operation, name or "1"]).replace("/", "-"), "characteristic")
    _check_place(books, item, operation)
    before = store.find_characteristic(books.writer, number)
    if before is not None and named is None:
        raise Refused(
            f"there is a characteristic {number} already; give this one another name",
            f"特性「{number}」はすでにあります。別の名前にしてください",
            "name",
        )
    made = Characteristic(
        characteristic=number, item=item, operation=operation, name=name, kind=params.kind, nominal=params.nominal,
        lower=params.lower, upper=params.upper, unit=optional(params.unit, "unit"),
        gauge=optional(params.gauge, "gauge"), every=params.every, first=params.first, last=params.last,
        subgroup=params.subgroup, chart=params.chart or ("i_mr" if params.kind == "variable" else "p"),
        rules=params.rules, trend=params.trend, process=line(params.process, "process"), sigma=params.sigma,
        baseline_from_us=None if before is None else before.baseline_from_us,
        baseline_to_us=None if before is None else before.baseline_to_us, active=params.active,
    )  # fmt: skip
    check(made)
    store.save_characteristic(books.writer, made)
    measured.judge_again(books.writer, characteristic=number)
    charts.redraw(books.writer, number)
    books.touched.add((ROOM, number))
    return Saved(key=number, created=before is None)


def _check_place(books: Books, item: str, operation: str) -> None:
    if orders.find_item(books.writer, item) is None:
        raise Refused(
            f"there is no item {item}; add it first",
            f"品目「{item}」は登録されていません。先に登録してください",
            "item",
        )
    known = [step.operation for step in orders.routing(books.writer, item)]
    if known and operation not in known:
        raise Refused(
            f"item {item} has no operation {operation}; it has {', '.join(known)}",
            f"品目「{item}」に工程 {operation} はありません（あるのは {'、'.join(known)}）",
            "operation",
        )


def _known(books: Books, characteristic: str) -> Characteristic:
    found = store.find_characteristic(books.writer, characteristic)
    if found is None:
        raise NotFound(f"characteristic {characteristic[:64]!r}")
    return found


def _set_baseline(books: Books, params: SetBaseline) -> Saved:
    before = _known(books, params.characteristic)
    since = None if params.baseline_from is None else to_us(params.baseline_from)
    until = None if params.baseline_to is None else to_us(params.baseline_to)
    made = msgspec.structs.replace(before, baseline_from_us=since, baseline_to_us=until)
    check(made)
    if since is not None and until is not None:
        which = Which(characteristic=made.characteristic, from_us=since, to_us=until)
        found = len(groups(made, measured.measurements(books.writer, which, 5000)))
        if found < FEWEST_IN_BASELINE:
            raise Refused(
                f"{found} samples lie in that time; limits need at least {FEWEST_IN_BASELINE}",
                f"その期間のサンプルは {found} 個です。管理限界には {FEWEST_IN_BASELINE} 個以上が必要です",
                "baseline_from",
            )
    store.save_characteristic(books.writer, made)
    charts.redraw(books.writer, made.characteristic)
    books.touched.add((ROOM, made.characteristic))
    return Saved(key=made.characteristic, created=False)


def _save_gauge(books: Books, params: SaveGauge) -> Saved:
    number = required(params.gauge, "gauge")
    before = store.find_gauge(books.writer, number)
    done = _calibration(params)
    gauge = Gauge(
        gauge=number, name=line(params.name, "name"), site=optional(params.site, "site"), active=params.active
    )  # fmt: skip
    store.save_gauge(books.writer, gauge)
    if done is not None:
        store.save_calibration(books.writer, number, done)
    books.touched.add((ROOM, f"gauge {number}"))
    return Saved(key=number, created=before is None)


def _calibration(params: SaveGauge) -> Calibration | None:
    done, due = _day(params.calibrated_on, "calibrated_on"), _day(params.due_on, "due_on")
    if done is None and due is None:
        return None
    if done is None:
        raise Refused("say on which day it was calibrated", "校正日を入力してください", "calibrated_on")
    if due is None:
        raise Refused("say until which day that holds", "校正の有効期限を入力してください", "due_on")
    if due < done:
        raise Refused(
            f"it would be due ({due}) before it was calibrated ({done})",
            f"有効期限（{due}）が校正日（{done}）より前です",
            "due_on",
        )
    return Calibration(done, due)


def _day(value: str | None, field: str) -> str | None:
    try:
        return day(value)
    except Refused as refused:
        raise refused.at(field) from None


def _measured(books: Books, number: str, what: str) -> Measurement:
    named = _ID.fullmatch(number)
    found = None if named is None else measured.find(books.writer, int(named.group(1)), int(named.group(2)))
    if found is None:
        raise NotFound(f"{what} {number[:64]!r}")
    return found


def _exclude(books: Books, params: Exclude) -> Saved:
    found = _measured(books, params.id, "measurement")
    if store.find_characteristic(books.writer, found.characteristic) is None or found.verdict is None:
        raise Refused(
            "this measurement is not understood and on no chart; there is nothing to leave out",
            "この測定は読み取れず、管理図にありません",
            "id",
        )
    if params.excluded:
        reason = line(params.reason, "reason")
        if reason is None:
            raise Refused(
                "say why this point is left out; the reason stays beside the chart",
                "除外する理由を入力してください。理由は管理図に残ります",
                "reason",
            )
        made = Exclusion(
            id=found.key, characteristic=found.characteristic, reason=reason, by=books.viewer.name, at_us=books.now_us
        )
        charts.exclude(books.writer, found.epoch_no, found.seq, made)
    else:
        charts.include(books.writer, found.epoch_no, found.seq)
    charts.redraw(books.writer, found.characteristic)
    books.touched.add((ROOM, found.characteristic))
    return Saved(key=found.key, created=params.excluded)


def _dispose(books: Books, params: Dispose) -> Saved:
    found = _measured(books, params.id, "nonconformance")
    if found.verdict not in OUT:
        raise Refused(
            "this measurement is not outside its limits; there is nothing to decide",
            "この測定値は規格内です。処置はいりません",
            "id",
        )
    made = Decision(
        disposition=params.disposition, cause=line(params.cause, "cause"), note=line(params.note, "note"),
        by=books.viewer.name, at_us=books.now_us,
    )  # fmt: skip
    store.save_decision(books.writer, found.epoch_no, found.seq, made)
    books.touched.add((ROOM, found.characteristic))
    return Saved(key=found.key, created=True)


COMMANDS: Final = (
    Change(
        name="quality.save_characteristic", summary="Say what is to be measured", params=SaveCharacteristic,
        result=Saved, roles=MASTER, run=_save_characteristic,
    ),
    Change(
        name="quality.set_baseline", summary="State what a chart's limits rest on", params=SetBaseline, result=Saved,
        roles=MASTER, run=_set_baseline,
    ),
    Change(
        name="quality.save_gauge", summary="Keep a gauge and its calibration", params=SaveGauge, result=Saved,
        roles=MASTER, run=_save_gauge,
    ),
    Change(
        name="quality.dispose", summary="Decide about a nonconformance", params=Dispose, result=Saved, roles=MASTER,
        run=_dispose,
    ),
    Change(
        name="quality.exclude", summary="Leave a point out of its chart's baseline, or take it in again",
        params=Exclude, result=Saved, roles=MASTER, run=_exclude,
    ),
)  # fmt: skip
