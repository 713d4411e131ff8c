"""Samples of one signal as bytes: delta columns, deflated. Pure; what goes in comes out unchanged.

A column holds points in ascending (time, value) order. Times are µs since 1970; they are written as deltas in the
largest unit that divides them all. Values that are short decimals (a sensor's 12.35) are written as deltas of whole
numbers, others as doubles. Qualities other than good are written as runs.
"""

import math
import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Final, TypeAlias

Point: TypeAlias = tuple[int, float | None, int]
"""(time in µs, value or None, quality number: 0 good, 1 uncertain, 2 bad)"""

_HEAD: Final = struct.Struct("<BBBIqqq")  # version, times' type, values' type, count, first time, unit, first value
_VERSION: Final = 1
_MAX_DECIMALS: Final = 6
_SIGNED: Final = ((2**7, "b"), (2**15, "h"), (2**31, "i"), (2**63, "q"))
_UNSIGNED: Final = ((2**8, "B"), (2**16, "H"), (2**32, "I"), (2**64, "Q"))
_EXACT: Final = 2**53


def in_order(points: Iterable[Point]) -> list[Point]:
    """Points by time, then value; an exact repeat counts once, different values at one instant all stay."""
    return sorted(set(points), key=_order)


def _order(point: Point) -> tuple[int, bool, float, int]:
    time, value, quality = point
    return (time, value is not None, value if value is not None else 0.0, quality)


def encode(points: Sequence[Point]) -> bytes:
    """A column from points in order, at least one."""
    times = [point[0] for point in points]
    deltas = [after - before for before, after in pairwise(times)]
    unit = math.gcd(*deltas) or 1
    time_type = _smallest(_UNSIGNED, [delta // unit for delta in deltas])
    body = array(time_type, [delta // unit for delta in deltas]).tobytes()
    value_type, first, values = _encode_values([point[1] for point in points if point[1] is not None])
    head = _HEAD.pack(_VERSION, ord(time_type), value_type, len(points), times[0], unit, first)
    gaps = _encode_runs([point[1] is None for point in points])
    qualities = _encode_runs([point[2] for point in points])
    sizes = struct.pack("<HH", len(gaps) // 5, len(qualities) // 5)
    return head + _deflate(sizes + gaps + qualities + body + values)


def decode(column: bytes) -> list[Point]:
    """The points of a column."""
    _, time_type, value_type, count, start, unit, first = _HEAD.unpack_from(column)
    body = zlib.decompress(column[_HEAD.size :], wbits=-15)
    gap_runs, quality_runs = struct.unpack_from("<HH", body)
    at = 4
    gaps = _decode_runs(body[at : at + 5 * gap_runs])
    at += 5 * gap_runs
    qualities = _decode_runs(body[at : at + 5 * quality_runs])
    at += 5 * quality_runs
    deltas = array(chr(time_type))
    end = at + (count - 1) * deltas.itemsize
    deltas.frombytes(body[at:end])
    times = accumulate((delta * unit for delta in deltas), initial=start)
    present = iter(_decode_values(value_type, first, body[end:], gaps.count(0)))
    values = [None if gap else next(present) for gap in gaps]
    return list(zip(times, values, qualities, strict=True))


def _deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(level=9, wbits=-15)
    return packer.compress(body) + packer.flush()


def _smallest(types: Sequence[tuple[int, str]], numbers: Sequence[int]) -> str:
    top = max((abs(number) + (number < 0) for number in numbers), default=0)
    return next(code for bound, code in types if top < bound)


def _encode_values(values: list[float]) -> tuple[int, int, bytes]:
    """(type, first, bytes): type = decimals * 8 + width number of whole-number deltas, or 255 for doubles."""
    for decimals in range(_MAX_DECIMALS + 1):
        scale = 10.0**decimals
        if not all(abs(value) * scale < _EXACT for value in values):
            break
        whole = [round(value * scale) for value in values]
        if all(number / scale == value for number, value in zip(whole, values, strict=True)) and not _has_minus_zero(
            values
        ):
            deltas = [after - before for before, after in pairwise(whole)]
            code = _smallest(_SIGNED, deltas)
            return decimals * 8 + "bhiq".index(code), whole[0] if whole else 0, array(code, deltas).tobytes()
    return 255, 0, array("d", values).tobytes()


def _has_minus_zero(values: list[float]) -> bool:
    return any(value == 0 and math.copysign(1.0, value) < 0 for value in values)


def _decode_values(value_type: int, first: int, body: bytes, count: int) -> list[float]:
    if value_type == 255:
        doubles = array("d")
        doubles.frombytes(body)
        return doubles.tolist()
    if count == 0:
        return []
    scale = 10.0 ** (value_type // 8)
    deltas = array("bhiq"[value_type % 8])
    deltas.frombytes(body)
    return [whole / scale for whole in accumulate(deltas, initial=first)]


def _encode_runs(marks: Sequence[int]) -> bytes:
    return b"".join(struct.pack("<BI", mark, len(list(run))) for mark, run in groupby(marks))


def _decode_runs(body: bytes) -> list[int]:
    marks: list[int] = []
    for mark, length in struct.iter_unpack("<BI", body):
        marks += [mark] * length
    return marks
