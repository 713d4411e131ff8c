"""Sample records → blocks for the store, and back to points. Pure; times are µs since 1970."""

from array import array
from collections.abc import Sequence
from typing import Any, TypeAlias

from contract.records import Record, Samples, is_own_time
from contract.times import effective_us, to_us
from hub.machines.clock_model import Correction, offset_us
from hub.series.columns import Point

Row: TypeAlias = tuple[Any, ...]
QUALITY_NO = {"good": 0, "uncertain": 1, "bad": 2}
_NOTHING = float("nan")  # a value that is not there; the wire has no NaN, so none is lost


def block_rows(
    samples: list[Record], epoch_no: int, received_us: int, corrections: Sequence[Correction] = ()
) -> list[Row]:
    """One row a block, starting with the machine's key and the signal; `corrections` are those of its epoch."""
    return [_block_row(block, epoch_no, received_us, corrections) for block in samples if isinstance(block, Samples)]


def _block_row(block: Samples, epoch_no: int, received_us: int, corrections: Sequence[Correction]) -> Row:
    t0, seen = to_us(block.t0), to_us(block.seen)
    own = is_own_time(t0, seen, block.code)
    base = effective_us(t0, seen, offset_us(corrections, block.seq), own=own)
    low, high = min(block.dt_us), max(block.dt_us)
    values = array("d", [_NOTHING if value is None else value for value in block.values])
    times = array("q", [base + dt for dt in block.dt_us])
    return (
        block.machine, block.signal, epoch_no, block.seq, base + low, base + high, len(values),
        QUALITY_NO[block.quality], received_us, times.tobytes() + values.tobytes(), t0, seen, int(own), base,
    )  # fmt: skip


def moved(count: int, body: bytes, by_us: int) -> bytes:
    """A stored block with all its times moved."""
    times = array("q")
    times.frombytes(body[: 8 * count])
    return array("q", [time + by_us for time in times]).tobytes() + body[8 * count :]


def points_of(count: int, quality: int, body: bytes) -> list[Point]:
    """The points of a stored block."""
    times, values = array("q"), array("d")
    times.frombytes(body[: 8 * count])
    values.frombytes(body[8 * count :])
    return [
        (time, value if value == value else None, quality)  # noqa: PLR0124  (only NaN differs from itself)
        for time, value in zip(times, values, strict=True)
    ]
