"""A damaged buffer file: set aside under another name, and what can be read of it carried into the new one.

Numbered records that were not acknowledged go out first, under their old epoch and numbers, so that the hub
recognises those it has. Staged values were never numbered and simply become values of the new file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from edge_agent.buffer.model import GONE, BufferFull, Refused, Taken, record_bytes
from edge_agent.buffer.store import Store

_PAGE: Final = 500
_COMPANIONS: Final = ("", "-wal", "-shm")
_SIDE_TABLES: Final = ("series", "staged", "inbox", "proof", "memory", "refused", "taps")


def set_aside(path: Path, stamp: str) -> Path:
    """Renames the file and its companions; the new name of the file. BufferFull where it may not be renamed."""
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    try:
        for companion in _COMPANIONS:
            part = path.with_name(path.name + companion)
            if part.exists():
                part.rename(aside.with_name(aside.name + companion))
    except OSError as error:
        raise BufferFull(f"the damaged buffer file cannot be renamed ({error}); move {path} away") from None
    return aside


def rescue(store: Store, aside: Path) -> int:
    """Copies what can be read of `aside` into the new file; how many numbered records."""
    try:
        old = sqlite3.connect(f"file:{aside.as_posix()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error:
        return 0
    with closing(old):
        for table in _SIDE_TABLES:
            _copy_table(old, store, table)
        return _copy_records(old, store)


def _copy_table(old: sqlite3.Connection, store: Store, table: str) -> None:
    """The rows that can be read; the file may be of an earlier version with fewer columns."""
    rows: list[tuple[object, ...]] = []
    try:
        cursor = old.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        rows.extend(cursor)
    except sqlite3.Error:
        if not rows:
            return
    marks = ", ".join("?" * len(columns))
    with store.transaction() as db:
        db.executemany(f"INSERT OR IGNORE INTO {table}({', '.join(columns)}) VALUES({marks})", rows)


def _copy_records(old: sqlite3.Connection, store: Store) -> int:
    try:
        meta = dict(old.execute("SELECT key, value FROM meta"))
    except sqlite3.Error:
        return 0
    epoch, acked = meta.get("epoch"), int(meta.get("acked", "0"))
    if epoch is None:
        return 0
    count, highest = 0, acked
    for rows in _readable(old, acked):
        with store.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO rescued VALUES(?, ?, ?, ?)", [(epoch, *row) for row in rows])
        count += len(rows)
        highest = max(highest, *(row[0] for row in rows))
    if count:
        with store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO rescued_epochs VALUES(?, ?, ?)", (epoch, acked, highest))
    return count


def _readable(old: sqlite3.Connection, after: int) -> Iterator[list[tuple[int, int, bytes]]]:
    """Pages of rows from below until the damage, then from above down to it."""
    low, high = after, 2**62
    for order in ("ASC", "DESC"):
        damaged = False
        while not damaged:
            rows: list[tuple[int, int, bytes]] = []
            try:
                rows.extend(  # rows that came before the damage stay
                    old.execute(
                        f"SELECT seq, kind, body FROM records WHERE seq > :low AND seq < :high AND kind <> {GONE}"
                        f" ORDER BY seq {order} LIMIT {_PAGE}",
                        {"low": low, "high": high},
                    )
                )
            except sqlite3.Error:
                damaged = True
            if rows:
                yield rows
                low, high = (rows[-1][0], high) if order == "ASC" else (low, rows[-1][0])
            elif not damaged:
                return


def take_rescued(store: Store, max_records: int, max_bytes: int) -> Taken | None:
    """The next batch of a damaged file's records; None where none is left."""
    head = store.db.execute("SELECT epoch, acked, upto FROM rescued_epochs ORDER BY rowid LIMIT 1").fetchone()
    if head is None:
        return None
    epoch, acked, last = head
    records: list[bytes] = []
    seqs: list[int] = []
    size, upto = 0, last
    for seq, kind, body in store.db.execute(
        "SELECT seq, kind, body FROM rescued WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?",
        (epoch, acked, max_records + 1),
    ):
        if len(records) >= max_records or (records and size + len(body) > max_bytes):
            upto = seq - 1
            break
        records.append(record_bytes(seq, kind, body))
        seqs.append(seq)
        size += len(body) + 64
    return Taken(epoch, acked, upto, records, seqs, size, more=True)


def settle_rescued(store: Store, epoch: str, acked: int) -> None:
    """The hub has the old epoch up to `acked`; all of it: the copy is dropped (the file itself stays aside)."""
    with store.transaction() as db:
        db.execute("UPDATE rescued_epochs SET acked = max(acked, ?) WHERE epoch = ?", (acked, epoch))
        db.execute("DELETE FROM rescued WHERE epoch = ? AND seq <= ?", (epoch, acked))
        db.execute("DELETE FROM rescued_epochs WHERE upto <= acked")


def waiting(store: Store) -> int:
    """Rescued records that were not sent yet."""
    return int(store.db.execute("SELECT count(*) FROM rescued").fetchone()[0])


def note_damage(epoch: str, now_us: int, aside: Path, rescued: int) -> Refused:
    """What `status` shows about a file that was set aside."""
    return Refused(
        epoch, None, f"buffer file was damaged: set aside as {aside.name}, {rescued} records rescued", now_us
    )
