"""What is reported: one frozen struct for each kind of record (DESIGN §3).

Every record has `seq` (its number within the agent's epoch) and `seen` (when the agent got it); `at` is the
time at the source. All times are aware UTC datetimes. A bad reading carries no value. Fields are only ever
added, with a default; unknown ones are ignored.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

Quality: TypeAlias = Literal["good", "uncertain", "bad"]
Level: TypeAlias = Literal["normal", "warning", "fault"]
Value: TypeAlias = str | bool | int | float | None
Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
CONNECTION_LOST: Final = "ConnectionLost"
"""The agent lost its connection to the machine: `at` is the last proof of life, by the agent's clock."""
REPEATS_FORGOTTEN: Final = "RepeatsForgotten"
CLOCK_BEHIND: Final = "ClockBehind"
RESTARTED: Final = "Restarted"
"""The agent's computer was started again: `at` is the last proof of life by the clock as it went before that."""
UNSEEN: Final = frozenset({CONNECTION_LOST, REPEATS_FORGOTTEN, CLOCK_BEHIND, RESTARTED})
"""Codes of bad readings by which the agent says that it could not see: the machine may well have had a value."""

Seq: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


def is_own_time(at_us: int, seen_us: int, code: str | None) -> bool:
    """Whether a record's `at` was told by the agent's clock, not by the source's.

    That is so where the source said no time (then `at` is `seen`), and where the agent says that it lost sight
    (`CONNECTION_LOST`: `at` is its last proof of life; one later than `seen` was told by the source).
    """
    return at_us == seen_us or (code == CONNECTION_LOST and at_us < seen_us)


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", gc=False):
    seq: Seq
    seen: Time


class SignalInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One signal that a machine is read for; `unit` is UCUM, None where there is none."""

    name: str
    unit: str | None = None


class Machine(_Record, frozen=True, kw_only=True, tag="machine"):
    """This machine exists and is read so. `proof`: what a proof of life proves, it or the path."""

    machine: str
    at: Time
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    driver: str
    state_model: str
    part_rule: str | None = None
    signals: tuple[SignalInfo, ...] = ()
    conditions: tuple[str, ...] = ()
    proof: Literal["machine", "path"] = "machine"


class Observation(_Record, frozen=True, kw_only=True, tag="observation"):
    """A signal that is not telemetry changed. `code` is the native status where quality is not good."""

    machine: str
    at: Time
    signal: str
    value: Value
    quality: Quality = "good"
    code: str | None = None
    replayed: bool = False


class Samples(_Record, frozen=True, kw_only=True, tag="samples"):
    """A block of one numeric signal: `values[i]` was measured at `t0 + dt_us[i]` µs; null where bad."""

    machine: str
    signal: str
    unit: str | None = None
    t0: Time
    dt_us: list[int]
    values: list[float | None]
    quality: Quality = "good"
    code: str | None = None
    replayed: bool = False

    @property
    def at(self) -> datetime:
        """Source time of the block's first value."""
        return self.t0


class Condition(_Record, frozen=True, kw_only=True, tag="condition"):
    """An alarm rose, changed or cleared; `level` is null where it is not known (bad quality)."""

    machine: str
    at: Time
    id: str
    level: Level | None
    code: str | None = None
    text: str | None = None
    quality: Quality = "good"


class Progress(_Record, frozen=True, kw_only=True, tag="progress"):
    """Work on an operation of an order, as a person, a machine or another system reports it."""

    at: Time
    machine: str | None = None
    order: str
    operation: str
    action: Literal["start", "pause", "resume", "finish", "first_ok", "report"]
    good: int | None = None
    reject: int | None = None
    rework: int | None = None
    reason: str | None = None
    operator: str | None = None


class Reason(_Record, frozen=True, kw_only=True, tag="reason"):
    """Why a machine stood between two times."""

    machine: str
    at: Time
    from_: Time = msgspec.field(name="from")
    to: Time
    code: str
    text: str | None = None
    operator: str | None = None
    ongoing: bool = False
    """The machine still stood at `to`, and for this reason."""


class Inspection(_Record, frozen=True, kw_only=True, tag="inspection"):
    """A measurement (`value` with `unit`) or a check (`passed`)."""

    at: Time
    machine: str | None = None
    order: str | None = None
    operation: str | None = None
    lot: str | None = None
    serial: str | None = None
    characteristic: str
    value: float | None = None
    passed: bool | None = None
    unit: str | None = None
    instrument: str | None = None
    operator: str | None = None


class Lot(_Record, frozen=True, kw_only=True, tag="lot"):
    """A step in the genealogy of material; a serial is a lot of one.

    `lot` is what comes into being (receive, produce, split, merge) or leaves (consume, ship); `parents` are what it
    came from, and `taken` how much of each, in the parent's own unit. A `consume` that names parents says that
    those went into `lot`. `customer` is to whom it was shipped.
    """

    at: Time
    machine: str | None = None
    action: Literal["receive", "consume", "produce", "split", "merge", "ship"]
    lot: str
    item: str | None = None
    quantity: float | None = None
    unit: str | None = None
    parents: tuple[str, ...] = ()
    order: str | None = None
    operation: str | None = None
    certificate: str | None = None
    operator: str | None = None
    taken: tuple[float | None, ...] = ()
    customer: str | None = None


class Clock(_Record, frozen=True, kw_only=True, tag="clock"):
    """The agent's own clock was corrected: `offset_us` is added to its stamps from `from_seq` up to this record.

    Corrections add up: of two that touch a number both count.
    """

    at: Time
    offset_us: int
    from_seq: int


class Gap(_Record, frozen=True, kw_only=True, tag="gap"):
    """Explains a loss: `count` records between two times no longer exist at the agent, and why."""

    at: Time
    from_: Time = msgspec.field(name="from")
    to: Time
    count: int
    reason: str
    machine: str | None = None
    signal: str | None = None


Record: TypeAlias = Machine | Observation | Samples | Condition | Progress | Reason | Inspection | Lot | Clock | Gap
