"""The lean decoder says what the library's decoder says, and strange bytes cost only themselves."""

import contextlib
import math
from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from asyncua.ua.uaerrors import UaError
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.drivers.opcua.decode import Decoder, Target, status_of
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.reading import Reading

Kind = ua.VariantType
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INTEGERS = {
    Kind.SByte: 8, Kind.Int16: 16, Kind.Int32: 32, Kind.Int64: 64,
    Kind.Byte: -8, Kind.UInt16: -16, Kind.UInt32: -32, Kind.UInt64: -64,
}  # fmt: skip

times = st.datetimes(datetime(1601, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds are naive)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def bits(width: int) -> st.SearchStrategy[int]:
    if width < 0:
        return st.integers(0, 2**-width - 1)
    return st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1)


common = st.one_of(
    *[bits(width).map(lambda v, k=kind: ua.Variant(v, k)) for kind, width in INTEGERS.items()],
    st.booleans().map(lambda v: ua.Variant(v, Kind.Boolean)),
    st.floats(width=32).map(lambda v: ua.Variant(v, Kind.Float)),
    st.floats().map(lambda v: ua.Variant(v, Kind.Double)),
    st.none().map(lambda _: ua.Variant(None, Kind.String)),
    texts.map(lambda v: ua.Variant(v, Kind.String)),
    texts.map(lambda v: ua.Variant(ua.LocalizedText(v), Kind.LocalizedText)),
    texts.map(lambda v: ua.Variant(ua.QualifiedName(v, 2), Kind.QualifiedName)),
    times.map(lambda v: ua.Variant(v, Kind.DateTime)),
    st.sampled_from([0, 0x80310000, 0x40A40000]).map(lambda v: ua.Variant(ua.StatusCode(v), Kind.StatusCode)),
)
strange = st.one_of(
    st.binary(max_size=30).map(lambda v: ua.Variant(v, Kind.ByteString)),
    st.uuids().map(lambda v: ua.Variant(v, Kind.Guid)),
    bits(-32).map(lambda v: ua.Variant(ua.NodeId(v, 3), Kind.NodeId)),
    texts.filter(bool).map(lambda v: ua.Variant(ua.NodeId(v, 3), Kind.NodeId)),
    st.lists(st.floats(), max_size=4).map(lambda v: ua.Variant(v, Kind.Double, is_array=True)),
    st.lists(texts, max_size=4).map(lambda v: ua.Variant(v, Kind.String, is_array=True)),
    st.lists(texts.map(ua.LocalizedText), max_size=3).map(lambda v: ua.Variant(v, Kind.LocalizedText, is_array=True)),
    st.just(ua.Variant([[1, 2], [3, 4]], Kind.Int32)),
    st.just(ua.Variant(ua.Argument(Name="x"), Kind.ExtensionObject)),
    st.just(ua.Variant(ua.DataValue(ua.Variant(1, Kind.Int32)), Kind.DataValue)),
    st.just(ua.Variant([ua.Variant(1, Kind.Int32), ua.Variant("a", Kind.String)], Kind.Variant, is_array=True)),
    st.just(ua.Variant(None, Kind.Null)),
)
statuses = st.sampled_from([None, 0, 0x480, 0x809B0000, 0x80320480, 0x40000000, 0x40A40480, 0x00960000])
values = st.builds(
    ua.DataValue,
    st.one_of(common, common, strange),
    statuses.map(lambda code: None if code is None else ua.StatusCode(code)),
    st.none() | times,
    st.none() | times,
    st.none() | st.integers(0, 9999),
    st.none() | st.integers(0, 9999),
).filter(lambda value: value.SourceTimestamp is not None or value.SourcePicoseconds is None)
"""The library writes the picoseconds of a missing source time behind the server's time; the standard before it."""


def response(items: list[tuple[int, ua.DataValue]], *, more: bool = False, sequence: int = 7) -> bytes:
    told = ua.PublishResponse()
    told.Parameters.SubscriptionId = 78
    told.Parameters.AvailableSequenceNumbers = [5, 6, 7]
    told.Parameters.MoreNotifications = more
    told.Parameters.NotificationMessage.SequenceNumber = sequence
    change = ua.DataChangeNotification()
    for handle, value in items:
        change.MonitoredItems.append(ua.MonitoredItemNotification(handle, value))
    told.Parameters.NotificationMessage.NotificationData = [change] if items else []
    return struct_to_binary(told)


def as_the_library_reads(body: bytes) -> list[Reading]:
    """The same by the library's decoder and the simplest conversion."""
    readings = []
    parameters = struct_from_binary(ua.PublishResponse, Buffer(body)).Parameters
    for change in parameters.NotificationMessage.NotificationData or []:
        for item in change.MonitoredItems:
            value, source = item.Value, item.Value.SourceTimestamp or item.Value.ServerTimestamp
            at_us = None if source is None else (source - EPOCH) // timedelta(microseconds=1)
            status = value.StatusCode.value if value.StatusCode else 0
            quality, code = status_of(status)
            raw, fault = plain(value.Value)
            if quality == "bad":
                readings.append(Reading(item.ClientHandle, None, at_us, "bad", code))
            elif fault is not None:
                readings.append(Reading(item.ClientHandle, None, at_us, "bad", fault))
            else:
                readings.append(Reading(item.ClientHandle, raw, at_us, quality, code))
    return readings


