"""What goes into the buffer and what comes out, and how it is packed. Pure.

A record is kept as its JSON without its beginning: kind and number are put in front when it is taken, so that
numbering costs nothing per byte. Telemetry waits as packed columns (series uint32, at int64 µs, value float64
with NaN for null) until its block closes. Errors, by the decision they ask for::

    StorageError            the buffer could not do it
    ├── BufferFull         nothing was stored: do not acknowledge, try again later
    ├── BufferDamaged      the file cannot be read: it is set aside and a new one begun
    └── BufferClosed       the agent is stopping
"""

from array import array
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contract.codec import encode_record
from contract.records import (
    Clock,
    Condition,
    Gap,
    Inspection,
    Lot,
    Machine,
    Observation,
    Progress,
    Reason,
    Record,
    Samples,
)
from edge_agent.normalise.normaliser import Memory, Normalised
from edge_agent.reading import InboxMark


class StorageError(Exception):
    """The buffer could not do what was asked."""


class BufferFull(StorageError):
    """No room: nothing of this was stored, nothing stored before is lost."""


class BufferDamaged(StorageError):
    """The file cannot be read as a database."""


class BufferClosed(StorageError):
    """The buffer takes nothing any more: the agent is stopping."""


KINDS: Final = (Samples, Observation, Condition, Machine, Gap, Clock, Progress, Reason, Inspection, Lot)
"""A record's place here is its `kind` in the file. Append only."""
SAMPLES: Final = 0
GAP: Final = 4
CLOCK: Final = 5
GONE: Final = -1
"""Kind of a number whose record was taken out (it could not be sent); it is claimed without a record."""

_KIND: Final = {kind: number for number, kind in enumerate(KINDS)}
_TAGS: Final = tuple(str(kind.__struct_config__.tag) for kind in KINDS)
_PREFIXES: Final = tuple(f'{{"kind":"{tag}","seq":'.encode() for tag in _TAGS)
_CUT: Final = {kind: len(_PREFIXES[number]) + len(b"1,") for kind, number in _KIND.items()}


class Row(NamedTuple):
    """One record as it lies in the file: kind, and its JSON behind `"seq":N,`."""

    kind: int
    body: bytes


def pack_record(record: Record) -> Row:
    """A record that is not numbered yet (`seq` 1) as a row."""
    kind = type(record)
    return Row(_KIND[kind], encode_record(record)[_CUT[kind] :])


def record_bytes(seq: int, kind: int, body: bytes) -> bytes:
    """The record's JSON under its number."""
    return b"%b%d,%b" % (_PREFIXES[kind], seq, body)


class Columns(NamedTuple):
    """Telemetry values that arrived together: how many, and their packed columns."""

    length: int
    packed: bytes


def pack_columns(series: list[int], ats: list[int], values: list[float]) -> Columns:
    """Three columns of the same length as bytes."""
    packed = array("I", series).tobytes() + array("q", ats).tobytes() + array("d", values).tobytes()
    return Columns(len(series), packed)


def unpack_columns(columns: Columns) -> "tuple[array[int], array[int], array[float]]":
    """Series, times and values."""
    length, packed = columns
    series, ats, values = array("I"), array("q"), array("d")
    series.frombytes(packed[: 4 * length])
    ats.frombytes(packed[4 * length : 12 * length])
    values.frombytes(packed[12 * length :])
    return series, ats, values


@dataclass(frozen=True, slots=True)
class Tap:
    """What a person did at a terminal, by an id made with the form: the same id is stored once, whoever resends it.

    `note` is the terminal's own memory of it; the buffer does not look inside.
    """

    id: str
    at_us: int
    note: bytes


@dataclass(frozen=True, slots=True)
class KeptTap:
    """A tap as it was stored: its records end with number `upto` of `epoch`."""

    tap: Tap
    epoch: str
    upto: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one machine delivered at once and what is committed together."""

    machine: str
    seen_us: int
    rows: list[Row] = field(default_factory=list)
    columns: Columns | None = None
    inbox: tuple[InboxMark, ...] = ()
    memory: dict[str, Memory] = field(default_factory=dict)
    newest_us: int | None = None
    """The newest time the machine was said to have, this entry included; kept with its proof of life."""
    tap: Tap | None = None
    """The tap these rows are of: where it is on disk already, nothing of this entry is stored."""

    @property
    def weight(self) -> int:
        """Records and values in it."""
        return len(self.rows) + (self.columns.length if self.columns else 0)


def entry_of(
    machine: str, normalised: Normalised, seen_us: int, inbox: tuple[InboxMark, ...] = (), newest_us: int | None = None
) -> Entry:
    """A normalised delivery, packed."""
    columns = pack_columns(normalised.series, normalised.ats, normalised.values) if normalised.series else None
    rows = [pack_record(record) for record in normalised.records]
    return Entry(machine, seen_us, rows, columns, inbox, normalised.memory, newest_us)


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch as a value: numbers `(after, upto]` of `epoch` and the records that still exist among them."""

    epoch: str
    after: int
    upto: int
    records: list[bytes]
    seqs: list[int]
    size: int
    more: bool
    """Whether there are numbers beyond `upto` already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record the hub did not take, or could not read."""

    epoch: str
    seq: int | None
    reason: str
    at_us: int
    record: bytes | None = None


class Proof(NamedTuple):
    """A machine's last proof of life (agent's clock), and the newest time it was said to have."""

    at_us: int | None
    newest_us: int | None


@dataclass(frozen=True, slots=True)
class Stats:
    """The buffer as it stands; taken about once a second."""

    epoch: str
    acked: int
    last_seq: int
    staged_values: int = 0
    oldest_seen_us: int | None = None
    used_bytes: int = 0
    limit_bytes: int = 0
    bytes_per_s: float | None = None
    survives_days: float | None = None
    given_up: int = 0
    """Records given up since this agent started because the buffer was full or they were too old."""
    refused: int = 0
    rescued: int = 0
    """Records of damaged files that still wait to be sent."""
    trouble: str | None = None
    """Why the last commit failed, and what to do; None when it worked."""

    @property
    def backlog(self) -> int:
        """Numbers the hub has not acknowledged yet, and values whose block is still open."""
        return max(0, self.last_seq - self.acked) + self.staged_values + self.rescued
