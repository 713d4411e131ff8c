"""Whatever bytes a server sends: a reading, or WireError; never a crash, never a hang."""

import struct
from datetime import UTC, datetime

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from asyncua.ua.uaerrors import UaStatusCodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.drivers.opcua import wire
from edge_agent.drivers.opcua.decode import Decoder, Target, raw_of

TARGETS = [(Target(0),), (Target(1, index=1),), (Target(2, names={1: "ON"}), Target(3)), ()]
MANY = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
REFUSALS = (wire.WireError, UaStatusCodeError)


def publish_response() -> bytes:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    values = [
        ua.Variant(1.5, ua.VariantType.Double),
        ua.Variant([1, 2], ua.VariantType.Int32),
        ua.Variant(1, ua.VariantType.Int32),
        ua.Variant("ACTIVE", ua.VariantType.String),
        ua.Variant(ua.LocalizedText("主軸"), ua.VariantType.LocalizedText),
    ]
    change = ua.DataChangeNotification()
    for handle, value in enumerate(values):
        item = ua.MonitoredItemNotification()
        item.ClientHandle = ua.UInt32(handle % 4)
        item.Value = ua.DataValue(value, ua.StatusCode(0), at, at)
        change.MonitoredItems.append(item)
    response = ua.PublishResponse()
    response.Parameters.NotificationMessage.NotificationData = [change]
    return bytes(struct_to_binary(response))


def history_response() -> bytes:
    data = ua.HistoryData()
    data.DataValues = [ua.DataValue(ua.Variant(n, ua.VariantType.Int32), ua.StatusCode(0)) for n in range(3)]
    response = ua.HistoryReadResponse()
    result = ua.HistoryReadResult()
    result.ContinuationPoint = b"more"
    result.HistoryData = data
    response.Results = [result]
    return bytes(struct_to_binary(response))


GOOD = publish_response()
PAST = history_response()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A message with some bytes changed, cut or put in."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(body) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                body[place] = draw(st.integers(0, 255))
            case 1:
                del body[place : place + draw(st.integers(1, 40))]
            case 2:
                body[place:place] = draw(st.binary(max_size=40))
            case _:
                body[place : place + 4] = struct.pack("<i", draw(st.sampled_from([-1, -2, 2**31 - 1, 2**24, 0])))
        if not body:
            break
    return bytes(body)


def test_the_whole_messages_are_read():
    changes = Decoder(TARGETS).publish(GOOD)
    assert [(r.address, r.value) for r in changes.readings] == [(0, 1.5), (1, 2), (2, "ON"), (3, 1), (0, "主軸")]
    (past,) = Decoder(TARGETS).history(PAST, [0])
    assert (past.status, past.continuation, [r.value for r in past.changes.readings]) == (0, b"more", [0, 1, 2])


@MANY
@given(damaged(GOOD))
def test_a_damaged_notification(body: bytes):
    check(lambda: Decoder(TARGETS).publish(body).readings)


@MANY
@given(damaged(PAST))
def test_a_damaged_history(body: bytes):
    check(lambda: [r for past in Decoder(TARGETS).history(body, [0, 1]) for r in past.changes.readings])


@MANY
@given(st.binary(max_size=400))
def test_any_bytes(body: bytes):
    decoder = Decoder(TARGETS)
    check(lambda: decoder.publish(body).readings)
    check(lambda: decoder.republish(body, 1).readings)
    check(lambda: decoder.read(body, [0, 1, 2]).readings)
    check(lambda: [r for past in decoder.history(body, [0]) for r in past.changes.readings])


@MANY
@given(st.binary(max_size=200), st.sampled_from([None, 0, 3]))
def test_any_variant(variant: bytes, index: int | None):
    try:
        end = wire.skip_variant(variant, 0)
    except (wire.WireError, struct.error, IndexError):
        return
    assert 0 < end <= len(variant)
    found = raw_of(variant[:end], index)
    assert found is None or not isinstance(found, bytes | list)


def check(read):
    """Readings in the contract's terms, or one of the two refusals."""
    try:
        readings = read()
    except REFUSALS:
        return
    for reading in readings:
        assert (reading.value is None) == (reading.quality == "bad")
        assert reading.at_us is None or isinstance(reading.at_us, int)
