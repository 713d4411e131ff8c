"""How full the buffer is, how fast it fills, and how long it lasts: what health and status show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge_agent.buffer import bounds
from edge_agent.buffer.model import Entry, Stats
from edge_agent.buffer.store import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the file, and its pace. `max_pages`: SQLite's own ceiling, for tests of a full disk."""

    max_bytes: int = 2048 * 2**20
    max_age_us: int = 60 * 86_400_000_000
    max_pages: int | None = None
    gather_s: float = 0.2
    """A commit waits at most so long after the one before."""
    block_s: float = 5.0
    """A telemetry block is closed after so long."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the writer counts itself: given up since start, refused, rescued and waiting; what went wrong last."""

    given_up: int
    refused: int
    rescued: int
    trouble: str | None


class Rate:
    """Bytes a second over about the last ten minutes; None in the first ten seconds."""

    def __init__(self) -> None:
        self.per_s: float | None = None
        self._bytes = 0
        self._since: float | None = None

    def add(self, count: int) -> None:
        """So many bytes were stored."""
        self._bytes += count

    def tick(self, now_s: float) -> None:
        """Once a second or so."""
        if self._since is None:
            self._since, self._bytes = now_s, 0
        elif now_s - self._since >= 10:
            fresh = self._bytes / (now_s - self._since)
            self.per_s = fresh if self.per_s is None else self.per_s + (fresh - self.per_s) / 60
            self._since, self._bytes = now_s, 0


def bytes_in(entries: Iterable[Entry]) -> int:
    """What these entries will take in the file, about: a value costs some 10 bytes in its block."""
    total = 0
    for entry in entries:
        total += sum(len(body) + 12 for _, body in entry.rows)
        if entry.columns is not None:
            total += 10 * entry.columns.length
    return total


def stats(store: Store, old: Stats, counts: Counts, rate: float | None, limits: Limits, *, look: bool) -> Stats:
    """The buffer as it stands. `look`: measure the file too, else keep what was measured last."""
    fresh = replace(
        old,
        epoch=store.epoch,
        acked=store.acked,
        last_seq=store.last_seq,
        staged_values=sum(store.staged.values()),
        given_up=counts.given_up,
        refused=counts.refused,
        rescued=counts.rescued,
        trouble=counts.trouble,
    )
    if not look:
        return fresh
    used = bounds.used_bytes(store)
    room = max(0.0, limits.max_bytes - used * (1 - _sent_share(store)))
    return replace(
        fresh,
        oldest_seen_us=bounds.oldest_seen_us(store),
        used_bytes=used,
        limit_bytes=limits.max_bytes,
        bytes_per_s=rate,
        survives_days=None if not rate else min(room / rate / 86_400, limits.max_age_us / 86_400_000_000),
    )


def _sent_share(store: Store) -> float:
    low = store.db.execute("SELECT min(seq) FROM records").fetchone()[0]
    if low is None or store.last_seq <= low:
        return 1.0
    return float(min(1.0, max(0.0, (store.acked - low + 1) / (store.last_seq - low + 1))))
