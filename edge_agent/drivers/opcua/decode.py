"""PublishResponse bytes → readings (OPC 10000-6 §5.2, 10000-4 §7.25). Pure: no socket, no clock.

Second station after the wire. Common scalars are read with one `struct` call each (about 1 µs with the
Reading); every other value is stepped over (`wire.py`) and given to asyncua's decoder alone, so that
one strange value degrades only its own address. Source times are ticks of 100 ns since 1601, kept exact
to the microsecond; a source that tells no time gets the server's, and None where that is missing too. A value
of good quality is never None: null is bad with the code `NoValue`.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.status_codes import StatusCodes, get_name_and_doc
from asyncua.ua.ua_binary import variant_from_binary
from asyncua.ua.uaerrors import UaError

from contract.records import Quality
from edge_agent.drivers.opcua import wire
from edge_agent.reading import Raw, Reading

EPOCH_US: Final = 11_644_473_600_000_000  # 1601 → 1970
MAX_TICKS: Final = 2_650_467_743_990_000_000  # 9999-12-31T23:59:59: beyond it means "no time" (§5.2.2.5)
OVERFLOW: Final = 0x0480  # InfoType DataValue, bit Overflow (OPC 10000-4 §7.38.1)

_CODE: Final = 0xFFFF0000
_GONE: Final = frozenset({StatusCodes.BadNodeIdUnknown, StatusCodes.BadNodeIdInvalid})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ_RESPONSE: Final = 634
_PUBLISH_RESPONSE: Final = 829
_REPUBLISH_RESPONSE: Final = 835
_HISTORY_RESPONSE: Final = 667
_HISTORY_DATA: Final = 658
_DATA_CHANGE: Final = 811
_STATUS_CHANGE: Final = 820
_FORMATS: Final = {
    1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d",
    wire.DATE_TIME: "q", wire.STATUS_CODE: "I",
}  # fmt: skip
_PLAIN, _WITH_STATUS, _TEXT, _OTHER = range(4)
_I32 = struct.Struct("<i")
_U32 = struct.Struct("<I")
_HEAD = struct.Struct("<qII")
_LIBRARY_FAULTS = (
    UaError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError,
    struct.error,
)  # fmt: skip


class Target(msgspec.Struct, frozen=True):
    """Where a monitored item's value goes: an address, and which element where the value is an array.

    `names`: texts for the numbers of an enumeration; a number that is not listed stays a number.
    """

    address: int
    index: int | None = None
    names: Mapping[int, str] | None = None


class Changes(msgspec.Struct):
    """What one response says. `wrong` tells for an address, in plain words, why its value cannot be used."""

    subscription: int
    sequence: int
    more: bool
    readings: list[Reading] = []
    keep_alive: bool = True
    closed: str | None = None
    """The server ended the subscription; the name of its status."""
    overflowed: list[int] = []
    wrong: dict[int, str] = {}
    gone: list[int] = []
    """Addresses whose node the server has removed; what it monitors under that name will say no more."""


class Past(msgspec.Struct):
    """What one node's history answered: its status, where to go on from (empty: that is all), its values."""

    status: int
    continuation: bytes
    changes: Changes


class Wrong(msgspec.Struct, frozen=True):
    """A value that cannot be a reading, and why."""

    code: str
    reason: str


