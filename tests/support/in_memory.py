"""A company's store in memory with one machine: for tests that make hundreds of them, or count what SQLite does."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from contract.codec import encode_record
from contract.records import Machine
from contract.times import from_us
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import Writer
from tests.support.company import KEY


@contextmanager
def opened(rule: str | None = None) -> Iterator[Writer]:
    """A store in which the machine of `tests.support.company` is number 1, with this part rule."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_empty())
    at = from_us(0)
    record = Machine(seq=1, seen=at, at=at, machine=KEY, driver="opcua", state_model="mtconnect", part_rule=rule)
    connection.execute(
        "INSERT INTO machines (machine_id, machine, record) VALUES (1, ?, ?)", (KEY, encode_record(record))
    )
    try:
        yield Writer(connection)
    finally:
        connection.close()


@cache
def _empty() -> bytes:
    connection = sqlite3.connect(":memory:")
    for script in COMPANY_MIGRATIONS:
        connection.executescript(script)
    return connection.serialize()


def operations(writer: Writer, work: Callable[[], object]) -> int:
    """How many times a hundred operations SQLite does for it: what is read, whatever the processor."""
    done = 0

    def count() -> int:
        nonlocal done
        done += 1
        return 0

    writer.connection.set_progress_handler(count, 100)
    work()
    writer.connection.set_progress_handler(None, 0)
    return done
