"""Roll-ups: min, mean, max and count of good values over one bucket of time. Pure.

Buckets are aligned to the epoch, half-open ``[start, start + width)``. Uncertain values count as good ones with the
worse quality said elsewhere; bad ones have no value and do not count.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hub.series.columns import Point

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 3_600_000_000
_ROW: Final = struct.Struct("<qIddd")


class Rollup(msgspec.Struct, frozen=True):
    """Values of one bucket; `mean` is over the values, not weighted by time."""

    start_us: int
    count: int
    low: float
    mean: float
    high: float


def roll_up(points: Iterable[Point], width_us: int) -> list[Rollup]:
    """Roll-ups of points in time order, buckets without a value left out."""
    buckets: dict[int, list[float]] = {}
    for time, value, _quality in points:
        if value is not None:
            buckets.setdefault(time - time % width_us, []).append(value)
    return [
        Rollup(start, len(values), min(values), math.fsum(values) / len(values), max(values))
        for start, values in buckets.items()
    ]


def join(rollups: Iterable[Rollup], width_us: int) -> list[Rollup]:
    """Roll-ups of finer buckets in time order, joined into wider ones."""
    buckets: dict[int, list[Rollup]] = {}
    for rollup in rollups:
        buckets.setdefault(rollup.start_us - rollup.start_us % width_us, []).append(rollup)
    return [_joined(start, parts) for start, parts in buckets.items()]


def _joined(start_us: int, parts: Sequence[Rollup]) -> Rollup:
    count = sum(part.count for part in parts)
    total = math.fsum(part.mean * part.count for part in parts)
    return Rollup(start_us, count, min(p.low for p in parts), total / count, max(p.high for p in parts))


def pack(rollups: Sequence[Rollup]) -> bytes:
    """Roll-ups as bytes."""
    return b"".join(_ROW.pack(r.start_us, r.count, r.low, r.mean, r.high) for r in rollups)


def unpack(packed: bytes) -> list[Rollup]:
    """Roll-ups from bytes."""
    return [Rollup(*row) for row in _ROW.iter_unpack(packed)]
