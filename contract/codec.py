"""Records and batches to bytes and back, and the encodings of a body. Pure: no file, no socket, no clock.

A batch is decoded in one typed pass (about 1 µs a record). Only where that fails are its records judged
singly, so that one unreadable record never holds back its neighbours.
"""

import zlib
from typing import Final, Literal

import msgspec
import zstandard

from contract.batch import VERSION, Batch, Head, RawBatch, Receipt
from contract.records import Record

MAX_WIRE_BYTES: Final = 8 * 2**20
MAX_OPEN_BYTES: Final = 32 * 2**20
Encoding = Literal["identity", "gzip", "zstd"]

_encoder = msgspec.json.Encoder()
_record: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_batch = msgspec.json.Decoder(Batch)
_raw_batch = msgspec.json.Decoder(RawBatch)
_receipt = msgspec.json.Decoder(Receipt)


class EnvelopeError(ValueError):
    """The envelope itself cannot be read: nothing of it was taken (HTTP 400)."""


class TooLargeError(EnvelopeError):
    """The body is larger than the contract allows, packed or unpacked (HTTP 413)."""


class Unreadable(msgspec.Struct, frozen=True):
    """A record that could not be read: its number where that could be told, why, and its bytes."""

    seq: int | None
    reason: str
    raw: bytes


class _OnlySeq(msgspec.Struct):
    seq: int


def encode_record(record: Record) -> bytes:
    """One record as JSON."""
    return _encoder.encode(record)


def decode_record(raw: bytes) -> Record:
    """One record from JSON; msgspec.ValidationError or DecodeError where it is none."""
    return _record.decode(raw)


def encode_batch(head: Head, records: list[bytes]) -> bytes:
    """A batch from its head and records that are encoded already: joined, not encoded again."""
    opened = _encoder.encode(head)
    return b'%b,"records":[%b]}' % (opened[:-1], b",".join(records))


def decode_batch(body: bytes) -> tuple[Batch, list[Unreadable]]:
    """The batch with its readable records, and those that are not. Raises EnvelopeError."""
    try:
        batch = _batch.decode(body)
        unreadable: list[Unreadable] = []
    except msgspec.ValidationError:
        batch, unreadable = _decode_singly(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise EnvelopeError(f"body is not JSON: {error}") from None
    if batch.v != VERSION:
        raise EnvelopeError(f"batch version {batch.v} is not known here; this hub speaks {VERSION}")
    if batch.upto < batch.after:
        raise EnvelopeError(f"batch claims ({batch.after}, {batch.upto}]: upto must not be below after")
    return batch, unreadable


def _decode_singly(body: bytes) -> tuple[Batch, list[Unreadable]]:
    try:
        envelope = _raw_batch.decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise EnvelopeError(f"envelope cannot be read: {error}") from None
    readable: list[Record] = []
    unreadable: list[Unreadable] = []
    for raw in envelope.records:
        try:
            readable.append(_record.decode(raw))
        except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
            unreadable.append(Unreadable(_seq_of(raw), str(error), bytes(raw)))
    head = {name: getattr(envelope, name) for name in Head.__struct_fields__}
    return Batch(**head, records=readable), unreadable


def _seq_of(raw: msgspec.Raw) -> int | None:
    try:
        return msgspec.json.decode(raw, type=_OnlySeq).seq
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return None


def encode_receipt(receipt: Receipt) -> bytes:
    """A receipt as JSON."""
    return _encoder.encode(receipt)


def decode_receipt(raw: bytes) -> Receipt:
    """A receipt from JSON; msgspec.ValidationError or DecodeError where it is none."""
    return _receipt.decode(raw)


def pack(body: bytes, level: int = 1) -> bytes:
    """A body as it travels: zstd."""
    return zstandard.ZstdCompressor(level=level).compress(body)


def unpack(wire: bytes, encoding: str) -> bytes:
    """The body of a request. TooLargeError beyond the contract's sizes (zip bombs), else EnvelopeError."""
    if len(wire) > MAX_WIRE_BYTES:
        raise TooLargeError(f"body has {len(wire)} bytes; at most {MAX_WIRE_BYTES} are taken")
    match encoding:
        case "identity":
            return wire
        case "gzip":
            return _gunzip(wire)
        case "zstd":
            return _unzstd(wire)
        case _:
            raise EnvelopeError(f"content encoding {encoding[:40]!r} is not known: zstd, gzip or none")


def _gunzip(wire: bytes) -> bytes:
    opener = zlib.decompressobj(wbits=31)
    try:
        body = opener.decompress(wire, MAX_OPEN_BYTES)
    except zlib.error as error:
        raise EnvelopeError(f"body is not gzip: {error}") from None
    if opener.unconsumed_tail:
        raise TooLargeError(f"body opens to more than {MAX_OPEN_BYTES} bytes")
    if not opener.eof:
        raise EnvelopeError("body is cut short (gzip)")
    return body


def _unzstd(wire: bytes) -> bytes:
    opener = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(wire)
    try:
        body = opener.read(MAX_OPEN_BYTES + 1)
    except zstandard.ZstdError as error:
        raise EnvelopeError(f"body is not zstd: {error}") from None
    if len(body) > MAX_OPEN_BYTES:
        raise TooLargeError(f"body opens to more than {MAX_OPEN_BYTES} bytes")
    return body