class Decoder:
    """Reads the responses of one subscription. `targets[client handle]` tells where each item's value goes."""

    def __init__(self, targets: Sequence[tuple[Target, ...]]) -> None:
        self.targets = list(targets)
        self._direct = [_direct(of_node) for of_node in targets]
        self._shapes: dict[int, tuple[int, struct.Struct, int]] = {}

    def aim(self, handle: int, targets: tuple[Target, ...]) -> None:
        """Where this item's values go from now on."""
        self.targets[handle] = targets
        self._direct[handle] = _direct(targets)

    def publish(self, body: bytes) -> Changes:
        """A PublishResponse. Raises wire.WireError where the bytes are none."""
        try:
            pos = _skip_header(body, _PUBLISH_RESPONSE)
            subscription: int = _U32.unpack_from(body, pos)[0]
            count: int = _I32.unpack_from(body, pos + 4)[0]
            pos += 8 + 4 * max(count, 0)
            changes = Changes(subscription, 0, more=bool(body[pos]))
            self._message(body, pos + 1, changes)
        except (struct.error, IndexError) as error:
            raise wire.WireError(f"response is cut short: {error}") from None
        return changes

    def republish(self, body: bytes, subscription: int) -> Changes:
        """A RepublishResponse; it does not say whether more follows."""
        try:
            changes = Changes(subscription, 0, more=False)
            self._message(body, _skip_header(body, _REPUBLISH_RESPONSE), changes)
        except (struct.error, IndexError) as error:
            raise wire.WireError(f"response is cut short: {error}") from None
        return changes

    def read(self, body: bytes, handles: Sequence[int]) -> Changes:
        """A ReadResponse; its values in the order of `handles`, one reading for each of their targets."""
        changes = Changes(0, 0, more=False)
        try:
            pos = _skip_header(body, _READ_RESPONSE)
            count: int = _I32.unpack_from(body, pos)[0]
            pos += 4
            for handle in handles[: max(count, 0)]:
                pos = self._one_value(body, pos, self.targets[handle], changes)
        except (struct.error, IndexError) as error:
            raise wire.WireError(f"answer is cut short: {error}") from None
        return changes

    def history(self, body: bytes, handles: Sequence[int]) -> list[Past]:
        """A HistoryReadResponse (OPC 10000-11 §6.5.2), one answer for each of `handles`, in their order."""
        found: list[Past] = []
        try:
            pos = _skip_header(body, _HISTORY_RESPONSE)
            count: int = _I32.unpack_from(body, pos)[0]
            pos += 4
            for handle in handles[: max(count, 0)]:
                status: int = _U32.unpack_from(body, pos)[0]
                start, pos = pos + 8, wire.skip_bytes(body, pos + 4)
                past = Past(status, body[start:pos], Changes(0, 0, more=False))
                end = wire.skip_extension(body, pos)
                if wire.numeric_node_id(body, pos) == _HISTORY_DATA:
                    pos = wire.skip_node_id(body, pos) + 5
                    values: int = _I32.unpack_from(body, pos)[0]
                    pos += 4
                    for _ in range(max(values, 0)):
                        pos = self._one_value(body, pos, self.targets[handle], past.changes)
                pos = end
                found.append(past)
        except (struct.error, IndexError) as error:
            raise wire.WireError(f"answer is cut short: {error}") from None
        return found

    def _message(self, data: bytes, pos: int, changes: Changes) -> None:
        changes.sequence = _U32.unpack_from(data, pos)[0]
        count: int = _I32.unpack_from(data, pos + 12)[0]
        pos += 16
        for _ in range(max(count, 0)):
            changes.keep_alive = False
            end = wire.skip_extension(data, pos)
            kind = wire.numeric_node_id(data, pos)
            pos = wire.skip_node_id(data, pos) + 5  # the encoding byte and the length of the body
            if kind == _DATA_CHANGE:
                if self._items(data, pos + 4, _I32.unpack_from(data, pos)[0], changes) > end:
                    raise wire.WireError("a notification is longer than it says")
            elif kind == _STATUS_CHANGE:
                changes.closed = status_name(_U32.unpack_from(data, pos)[0])
            pos = end

    def _items(self, data: bytes, pos: int, count: int, changes: Changes) -> int:
        direct, shapes, known = self._direct, self._shapes, len(self._direct)
        append = changes.readings.append
        for _ in range(count):
            key = data[pos + 4] | data[pos + 5] << 8
            kind, shape, size = shapes.get(key) or self._shape(key)
            if kind == _PLAIN:
                handle, value, ticks = shape.unpack_from(data, pos)
                address = direct[handle] if handle < known else -1
                if address >= 0 and 0 < ticks < MAX_TICKS:
                    append(Reading(address, value, ticks // 10 - EPOCH_US))
                    pos += size
                    continue
            elif kind == _WITH_STATUS:
                handle, value, status, ticks = shape.unpack_from(data, pos)
                address = direct[handle] if handle < known else -1
                if address >= 0 and 0 < ticks < MAX_TICKS and status == 0:
                    append(Reading(address, value, ticks // 10 - EPOCH_US))
                    pos += size
                    continue
            elif kind == _TEXT:
                length: int = _I32.unpack_from(data, pos + 6)[0]
                end = pos + 10 + length
                handle, ticks = _U32.unpack_from(data, pos)[0], shape.unpack_from(data, end)[0]
                address = direct[handle] if handle < known else -1
                if address >= 0 and 0 < ticks < MAX_TICKS and length >= 0:
                    try:
                        append(Reading(address, data[pos + 10 : end].decode(), ticks // 10 - EPOCH_US))
                        pos = end + size
                        continue
                    except UnicodeDecodeError:
                        pass  # said below, for this address alone
            handle = _U32.unpack_from(data, pos)[0]
            targets = self.targets[handle] if handle < known else ()
            pos = self._one_value(data, pos + 4, targets, changes)
        return pos

    def _shape(self, key: int) -> tuple[int, struct.Struct, int]:
        """How to read an item whose mask and variant encoding are `key`: kind, struct, bytes to step."""
        mask, built_in = key & 0xFF, key >> 8
        shape = (_OTHER, _U32, 0)
        server = ("8x" if mask & 0x08 else "") + ("2x" if mask & 0x20 else "")
        times = "q" + ("2x" if mask & 0x10 else "") + server
        if not mask & 0x04:  # no source time: the server's
            times = ("2x" if mask & 0x10 else "") + "q" + ("2x" if mask & 0x20 else "")
        form = _FORMATS.get(built_in)
        if mask & 0x01 and mask & 0x0C:
            if built_in == wire.STRING and not mask & 0x02:
                tail = struct.Struct("<" + times)
                shape = (_TEXT, tail, tail.size)
            elif form is not None and built_in not in (wire.DATE_TIME, wire.STATUS_CODE):
                whole = struct.Struct(f"<I2x{form}{'I' if mask & 0x02 else ''}{times}")
                shape = (_WITH_STATUS if mask & 0x02 else _PLAIN, whole, whole.size)
        self._shapes[key] = shape
        return shape

    def _one_value(self, data: bytes, pos: int, targets: tuple[Target, ...], changes: Changes) -> int:
        """Any DataValue; the position behind it."""
        mask = data[pos]
        start = end = pos + 1
        if mask & 0x01:
            end = wire.skip_variant(data, start)
        behind = end + wire.tail_bytes(mask)
        if behind > len(data):
            raise wire.WireError("a value is cut short")
        status: int = _U32.unpack_from(data, end)[0] if mask & 0x02 else 0
        at_us = _time_of(data, end + (4 if mask & 0x02 else 0), mask)
        quality, code = status_of(status)
        for target in targets:
            value = None if quality == "bad" else raw_of(data[start:end], target.index)
            if target.names is not None and type(value) is int:
                value = target.names.get(value, value)
            if status & _CODE in _GONE:
                changes.gone.append(target.address)
            if status & OVERFLOW == OVERFLOW:
                changes.overflowed.append(target.address)
            if isinstance(value, Wrong):
                changes.wrong[target.address] = value.reason
                changes.readings.append(Reading(target.address, None, at_us, "bad", value.code))
            elif value is None and quality != "bad":
                changes.readings.append(Reading(target.address, None, at_us, "bad", "NoValue"))
            else:
                changes.readings.append(Reading(target.address, value, at_us, quality, code))
        return behind


def _time_of(data: bytes, pos: int, mask: int) -> int | None:
    """The source's time, else the server's, µs; None where neither tells one."""
    for bit, picoseconds in ((0x04, 0x10), (0x08, 0x20)):
        if mask & bit:
            ticks: int = struct.unpack_from("<q", data, pos)[0]
            if 0 < ticks < MAX_TICKS:
                return ticks // 10 - EPOCH_US
            pos += 8
        pos += 2 if mask & picoseconds else 0
    return None


def _direct(targets: tuple[Target, ...]) -> int:
    """The one address that takes a value just as it is, else -1."""
    plain = len(targets) == 1 and targets[0].index is None and targets[0].names is None
    return targets[0].address if plain else -1


def _skip_header(data: bytes, expected: int) -> int:
    kind = wire.numeric_node_id(data, 0)
    if kind != expected:
        raise wire.WireError(f"message of type {kind}, expected {expected}")
    pos = wire.skip_node_id(data, 0)
    ua.StatusCode(_HEAD.unpack_from(data, pos)[2]).check()
    pos = wire.skip_diagnostics(data, pos + _HEAD.size)
    count: int = _I32.unpack_from(data, pos)[0]
    pos += 4
    for _ in range(max(count, 0)):
        pos = wire.skip_bytes(data, pos)
    return wire.skip_extension(data, pos)


@lru_cache(maxsize=1024)
def status_of(status: int) -> tuple[Quality, str | None]:
    """Quality and native code of a StatusCode; good codes carry none but `Overflow`.

    >>> status_of(0), status_of(0x809B0000), status_of(0x480)
    (('good', None), ('bad', 'BadNoData'), ('good', 'Overflow'))
    """
    overflow = "Overflow" if status & OVERFLOW == OVERFLOW else None
    match status >> 30:
        case 0:
            return "good", overflow
        case 1:
            quality: Quality = "uncertain"
        case _:
            quality = "bad"
    name = status_name(status)
    return quality, f"{name}, {overflow}" if overflow else name


def status_name(status: int) -> str:
    """The standard's name of a StatusCode without its information bits; hexadecimal where it has none."""
    name, _ = get_name_and_doc(status & 0xFFFF0000)
    return f"0x{status:08X}" if name in {"Bad", "Uncertain", "Good"} and status & 0x3FFF0000 else str(name)


def raw_of(variant: bytes, index: int | None) -> Raw | Wrong:
    """The value inside an encoded Variant; null is None."""
    if not variant or variant[0] & 0x3F == 0:
        return None
    encoding, built_in = variant[0], variant[0] & 0x3F
    name = wire.type_name(built_in)
    if built_in not in _FORMATS and built_in not in (wire.STRING, wire.QUALIFIED_NAME, wire.LOCALIZED_TEXT):
        return Wrong("WrongType", f"the node holds a {name}; only numbers, texts, times and truth values can be read")
    is_array = bool(encoding & 0x80)
    if is_array and (index is None or encoding & 0x40):
        return Wrong("WrongType", f"the node holds an array of {name}; name one element with index = 0, 1, …")
    if index is not None and not is_array:
        return Wrong("WrongType", f"the node holds a single {name}, not an array; leave index out")
    try:
        value = variant_from_binary(Buffer(variant)).Value
    except _LIBRARY_FAULTS as error:
        return Wrong("BadDecodingError", f"the {name} cannot be decoded: {error}")
    if is_array:
        if value is None or index is None or index >= len(value):
            return Wrong("BadIndexRangeNoData", f"the array has {len(value or ())} elements, none at index {index}")
        value = value[index]
    return _scalar(value)


def _scalar(value: Any) -> Raw | Wrong:
    if isinstance(value, str):
        return value if value.isascii() or value.isprintable() else _checked_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, ua.LocalizedText):
        return _scalar(value.Text)
    if isinstance(value, ua.QualifiedName):
        return _scalar(value.Name)
    if isinstance(value, ua.StatusCode):
        return status_name(value.value)
    return _time_text(value)


def _checked_text(value: str) -> Raw | Wrong:
    try:
        value.encode()
    except UnicodeEncodeError:  # asyncua keeps undecodable bytes as lone surrogates
        return Wrong("BadEncoding", "the text is not UTF-8; set the server's text encoding to UTF-8")
    return value


def _time_text(value: datetime) -> str | None:
    since = value - _EPOCH
    ticks = (since // timedelta(microseconds=1) + EPOCH_US) * 10
    return value.isoformat().replace("+00:00", "Z") if 0 < ticks < MAX_TICKS else None
