"""Taps at the terminal in the buffer's file: stored with their records in one transaction, and only once each.

A page that is sent twice, reloaded, or sent again after a crash carries the id it was made with; then nothing more
is stored. Times are microseconds since 1970, UTC. Only the writer's thread comes here.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from edge_agent.buffer.model import Entry, KeptTap, Tap

TAPS_KEPT: Final = 20_000
"""So many taps are recognised when they come again: at a tap every minute of two shifts, three weeks of one site."""


def unheard(db: sqlite3.Connection, entries: Iterable[Entry]) -> list[Entry]:
    """The entries without those whose tap is on disk already, or stands before them."""
    fresh: list[Entry] = []
    among: set[str] = set()
    for entry in entries:
        if entry.tap is not None:
            name = entry.tap.id
            if name in among or db.execute("SELECT 1 FROM taps WHERE tap = ?", (name,)).fetchone():
                continue
            among.add(name)
        fresh.append(entry)
    return fresh


def write(db: sqlite3.Connection, epoch: str, first_after: int, entries: Iterable[Entry]) -> None:
    """Keeps the taps of entries whose rows are numbered from `first_after` + 1 on."""
    upto = first_after
    rows = []
    for entry in entries:
        upto += len(entry.rows)
        if entry.tap is not None:
            rows.append((entry.tap.id, entry.tap.at_us, epoch, upto, entry.tap.note))
    if rows:
        db.executemany("INSERT INTO taps(tap, at, epoch, upto, note) VALUES(?, ?, ?, ?, ?)", rows)
        db.execute("DELETE FROM taps WHERE id <= (SELECT max(id) FROM taps) - ?", (TAPS_KEPT,))


def renumber(db: sqlite3.Connection, old: str, new: str, first: int) -> None:
    """Numbers from `first` on became 1, 2, … of a new epoch; those before are at the hub."""
    db.execute("UPDATE taps SET epoch = ?, upto = max(0, upto - ?) WHERE epoch = ?", (new, first - 1, old))


def find(db: sqlite3.Connection, name: str) -> KeptTap | None:
    """One tap; None where it was never stored."""
    row = db.execute("SELECT tap, at, note, epoch, upto FROM taps WHERE tap = ?", (name,)).fetchone()
    return None if row is None else _kept(row)


def newest(db: sqlite3.Connection, most: int) -> list[KeptTap]:
    """The last taps, oldest first."""
    rows = db.execute("SELECT tap, at, note, epoch, upto FROM taps ORDER BY id DESC LIMIT ?", (most,)).fetchall()
    return [_kept(row) for row in reversed(rows)]


def _kept(row: tuple[str, int, bytes, str, int]) -> KeptTap:
    tap, at_us, note, epoch, upto = row
    return KeptTap(Tap(tap, at_us, note), epoch, upto)
