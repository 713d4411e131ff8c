"""What can be asked about what was measured: measurements, nonconformances, and what was not understood.

Times in rows are aware UTC datetimes; values and limits in the characteristic's unit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import Page, decode_cursor, encode_cursor
from hub.errors import Invalid
from hub.quality import measured_store as measured
from hub.quality import store
from hub.quality.measured_store import Which
from hub.quality.model import Calibrated, Calibration, Characteristic, Decision, Disposition, Measurement, Verdict
from hub.quality.model import calibrated as calibration_of
from hub.quality.questions import Text, local_day

_LONG_AGO: Final = -(2**62)
_FAR_AHEAD: Final = 2**62


class MeasurementsPage(Page, frozen=True, kw_only=True):
    """Measurements, the newest first, in ``[from_us, to_us)``; the rest narrows them. `machine` is site/machine."""

    characteristic: Text | None = None
    order: Text | None = None
    lot: Text | None = None
    serial: Text | None = None
    machine_key: Text | None = None
    from_us: int | None = None
    to_us: int | None = None


class NonconformancesPage(Page, frozen=True, kw_only=True):
    """Nonconformances, the newest first. `open`: those nothing was decided about, or the others (None: both)."""

    open: bool | None = None
    characteristic: Text | None = None
    order: Text | None = None


class MeasurementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement. `verdict`: in, low, high or fail; None where `fault` says why it is not understood.

    `gauge_state`: whether the instrument was in calibration on that day (None: no instrument was named).
    """

    id: Annotated[str, Discloses("quality")]
    at: Annotated[datetime, Discloses("quality")]
    characteristic: Annotated[str, Discloses("quality")]
    name: Annotated[str | None, Discloses("quality")]
    item: Annotated[str | None, Discloses("customer")]
    operation: Annotated[str | None, Discloses("customer")]
    order: Annotated[str | None, Discloses("customer")]
    machine: Annotated[str | None, Discloses("identity")]
    lot: Annotated[str | None, Discloses("trace")]
    serial: Annotated[str | None, Discloses("trace")]
    value: Annotated[float | None, Discloses("quality")]
    passed: Annotated[bool | None, Discloses("quality")]
    unit: Annotated[str | None, Discloses("quality")]
    nominal: Annotated[float | None, Discloses("quality")]
    lower: Annotated[float | None, Discloses("quality")]
    upper: Annotated[float | None, Discloses("quality")]
    instrument: Annotated[str | None, Discloses("quality")]
    gauge_state: Annotated[Calibrated | None, Discloses("quality")]
    operator: Annotated[str | None, Discloses("people")]
    verdict: Annotated[Verdict | None, Discloses("quality")]
    fault: Annotated[str | None, Discloses("quality")]
    fault_ja: Annotated[str | None, Discloses("quality")]


class NonconformanceRow(MeasurementRow, frozen=True, kw_only=True):
    """A measurement outside its limits, and what was decided; `disposition` None: nothing yet."""

    disposition: Annotated[Disposition | None, Discloses("quality")]
    cause: Annotated[str | None, Discloses("quality")]
    note: Annotated[str | None, Discloses("quality")]
    decided_at: Annotated[datetime | None, Discloses("quality")]
    decided_by: Annotated[str | None, Discloses("people")]


