"""The buffer is bounded: what is kept after it was sent, and what goes first when it is full.

Order of leaving: sent records (kept 24 h while there is room), then telemetry, then what else machines said, then
what people reported, each oldest first.
Unsent records that leave are explained by `gap` records, one per machine and step, in the same transaction.
A record that is on its way to the hub is not given up, nor is one that says how the agent's clock was.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from contract.codec import decode_record
from contract.records import Clock, Condition, Gap, Observation, Record, Samples, is_own_time
from contract.times import effective_us, from_us, to_us
from edge_agent.buffer.model import CLOCK, GONE, pack_record, record_bytes
from edge_agent.buffer.store import Store
from edge_agent.normalise.track import UNNUMBERED

KEPT_AFTER_SENT_US: Final = 86_400_000_000
STEP: Final = 2000
"""Records that leave in one transaction, so that new ones never wait long."""
LOW_WATER: Final = 0.95


def used_bytes(store: Store) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        store.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def drop_settled(store: Store, now_us: int) -> int:
    """Sent records whose 24 hours are over; how many left (at most one step)."""
    row = store.db.execute("SELECT max(upto) FROM settled WHERE at < ?", (now_us - KEPT_AFTER_SENT_US,)).fetchone()
    if row[0] is None:
        return 0
    return _drop_sent(store, min(row[0], store.acked))


def make_room(store: Store, limit: int, now_us: int) -> int:
    """One step towards the limit. Unsent records that were given up; 0 when there was room or only sent ones left."""
    used = used_bytes(store)
    if used <= limit:
        return 0
    if _drop_sent(store, store.acked):
        return 0
    excess = used - int(limit * LOW_WATER)
    for kinds in ("kind = 0", f"kind BETWEEN 1 AND {CLOCK}", f"kind > {CLOCK}"):
        given_up = _give_up(store, kinds, "the buffer is full", now_us, excess=excess)
        if given_up:
            return given_up
    return 0


def drop_sent(store: Store) -> int:
    """Sent records leave at once: the disk is full; how many left (at most one step)."""
    return _drop_sent(store, store.acked)


def drop_old(store: Store, max_age_us: int, now_us: int) -> int:
    """Unsent records older than the bound in days; how many were given up."""
    oldest_us = oldest_seen_us(store)
    if oldest_us is None or oldest_us >= now_us - max_age_us:
        return 0
    return _give_up(store, "1", "older than the buffer keeps", now_us, before_us=now_us - max_age_us)


def oldest_seen_us(store: Store) -> int | None:
    """When the oldest record that the hub has not acknowledged was seen, by the clock as it is known to be now."""
    row = store.db.execute(
        "SELECT seq, kind, body FROM records WHERE seq > ? AND kind >= 0 ORDER BY seq LIMIT 1", (store.acked,)
    ).fetchone()
    return None if row is None else _seen_us(store, row[0], decode_record(record_bytes(*row)))


def _seen_us(store: Store, seq: int, record: Record) -> int:
    return to_us(record.seen) + store.offset_us(seq)


def _drop_sent(store: Store, upto: int) -> int:
    upto = min(upto, store.last_seq - 1)
    with store.transaction() as db:
        cursor = db.execute(
            "DELETE FROM records WHERE seq IN (SELECT seq FROM records WHERE seq <= ? ORDER BY seq LIMIT ?)",
            (upto, STEP),
        )
        gone = cursor.rowcount
        if gone < STEP:
            db.execute("DELETE FROM settled WHERE upto < ?", (upto,))
    return gone


def _give_up(
    store: Store, kinds: str, reason: str, now_us: int, *, before_us: int | None = None, excess: int | None = None
) -> int:
    """The oldest unsent records of these kinds leave, and gaps say so.

    `before_us`: only those seen earlier. `excess`: only as many as hold so many bytes.
    """
    floor = max(store.acked, store.in_flight)
    rows = store.db.execute(
        f"SELECT seq, kind, body FROM records WHERE seq > ? AND seq < ? AND kind NOT IN ({GONE}, {CLOCK}) AND {kinds}"
        " ORDER BY seq LIMIT ?",
        (floor, store.last_seq, STEP),
    ).fetchall()
    if excess is not None:
        sizes = accumulate(len(body) for _, _, body in rows)
        rows = rows[: 1 + sum(size < excess for size in sizes)]
    leaving = [(row[0], decode_record(record_bytes(*row))) for row in rows]
    if before_us is not None:
        leaving = [(seq, record) for seq, record in leaving if _seen_us(store, seq, record) < before_us]
    if not leaving:
        return 0
    gaps = _gaps(store, leaving, reason, now_us)
    with store.transaction() as db:
        db.executemany("DELETE FROM records WHERE seq = ?", [(seq,) for seq, _ in leaving])
        db.executemany(
            "INSERT INTO records VALUES(?, ?, ?)",
            [(store.last_seq + place, *pack_record(gap)) for place, gap in enumerate(gaps, 1)],
        )
    store.last_seq += len(gaps)
    return len(leaving)


def _gaps(store: Store, leaving: Iterable[tuple[int, Record]], reason: str, now_us: int) -> list[Gap]:
    """One gap for each machine of what leaves; an older gap that leaves is counted on in the new one.

    Its count is that of numbers the hub will count lost, the numbers of gaps that left included.
    """
    spans: dict[str | None, tuple[int, int, int]] = {}
    for seq, record in leaving:
        machine = None if isinstance(record, Clock) else record.machine
        if isinstance(record, Gap):
            begin, end, count = to_us(record.from_), to_us(record.to), record.count + 1
        else:
            begin = end = _folded_us(record, store.offset_us(seq))
            count = 1
            if isinstance(record, Samples):
                begin, end = begin + min(record.dt_us), begin + max(record.dt_us)
        old = spans.get(machine)
        if old is not None:
            begin, end, count = min(begin, old[0]), max(end, old[1]), count + old[2]
        spans[machine] = (begin, end, count)
    now = from_us(now_us)
    return [
        Gap(
            seq=UNNUMBERED, seen=now, at=now, from_=from_us(begin), to=from_us(end), count=count, reason=reason,
            machine=machine,
        )
        for machine, (begin, end, count) in spans.items()
    ]  # fmt: skip


def _folded_us(record: Record, offset_us: int) -> int:
    """The time at which the hub would have folded it."""
    at_us, seen_us = to_us(record.at), to_us(record.seen)
    code = record.code if isinstance(record, Observation | Samples | Condition) else None
    return effective_us(at_us, seen_us, offset_us, own=is_own_time(at_us, seen_us, code))
