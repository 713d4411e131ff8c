"""The audit: who asked and did what, kept in the directory, readable by the owner of the data.

Commands and refusals are written before they are answered, a command in the same transaction as its change.
Questions about one's own company are counted by the minute (viewer, question, params), because an open page asks
the same every few seconds; those counts are written within a minute and at the end, so a crash may lose the last
minute of them, and of them alone.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from hub.access.viewer import Viewer
from hub.directory.database import Directory
from hub.directory.records import AuditEntry, write_audit
from hub.stores.company import Writer

_MINUTE_US = 60_000_000
_MAX_PENDING = 10_000
_Key = tuple[int, str, str, str, str, str, str, str, str, str]


@dataclass(slots=True)
class _Count:
    times: int = 0
    rows: int = 0


class Audit:
    """The audit of one hub; safe to use from several threads."""

    def __init__(self, directory: Directory, clock_us: Callable[[], int]) -> None:
        self._directory = directory
        self._clock_us = clock_us
        self._lock = threading.Lock()
        self._pending: dict[_Key, _Count] = {}

    def asked(self, viewer: Viewer, owner: str, name: str, params: str, rows: int, withheld: str) -> None:
        """Counts an answered question; flushes when a minute's worth is complete or there are very many."""
        minute = self._clock_us() // _MINUTE_US * _MINUTE_US
        key = (minute, owner, *_who(viewer), "ask", name, params, "answered", withheld)
        with self._lock:
            count = self._pending.setdefault(key, _Count())
            count.times += 1
            count.rows += rows

    def is_due(self) -> bool:
        """Whether counts of an earlier minute wait to be written."""
        now = self._clock_us()
        with self._lock:
            if len(self._pending) > _MAX_PENDING:
                return True
            return any(key[0] + _MINUTE_US <= now for key in self._pending)

    def flush(self) -> None:
        """Writes every count; waits for the disk."""
        with self._lock:
            pending, self._pending = self._pending, {}
        entries = [
            (minute, owner, company, kind, viewer, verb, name, params, outcome, count.times, count.rows, withheld)
            for (minute, owner, company, kind, viewer, verb, name, params, outcome, withheld), count in pending.items()
        ]
        if entries:
            self._directory.change(lambda writer: write_audit(writer, entries))

    def did(self, writer: Writer, viewer: Viewer, owner: str, name: str, params: str) -> None:
        """Writes a command into the transaction that makes its change."""
        write_audit(writer, [self._entry(viewer, owner, ("do", name, params, "done"))])

    def refused(self, viewer: Viewer, owner: str, verb: str, name: str, params: str, reason: str) -> None:
        """Writes a refusal; waits for the disk."""
        entry = self._entry(viewer, owner, (verb, name, params, f"refused: {reason}"))
        self._directory.change(lambda writer: write_audit(writer, [entry]))

    def _entry(self, viewer: Viewer, owner: str, said: tuple[str, str, str, str]) -> AuditEntry:
        return (self._clock_us(), owner, *_who(viewer), *said, 1, 0, "")


def _who(viewer: Viewer) -> tuple[str, str, str]:
    return (viewer.company, viewer.kind, viewer.name)


def params_digest(params: msgspec.Struct) -> str:
    """What is kept of a question's or command's params: enough to tell two apart, no secret among them."""
    return hashlib.sha256(msgspec.json.encode(params)).hexdigest()[:16]
