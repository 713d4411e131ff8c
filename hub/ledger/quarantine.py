"""What could not be taken: kept whole, with the reason, shown to people, never dropped and never re-sent."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from contract.times import from_us
from hub.stores.company import Reader, Writer


class Held(msgspec.Struct, frozen=True):
    """One record in quarantine. `raw` is what came, as JSON."""

    agent: str
    epoch: str
    seq: int | None
    reason: str
    received_at: datetime
    raw: bytes


def hold(writer: Writer, agent: str, epoch_no: int, seq: int | None, reason: str, raw: bytes, received_us: int) -> None:
    """Keeps a record aside; the very same record sent again is kept once."""
    digest = hashlib.blake2b(raw, digest_size=16).digest()
    known = writer.one(
        "SELECT 1 FROM quarantine WHERE epoch_no = ? AND seq IS ? AND digest = ?", (epoch_no, seq, digest)
    )
    if known is None:
        writer.run(
            "INSERT INTO quarantine (agent, epoch_no, seq, reason, received, digest, raw) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (agent, epoch_no, seq, reason, received_us, digest, raw),
        )


def held_numbers(reader: Reader, epoch_no: int, first_seq: int, last_seq: int) -> dict[int, str]:
    """Numbers in quarantine from first to last, and why."""
    rows = reader.all(
        "SELECT seq, reason FROM quarantine WHERE epoch_no = ? AND seq BETWEEN ? AND ? ORDER BY id DESC",
        (epoch_no, first_seq, last_seq),
    )
    return dict(rows)


def read(reader: Reader, agent: str | None, before_id: int | None, limit: int) -> list[tuple[int, Held]]:
    """Newest first: (id, record), of one agent or of all, older than `before_id`."""
    rows: list[tuple[Any, ...]] = reader.all(
        "SELECT q.id, q.agent, e.epoch, q.seq, q.reason, q.received, q.raw FROM quarantine q"
        " JOIN epochs e USING (epoch_no) WHERE (? IS NULL OR q.agent = ?) AND (? IS NULL OR q.id < ?)"
        " ORDER BY q.id DESC LIMIT ?",
        (agent, agent, before_id, before_id, limit),
    )
    return [(row[0], Held(row[1], row[2], row[3], row[4], from_us(row[5]), row[6])) for row in rows]