class Beside:
    """What is read once for many rows: characteristics by key, calibrations by gauge."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._known: dict[str, Characteristic | None] = {}
        self._gauges: Mapping[str, Sequence[Calibration]] = store.calibrations(room.reader)

    def characteristic(self, key: str) -> Characteristic | None:
        """The characteristic of that key."""
        if key not in self._known:
            self._known[key] = store.find_characteristic(self._room.reader, key)
        return self._known[key]

    def gauge_state(self, each: Measurement) -> Calibrated | None:
        """Whether a measurement's instrument was good on its day."""
        if each.instrument is None:
            return None
        known = self._gauges.get(each.instrument)
        return "unknown" if known is None else calibration_of(known, local_day(each.at_us))

    def values(self, each: Measurement) -> dict[str, object]:
        """The fields of a measurement's row."""
        made = self.characteristic(each.characteristic)
        return {
            "id": each.key, "at": from_us(each.at_us), "characteristic": each.characteristic,
            "name": None if made is None else made.name, "item": None if made is None else made.item,
            "operation": each.operation or (None if made is None else made.operation), "order": each.order,
            "machine": each.machine, "lot": each.lot, "serial": each.serial, "value": each.value,
            "passed": each.passed, "unit": each.unit or (None if made is None else made.unit),
            "nominal": None if made is None else made.nominal, "lower": None if made is None else made.lower,
            "upper": None if made is None else made.upper, "instrument": each.instrument,
            "gauge_state": self.gauge_state(each), "operator": each.operator, "verdict": each.verdict,
            "fault": each.fault, "fault_ja": each.fault_ja,
        }  # fmt: skip


def _before(cursor: str | None) -> tuple[int, int, int] | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [int(at), int(epoch_no), int(seq)] if max(abs(at), abs(epoch_no), abs(seq)) < _FAR_AHEAD:
            return at, epoch_no, seq
    raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")


def _after(found: Sequence[Measurement], limit: int) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return encode_cursor(last.at_us, last.epoch_no, last.seq)


def _measurements(room: Room, params: MeasurementsPage) -> Found[MeasurementRow]:
    which = Which(
        characteristic=params.characteristic, order=params.order, lot=params.lot, serial=params.serial,
        machine=params.machine_key, from_us=_LONG_AGO if params.from_us is None else params.from_us,
        to_us=_FAR_AHEAD if params.to_us is None else params.to_us,
    )  # fmt: skip
    found = measured.measurements(room.reader, which, params.limit + 1, _before(params.cursor))[::-1]
    beside = Beside(room)
    return Found([_row(beside, each) for each in found[: params.limit]], _after(found, params.limit))


def _row(beside: Beside, each: Measurement) -> MeasurementRow:
    return msgspec.convert(beside.values(each), MeasurementRow)


def _not_understood(room: Room, params: Page) -> Found[MeasurementRow]:
    found = measured.not_understood(room.reader, _before(params.cursor), params.limit + 1)
    beside = Beside(room)
    return Found([_row(beside, each) for each in found[: params.limit]], _after(found, params.limit))


def _nonconformances(room: Room, params: NonconformancesPage) -> Found[NonconformanceRow]:
    found = measured.nonconformances(
        room.reader, _before(params.cursor), params.limit + 1, is_open=params.open,
        characteristic=params.characteristic, order=params.order,
    )  # fmt: skip
    beside = Beside(room)
    rows = [_decided(beside, each, decision) for each, decision in found[: params.limit]]
    return Found(rows, _after([each for each, _ in found], params.limit))


def _decided(beside: Beside, each: Measurement, made: Decision | None) -> NonconformanceRow:
    said = {
        "disposition": None if made is None else made.disposition, "cause": None if made is None else made.cause,
        "note": None if made is None else made.note, "decided_at": None if made is None else from_us(made.at_us),
        "decided_by": None if made is None else made.by,
    }  # fmt: skip
    return msgspec.convert(beside.values(each) | said, NonconformanceRow)


QUESTIONS: Final = (
    Question(
        name="quality.measurements", summary="What was measured, the newest first", params=MeasurementsPage,
        row=MeasurementRow, run=_measurements,
    ),
    Question(
        name="quality.nonconformances", summary="What lies outside its limits, the newest first",
        params=NonconformancesPage, row=NonconformanceRow, run=_nonconformances,
    ),
    Question(
        name="quality.not_understood", summary="Measurements that cannot be judged, and why", params=Page,
        row=MeasurementRow, run=_not_understood,
    ),
)  # fmt: skip
