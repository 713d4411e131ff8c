"""Readings of one machine → records, in stable source-time order, repeats dropped. Pure: no clock, no I/O.

Second station of the journey (driver → **normaliser** → buffer). Telemetry leaves as packed columns, one entry
per value, because at 50,000 values a second an object per value is what costs; all else leaves as records.
Times are microseconds since 1970, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from contract.records import CONNECTION_LOST, RESTARTED, Condition, Observation, Record
from contract.times import AHEAD_LIMIT_US, EARLIEST_BELIEVED_US, from_us
from edge_agent.normalise.replaying import Blindness, replayed
from edge_agent.normalise.timeline import Fact
from edge_agent.normalise.track import UNNUMBERED, SeriesBook, SeriesKey, Track, Variant
from edge_agent.normalise.values import Form
from edge_agent.reading import NOT_PROVIDED, Delivery, Reading
from edge_agent.settings import MachineSettings

NAN: Final = float("nan")
"""Stands for null in a telemetry column."""

_FIRST_US: Final = -62_135_596_800_000_000  # year 1: what a datetime can hold
_LAST_US: Final = 253_402_300_799_999_998
_EXACT: Final = 2**63


class Memory(NamedTuple):
    """What must survive a restart of one address: how it is reported, its unit, whether its value is known.

    `said`: of a discrete signal that only says changes, the newest time it told, µs.
    """

    form: Form
    unit: str | None
    known: bool
    said: int | None = None


@dataclass(slots=True)
class Normalised:
    """What one delivery comes to. `series`, `ats`, `values` are the telemetry columns, same length."""

    records: list[Record] = field(default_factory=list)
    series: list[int] = field(default_factory=list)
    ats: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records) + len(self.values)


class Normaliser:
    """One machine's readings. `machine` is its key, `rereads` whether the driver reads all again on connecting."""

    def __init__(
        self,
        machine: str,
        settings: MachineSettings,
        book: SeriesBook,
        *,
        rereads: bool,
        memory: Mapping[str, Memory] | None = None,
    ) -> None:
        self.machine = machine
        self.newest: int | None = None
        self.blind: Blindness | None = None
        """The last time in which nobody looked, as far as its bounds are known by the clock that goes now."""
        self._book = book
        self._rereads = rereads
        self._memory = dict(memory or {})
        self.tracks = [
            Track(name, source, self._memory[name].form if name in self._memory else None)
            for name, source in zip(settings.names, settings.addresses, strict=True)
        ]
        for track in self.tracks:
            track.known = name_known(self._memory, track)
            track.timeline.said = self._memory[track.name].said if track.name in self._memory else None

    @property
    def bad_signals(self) -> tuple[str, ...]:
        """Names whose value is not known or whose address cannot be read."""
        return tuple(track.name for track in self.tracks if track.bad or track.fault is not None)

    def normalise(self, delivery: Delivery) -> Normalised:
        """The records and telemetry of one delivery, sorted stably by the time they are folded by."""
        if delivery.replayed:
            return self._replay(delivery)
        readings, seen = delivery.readings, delivery.seen_us
        out = Normalised()
        limit = seen + AHEAD_LIMIT_US
        times = [
            at if (at := reading.at_us) is not None and EARLIEST_BELIEVED_US <= at <= limit else seen
            for reading in readings
        ]
        order = sorted(range(len(times)), key=times.__getitem__)
        tracks = self.tracks
        add_series, add_at, add_value = out.series.append, out.ats.append, out.values.append
        for place in order:
            reading = readings[place]
            track = tracks[reading.address]
            value = reading.value
            if track.quick and reading.quality == "good" and reading.arrived is track.arrived:
                kind = type(value)
                if (kind is float and value - value == 0.0) or (kind is int and -_EXACT < value < _EXACT):  # type: ignore[operator]  # kind says it is a number
                    at = reading.at_us
                    add_series(track.good_series)
                    add_at(times[place] if at is None or not _FIRST_US <= at <= _LAST_US else at)
                    add_value(value)  # type: ignore[arg-type]  # a finite number, just tested
                    continue
            self._slowly(out, track, reading, times[place], delivery)
        if times:
            self._advance(times[order[-1]])
        return out

    def _advance(self, t: int) -> None:
        if self.newest is None or t > self.newest:
            self.newest = t

    def _slowly(self, out: Normalised, track: Track, reading: Reading, t: int, delivery: Delivery) -> None:
        if reading.code == NOT_PROVIDED and track.name not in self._memory:
            track.bad = False
            return
        key = track.key_of(reading)
        if key is None:
            track.bad = reading.quality == "bad"
            return
        at = reading.at_us
        if at is None or not _FIRST_US <= at <= _LAST_US:
            at = t
        track.arrived = reading.arrived
        fact = Fact(t, at, at if reading.arrived else delivery.seen_us, key)
        if track.within_band(fact):
            return
        facts = track.timeline.arrive(fact, held=reading.held)
        self._report(out, track, facts)
        if reading.code == NOT_PROVIDED:
            track.bad = False

    def _replay(self, delivery: Delivery) -> Normalised:
        out = Normalised()
        if self.blind is not None:
            told = replayed(self.machine, self.tracks, delivery, self.blind)
            out.records = told.records
            for track, fact in told.samples:
                self._sample(out, track, fact, replayed=True)
        return out

    def _report(self, out: Normalised, track: Track, facts: list[Fact]) -> None:
        if not facts:
            return
        if track.form == "samples":
            for fact in facts:
                track.last_value = fact.key[0] if isinstance(fact.key[0], float) else None
                self._sample(out, track, fact, replayed=False)
        else:
            out.records.extend(track.record(self.machine, fact, replayed=False) for fact in facts)
        for fact in facts:
            self._advance(fact.t)
        standing = track.timeline.standing
        bad = standing is None or standing[1] == "bad"
        track.bad = bad
        if track.known == bad or track.name not in self._memory:
            track.known = not bad
            self._remember(out, track)
        elif not self._rereads and track.form != "samples":
            self._remember(out, track)
        if track.form == "samples":
            track.quick = track.known and track.words is None and track.band is None and track.timeline.calm
            if track.quick:
                track.good_series = self._series(track, ("good", None, False, track.arrived))

    def _remember(self, out: Normalised, track: Track) -> None:
        assert track.form is not None
        self._memory[track.name] = out.memory[track.name] = Memory(
            track.form, track.unit, track.known, None if self._rereads else track.timeline.said
        )

    def _sample(self, out: Normalised, track: Track, fact: Fact, *, replayed: bool) -> None:
        value = fact.key[0]
        out.series.append(self._series(track, (fact.key[1], fact.key[2], replayed, fact.at == fact.seen)))
        out.ats.append(fact.at)
        out.values.append(value if isinstance(value, float) else NAN)

    def _series(self, track: Track, variant: Variant) -> int:
        number = track.series.get(variant)
        if number is None:
            number = self._book(SeriesKey(self.machine, track.name, track.unit, *variant))
            track.series[variant] = number
        return number

    def connected(self, at_us: int) -> None:
        """The driver is connected: the next reading of each address may be a current value read again."""
        if self.blind is not None and self.blind.until is None:
            self.blind = Blindness(self.blind.since, at_us)
        for track in self.tracks:
            track.timeline.awaiting = self._rereads

    def address_fault(self, address: int, reason: str | None) -> None:
        """This address cannot be read and why; None: it can again."""
        self.tracks[address].fault = reason

    def forget(self) -> None:
        """What was judged last could not be stored: report every signal's next reading."""
        for track in self.tracks:
            track.timeline.forget()
            track.last_value = None

    def mark_unknown(self, at_us: int, seen_us: int, code: str = CONNECTION_LOST) -> Normalised:
        """All that is known is unknown from the last proof of life (`at_us`) on, later than every reading so far."""
        out = Normalised()
        newest = self.newest
        t = at_us if newest is None else max(at_us, newest + 1)
        for track in self.tracks:
            told = track.form == "samples" and track.timeline.newest is not None
            if track.known or told:
                facts = track.timeline.lose(t, seen_us, code)
                self._report(out, track, facts)
                track.quick = False
                track.last_value = None
            elif track.name in self._memory:
                track.timeline.blind_until(t)
            track.bad = True
        self._mark_leftovers(out, t, seen_us)
        if len(out):
            self._advance(t)
        if self.blind is None or self.blind.until is not None:
            # where all was unknown already, nothing is said now: it is so since the newest that was said
            since = t if len(out) or newest is None else min(t, newest)
            self.blind = Blindness(since, None) if self._memory else None
        return out

    def mark_restarted(self, at_us: int, seen_us: int) -> Normalised:
        """All that was known is unknown since `at_us`, the last proof of life by the clock as it went before.

        That clock and the one that goes now cannot be compared: the readings to come are later than `seen_us`.
        """
        out = self.mark_unknown(seen_us, seen_us, RESTARTED)
        self.blind = None
        out.records = [
            msgspec.structs.replace(record, at=from_us(at_us))
            for record in out.records
            if isinstance(record, Observation | Condition)
        ]
        out.ats = [at_us] * len(out.ats)
        return out

    def clock_set(self, step_us: int) -> None:
        """The agent's clock was corrected: times that were told by it move along."""
        for track in self.tracks:
            track.timeline.clock_set(step_us)
        if self.blind is not None:
            until = self.blind.until
            self.blind = Blindness(self.blind.since + step_us, None if until is None else until + step_us)
        known = [track.timeline.newest for track in self.tracks if track.timeline.newest is not None]
        self.newest = max(known) if known else None

    def _mark_leftovers(self, out: Normalised, t: int, seen_us: int) -> None:
        """Signals that the settings no longer name were known before: nobody reads them now."""
        here = {track.name for track in self.tracks}
        for name, memory in list(self._memory.items()):
            if name in here or not memory.known:
                continue
            self._memory[name] = out.memory[name] = memory._replace(known=False)
            code = "NotRead"
            if memory.form == "samples":
                out.series.append(self._book(SeriesKey(self.machine, name, memory.unit, "bad", code, replayed=False)))
                out.ats.append(t)
                out.values.append(NAN)
                continue
            out.records.append(leftover(self.machine, name, memory.form, t, seen_us, code))


def name_known(memory: Mapping[str, Memory], track: Track) -> bool:
    """Whether the value of this address was known when the agent last ran."""
    remembered = memory.get(track.name)
    return remembered is not None and remembered.known and track.form is not None


def leftover(machine: str, name: str, form: Form, t: int, seen_us: int, code: str) -> Record:
    """A discrete signal or condition that is no longer read is unknown."""
    at, seen = from_us(t), from_us(seen_us)
    if form == "condition":
        return Condition(
            seq=UNNUMBERED, seen=seen, machine=machine, at=at, id=name, level=None, code=code, quality="bad"
        )
    return Observation(
        seq=UNNUMBERED, seen=seen, machine=machine, at=at, signal=name, value=None, quality="bad", code=code
    )
