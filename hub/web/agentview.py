"""What the agents page shows, made of the gate's rows. Pure; times local only in texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from hub.web.layout import Reading
from hub.web.times import iso

SILENT_AFTER: Final = timedelta(seconds=30)
CLOCK_OK_S: Final = 2.0
Health = Literal["bad", "silent", "invited", "good"]
_RANK: Final[dict[Health, int]] = {"bad": 0, "silent": 0, "invited": 1, "good": 2}


@dataclass(frozen=True, slots=True)
class MachineLine:
    """A machine as its agent sees it."""

    href: str
    name: str
    connected: bool
    known_iso: str
    bad_signals: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class AgentCard:
    """One agent as a card. `health`: bad (something was lost or is missing), silent, invited (never seen), good."""

    agent: str
    site: str
    health: Health
    rank: int
    last_seen_iso: str
    last_seen: str
    backlog: int | None
    backlog_age: str | None
    survives: str | None
    acked: str | None
    lost: int
    holes: list[tuple[int, int]]
    hole_count: int
    clock: str | None
    clock_bad: bool
    quarantined: int
    epoch: str | None
    machines: list[MachineLine]


def build_card(row: Any, names: Mapping[tuple[str, str], str], reading: Reading, now: datetime) -> AgentCard:
    """A row of `companies.agents` as a card; `names` are those of machines by (site, machine)."""
    health = _health(row, now)
    offset = row.clock_offset_s
    holes = [(hole.first, hole.last) for hole in row.holes or ()]
    return AgentCard(
        agent=row.agent,
        site=row.site,
        health=health,
        rank=_RANK[health],
        last_seen_iso=iso(row.last_seen),
        last_seen=reading.clock.moment(row.last_seen, now),
        backlog=row.backlog,
        backlog_age=reading.clock.span(row.backlog_s) if row.backlog and row.backlog_s else None,
        survives=_days(row.survives_days),
        acked=None if row.acked is None else f"{row.acked:,}",
        lost=row.lost or 0,
        holes=holes[:5],
        hole_count=len(holes),
        clock=None if offset is None else f"{offset:+.1f}" if abs(offset) >= CLOCK_OK_S else "",
        clock_bad=offset is not None and abs(offset) >= CLOCK_OK_S,
        quarantined=row.quarantined or 0,
        epoch=row.epoch,
        machines=[_machine(each, names) for each in row.machines or ()],
    )


def _health(row: Any, now: datetime) -> Health:
    if row.last_seen is None:
        return "invited"
    if now - row.last_seen > SILENT_AFTER:
        return "silent"
    return "bad" if row.lost or row.holes else "good"


def _days(days: float | None) -> str | None:
    if days is None:
        return None
    return f"{days:,.0f}" if days >= 10 else f"{days:.1f}"


def _machine(each: Any, names: Mapping[tuple[str, str], str]) -> MachineLine:
    site, _, machine = each.machine.partition("/")
    return MachineLine(
        href=f"/machines/{each.machine}",
        name=names.get((site, machine), each.machine),
        connected=each.connected,
        known_iso=iso(each.known_until),
        bad_signals=tuple(each.bad_signals),
        reason=each.reason,
    )


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One record that could not be understood."""

    agent: str
    seq: int | None
    reason: str
    received: str
    received_iso: str
    record: str


def quarantine_line(row: Any, reading: Reading) -> QuarantineLine:
    """A row of `companies.quarantine`; a long record is cut."""
    record = row.record or ""
    return QuarantineLine(
        agent=row.agent,
        seq=row.seq,
        reason=row.reason or "",
        received=reading.clock.full(row.received_at),
        received_iso=iso(row.received_at),
        record=record if len(record) <= 400 else f"{record[:400]}…",
    )
