"""What a source's own history says of time in which nobody looked → records. Pure.

Nothing here touches the state of the live signals: replayed facts lie between the moment the machine was lost sight of
and the moment it was seen again, and what is live tells the rest. A `held` reading says what a discrete signal was
at that time, without having changed then; of a sample of telemetry that says nothing. Times are µs since 1970, UTC.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contract.records import Record
from edge_agent.normalise.timeline import Fact, Key
from edge_agent.normalise.track import Track
from edge_agent.reading import Delivery


class Blindness(NamedTuple):
    """Nobody looked from `since` until `until`; None: nobody looks yet."""

    since: int
    until: int | None


class Replayed(NamedTuple):
    """Records of discrete signals, and samples: track, fact."""

    records: list[Record]
    samples: list[tuple[Track, Fact]]


def replayed(machine: str, tracks: Sequence[Track], delivery: Delivery, blind: Blindness) -> Replayed:
    """What a replayed delivery adds. Readings outside the blindness are left out: they are told already, or live."""
    out = Replayed([], [])
    said: dict[int, Key] = {}
    timed = [(reading.at_us, reading) for reading in delivery.readings if reading.at_us is not None]
    for at, reading in sorted(timed, key=_first):
        if at < blind.since or (blind.until is not None and at >= blind.until):
            continue
        track = tracks[reading.address]
        key = track.key_of(reading)
        if key is None:
            continue
        fact = Fact(at, at, delivery.seen_us, key)
        if track.form == "samples":
            if not reading.held:
                out.samples.append((track, fact))
        elif reading.held or said.get(reading.address) != key:
            said[reading.address] = key
            out.records.append(track.record(machine, fact, replayed=True))
    return out


def _first(pair: tuple[int, object]) -> int:
    return pair[0]
