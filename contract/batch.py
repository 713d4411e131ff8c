"""The envelope: a batch that claims a range of numbers, and the receipt that settles it (DESIGN §3).

A batch claims the numbers ``(after, upto]`` of one epoch. A claimed number without a record no longer exists
at the agent (lost); a number never claimed is a hole. A receipt's `acked` says: everything up to here is on disk
at the hub. It may be lower than before (a hub restored from a backup); the agent then sends again from there.
"""

from typing import Annotated

import msgspec

from contract.records import Record, Time

VERSION = 1
Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class MachineStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One machine as the agent sees it now; `known_until` is its last proof of life (agent's clock, UTC)."""

    machine: str
    connected: bool
    known_until: Time | None = None
    bad_signals: tuple[str, ...] = ()
    reason: str | None = None
    """Why it is not connected, in plain words."""
    faults: dict[str, str] = {}
    """Why signals cannot be read, in plain words, by name; not more than a few."""


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The agent's health at `sent_at`; `clock_offset_s` is hub time minus agent time."""

    backlog_records: Number = 0
    backlog_s: float = 0.0
    oldest_seq: int | None = None
    clock_offset_s: float | None = msgspec.field(name="clock_offset", default=None)
    machines: tuple[MachineStatus, ...] = ()
    survives_days: float | None = None
    """How long the buffer lasts at the current rate."""


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A batch without its records."""

    v: int
    agent: str
    epoch: str
    after: Number
    upto: Number
    sent_at: Time
    status: Status = Status()


class Batch(Head, frozen=True, kw_only=True, omit_defaults=True):
    """A batch whose every record is well-formed."""

    records: list[Record]


class RawBatch(Head, frozen=True, kw_only=True, omit_defaults=True):
    """A batch whose records are judged singly."""

    records: list[msgspec.Raw]


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A record the hub keeps in quarantine; the agent does not send it again."""

    seq: int | None
    reason: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sent after the commit is on disk, never before."""

    acked: int
    rejected: tuple[Rejected, ...] = ()
    hub_time: Time
    retry_after_s: float | None = msgspec.field(name="retry_after", default=None)
