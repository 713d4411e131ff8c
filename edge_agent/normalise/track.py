"""One address of a machine: what it is called, how it is reported, and what it said so far. Pure."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias, cast

from contract.checks import MAX_NAME
from contract.records import Condition, Observation, Quality, Record
from contract.times import from_us
from edge_agent.normalise.conditions import Alarm, Format, read_alarm
from edge_agent.normalise.timeline import Fact, Key, Timeline
from edge_agent.normalise.values import Form, coerce, form_by_value, form_of, mapped, trouble
from edge_agent.reading import Raw, Reading
from edge_agent.settings import ConditionBase, SignalBase

UNNUMBERED: Final = 1
"""Stands in a record's `seq` until the buffer numbers it in the transaction that stores it."""


class SeriesKey(NamedTuple):
    """What the values of one telemetry block share."""

    machine: str
    signal: str
    unit: str | None
    quality: Quality
    code: str | None
    replayed: bool
    arrived: bool = False
    """Their times are when they arrived, by the agent's clock."""


Variant: TypeAlias = tuple[Quality, str | None, bool, bool]
"""Quality, code, whether it was replayed, and whose clock: what of a signal's values may share a block."""

SeriesBook: TypeAlias = Callable[[SeriesKey], int]
"""Gives each key a small number that stays the same while the buffer file is open."""


class Track:
    """State of one address. `form` is None until the first good value of an unknown signal decides it."""

    __slots__ = (
        "arrived", "bad", "band", "fault", "form", "format", "good_series", "known", "last_value", "name", "quick",
        "series", "timeline", "unit", "words",
    )  # fmt: skip

    def __init__(self, name: str, source: SignalBase | ConditionBase, remembered: Form | None) -> None:
        self.name = name
        self.unit: str | None = None
        self.words: dict[str, str | bool | int | float] | None = None
        self.band: float | None = None
        self.format: Format = "text"
        self.form: Form | None
        if isinstance(source, SignalBase):
            self.unit, self.words, self.band = source.unit, source.map, source.dead_band
            self.form = form_of(name, source.unit) or (remembered if remembered != "condition" else None)
        else:
            self.format, self.form = source.format, "condition"
        self.timeline = Timeline(keeps=self.form == "samples")
        self.series: dict[Variant, int] = {}
        self.good_series = 0
        self.arrived = False
        self.quick = False
        self.known = False
        self.bad = False
        self.fault: str | None = None
        self.last_value: float | None = None

    @property
    def trouble(self) -> str | None:
        """Why this address tells nothing, in plain words: it cannot be read, or what it says cannot be used."""
        standing = self.timeline.standing
        if self.fault is not None or standing is None or standing[1] != "bad" or self.form is None:
            return self.fault
        return trouble(self.form, standing[2])

    def decide(self, value: Raw) -> None:
        """Settles the form of an unknown signal by its first good value."""
        self.form = form_by_value(value)
        self.timeline.keeps = self.form == "samples"

    def key_of(self, reading: Reading) -> Key | None:
        """What a reading says in the contract's words; None while the signal's form is undecided."""
        quality, code = reading.quality, reading.code
        if code is not None and len(code) > MAX_NAME:
            code = code[:MAX_NAME]
        if quality == "bad":
            return None if self.form is None else (None, "bad", code)
        value = reading.value if self.words is None else mapped(reading.value, self.words)
        found: str | bool | int | float | Alarm | None
        if self.form == "condition":
            found, fault = read_alarm(self.format, value)
        else:
            if self.form is None:
                if value is None or value == "UNAVAILABLE":
                    return None
                self.decide(value)
            assert self.form is not None
            found, fault = coerce(self.form, self.name, value)
        return (found, quality, code) if fault is None else (None, "bad", fault)

    def within_band(self, fact: Fact) -> bool:
        """Whether a telemetry value is too close to the last one to be recorded."""
        value, last, newest = fact.key[0], self.last_value, self.timeline.newest
        if self.band is None or not isinstance(value, float):
            return False
        if last is None or fact.key[1] != "good" or newest is None or fact.t <= newest:
            return False
        return abs(value - last) < self.band

    def record(self, machine: str, fact: Fact, *, replayed: bool) -> Record:
        """The record of a discrete fact, not numbered yet."""
        value, quality, code = fact.key
        at, seen = from_us(fact.at), from_us(fact.seen)
        if self.form != "condition":
            return Observation(
                seq=UNNUMBERED,
                seen=seen,
                machine=machine,
                at=at,
                signal=self.name,
                value=value,  # type: ignore[arg-type]  # coerced to a value of the contract
                quality=quality,
                code=code,
                replayed=replayed,
            )
        if value is None:
            return Condition(
                seq=UNNUMBERED, seen=seen, machine=machine, at=at, id=self.name, level=None, code=code, quality=quality
            )
        level, native, text = cast("Alarm", value)
        return Condition(
            seq=UNNUMBERED, seen=seen, machine=machine, at=at, id=self.name,
            level=level, code=native, text=text, quality=quality,
        )  # fmt: skip
