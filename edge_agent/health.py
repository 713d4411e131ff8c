"""What is connected, the last proof of life, the backlog in records and in days, the clock's offset.

Written to `status.json` in the data folder about every two seconds, whole or not at all; `tsunagu-agent status`
reads it whether the agent runs or not. Times RFC 3339, UTC; durations carry their unit.
"""

from pathlib import Path
from typing import Final

import msgspec

from contract.records import Time
from contract.times import from_us
from edge_agent.buffer.model import Stats
from edge_agent.computer import write_atomically
from edge_agent.machine import Pipeline
from edge_agent.uplink import UplinkReport

FILE_NAME: Final = "status.json"


class MachineHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One machine."""

    machine: str
    driver: str
    connected: bool
    known_until: Time | None
    bad_signals: tuple[str, ...]
    faults: dict[str, str]
    reason: str | None


class HubHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the hub."""

    url: str
    connected: bool
    last_contact: Time | None
    clock_offset_s: float | None
    reason: str | None


class BufferHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What waits on disk."""

    epoch: str
    last_seq: int
    acked: int
    backlog_records: int
    backlog_s: float
    used_bytes: int
    limit_bytes: int
    survives_days: float | None
    given_up: int
    refused: int
    rescued: int
    trouble: str | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The whole agent at `at`."""

    agent: str
    site: str
    at: Time
    hub: HubHealth
    buffer: BufferHealth
    machines: tuple[MachineHealth, ...]


def take(
    agent: str, site: str, url: str, now_us: int, stats: Stats, uplink: UplinkReport, pipelines: list[Pipeline]
) -> Health:
    """Health now."""
    oldest = stats.oldest_seen_us
    return Health(
        agent=agent,
        site=site,
        at=from_us(now_us),
        hub=HubHealth(
            url=url,
            connected=uplink.connected,
            last_contact=_moment(uplink.last_contact_us),
            clock_offset_s=uplink.clock_offset_s,
            reason=None if uplink.connected else uplink.trouble,
        ),
        buffer=BufferHealth(
            epoch=stats.epoch,
            last_seq=stats.last_seq,
            acked=stats.acked,
            backlog_records=stats.backlog,
            backlog_s=0.0 if oldest is None else max(0.0, (now_us - oldest) / 1e6),
            used_bytes=stats.used_bytes,
            limit_bytes=stats.limit_bytes,
            survives_days=None if stats.survives_days is None else round(stats.survives_days, 2),
            given_up=stats.given_up,
            refused=stats.refused,
            rescued=stats.rescued,
            trouble=stats.trouble,
        ),
        machines=tuple(_machine(pipeline) for pipeline in pipelines),
    )


def _machine(pipeline: Pipeline) -> MachineHealth:
    status = pipeline.status()
    return MachineHealth(
        machine=status.machine,
        driver=pipeline.settings.driver,
        connected=status.connected,
        known_until=status.known_until,
        bad_signals=status.bad_signals,
        faults=pipeline.faults,
        reason=status.reason,
    )


def _moment(us: int | None) -> Time | None:
    return None if us is None else from_us(us)


def write(folder: Path, health: Health) -> None:
    """Replaces the status file."""
    write_atomically(folder / FILE_NAME, msgspec.json.encode(health))


def read(folder: Path) -> Health | None:
    """The last status written; None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Health)
    except (OSError, msgspec.DecodeError):
        return None


def age_s(folder: Path, now_s: float) -> float:
    """How old the status file is, by the computer's clock as it is (`at` in it is by the agent's time)."""
    return max(0.0, now_s - (folder / FILE_NAME).stat().st_mtime)
