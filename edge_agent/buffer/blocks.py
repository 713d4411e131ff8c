"""Staged telemetry → `samples` records: values of one series in the order they came, cut into blocks. Pure.

A block ends after 512 values, after a day of source time, or when the signal's quality changes, so that the
blocks of a signal follow each other as its values did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contract.checks import MAX_BLOCK_SPAN_US
from contract.records import Samples
from contract.times import from_us
from edge_agent.buffer.model import Columns, Row, pack_record, unpack_columns
from edge_agent.normalise.track import UNNUMBERED, SeriesKey

BLOCK_VALUES: Final = 512


@dataclass(slots=True)
class _Block:
    key: SeriesKey
    seen_us: int
    t0: int
    ats: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def cut_blocks(staged: Iterable[tuple[int, Columns]], series: Mapping[int, SeriesKey]) -> list[Row]:
    """Rows of (seen µs, columns) in the order they were committed → rows of `samples` records."""
    blocks: list[_Block] = []
    current: dict[int, _Block] = {}
    variant: dict[tuple[str, str], int] = {}
    for seen_us, columns in staged:
        for number, at, value in zip(*unpack_columns(columns), strict=True):
            block = current.get(number)
            if (
                block is None
                or len(block.ats) >= BLOCK_VALUES
                or not -MAX_BLOCK_SPAN_US <= at - block.t0 <= MAX_BLOCK_SPAN_US
            ):
                block = _begin(number, at, seen_us, series, variant, current)
                blocks.append(block)
            block.ats.append(at)
            block.values.append(value)
    return [_row(block) for block in blocks]


def _begin(
    number: int,
    at: int,
    seen_us: int,
    series: Mapping[int, SeriesKey],
    variant: dict[tuple[str, str], int],
    current: dict[int, _Block],
) -> _Block:
    key = series[number]
    signal = (key.machine, key.signal)
    before = variant.get(signal)
    if before is not None and before != number:
        current.pop(before, None)
    variant[signal] = number
    block = current[number] = _Block(key, seen_us, at)
    return block


def _row(block: _Block) -> Row:
    key, t0 = block.key, block.t0
    values: list[float | None]
    if key.quality == "bad":
        values = [None] * len(block.values)
    else:
        values = [value if value == value else None for value in block.values]  # noqa: PLR0124  (NaN stands for null)
    samples = Samples(
        seq=UNNUMBERED,
        seen=from_us(t0 if key.arrived else block.seen_us),
        machine=key.machine,
        signal=key.signal,
        unit=key.unit,
        t0=from_us(t0),
        dt_us=[at - t0 for at in block.ats],
        values=values,
        quality=key.quality,
        code=key.code,
        replayed=key.replayed,
    )
    return pack_record(samples)
