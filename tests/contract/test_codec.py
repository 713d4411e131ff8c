"""The codec: what goes out comes back, one unreadable record never holds back its neighbours, bodies are bounded."""

import gzip
import json
import zlib
from datetime import UTC, datetime

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from contract import codec
from contract.batch import Head, MachineStatus, Receipt, Rejected, Status
from contract.codec import EnvelopeError, TooLargeError
from contract.records import Record
from tests.contract.generators import observations, records, times

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def head(after: int = 0, upto: int = 10, **more: object) -> Head:
    return msgspec.structs.replace(Head(v=1, agent="pi-1", epoch="e1", after=after, upto=upto, sent_at=NOW), **more)


@given(records())
def test_a_record_comes_back_as_it_went(record: Record):
    assert codec.decode_record(codec.encode_record(record)) == record


@given(st.lists(records(), max_size=8), times)
def test_a_batch_comes_back_as_it_went(sent: list[Record], known_until: datetime):
    status = Status(backlog_records=3, clock_offset_s=-0.5, machines=(MachineStatus(machine="a/b", connected=True),))
    status = msgspec.structs.replace(
        status, machines=(*status.machines, MachineStatus(machine="a/c", connected=False, known_until=known_until))
    )
    body = codec.encode_batch(head(status=status), [codec.encode_record(record) for record in sent])
    batch, unreadable = codec.decode_batch(body)
    assert (batch.records, unreadable, batch.status) == (sent, [], status)
    assert json.loads(body)["records"] == [json.loads(codec.encode_record(record)) for record in sent]


@given(
    st.lists(st.tuples(st.none() | st.integers(1, 2**62), st.text(max_size=20))), st.none() | st.floats(0, 60), times
)
def test_a_receipt_comes_back_as_it_went(rejected: list[tuple[int | None, str]], wait_s: float | None, now: datetime):
    receipt = Receipt(
        acked=7,
        rejected=tuple(Rejected(seq=seq, reason=why) for seq, why in rejected),
        hub_time=now,
        retry_after_s=wait_s,
    )
    assert codec.decode_receipt(codec.encode_receipt(receipt)) == receipt


POISON = (
    b'{"kind":"sneeze","seq":5,"seen":"2026-11-20T09:00:00Z"}',
    b'{"kind":"observation","seq":5}',
    b'{"kind":"observation","seq":"five","seen":"2026-11-20T09:00:00Z"}',
    b'{"kind":"observation","seq":0,"seen":"2026-11-20T09:00:00Z"}',
    b'{"kind":"clock","seq":5,"seen":"2026-11-20T09:00:00","at":"2026-11-20T09:00:00Z","offset_us":1,"from_seq":1}',
    b"[]",
    b"null",
    b"17",
    b'"text"',
    b"{}",
)


@given(st.lists(observations, max_size=5), st.sampled_from(POISON), st.integers(0, 5))
def test_an_unreadable_record_never_holds_back_its_neighbours(good: list[Record], poison: bytes, place: int):
    rows = [codec.encode_record(record) for record in good]
    rows.insert(place, poison)
    batch, unreadable = codec.decode_batch(codec.encode_batch(head(), rows))
    assert batch.records == good
    assert [(each.raw, bool(each.reason)) for each in unreadable] == [(poison, True)]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"v":1}', b'{"v":1,"records":[}', b"[" * 100_000,
        b'{"v":1,"records":' + b"[" * 100_000,
        json.dumps({"v": 2, "agent": "a", "epoch": "e", "after": 0, "upto": 0, "sent_at": "2026-11-20T09:00:00Z",
                    "records": []}).encode(),
        json.dumps({"v": 1, "agent": "a", "epoch": "e", "after": 9, "upto": 3, "sent_at": "2026-11-20T09:00:00Z",
                    "records": []}).encode(),
        json.dumps({"v": 1, "agent": "a", "epoch": "e", "after": -1, "upto": 3, "sent_at": "2026-11-20T09:00:00Z",
                    "records": []}).encode(),
        json.dumps({"v": 1, "agent": "a", "epoch": "e", "after": 0, "upto": 3, "sent_at": "2026-11-20T09:00:00",
                    "records": []}).encode(),
    ],
)  # fmt: skip
def test_an_unreadable_envelope_says_so(body: bytes):
    with pytest.raises(EnvelopeError):
        codec.decode_batch(body)


@given(st.binary(max_size=2000))
def test_no_bytes_at_all_make_the_decoder_fail_otherwise(body: bytes):
    for encoding in ("identity", "gzip", "zstd"):
        try:
            codec.decode_batch(codec.unpack(body, encoding))
        except EnvelopeError:
            continue


@given(st.binary(max_size=5000))
def test_a_packed_body_opens_as_it_was(body: bytes):
    assert codec.unpack(codec.pack(body), "zstd") == body
    assert codec.unpack(gzip.compress(body), "gzip") == body
    assert codec.unpack(body, "identity") == body


def zipped_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(2**20)
    return b"".join(packer.compress(block) for _ in range(size // 2**20)) + packer.flush()


@pytest.mark.parametrize(
    ("wire", "encoding"),
    [
        (zipped_zeros(codec.MAX_OPEN_BYTES + 2**20), "gzip"),
        (zstandard.compress(bytes(codec.MAX_OPEN_BYTES + 1)), "zstd"),
        (bytes(codec.MAX_WIRE_BYTES + 1), "identity"),
        (bytes(codec.MAX_WIRE_BYTES + 1), "zstd"),
    ],
    ids=["gzip bomb", "zstd bomb", "plain", "packed"],
)
def test_a_body_beyond_the_limits_is_too_large(wire: bytes, encoding: str):
    with pytest.raises(TooLargeError):
        codec.unpack(wire, encoding)


@pytest.mark.parametrize(
    ("wire", "encoding"),
    [
        (b"not packed at all", "gzip"),
        (b"not packed at all", "zstd"),
        (gzip.compress(b"cut short")[:-3], "gzip"),
        (b"{}", "br"),
    ],
    ids=["no gzip", "no zstd", "gzip cut", "unknown encoding"],
)
def test_a_body_that_is_not_what_it_says_is_refused(wire: bytes, encoding: str):
    with pytest.raises(EnvelopeError):
        codec.unpack(wire, encoding)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_no_record(value: str):
    raw = (
        b'{"kind":"samples","seq":1,"seen":"2026-11-20T09:00:00Z","machine":"a/b","signal":"load",'
        b'"t0":"2026-11-20T09:00:00Z","dt_us":[0],"values":[%b]}' % value.encode()
    )
    with pytest.raises((msgspec.DecodeError, msgspec.ValidationError)):
        codec.decode_record(raw)
