"""The buffer's SQL: one connection, used by the one writer thread. Times are microseconds since 1970, UTC.

Every method is one transaction; it either happened or raised. What is remembered beside the file (next number,
series, inbox) is changed only after the commit.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from contract.codec import decode_record
from contract.records import Clock
from contract.times import from_us
from edge_agent.buffer import taps
from edge_agent.buffer.blocks import cut_blocks
from edge_agent.buffer.model import CLOCK, GONE, Columns, Entry, Proof, Refused, Row, Taken, pack_record, record_bytes
from edge_agent.normalise.normaliser import Memory
from edge_agent.normalise.track import UNNUMBERED, SeriesKey
from edge_agent.reading import InboxMark

INBOX_KEPT: Final = 8192
"""So many messages of one machine are recognised when they come again; brokers keep far fewer in flight."""
REFUSED_KEPT: Final = 1000

_CLOCK_ROWS: Final = f"SELECT seq, body FROM records WHERE kind = {CLOCK}"

_marks = msgspec.msgpack.Decoder(list[tuple[int, bytes]])


def _correction_of(seq: int, body: bytes) -> tuple[int, int, int]:
    record = decode_record(record_bytes(seq, CLOCK, body))
    assert isinstance(record, Clock)
    return (record.from_seq, seq, record.offset_us)


class Store:
    """One buffer file, open."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        meta = dict(db.execute("SELECT key, value FROM meta"))
        self.epoch: str = meta["epoch"]
        self.last_seq: int = db.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
        self.acked = min(int(meta["acked"]), self.last_seq)
        self.in_flight = self.acked
        self.series = {
            number: SeriesKey(machine, signal, unit, quality, code, bool(replayed), bool(arrived))
            for number, machine, signal, unit, quality, code, replayed, arrived in db.execute(
                "SELECT id, machine, signal, unit, quality, code, replayed, arrived FROM series"
            )
        }
        self.staged: dict[str, int] = dict(db.execute("SELECT machine, sum(count) FROM staged GROUP BY machine"))
        self.inbox: dict[str, dict[int, bytes]] = {}
        self._inbox_rows: dict[str, deque[tuple[int, int]]] = {}
        for row, machine, marks in db.execute("SELECT id, machine, marks FROM inbox ORDER BY id"):
            self._note_inbox(machine, row, [InboxMark(*mark) for mark in _marks.decode(marks)])
        self._acked_saved = self.acked
        self.clock: bytes | None = meta["clock"].encode() if "clock" in meta else None
        self.corrections = [_correction_of(*row) for row in db.execute(_CLOCK_ROWS)]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    # --- in ---

    def write(
        self,
        entries: Iterable[Entry],
        series: Mapping[int, SeriesKey],
        proofs: Mapping[str, Proof],
        clock: bytes | None = None,
    ) -> None:
        """Entries that were gathered, new series, proofs of life and what the clock remembers, in one commit."""
        entries = taps.unheard(self.db, entries)
        seq = self.last_seq
        numbered: list[tuple[int, int, bytes]] = []
        for entry in entries:
            for kind, body in entry.rows:
                seq += 1
                numbered.append((seq, kind, body))
        new_inbox: list[tuple[str, int, tuple[InboxMark, ...]]] = []
        with self.transaction() as db:
            if numbered:
                db.executemany("INSERT INTO records VALUES(?, ?, ?)", numbered)
            if series:
                db.executemany(
                    "INSERT INTO series VALUES(?, ?, ?, ?, ?, ?, ?, ?)", [(n, *k) for n, k in series.items()]
                )
            taps.write(db, self.epoch, self.last_seq, entries)
            for entry in entries:
                self._write_rest(db, entry, new_inbox)
            self._write_proofs(db, proofs)
            self._write_clock(db, clock)
            self._write_acked(db)
        self.last_seq = seq
        self.clock = self.clock if clock is None else clock
        self._acked_saved = self.acked
        self.series.update(series)
        for entry in entries:
            if entry.columns is not None:
                self.staged[entry.machine] = self.staged.get(entry.machine, 0) + entry.columns.length
        for machine, row, marks in new_inbox:
            self._note_inbox(machine, row, marks)

    def _write_rest(
        self, db: sqlite3.Connection, entry: Entry, new_inbox: list[tuple[str, int, tuple[InboxMark, ...]]]
    ) -> None:
        if entry.columns is not None:
            db.execute(
                "INSERT INTO staged(machine, seen, count, packed) VALUES(?, ?, ?, ?)",
                (entry.machine, entry.seen_us, *entry.columns),
            )
        if entry.memory:
            db.executemany(
                "INSERT OR REPLACE INTO memory(machine, name, form, unit, known, said) VALUES(?, ?, ?, ?, ?, ?)",
                [(entry.machine, name, *memory) for name, memory in entry.memory.items()],
            )
        if entry.inbox:
            packed = msgspec.msgpack.encode([(mark.packet_id, mark.digest) for mark in entry.inbox])
            cursor = db.execute("INSERT INTO inbox(machine, marks) VALUES(?, ?)", (entry.machine, packed))
            new_inbox.append((entry.machine, cursor.lastrowid or 0, entry.inbox))
            rows = self._inbox_rows.get(entry.machine)
            if rows is not None and sum(count for _, count in rows) > INBOX_KEPT:
                db.execute("DELETE FROM inbox WHERE id = ?", (rows[0][0],))

    def _note_inbox(self, machine: str, row: int, marks: Iterable[InboxMark]) -> None:
        known = self.inbox.setdefault(machine, {})
        rows = self._inbox_rows.setdefault(machine, deque())
        count = 0
        for mark in marks:
            known.pop(mark.packet_id, None)
            known[mark.packet_id] = mark.digest
            count += 1
        if sum(held for _, held in rows) > INBOX_KEPT:
            rows.popleft()
            while len(known) > INBOX_KEPT:
                del known[next(iter(known))]
        rows.append((row, count))

    def _write_proofs(self, db: sqlite3.Connection, proofs: Mapping[str, Proof]) -> None:
        if proofs:
            db.executemany(
                "INSERT OR REPLACE INTO proof VALUES(?, ?, ?)", [(machine, *proof) for machine, proof in proofs.items()]
            )

    def _write_acked(self, db: sqlite3.Connection) -> None:
        if self.acked != self._acked_saved:
            db.execute("UPDATE meta SET value = ? WHERE key = 'acked'", (str(self.acked),))

    def close_blocks(self, machine: str) -> int:
        """The machine's staged values become numbered `samples` records; how many records."""
        staged = self.db.execute(
            "SELECT seen, count, packed FROM staged WHERE machine = ? ORDER BY id", (machine,)
        ).fetchall()
        rows = cut_blocks(((seen, Columns(count, packed)) for seen, count, packed in staged), self.series)
        with self.transaction() as db:
            self._insert_rows(db, rows)
            db.execute("DELETE FROM staged WHERE machine = ?", (machine,))
        self.last_seq += len(rows)
        self.staged.pop(machine, None)
        return len(rows)

    def note_clock(self, offset_us: int, from_seq: int, at_us: int, clock: bytes | None) -> None:
        """The agent's clock was corrected: `offset_us` is to be added to what it stamped from `from_seq` up to here.

        `clock` is what the corrected clock remembers, kept in the same commit.
        """
        now = from_us(at_us)
        record = Clock(seq=UNNUMBERED, seen=now, at=now, offset_us=offset_us, from_seq=from_seq)
        with self.transaction() as db:
            self._insert_rows(db, [pack_record(record)])
            self._write_clock(db, clock)
        self.last_seq += 1
        self.corrections.append((from_seq, self.last_seq, offset_us))
        self.clock = self.clock if clock is None else clock

    def _write_clock(self, db: sqlite3.Connection, clock: bytes | None) -> None:
        if clock is not None and clock != self.clock:
            db.execute("INSERT OR REPLACE INTO meta VALUES('clock', ?)", (clock.decode(),))

    def offset_us(self, seq: int) -> int:
        """What is to be added to the agent's stamps in record `seq`: its clock was wrong back then."""
        return sum(offset for low, high, offset in self.corrections if low <= seq < high)

    def _insert_rows(self, db: sqlite3.Connection, rows: list[Row]) -> None:
        db.executemany(
            "INSERT INTO records VALUES(?, ?, ?)",
            [(self.last_seq + place, kind, body) for place, (kind, body) in enumerate(rows, 1)],
        )

    # --- out ---

    def take(self, after: int, max_records: int, max_bytes: int) -> Taken:
        """The next batch behind `after`, at least one record where there is one."""
        records: list[bytes] = []
        seqs: list[int] = []
        size, upto = 0, self.last_seq
        cursor = self.db.execute(
            "SELECT seq, kind, body FROM records WHERE seq > ? ORDER BY seq LIMIT ?", (after, max_records + 1)
        )
        for seq, kind, body in cursor:
            if len(records) >= max_records or (records and size + len(body) + 64 > max_bytes):
                upto = seq - 1
                break
            if kind == GONE:
                continue
            records.append(record_bytes(seq, kind, body))
            seqs.append(seq)
            size += len(body) + 64
        cursor.close()
        upto = max(upto, after)
        self.in_flight = max(self.in_flight, upto)
        return Taken(self.epoch, after, upto, records, seqs, size, more=upto < self.last_seq)

    def settle(self, acked: int, now_us: int) -> None:
        """The hub has everything up to `acked`; it may have less than it said before."""
        self.acked = self.in_flight = min(max(acked, 0), self.last_seq)
        with self.transaction() as db:
            self._write_acked(db)
            db.execute("DELETE FROM settled WHERE upto >= ?", (self.acked,))
            db.execute("INSERT INTO settled VALUES(?, ?)", (self.acked, now_us))
        self._acked_saved = self.acked

    def refuse(self, refused: Refused, *, remove: bool) -> None:
        """Keeps a record the hub did not take. `remove`: its number is claimed without it from now on."""
        with self.transaction() as db:
            record = refused.record
            if refused.seq is not None and refused.epoch == self.epoch:
                row = db.execute("SELECT kind, body FROM records WHERE seq = ?", (refused.seq,)).fetchone()
                if row is not None and row[0] != GONE:
                    record = record or record_bytes(refused.seq, *row)
                if remove:
                    db.execute("UPDATE records SET kind = ?, body = x'' WHERE seq = ?", (GONE, refused.seq))
            if remove and refused.epoch != self.epoch:
                db.execute("DELETE FROM rescued WHERE epoch = ? AND seq = ?", (refused.epoch, refused.seq))
            db.execute(
                "INSERT INTO refused(epoch, seq, reason, at, record) VALUES(?, ?, ?, ?, ?)",
                (refused.epoch, refused.seq, refused.reason, refused.at_us, record),
            )
            db.execute("DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?", (REFUSED_KEPT,))

    def refused(self) -> list[Refused]:
        """What was refused, newest last."""
        return [
            Refused(*row) for row in self.db.execute("SELECT epoch, seq, reason, at, record FROM refused ORDER BY id")
        ]

    def memory(self, machine: str) -> dict[str, Memory]:
        """What the machine's normaliser must know after a restart."""
        rows = self.db.execute("SELECT name, form, unit, known, said FROM memory WHERE machine = ?", (machine,))
        return {name: Memory(form, unit, bool(known), said) for name, form, unit, known, said in rows}

    def proofs(self) -> dict[str, Proof]:
        """Last proof of life per machine."""
        return {row[0]: Proof(row[1], row[2]) for row in self.db.execute("SELECT machine, at, newest FROM proof")}

    def renumber(self, epoch: str, first: int) -> None:
        """Numbers from `first` on begin a new epoch at 1; older ones are at the hub already and are dropped.

        For a file that lost its tail (or was copied): the hub has numbers of this epoch that the file does not
        know, so nothing new may be sent under them. Only rows that were never sent may be renumbered.
        """
        with self.transaction() as db:
            db.execute("DELETE FROM records WHERE seq < ?", (first,))
            db.execute("UPDATE records SET seq = -(seq - ?)", (first - 1,))
            db.execute("UPDATE records SET seq = -seq")
            db.execute("DELETE FROM settled")
            taps.renumber(db, self.epoch, epoch, first)
            db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
            db.execute("UPDATE meta SET value = '0' WHERE key = 'acked'")
        self.epoch = epoch
        self.last_seq = max(0, self.last_seq - first + 1)
        self.acked = self._acked_saved = self.in_flight = 0
        self.corrections = [_correction_of(*row) for row in self.db.execute(_CLOCK_ROWS)]

    def forget_series(self) -> None:
        """No staged value refers to a series any more: their numbers begin again."""
        if not self.staged and self.series:
            self.db.execute("DELETE FROM series")
            self.series.clear()

    def set_clean(self, *, clean: bool) -> None:
        """Whether the file was closed in order."""
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'clean'", ("1" if clean else "0",))
