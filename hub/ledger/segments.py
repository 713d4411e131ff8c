"""Segments: accepted batches on disk, and reading them back in order of arrival.

A segment's bodies are JSON arrays of records as they came, zstd-packed; telemetry lies apart, so that a fold that
does not need it never opens it. Identity of a record is (epoch_no, seq).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import zstandard

from contract.codec import pack
from contract.records import Record, Samples
from contract.times import to_us
from hub.stores.company import Reader, Writer

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[list[Record]] = msgspec.json.Decoder(list[Record])


class Segment(msgspec.Struct, frozen=True):
    """One accepted batch: its records in ascending `seq`, telemetry apart."""

    segment: int
    epoch_no: int
    first_seq: int
    last_seq: int
    received_us: int
    records: list[Record]
    samples: list[Record]


def append(writer: Writer, epoch_no: int, records: list[Record], received_us: int) -> int:
    """Appends records, ascending in `seq`, at least one; returns the segment's number."""
    samples = [record for record in records if type(record) is Samples]
    others = [record for record in records if type(record) is not Samples] if samples else records
    writer.run(
        "INSERT INTO segments (epoch_no, first_seq, last_seq, records, received, body, samples)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            epoch_no,
            records[0].seq,
            records[-1].seq,
            len(records),
            received_us,
            _packed(others),
            _packed(samples),
        ),
    )
    found = writer.one("SELECT last_insert_rowid()")
    assert found is not None
    segment = int(found[0])
    spans = [(machine, segment, low, high) for machine, (low, high) in _spans(records).items()]
    writer.many("INSERT INTO spans (machine, segment, at_min, at_max) VALUES (?, ?, ?, ?)", spans)
    return segment


def _packed(records: Sequence[Record]) -> bytes | None:
    return pack(_encoder.encode(records)) if records else None


def _opened(body: bytes | None) -> list[Record]:
    return _decoder.decode(zstandard.decompress(body)) if body is not None else []


def _spans(records: list[Record]) -> dict[str, tuple[int, int]]:
    times: dict[str, list[datetime]] = {}
    for record in records:
        machine = getattr(record, "machine", None)
        if machine is not None:
            times.setdefault(machine, []).append(record.at)
    return {machine: (to_us(min(own)), to_us(max(own))) for machine, own in times.items()}


def after(reader: Reader, segment: int, limit: int) -> Iterator[Segment]:
    """Up to `limit` segments that arrived after one, in order of arrival."""
    rows = reader.all(
        "SELECT segment, epoch_no, first_seq, last_seq, received, body, samples FROM segments WHERE segment > ?"
        " ORDER BY segment LIMIT ?",
        (segment, limit),
    )
    for number, epoch_no, low, high, received, body, samples in rows:
        yield Segment(number, epoch_no, low, high, received, _opened(body), _opened(samples))


def holding(reader: Reader, epoch_no: int, first_seq: int, last_seq: int, before: int) -> Iterator[Segment]:
    """Segments that arrived earlier than segment `before` with numbers from first to last, without telemetry."""
    rows = reader.all(
        "SELECT segment, epoch_no, first_seq, last_seq, received, body FROM segments"
        " WHERE epoch_no = ? AND last_seq >= ? AND first_seq <= ? AND segment < ? ORDER BY segment",
        (epoch_no, first_seq, last_seq, before),
    )
    for number, epoch, low, high, received, body in rows:
        yield Segment(number, epoch, low, high, received, _opened(body), [])


def last(reader: Reader) -> int:
    """The newest segment's number, 0 where there is none."""
    row = reader.one("SELECT max(segment) FROM segments")
    return int(row[0]) if row and row[0] is not None else 0


def stored(reader: Reader, epoch_no: int, first_seq: int, last_seq: int) -> dict[int, Record]:
    """The records on disk with numbers from first to last, by number."""
    found: dict[int, Record] = {}
    rows = reader.all(
        "SELECT body, samples FROM segments WHERE epoch_no = ? AND last_seq >= ? AND first_seq <= ?",
        (epoch_no, first_seq, last_seq),
    )
    for body, samples in rows:
        for record in (*_opened(body), *_opened(samples)):
            if first_seq <= record.seq <= last_seq:
                found[record.seq] = record
    return found


def samples_moved(writer: Writer, segment: int) -> None:
    """Telemetry up to this segment lies in the series tables now: it is stored once."""
    writer.run("UPDATE segments SET samples = NULL WHERE segment <= ? AND samples IS NOT NULL", (segment,))
