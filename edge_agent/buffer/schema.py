"""The buffer's file: its tables, and how it is opened. SQLite, WAL, every commit fsync'd.

`records` never loses its highest row, so the next number is always one more than the highest there.
"""

import sqlite3
from pathlib import Path
from typing import Final

from edge_agent.buffer.model import BufferDamaged, BufferFull, StorageError

VERSION: Final = 1

TABLES: Final = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX telemetry ON records(seq) WHERE kind = 0;
CREATE TABLE staged(id INTEGER PRIMARY KEY, machine TEXT NOT NULL, seen INTEGER NOT NULL, count INTEGER NOT NULL,
    packed BLOB NOT NULL);
CREATE TABLE series(id INTEGER PRIMARY KEY, machine TEXT NOT NULL, signal TEXT NOT NULL, unit TEXT,
    quality TEXT NOT NULL, code TEXT, replayed INTEGER NOT NULL);
CREATE TABLE inbox(id INTEGER PRIMARY KEY, machine TEXT NOT NULL, marks BLOB NOT NULL);
CREATE TABLE proof(machine TEXT PRIMARY KEY, at INTEGER, newest INTEGER) WITHOUT ROWID;
CREATE TABLE memory(machine TEXT NOT NULL, name TEXT NOT NULL, form TEXT NOT NULL, unit TEXT, known INTEGER NOT NULL,
    PRIMARY KEY(machine, name)) WITHOUT ROWID;
CREATE TABLE settled(upto INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE refused(id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER, reason TEXT NOT NULL,
    at INTEGER NOT NULL, record BLOB);
CREATE TABLE rescued(epoch TEXT NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY(epoch, seq)) WITHOUT ROWID;
CREATE TABLE rescued_epochs(epoch TEXT PRIMARY KEY, acked INTEGER NOT NULL, upto INTEGER NOT NULL);
"""


def typed(error: sqlite3.Error) -> StorageError:
    """The error by the decision it asks for."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return BufferDamaged(f"the buffer file is damaged ({error}); it is set aside and a new one begun")
    if primary == sqlite3.SQLITE_FULL:
        return BufferFull(
            "the disk is full: nothing more can be stored; free some space in data_dir or raise its quota"
        )
    return BufferFull(f"the buffer cannot be written ({error}); check the disk and the rights of data_dir")


def connect(path: Path) -> sqlite3.Connection:
    """The file, opened for the one thread that calls this; made when it does not exist."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=True, cached_statements=64)
    try:
        db.execute("PRAGMA busy_timeout=2000")
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA wal_autocheckpoint=4000")
        db.execute("PRAGMA journal_size_limit=33554432")
        db.execute("PRAGMA cache_size=-2000")
    except sqlite3.Error:
        db.close()
        raise
    return db


def prepare(db: sqlite3.Connection, epoch: str) -> None:
    """Makes the tables of a new file under a new epoch; checks the version of an old one."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        db.execute("BEGIN IMMEDIATE")
        for statement in TABLES.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute("INSERT INTO meta VALUES('epoch', ?), ('acked', '0'), ('clean', '1')", (epoch,))
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    elif version != VERSION:
        raise StorageError(
            f"the buffer file has version {version}, this agent knows {VERSION}; install the agent that wrote it"
        )

    if not db.execute("SELECT 1 FROM pragma_table_info('series') WHERE name = 'arrived'").fetchone():
        db.execute("ALTER TABLE series ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0")
    if not db.execute("SELECT 1 FROM pragma_table_info('memory') WHERE name = 'said'").fetchone():
        db.execute("ALTER TABLE memory ADD COLUMN said INTEGER")
    db.execute("CREATE INDEX IF NOT EXISTS clocks ON records(seq) WHERE kind = 5")
    db.execute(
        "CREATE TABLE IF NOT EXISTS taps(id INTEGER PRIMARY KEY, tap TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,"
        " epoch TEXT NOT NULL, upto INTEGER NOT NULL, note BLOB NOT NULL)"
    )


def check(db: sqlite3.Connection) -> None:
    """Reads what must be readable; a small file that was not closed is looked through whole."""
    db.execute("SELECT max(seq) FROM records").fetchone()
    clean = db.execute("SELECT value FROM meta WHERE key='clean'").fetchone()
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    if (clean is None or clean[0] != "1") and pages < 16384:
        found = db.execute("PRAGMA quick_check(1)").fetchone()
        if found[0] != "ok":
            raise BufferDamaged(f"the buffer file is damaged: {found[0]}")
