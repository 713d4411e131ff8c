"""One server at a time for a data directory.

The lock is an exclusive transaction on ``DIR/serving.lock``: it works on every system that SQLite does and is free
again the moment its process is gone, however it went.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hub.errors import Conflict, Unavailable

FILE = "serving.lock"


@contextlib.contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Holds the lock; Conflict where another process serves this directory."""
    try:
        connection = sqlite3.connect(data_dir / FILE, timeout=1, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{data_dir / FILE} cannot be used: {error}") from None
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Conflict(f"{data_dir} is being served by another tsunagu-hub; stop that one first") from None
            raise Unavailable(f"{data_dir / FILE} cannot be used: {error}") from None
        yield
    finally:
        connection.close()


def is_served(data_dir: Path) -> bool:
    """Whether a process serves this directory now."""
    try:
        with serving(data_dir):
            return False
    except Conflict:
        return True
