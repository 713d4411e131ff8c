"""The audit: who asked and did what, kept in the directory, readable by the owner of the data.

Commands and refusals are written before they are answered, a command in the same transaction as its change.
Questions about one's own company are counted by the minute (viewer, question, params but for times and pages),
because an open page asks the same every few seconds. Those counts are written within a minute and at the end, so a
crash may lose the last minute of them, and of them alone; they are kept for `READS_KEPT_DAYS`, all else for ever.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from hub.access.viewer import Viewer
from hub.directory.database import Directory
from hub.directory.records import AuditEntry, begin_audit, end_audit, forget_reads, write_audit
from hub.errors import HubError
from hub.stores.company import Writer

READS_KEPT_DAYS = 90
_MINUTE_US = 60_000_000
_DAY_US = 86_400_000_000
_MAX_PENDING = 10_000
_PLACES = frozenset({"cursor", "limit", "points"})
_SECRETS = frozenset({"password", "current", "token"})
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
        self._swept = -1

    def asked(self, viewer: Viewer, owner: str, name: str, params: str, rows: int, withheld: str) -> None:
        """Counts an answered question."""
        minute = self._clock_us() // _MINUTE_US * _MINUTE_US
        key = (minute, owner, *_who(viewer), "ask", name, params, "answered", withheld)
        with self._lock:
            count = self._pending.setdefault(key, _Count())
            count.times += 1
            count.rows += rows

    def is_full(self) -> bool:
        """Whether so many counts wait that they must be written before the next question is answered."""
        return len(self._pending) > _MAX_PENDING

    def flush(self) -> None:
        """Writes every count; waits for the disk. Where it has no room the counts wait for the next time."""
        with self._lock:
            pending, self._pending = self._pending, {}
        try:
            self._write(pending)
        except HubError:
            with self._lock:
                self._pending = pending | self._pending
            raise

    def _write(self, pending: dict[_Key, _Count]) -> None:
        entries = [
            (minute, owner, company, kind, viewer, verb, name, params, outcome, count.times, count.rows, withheld)
            for (minute, owner, company, kind, viewer, verb, name, params, outcome, withheld), count in pending.items()
        ]
        if not entries:
            return
        today = self._clock_us() // _DAY_US
        oldest_us = (today - READS_KEPT_DAYS) * _DAY_US if today != self._swept else None

        def change(writer: Writer) -> None:
            write_audit(writer, entries)
            if oldest_us is not None:
                forget_reads(writer, oldest_us)

        self._directory.change(change)
        self._swept = today

    def did(self, writer: Writer, viewer: Viewer, owner: str, name: str, params: str) -> None:
        """Writes a command into the transaction that makes its change."""
        write_audit(writer, [self._entry(viewer, owner, ("do", name, params, "done"))])

    def begun(self, viewer: Viewer, owner: str, name: str, params: str) -> int:
        """Writes, before it is made, that a change of the books begins; its row's number. Waits for the disk."""
        entry = self._entry(viewer, owner, ("do", name, params, "begun"))
        return self._directory.change(lambda writer: begin_audit(writer, entry))

    def ended(self, number: int, outcome: str) -> None:
        """Writes how a change that began came out. A row that stays `begun` tells of a hub that died meanwhile."""
        self._directory.change(lambda writer: end_audit(writer, number, outcome))

    def refused(self, viewer: Viewer, owner: str, verb: str, name: str, params: str, reason: str) -> None:
        """Writes a refusal; waits for the disk."""
        entry = self._entry(viewer, owner, (verb, name, params, f"refused: {reason}"))
        self._directory.change(lambda writer: write_audit(writer, [entry]))

    def _entry(self, viewer: Viewer, owner: str, said: tuple[str, str, str, str]) -> AuditEntry:
        return (self._clock_us(), owner, *_who(viewer), *said, 1, 0, "")


def _who(viewer: Viewer) -> tuple[str, str, str]:
    return (viewer.company, viewer.kind, viewer.name)


def params_digest(params: msgspec.Struct) -> str:
    """What is kept of a question's or command's params: enough to tell two apart, no secret among them.

    Times and pages are left out: a page that asks for the last 8 hours again and again asks one thing. So are
    passwords: a digest of one could be guessed far faster than its argon2 hash.
    """
    told = {name: value for name, value in msgspec.structs.asdict(params).items() if not _is_left_out(name)}
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:16]


def _is_left_out(name: str) -> bool:
    return name.endswith("_us") or name in _PLACES or name in _SECRETS
