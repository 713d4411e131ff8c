"""The ledger of a hub that runs, read from its file: which serials have become durable, when they happened, how often.

Reading beside the hub costs it nothing, so that the moment data flows again can be measured. Times µs since 1970, UTC.
"""

import sqlite3
from collections import defaultdict
from pathlib import Path

from contract.records import Observation
from contract.times import to_us
from hub.errors import Unavailable
from hub.ledger import segments
from hub.stores.company import Reader
from hub.stores.sqlite import open_reader


class LedgerWatch:
    """`read` takes in what is new; `reset` after the file was replaced."""

    def __init__(self, data: Path, company: str) -> None:
        self._path = data / "companies" / company / "company.db"
        self._connection: sqlite3.Connection | None = None
        self.reset()

    def reset(self) -> None:
        """Forgets everything, as after a restored backup."""
        self.close()
        self._segment = 0
        self.newest: dict[str, int] = {}
        self.times: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        """By machine and serial: the time of each good record that says it."""

    def read(self) -> None:
        """What has become durable since the last time."""
        try:
            if self._connection is None:
                self._connection = open_reader(self._path)
            for segment in segments.after(Reader(self._connection), self._segment, 1_000_000):
                self._segment = segment.segment
                for record in segment.records:
                    if isinstance(record, Observation) and record.signal == "serial" and record.quality == "good":
                        self._note(record.machine.partition("/")[2], int(str(record.value)), to_us(record.at))
        except (sqlite3.OperationalError, Unavailable):  # a hub is being started or replaced: look again later
            self.close()

    def _note(self, machine: str, serial: int, at: int) -> None:
        self.times[machine][serial].append(at)
        self.newest[machine] = max(at, self.newest.get(machine, 0))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
