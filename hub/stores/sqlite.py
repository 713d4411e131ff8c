"""SQLite as the hub uses it: WAL, `synchronous=FULL`, migrations in order, errors typed by the decision.

The only place that knows SQLite's pragmas. A migration is one SQL script; `PRAGMA user_version` counts those
applied. Released scripts are never edited, only followed by new ones.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub.errors import StoreFull, Unavailable

BUSY_TIMEOUT_S = 10.0
_WRITER_CACHE_KB = 4000
_READER_CACHE_KB = 2000
"""Pages kept by one connection. The system keeps the rest: eight times as much makes folding 3 % cheaper, no more."""
_FULL_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def open_database(path: Path, migrations: Sequence[str], *, max_pages: int | None = None) -> sqlite3.Connection:
    """A connection that may write, its schema brought up to date.

    `max_pages` bounds the file (`PRAGMA max_page_count`). Raises StoreFull where there is no room, Unavailable
    where the file cannot be opened, is newer than this program, or is no database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with store_errors(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KB}")
        if max_pages is not None:
            connection.execute(f"PRAGMA max_page_count = {int(max_pages)}")
        _migrate(connection, migrations, path)
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read; sees every commit made before its statement."""
    with store_errors(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None,
            check_same_thread=False, cached_statements=256,
        )  # fmt: skip
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KB}")
    return connection


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str], path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise Unavailable(f"{path} was written by a newer version of tsunagu (schema {version}); update this hub")
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. The commit is on disk when the block has been left."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: StoreFull (free some room, then retry) or Unavailable."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _FULL_CODES:
            raise StoreFull(f"no room left for {path.name}: free disk space on the hub ({error})") from error
        if isinstance(error, sqlite3.OperationalError) or code in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        ):
            raise Unavailable(f"{path} cannot be used: {error}") from error
        raise