def plain(variant: ua.Variant | None) -> tuple[object, str | None]:
    if variant is None or variant.VariantType == Kind.Null:
        return None, "NoValue"
    value = variant.Value
    if variant.is_array:
        return None, "WrongType"
    match value:
        case ua.LocalizedText():
            value = value.Text
        case ua.QualifiedName():
            value = value.Name
        case ua.StatusCode():
            value = status_of(value.value)[1] or "Good"
        case datetime():
            value = value.isoformat().replace("+00:00", "Z")
    if value is None and variant.VariantType in (Kind.String, Kind.LocalizedText, Kind.QualifiedName):
        return None, "NoValue"
    return (value, None) if isinstance(value, str | bool | int | float) else (None, "WrongType")


def same(one: Reading, other: Reading) -> bool:
    if isinstance(one.value, float) and isinstance(other.value, float) and math.isnan(one.value):
        return math.isnan(other.value)
    return one == other and type(one.value) is type(other.value)


@given(st.lists(values, min_size=1, max_size=12))
@settings(max_examples=400, deadline=None)
def test_lean_decoder_reads_what_the_library_reads(data: list[ua.DataValue]):
    body = response(list(enumerate(data)))
    changes = Decoder([(Target(n),) for n in range(len(data))]).publish(body)
    expected = as_the_library_reads(body)
    assert len(changes.readings) == len(expected)
    for ours, theirs in zip(changes.readings, expected, strict=True):
        assert same(ours, theirs), (ours, theirs)
    assert (changes.subscription, changes.sequence, changes.more, changes.keep_alive) == (78, 7, False, False)


@given(
    st.lists(values, min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    st.floats(0, 1),
)
@settings(max_examples=400, deadline=None)
def test_poisoned_bytes_are_refused_or_read_and_never_crash(
    data: list[ua.DataValue], wounds: list[tuple[float, int]], kept: float
):
    body = bytearray(response(list(enumerate(data))))
    for place, byte in wounds:
        body[int(place * len(body))] = byte
    cut = bytes(body[: int(kept * len(body)) if kept < 0.5 else len(body)])
    with contextlib.suppress(WireError, UaError):
        Decoder([(Target(n),) for n in range(len(data))]).publish(cut)


def test_one_unreadable_value_leaves_its_neighbours_alone():
    good = ua.DataValue(ua.Variant(1.0, Kind.Double), SourceTimestamp=datetime(2026, 11, 20, tzinfo=UTC))
    text = ua.DataValue(ua.Variant("XXXX", Kind.String), SourceTimestamp=datetime(2026, 11, 20, tzinfo=UTC))
    body = response([(0, good), (1, text), (2, good)]).replace(b"XXXX", b"\x83v\x83\x8d")  # cp932
    changes = Decoder([(Target(n),) for n in range(3)]).publish(body)
    assert [(r.value, r.code) for r in changes.readings] == [(1.0, None), (None, "BadEncoding"), (1.0, None)]
    assert "UTF-8" in changes.wrong[1]


def test_one_node_gives_several_addresses_and_an_array_its_elements():
    array = ua.DataValue(ua.Variant([1.5, 2.5], Kind.Double, is_array=True))
    decoder = Decoder([(Target(0), Target(1)), (Target(2, 1), Target(3, 2), Target(4))])
    changes = decoder.publish(response([(0, ua.DataValue(ua.Variant(3, Kind.Int32))), (1, array)]))
    assert [(r.address, r.value, r.code) for r in changes.readings] == [
        (0, 3, None), (1, 3, None), (2, 2.5, None), (3, None, "BadIndexRangeNoData"), (4, None, "WrongType"),
    ]  # fmt: skip
    assert "index" in changes.wrong[4]


def test_unknown_handles_are_stepped_over():
    body = response([(9, ua.DataValue(ua.Variant(3, Kind.Int32))), (0, ua.DataValue(ua.Variant(4, Kind.Int32)))])
    assert [r.value for r in Decoder([(Target(0),)]).publish(body).readings] == [4]


def test_overflow_is_said_and_counted_without_changing_the_quality():
    value = ua.DataValue(ua.Variant(3, Kind.Int32), ua.StatusCode(0x480), datetime(2026, 11, 20, tzinfo=UTC))
    changes = Decoder([(Target(0),)]).publish(response([(0, value)]))
    assert (changes.readings[0].value, changes.readings[0].quality, changes.readings[0].code) == (3, "good", "Overflow")
    assert changes.overflowed == [0]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, ("good", None)),
        (0x00300000, ("good", None)),
        (0x40000000, ("uncertain", "Uncertain")),
        (0x809B0000, ("bad", "BadNoData")),
        (0x80320000, ("bad", "BadWaitingForInitialData")),
        (0xC0000000, ("bad", "Bad")),
        (0x8FFF0000, ("bad", "0x8FFF0000")),
    ],
)
def test_status_codes_keep_their_native_names(status: int, expected: tuple[str, str | None]):
    assert status_of(status) == expected


def test_keep_alive_and_more_are_told():
    assert Decoder([]).publish(response([])).keep_alive
    assert Decoder([]).publish(response([(0, ua.DataValue())], more=True)).more
