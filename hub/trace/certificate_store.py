"""Files attached to lots (mill sheets and other certificates), whole, in the company's store."""

import msgspec

from hub.stores.company import Reader, Writer


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One file without its content; `size` in bytes."""

    certificate_id: int
    lot: str
    name: str
    media: str
    size: int
    sha256: str
    added_by: str
    added_us: int


_COLUMNS = "certificate_id, lot, name, media, size, sha256, added_by, added"
_FIELDS = Certificate.__struct_fields__


def of_lot(reader: Reader, lot: str) -> list[Certificate]:
    """A lot's files, the first attached first."""
    rows = reader.all(f"SELECT {_COLUMNS} FROM certificates WHERE lot = ? ORDER BY certificate_id", (lot,))
    return [Certificate(**dict(zip(_FIELDS, row, strict=True))) for row in rows]


def read(reader: Reader, lot: str, number: int) -> tuple[Certificate, bytes] | None:
    """One file of a lot with its content; None where the lot has none of that number."""
    row = reader.one(
        f"SELECT {_COLUMNS}, content FROM certificates WHERE lot = ? AND certificate_id = ?", (lot, number)
    )
    return None if row is None else (Certificate(**dict(zip(_FIELDS, row[:-1], strict=True))), row[-1])


def find(reader: Reader, lot: str, sha256: str) -> Certificate | None:
    """The file of that content, where the lot has it already."""
    return next((one for one in of_lot(reader, lot) if one.sha256 == sha256), None)


def add(writer: Writer, made: Certificate, content: bytes) -> int:
    """Keeps a file; its number (that of `made` does not count)."""
    row = writer.one(
        "INSERT INTO certificates (lot, name, media, size, sha256, added_by, added, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING certificate_id",
        (made.lot, made.name, made.media, made.size, made.sha256, made.added_by, made.added_us, content),
    )
    assert row is not None
    return int(row[0])


def remove(writer: Writer, lot: str, number: int) -> bool:
    """Takes a file away; whether it was there."""
    return writer.run("DELETE FROM certificates WHERE lot = ? AND certificate_id = ?", (lot, number)) > 0
