"""One server at a time for a data directory.

The lock is an exclusive transaction on ``DIR/serving.lock``: it works on every system that SQLite does and is free
again the moment its process is gone, however it went.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hub.errors import Conflict

FILE = "serving.lock"


@contextlib.contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Holds the lock; Conflict where another process serves this directory."""
    connection = sqlite3.connect(data_dir / FILE, timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise Conflict(f"{data_dir} is being served by another tsunagu-hub; stop that one first") from None
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
