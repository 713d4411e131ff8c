"""Rows of the hub's stations: the ledger's form, ingest, fold, telemetry on disk."""

import asyncio
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import scenes
from bench.measure import Row, Spread, cpu_us, per_second, spread
from contract.codec import decode_batch
from contract.times import to_us
from hub import projector
from hub.ingest.desk import IngestDesk
from hub.ledger import segments
from hub.schema import COMPANY_MIGRATIONS
from hub.series import columns
from hub.series.model import HOUR_US, MINUTE_US, pack, roll_up
from hub.stores.company import CompanyStore, Stores

SIZE, COUNT = 5000, 20
NOW_US = to_us(scenes.START)


@contextmanager
def _company() -> Iterator[tuple[CompanyStore, IngestDesk]]:
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder), COMPANY_MIGRATIONS)
        try:
            yield stores.create("bench"), IngestDesk(stores)
        finally:
            stores.close()


def _ingest(bodies: list[bytes]) -> None:
    with _company() as (_store, desk):
        asyncio.run(_accept(desk, bodies))


async def _accept(desk: IngestDesk, bodies: list[bytes]) -> None:
    for body in bodies:
        await desk.accept("bench", "bench", "main", body, NOW_US)


def _row_per_record(bodies: list[bytes], folder: Path) -> int:
    """The other form a ledger could have; the bytes it takes on disk."""
    path = folder / "rows.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE records (epoch_no, seq, machine, signal, at, seen, value, quality,"
        " PRIMARY KEY (epoch_no, seq)) WITHOUT ROWID"
    )
    for body in bodies:
        batch, _ = decode_batch(body)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO records VALUES (1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(r.seq, r.machine, r.signal, to_us(r.at), to_us(r.seen), r.value, r.quality) for r in batch.records],
        )
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def ledger() -> Iterator[Row]:
    """Segments against a row for each record: processor time and bytes on disk."""
    bodies = scenes.batches(COUNT, SIZE)
    events = COUNT * SIZE
    with tempfile.TemporaryDirectory() as folder:
        rows = cpu_us(lambda: _row_per_record(bodies, Path(folder)), events)
        row_bytes = _row_per_record(bodies, Path(folder)) / events
    with _company() as (store, desk):
        asyncio.run(_accept(desk, bodies))
        packed = store.read_now(lambda reader: reader.one("SELECT sum(length(body)) FROM segments"))
    assert packed is not None
    yield Row(
        "ledger", "observation → ledger, durable", cpu_us(lambda: _ingest(bodies), events), "µs CPU", "–",
        (("a row for each record", rows),),
    )  # fmt: skip
    yield Row(
        "ledger", "ledger on disk", _one(packed[0] / events), "bytes an observation", "–",
        (("a row for each record", _one(row_bytes)),),
    )  # fmt: skip


def ingest() -> Iterator[Row]:
    """Batches of 5,000 observations, decoded, judged, appended with fsync, receipt made."""
    bodies = scenes.batches(COUNT, SIZE)
    events = COUNT * SIZE
    decode = per_second(lambda: [decode_batch(body) for body in bodies], events)
    yield Row(
        "ingest", "ingest, durable, one core", per_second(lambda: _ingest(bodies), events), "observations/s",
        "≥ 400,000", (("typed decode alone", decode),),
    )  # fmt: skip


def fold() -> Iterator[Row]:
    """The whole ledger folded anew: changes, newest values, states, runs."""
    bodies = scenes.batches(COUNT, SIZE)
    events = COUNT * SIZE
    with _company() as (store, desk):
        asyncio.run(_accept(desk, bodies))
        while store.write_now(lambda writer: projector.step(writer, NOW_US)).behind:
            pass  # only what the hub has folded once is folded anew
        read = per_second(lambda: store.read_now(lambda reader: list(segments.after(reader, 0, COUNT))), events)
        figure = per_second(lambda: _rebuild(store, events), events, runs=3)
    yield Row("fold", "fold and rebuild", figure, "records/s", "≥ 100,000", (("reading the ledger alone", read),))


def _rebuild(store: CompanyStore, events: int) -> None:
    assert projector.rebuild(store, NOW_US) == events, "not everything was folded"


def telemetry() -> Iterator[Row]:
    """Recordings of real machine tools, re-cut by the hour."""
    series = scenes.recorded_telemetry()
    if not series:
        yield Row("telemetry", "telemetry on disk", _one(float("nan")), "bytes a sample", "≤ 3", note="no recordings")
        return
    samples = packed = rolled = plain = 0
    for points in series.values():
        for hour in _by_hour(points):
            packed += len(columns.encode(hour))
            minutes = roll_up(hour, MINUTE_US)
            rolled += len(pack(minutes)) if len(minutes) < len(hour) else 0
            plain += len(zlib.compress(repr(hour).encode(), 9))
            samples += len(hour)
    encode = _encoder(list(series.values()))
    yield Row(
        "telemetry", "telemetry on disk, recordings, re-cut", _one(packed / samples), "bytes a sample", "≤ 3",
        (("the same as deflated text", _one(plain / samples)), ("its one-minute roll-ups", _one(rolled / samples))),
        note=f"{samples:,} samples",
    )  # fmt: skip
    yield Row("telemetry", "re-cutting", cpu_us(encode, samples, runs=3), "µs CPU a sample", "–")


def _by_hour(points: list[tuple[int, float]]) -> list[list[columns.Point]]:
    hours: dict[int, list[columns.Point]] = {}
    for time, value in points:
        hours.setdefault(time // HOUR_US, []).append((time, value, 0))
    return [columns.in_order(hour) for hour in hours.values()]


def _encoder(series: list[list[tuple[int, float]]]) -> Callable[[], None]:
    hours = [hour for points in series for hour in _by_hour(points)]

    def encode() -> None:
        for hour in hours:
            columns.encode(hour)

    return encode


def _one(value: float) -> Spread:
    return spread([value])
