"""Steps over OPC UA binary without building anything (OPC 10000-6 §5.2): where does the next field begin?

Pure. Knows the length of every built-in type, so that a value nobody can read costs only itself and never
the values behind it in the same notification. All positions are byte offsets into one message body.
"""

import struct
from typing import Final

_U16 = struct.Struct("<H")
_I32 = struct.Struct("<i")

MAX_DEPTH: Final = 16
STRING: Final = 12
DATE_TIME: Final = 13
STATUS_CODE: Final = 19
QUALIFIED_NAME: Final = 20
LOCALIZED_TEXT: Final = 21

FIXED_BYTES: Final = {
    0: 0, 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 4, 11: 8, DATE_TIME: 8, 14: 16, STATUS_CODE: 4,
}  # fmt: skip
TYPE_NAMES: Final = (
    "Null", "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double",
    "String", "DateTime", "Guid", "ByteString", "XmlElement", "NodeId", "ExpandedNodeId", "StatusCode",
    "QualifiedName", "LocalizedText", "structure", "DataValue", "Variant", "DiagnosticInfo",
)  # fmt: skip


class WireError(ValueError):
    """The bytes are no OPC UA message: cut short, lengths that cannot be, nested too deep."""


def type_name(built_in: int) -> str:
    """What people call a built-in type.

    >>> type_name(11), type_name(31)
    ('Double', 'type 31')
    """
    return TYPE_NAMES[built_in] if built_in < len(TYPE_NAMES) else f"type {built_in}"


def skip_bytes(data: bytes, pos: int) -> int:
    """Behind a String or ByteString; a length of -1 is null."""
    length: int = _I32.unpack_from(data, pos)[0]
    end = pos + 4 + max(length, 0)
    if length < -1 or end > len(data):
        raise WireError(f"a text or byte string of {length} bytes at {pos} does not fit")
    return end


def skip_node_id(data: bytes, pos: int) -> int:
    """Behind a NodeId or ExpandedNodeId; both share the encoding byte."""
    form = data[pos]
    match form & 0x3F:
        case 0:
            end = pos + 2
        case 1:
            end = pos + 4
        case 2:
            end = pos + 7
        case 3 | 5:
            end = skip_bytes(data, pos + 3)
        case 4:
            end = pos + 19
        case other:
            raise WireError(f"a node id of form {other} at {pos}")
    if form & 0x80:
        end = skip_bytes(data, end)
    return end + 4 if form & 0x40 else end


def numeric_node_id(data: bytes, pos: int) -> int:
    """The number of a numeric NodeId of namespace 0 (all encodings have one), else -1."""
    match data[pos]:
        case 0:
            return data[pos + 1]
        case 1 if data[pos + 1] == 0:
            return int(_U16.unpack_from(data, pos + 2)[0])
        case 2 if _U16.unpack_from(data, pos + 1)[0] == 0:
            return int(_I32.unpack_from(data, pos + 3)[0])
        case _:
            return -1


def skip_extension(data: bytes, pos: int) -> int:
    """Behind an ExtensionObject."""
    pos = skip_node_id(data, pos)
    return skip_bytes(data, pos + 1) if data[pos] else pos + 1


def skip_diagnostics(data: bytes, pos: int, depth: int = 0) -> int:
    """Behind a DiagnosticInfo."""
    if depth > MAX_DEPTH:
        raise WireError("diagnostics nested too deep")
    mask = data[pos]
    pos += 1 + 4 * (mask & 0x0F).bit_count()
    if mask & 0x10:
        pos = skip_bytes(data, pos)
    if mask & 0x20:
        pos += 4
    return skip_diagnostics(data, pos, depth + 1) if mask & 0x40 else pos


def skip_variant(data: bytes, pos: int, depth: int = 0) -> int:
    """Behind a Variant: a scalar, an array or a matrix."""
    if depth > MAX_DEPTH:
        raise WireError("values nested too deep")
    encoding = data[pos]
    built_in = encoding & 0x3F
    pos += 1
    if not encoding & 0x80:
        return skip_value(data, pos, built_in, depth)
    pos = _skip_array(data, pos, built_in, depth)
    return _skip_array(data, pos, 6, depth) if encoding & 0x40 else pos


def _skip_array(data: bytes, pos: int, built_in: int, depth: int) -> int:
    count = max(int(_I32.unpack_from(data, pos)[0]), 0)
    pos += 4
    fixed = FIXED_BYTES.get(built_in)
    if fixed is not None:
        return _within(data, pos + count * fixed)
    if count > len(data) - pos:
        raise WireError(f"an array of {count} values at {pos} does not fit")
    for _ in range(count):
        pos = skip_value(data, pos, built_in, depth)
    return pos


def skip_value(data: bytes, pos: int, built_in: int, depth: int) -> int:
    """Behind one value of a built-in type."""
    fixed = FIXED_BYTES.get(built_in)
    if fixed is not None:
        return _within(data, pos + fixed)
    match built_in:
        case 17 | 18:
            return _within(data, skip_node_id(data, pos))
        case 20:
            return skip_bytes(data, pos + 2)
        case 21:
            mask = data[pos]
            pos += 1
            for bit in (0x01, 0x02):
                pos = skip_bytes(data, pos) if mask & bit else pos
            return pos
        case 22:
            return skip_extension(data, pos)
        case 23:
            return skip_data_value(data, pos, depth + 1)
        case 24:
            return skip_variant(data, pos, depth + 1)
        case 25:
            return _within(data, skip_diagnostics(data, pos))
        case _:  # String, ByteString, XmlElement; reserved types travel as ByteString (§5.2.2.16)
            return skip_bytes(data, pos)


def skip_data_value(data: bytes, pos: int, depth: int = 0) -> int:
    """Behind a DataValue."""
    mask = data[pos]
    pos += 1
    if mask & 0x01:
        pos = skip_variant(data, pos, depth)
    return _within(data, pos + tail_bytes(mask))


def tail_bytes(mask: int) -> int:
    """How many bytes of a DataValue follow its value: status, times and their picoseconds.

    >>> tail_bytes(0x0F)
    20
    """
    sizes = ((0x02, 4), (0x04, 8), (0x10, 2), (0x08, 8), (0x20, 2))
    return sum(size for bit, size in sizes if mask & bit)


def _within(data: bytes, pos: int) -> int:
    if pos > len(data):
        raise WireError("cut short")
    return pos
