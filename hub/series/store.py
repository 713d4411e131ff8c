"""Telemetry of one company on disk: blocks in, re-cutting by the hour, points and roll-ups out.

Times are microseconds since 1970, UTC.
"""

from collections.abc import Sequence
from typing import Any

from contract.times import effective_us
from hub.machines.clock_model import Correction, offset_us
from hub.series import columns, model
from hub.series.columns import Point
from hub.series.fold import moved, points_of
from hub.series.model import HOUR_US, MINUTE_US, Rollup
from hub.stores.company import Reader, Writer

SETTLED_AFTER_US = 3_600_000_000
"""A block lies for an hour before it is re-cut: so long a correction of its agent's clock may still move it."""


def write_blocks(writer: Writer, rows: list[tuple[Any, ...]], ids: dict[str, int]) -> None:
    """Writes blocks; the same block again changes nothing."""
    writer.many(
        "INSERT INTO sample_blocks (machine_id, signal, epoch_no, seq, t_min, t_max, count, quality, received, body,"
        " t0, seen, own, base) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ids[row[0]], *row[1:]) for row in rows],
    )


def move_blocks(
    writer: Writer, epoch_no: int, first: int, last: int, corrections: Sequence[Correction]
) -> list[tuple[Any, ...]]:
    """Puts the blocks of some numbers where their agent's corrected clock says; doing so again changes nothing.

    Returns (machine number, signal, at, value, quality, seq) of the newest value of each block that moved.
    """
    newest: list[tuple[Any, ...]] = []
    for machine_id, signal, seq, count, quality, body, t0, seen, own, base in writer.all(
        "SELECT machine_id, signal, seq, count, quality, body, t0, seen, own, base FROM sample_blocks"
        " WHERE epoch_no = ? AND seq BETWEEN ? AND ? AND base IS NOT NULL",
        (epoch_no, first, last),
    ):
        by_us = effective_us(t0, seen, offset_us(corrections, seq), own=bool(own)) - base
        if not by_us:
            continue
        fresh = moved(count, body, by_us)
        writer.run(
            "UPDATE sample_blocks SET base = base + ?, t_min = t_min + ?, t_max = t_max + ?, body = ?"
            " WHERE machine_id = ? AND signal = ? AND epoch_no = ? AND seq = ?",
            (by_us, by_us, by_us, fresh, machine_id, signal, epoch_no, seq),
        )
        points = points_of(count, quality, fresh)
        at, value, _ = points[max(range(count), key=lambda index: (points[index][0], index))]
        newest.append((machine_id, signal, at, value, quality, seq))
    return newest


def settled(reader: Reader, now_us: int, limit: int) -> list[tuple[int, str, int, int]]:
    """(machine number, signal, until_us, received_before): what may be re-cut of signals that have something.

    That are blocks which have lain, of hours that are over, or of a signal that has been quiet.
    """
    lain = now_us - SETTLED_AFTER_US
    rows = reader.all(
        "SELECT machine_id, signal, max(t_max), max(received) FROM sample_blocks GROUP BY machine_id, signal"
        " HAVING min(CASE WHEN received < ? THEN t_max END) < max(t_max) / ? * ? OR max(received) < ? LIMIT ?",
        (lain, HOUR_US, HOUR_US, lain, limit),
    )
    return [
        (machine_id, signal, newest + 1 if received < lain else newest - newest % HOUR_US, lain)
        for machine_id, signal, newest, received in rows
    ]


def recut(writer: Writer, machine_id: int, signal: str, until_us: int, received_before: int) -> int:
    """Moves a signal's blocks that end before `until_us` and came before a moment into hours; how many samples."""
    rows = writer.all(
        "SELECT epoch_no, seq, count, quality, body FROM sample_blocks"
        " WHERE machine_id = ? AND signal = ? AND t_max < ? AND received < ?",
        (machine_id, signal, until_us, received_before),
    )
    hours: dict[int, list[Point]] = {}
    for _epoch_no, _seq, count, quality, body in rows:
        for point in points_of(count, quality, body):
            hours.setdefault(point[0] - point[0] % HOUR_US, []).append(point)
    for hour, points in hours.items():
        _write_hour(writer, machine_id, signal, hour, points)
    writer.many(
        "DELETE FROM sample_blocks WHERE machine_id = ? AND signal = ? AND epoch_no = ? AND seq = ?",
        [(machine_id, signal, row[0], row[1]) for row in rows],
    )
    return sum(row[2] for row in rows)


