"""Opening ``DIR/directory.db``: one connection that writes, one that reads, each behind its lock.

Reads take microseconds and may run on the event loop; changes wait for the disk and belong on a thread. Other
processes (the commands) may change the file at the same time: nothing is cached here.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hub.directory.schema import MIGRATIONS
from hub.errors import Conflict, NotFound
from hub.stores.company import Reader, Writer
from hub.stores.sqlite import open_database, open_reader, store_errors, transaction

T = TypeVar("T")
FILE = "directory.db"


class Directory:
    """The directory of one hub. Use `open_directory` or `create_directory`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = open_database(path, MIGRATIONS)
        self._reader = open_reader(path)
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()

    def read(self, ask: Callable[[Reader], T]) -> T:
        """What `ask` finds, in one consistent snapshot."""
        with self._read_lock, store_errors(self.path):
            self._reader.execute("BEGIN")
            try:
                return ask(Reader(self._reader))
            finally:
                self._reader.execute("COMMIT")

    def change(self, change: Callable[[Writer], T]) -> T:
        """Runs `change` in one transaction; on disk when this returns."""
        with self._write_lock, store_errors(self.path), transaction(self._writer):
            return change(Writer(self._writer))

    def close(self) -> None:
        """Closes both connections."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()


def open_directory(data_dir: Path) -> Directory:
    """The directory of a hub that was initialised; NotFound where it was not."""
    path = data_dir / FILE
    if not path.is_file():
        raise NotFound(f"hub in {data_dir}; make one with: tsunagu-hub init --data {data_dir} --help")
    return Directory(path)


def create_directory(data_dir: Path) -> Directory:
    """A new directory; Conflict where there is one already."""
    path = data_dir / FILE
    if path.exists():
        raise Conflict(f"{data_dir} holds a hub already; nothing was changed")
    return Directory(path)
