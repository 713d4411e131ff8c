"""Payload of one MQTT message → readings of all signals of its topic. Pure: no socket, no clock.

A payload is parsed once, however many signals it holds. What cannot be read degrades only the signals
concerned: a bad reading with a code (BadPayload, BadEncoding, NoPath, WrongType, BadTime, TooLarge) and the
reason in plain words. JSON null and an empty payload are bad with the code NoValue: nobody knows.
Times: µs since 1970 UTC; without a time of its own a reading has the time of arrival.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from edge_agent.drivers.mqtt.settings import ConditionSettings, Path_, SignalSettings, split_path
from edge_agent.reading import Raw, Reading

MAX_PAYLOAD: Final = 256 * 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SCALE: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_PARSE_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_JSON = msgspec.json.Decoder()


class Fault(msgspec.Struct, frozen=True):
    """Why there is no value or no time, as a code and in plain words (None: no fault of anybody)."""

    code: str
    reason: str | None


class Target(msgspec.Struct, frozen=True):
    """One address: where in the payload its value and its time are. `path` None: the payload is the value."""

    address: int
    path: Path_ | None
    time: Path_ | None
    unit: str


class Decoded(msgspec.Struct):
    """Readings in the order of their addresses; `wrong` says why an address has none it can use."""

    readings: list[Reading]
    wrong: dict[int, str]


class TopicDecoder:
    """All that is read from one topic."""

    def __init__(self, topic: str, targets: Sequence[Target]) -> None:
        self.topic = topic
        self._targets = tuple(targets)
        self._needs_json = any(target.path is not None or target.time is not None for target in targets)

    @property
    def addresses(self) -> list[int]:
        """The addresses read from this topic."""
        return [target.address for target in self._targets]

    def decode(self, payload: bytes, arrived_us: int, into: Decoded, *, held: bool = False) -> None:
        """Adds this message's readings to `into`; `held`: the broker retained it."""
        document = self._document(payload) if self._needs_json else None
        for target in self._targets:
            value: Any
            if target.path is None:
                value = self._plain(payload)
            elif isinstance(document, Fault):
                value = document
            else:
                value = self._scalar(self._find(document, target.path), target.path)
            at_us = arrived_us
            if target.time is not None:
                found = document if isinstance(document, Fault) else self._find(document, target.time)
                told = found if isinstance(found, Fault) else time_of(found, target.unit)
                if not isinstance(told, Fault):
                    at_us = told
                elif not isinstance(value, Fault):
                    value = told
            self._add(target, value, at_us, into, held=held)

    def too_large(self, size: int, arrived_us: int, into: Decoded) -> None:
        """Adds bad readings for a message whose payload was not kept."""
        fault = Fault("TooLarge", f"{self.topic}: a message of {size} bytes; at most {MAX_PAYLOAD} are read")
        for target in self._targets:
            self._add(target, fault, arrived_us, into, held=False)

    def _add(self, target: Target, value: Raw | Fault, at_us: int, into: Decoded, *, held: bool) -> None:
        if isinstance(value, Fault):
            if value.reason is not None:
                into.wrong[target.address] = value.reason
            into.readings.append(Reading(target.address, None, at_us, "bad", value.code))
        elif value is None:
            into.readings.append(Reading(target.address, None, at_us, "bad", "NoValue"))
        else:
            into.readings.append(Reading(target.address, value, at_us, held=held))
            into.wrong.pop(target.address, None)

    def _document(self, payload: bytes) -> Any:
        if not payload:
            return Fault("NoValue", None)
        try:
            return _JSON.decode(payload)
        except _PARSE_FAULTS as error:
            return Fault("BadPayload", f"{self.topic}: the message is not JSON ({error})")

    def _plain(self, payload: bytes) -> Raw | Fault:
        try:
            document = _JSON.decode(payload)
        except _PARSE_FAULTS:
            try:
                return payload.decode().strip() or None
            except UnicodeDecodeError:
                return Fault("BadEncoding", f"{self.topic}: the message is no UTF-8 text")
        return self._scalar(document, ())

    def _find(self, document: Any, path: Path_) -> Any:
        for depth, step in enumerate(path):
            if isinstance(step, int):
                found = document.__class__ is list and step < len(document)
            else:
                found = document.__class__ is dict and step in document
            if not found:
                return Fault("NoPath", f"{self.topic}: the message has nothing at {_shown(path[: depth + 1])}")
            document = document[step]
        return document

    def _scalar(self, value: Any, path: Path_) -> Raw | Fault:
        if value is None or isinstance(value, str | bool | int | float | Fault):
            return value
        kind = "an object" if isinstance(value, dict) else "a list"
        return Fault("WrongType", f"{self.topic}: {_shown(path)} is {kind}; name one value of it with path")


def topic_decoders(addresses: Sequence[SignalSettings | ConditionSettings]) -> dict[str, TopicDecoder]:
    """One decoder per topic; the index in `addresses` is Reading.address."""
    targets: dict[str, list[Target]] = {}
    for number, one in enumerate(addresses):
        path = None if one.path is None else split_path(one.path)
        time = None if one.time is None else split_path(one.time)
        targets.setdefault(one.topic, []).append(Target(number, path, time, one.time_unit))
    return {topic: TopicDecoder(topic, of_topic) for topic, of_topic in targets.items()}


def time_of(value: Any, unit: str) -> int | Fault:
    """A source's time as µs since 1970.

    >>> time_of("2026-11-20T09:00:37.383+09:00", "auto"), time_of(1795132837383, "auto")
    (1795132837383000, 1795132837383000)
    """
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return Fault("BadTime", f"{value[:40]!r} is no time; RFC 3339 text or a number is read")
        if moment.tzinfo is None:
            return Fault("BadTime", f"{value[:40]!r} has no offset from UTC (Z or +09:00); leave time out or add it")
        return (moment - _EPOCH) // _MICROSECOND
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return Fault("BadTime", "the time is neither RFC 3339 text nor a number")
    scale = _SCALE.get(unit) or _scale_by_size(abs(value))
    us = value * scale
    return us if isinstance(us, int) else round(us)


def _scale_by_size(size: float) -> int:
    if size < 1e11:  # seconds until the year 5138
        return 1_000_000
    return 1_000 if size < 1e14 else 1


def _shown(path: Path_) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