def _write_hour(writer: Writer, machine_id: int, signal: str, hour: int, points: list[Point]) -> None:
    there = writer.one(
        "SELECT body FROM sample_hours WHERE machine_id = ? AND signal = ? AND hour = ?", (machine_id, signal, hour)
    )
    if there is not None:
        points = columns.decode(there[0]) + points
    points = columns.in_order(points)
    minutes = model.roll_up(points, MINUTE_US)
    whole = model.join(minutes, HOUR_US)
    low, mean, high, good = (
        (whole[0].low, whole[0].mean, whole[0].high, whole[0].count) if whole else (None,) * 3 + (0,)
    )
    writer.run(
        "INSERT OR REPLACE INTO sample_hours (machine_id, signal, hour, count, good, low, mean, high, minutes, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            machine_id, signal, hour, len(points), good, low, mean, high,
            model.pack(minutes) if len(minutes) < len(points) else b"", columns.encode(points),
        ),
    )  # fmt: skip


def points(reader: Reader, machine_id: int, signal: str, from_us: int, to_us: int) -> list[Point]:
    """Every sample in ``[from, to)``, by time; an exact repeat counts once."""
    found: list[Point] = []
    for (body,) in reader.all(
        "SELECT body FROM sample_hours WHERE machine_id = ? AND signal = ? AND hour >= ? AND hour < ?",
        (machine_id, signal, from_us - from_us % HOUR_US, to_us),
    ):
        found += columns.decode(body)
    for count, quality, body in _blocks(reader, machine_id, signal, from_us, to_us):
        found += points_of(count, quality, body)
    return [point for point in columns.in_order(found) if from_us <= point[0] < to_us]


def rollups(reader: Reader, machine_id: int, signal: str, from_us: int, to_us: int, width_us: int) -> list[Rollup]:
    """Roll-ups over ``[from, to)`` widened to whole buckets; `width_us` a multiple of a minute."""
    from_us -= from_us % width_us
    fine: list[Rollup] = []
    blocks: list[Point] = []
    by_hour = width_us % HOUR_US == 0
    for hour, good, low, mean, high, minutes, body in reader.all(
        f"SELECT hour, good, low, mean, high, {'NULL, NULL' if by_hour else 'minutes, body'} FROM sample_hours"
        " WHERE machine_id = ? AND signal = ? AND hour >= ? AND hour < ? ORDER BY hour",
        (machine_id, signal, from_us - from_us % HOUR_US, to_us),
    ):
        if by_hour and good:
            fine.append(Rollup(hour, good, low, mean, high))
        elif not by_hour:
            fine += model.unpack(minutes) if minutes else model.roll_up(columns.decode(body), MINUTE_US)
    for count, quality, body in _blocks(reader, machine_id, signal, from_us, to_us):
        blocks += points_of(count, quality, body)
    fine += model.roll_up(columns.in_order(blocks), MINUTE_US)
    joined = model.join((r for r in fine if from_us <= r.start_us < to_us), width_us)
    return sorted(joined, key=lambda rollup: rollup.start_us)


def _blocks(reader: Reader, machine_id: int, signal: str, from_us: int, to_us: int) -> list[tuple[Any, ...]]:
    return reader.all(
        "SELECT count, quality, body FROM sample_blocks"
        " WHERE machine_id = ? AND signal = ? AND t_max >= ? AND t_min < ?",
        (machine_id, signal, from_us, to_us),
    )


def size(reader: Reader) -> tuple[int, int, int]:
    """(samples, bytes of their columns, bytes of their roll-ups) of what is re-cut."""
    row = reader.one("SELECT sum(count), sum(length(body)), sum(length(minutes)) FROM sample_hours")
    return (row[0] or 0, row[1] or 0, row[2] or 0) if row else (0, 0, 0)
