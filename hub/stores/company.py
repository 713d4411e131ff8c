"""One room per company: a handle to exactly one company's store, readers beside one writer.

`Stores.open(slug)` is the only way to a CompanyStore; there is no function that reads two. All writes of a store
run one after another on its own thread, each in one transaction that is on disk when `write` returns.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from hub.errors import NotFound
from hub.stores.sqlite import open_database, open_reader, store_errors, transaction

T = TypeVar("T")
Row = tuple[Any, ...]


class Reader:
    """Reads one company's store. `connection` is for the `store.py` files alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def all(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Every row."""
        return self.connection.execute(sql, params).fetchall()

    def one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row, None where there is none."""
        row: Row | None = self.connection.execute(sql, params).fetchone()
        return row


class Writer(Reader):
    """Reads and writes one company's store inside one transaction."""

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """One statement; how many rows it touched."""
        return self.connection.execute(sql, params).rowcount

    def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """One statement for each row."""
        self.connection.executemany(sql, rows)


class CompanyStore:
    """One company's store: one writer thread, one reader connection per thread that reads."""

    def __init__(self, slug: str, path: Path, migrations: Sequence[str], *, max_pages: int | None = None) -> None:
        self.slug = slug
        self.path = path
        self._connection = open_database(path, migrations, max_pages=max_pages)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"writer-{slug}")
        self._readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix=f"reader-{slug}")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def read(self, ask: Callable[[Reader], T]) -> T:
        """What `ask` finds, on a reader thread, in one consistent snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, ask)

    def read_now(self, ask: Callable[[Reader], T]) -> T:
        """As `read`, on the caller's thread."""
        connection = self._reader_connection()
        with store_errors(self.path):
            connection.execute("BEGIN")
            try:
                return ask(Reader(connection))
            finally:
                connection.execute("COMMIT")

    async def write(self, change: Callable[[Writer], T]) -> T:
        """Runs `change` on the writer thread; its commit is on disk when this returns. Raises StoreFull."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, change)

    def write_now(self, change: Callable[[Writer], T]) -> T:
        """As `write`, waited for on the caller's thread."""
        return self._writer.submit(self._write, change).result()

    def _write(self, change: Callable[[Writer], T]) -> T:
        with store_errors(self.path), transaction(self._connection):
            return change(Writer(self._connection))

    def plant(self, kept: Path, tables: Sequence[str]) -> None:
        """Fills empty tables from another store of this company."""
        self._writer.submit(self._take_over, kept, tables).result()

    def swap_in(self, beside: Path, tables: Sequence[str]) -> None:
        """Replaces the contents of some tables by those of a store beside this one, in one transaction."""
        self._writer.submit(self._take_over, beside, tables).result()

    def _take_over(self, beside: Path, tables: Sequence[str]) -> None:
        with store_errors(self.path):
            self._connection.execute("ATTACH ? AS beside", (str(beside),))
            try:
                with transaction(self._connection):
                    for table in tables:
                        self._connection.execute(f"DELETE FROM main.{table}")  # noqa: S608  (our own table names)
                        self._connection.execute(f"INSERT INTO main.{table} SELECT * FROM beside.{table}")  # noqa: S608
            finally:
                self._connection.execute("DETACH beside")

    def _reader_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self.path)
            self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Lets running work finish, then closes every connection."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for connection in (*self._opened, self._connection):
            connection.close()


class Stores:
    """The companies' stores under one data directory: ``DIR/companies/SLUG/company.db``."""

    def __init__(self, data_dir: Path, migrations: Sequence[str], *, max_pages: int | None = None) -> None:
        self._root = data_dir / "companies"
        self._migrations = migrations
        self._max_pages = max_pages
        self._open: dict[str, CompanyStore] = {}
        self._lock = threading.Lock()

    def create(self, slug: str) -> CompanyStore:
        """Makes a new company's store, or opens it where it is there already."""
        with self._lock:
            store = self._open.get(slug)
            if store is None:
                path = self._root / slug / "company.db"
                store = CompanyStore(slug, path, self._migrations, max_pages=self._max_pages)
                self._open[slug] = store
            return store

    def open(self, slug: str) -> CompanyStore:
        """The store of a company that exists; NotFound where it does not."""
        store = self._open.get(slug)
        if store is not None:
            return store
        if not (self._root / slug / "company.db").is_file():
            raise NotFound(f"company {slug!r}")
        return self.create(slug)

    def close(self) -> None:
        """Closes every store."""
        with self._lock:
            for store in self._open.values():
                store.close()
            self._open.clear()
