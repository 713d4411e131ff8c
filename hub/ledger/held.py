"""Reports that a room could not keep: which segments, since when and why; tried again until it can.

Reports may be kept in any order, so the rest goes on meanwhile; nothing is skipped and nothing stands still.
"""

from hub.stores.company import Reader, Writer

HELD = """
CREATE TABLE held (
    room TEXT NOT NULL,
    segment INTEGER NOT NULL,
    since INTEGER NOT NULL,
    tried INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (room, segment)
) WITHOUT ROWID;
"""
PROJECTED = ("held",)


def hold(writer: Writer, room: str, segment: int, now_us: int, error: str) -> None:
    """Notes that a room could not keep a segment's reports."""
    writer.run(
        "INSERT INTO held (room, segment, since, tried, error) VALUES (?1, ?2, ?3, ?3, ?4)"
        " ON CONFLICT (room, segment) DO UPDATE SET tried = excluded.tried, error = excluded.error",
        (room, segment, now_us, error),
    )


def release(writer: Writer, room: str, segment: int) -> None:
    """It could."""
    writer.run("DELETE FROM held WHERE room = ? AND segment = ?", (room, segment))


def due(reader: Reader, tried_before_us: int, limit: int) -> list[tuple[str, int]]:
    """(room, segment) of those that were not tried since then, the longest untried first."""
    rows = reader.all("SELECT room, segment FROM held WHERE tried < ? ORDER BY tried LIMIT ?", (tried_before_us, limit))
    return [(room, segment) for room, segment in rows]


def count(reader: Reader) -> int:
    """How many there are."""
    row = reader.one("SELECT count(*) FROM held")
    return int(row[0]) if row is not None else 0
