"""What can be asked about telemetry: one signal over a window, whole or reduced."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.times import from_us
from hub.access.catalogue import Discloses, Found, Question, Room
from hub.access.params import SignalRange, decode_cursor, encode_cursor
from hub.errors import Invalid
from hub.machines.questions import find_machine
from hub.series import model, store
from hub.series.columns import Point
from hub.series.model import HOUR_US, MINUTE_US

_WIDTHS: Final = tuple(MINUTE_US * n for n in (1, 2, 5, 10, 15, 30)) + tuple(HOUR_US * n for n in (1, 2, 4, 6, 12, 24))
_QUALITIES: Final = ("good", "uncertain", "bad")


class SampleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sample (`count` 1, or 0 where it is bad) or one bucket from `t` on, `width_s` wide."""

    t: Annotated[datetime, Discloses("telemetry")]
    min: Annotated[float | None, Discloses("telemetry")]
    mean: Annotated[float | None, Discloses("telemetry")]
    max: Annotated[float | None, Discloses("telemetry")]
    count: Annotated[int, Discloses("telemetry")]
    quality: Annotated[str | None, Discloses("telemetry")]
    width_s: Annotated[float, Discloses("telemetry")]


def read(room: Room, params: SignalRange) -> Found[SampleRow]:
    """A signal over ``[from, to)``: every sample (paged), or about `points` buckets of a minute or wider."""
    known = find_machine(room, params.site, params.machine)
    if params.points is not None:
        width = (params.to_us - params.from_us) // params.points
        if width >= MINUTE_US:
            return _reduced(room, known.machine_id, params, next((w for w in _WIDTHS if w >= width), _WIDTHS[-1]))
    start = params.from_us if params.cursor is None else _cursor(params.cursor)
    found = store.points(room.reader, known.machine_id, params.signal, start, params.to_us)
    if params.points is not None and len(found) > params.points:
        width = max((params.to_us - params.from_us) // params.points, 1)
        return Found([_bucket(r, width) for r in model.roll_up(found, width)])
    if params.points is not None or len(found) <= params.limit:
        return Found([_sample(point) for point in found])
    page = found[: params.limit]
    whole = [point for point in page if point[0] < found[params.limit][0]] or page
    following = encode_cursor(max(found[params.limit][0], whole[-1][0] + (whole is page)))
    return Found([_sample(point) for point in whole], following)


def _reduced(room: Room, machine_id: int, params: SignalRange, width_us: int) -> Found[SampleRow]:
    rollups = store.rollups(room.reader, machine_id, params.signal, params.from_us, params.to_us, width_us)
    return Found([_bucket(rollup, width_us) for rollup in rollups])


def _bucket(rollup: model.Rollup, width_us: int) -> SampleRow:
    return SampleRow(
        t=from_us(rollup.start_us), min=rollup.low, mean=rollup.mean, max=rollup.high, count=rollup.count,
        quality=None, width_s=width_us * 1e-6,
    )  # fmt: skip


def _sample(point: Point) -> SampleRow:
    time, value, quality = point
    return SampleRow(
        t=from_us(time), min=value, mean=value, max=value, count=int(value is not None),
        quality=_QUALITIES[quality], width_s=0.0,
    )  # fmt: skip


def _cursor(cursor: str) -> int:
    parts = decode_cursor(cursor)
    if len(parts) != 1 or not isinstance(parts[0], int):
        raise Invalid("this cursor is not one that the hub gave; leave it out to start anew", "cursor")
    return parts[0]


QUESTIONS = (
    Question(
        name="series.read", summary="Telemetry of one signal over a window", params=SignalRange, row=SampleRow, run=read
    ),
)
