"""Data that the rows are measured on: a shop's observations as batches, and recordings of real machine tools."""

import gzip
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract.batch import Head, MachineStatus, Status
from contract.codec import encode_batch, encode_record
from contract.records import Observation

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "nist-smstestbed"
START = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
_SIGNALS = ("execution", "mode", "program", "step", "feed_override")
_VALUES = (("ACTIVE", "AUTOMATIC", "P-1001", "3", 100), ("READY", "MANUAL", "P-1002", "12", 80))


def observation(number: int) -> Observation:
    """The number-th change of twenty machines that run, stop and change programs."""
    at = START + timedelta(milliseconds=20 * number)
    return Observation(
        seq=number + 1,
        seen=at + timedelta(milliseconds=80),
        at=at,
        machine=f"main/machine-{number // 5 % 20}",
        signal=_SIGNALS[number % 5],
        value=_VALUES[number // 100 % 2][number % 5],
    )


def batches(count: int, size: int) -> list[bytes]:
    """Bodies of `count` batches with `size` observations each, numbered on from 1."""
    return [_batch(index * size, size) for index in range(count)]


def _batch(after: int, size: int) -> bytes:
    sent = START + timedelta(milliseconds=20 * (after + size))
    machines = (MachineStatus(machine="main/machine-1", connected=True, known_until=sent),)
    head = Head(
        v=1, agent="bench", epoch="bench-epoch", after=after, upto=after + size, sent_at=sent,
        status=Status(machines=machines),
    )  # fmt: skip
    return encode_batch(head, [encode_record(observation(after + index)) for index in range(size)])


def recorded_telemetry() -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(recording, item) → (µs, value) of every numeric item but the discrete ones; empty without recordings."""
    discrete = {"execution", "mode", "estop", "program", "unitNum", "PartCountAct"}
    found: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for path in sorted(RECORDINGS.glob("*.txt.gz")):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                time, item, value = line.rstrip("\n").split("|", 2)
                if item in discrete:
                    continue
                try:
                    number = float(value)
                except ValueError:
                    continue
                moment = datetime.fromisoformat(time)
                found[path.name, item].append((int(moment.timestamp() * 1e6), number))
    return found
