"""Payload of one MQTT message → readings of all signals of its topic. Pure: no socket, no clock.

A payload is parsed once, however many signals it holds. What cannot be read degrades only the signals
concerned: a bad reading with a code (BadPayload, BadEncoding, NoPath, WrongType, BadTime, TooLarge) and the
reason in plain words. JSON null and an empty payload are bad with the code NoValue: nobody knows; a value whose message
says that it is not good (`good`) is bad with NotGood. A message that is about something else (`where`, `partial`)
gives no reading.
Times: µs since 1970 UTC; without a time of its own a reading has the time of arrival.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

import msgspec

from edge_agent.drivers.mqtt.addresses import CODECS, ConditionSettings, SignalSettings, as_text
from edge_agent.drivers.mqtt.paths import PARSE_FAULTS, Missing, Path_, find, shown, split_path
from edge_agent.drivers.mqtt.times import time_of, zone_of
from edge_agent.reading import Raw, Reading

MAX_PAYLOAD: Final = 256 * 1024
MAX_ELEMENTS: Final = 10_000

_TOO_MUCH: Final = 10**300
"""A whole number of more digits is no value, and costs ever more to handle."""
_PADDING: Final = " \0\t\r\n\u3000"
"""What fills up the fixed-length texts of controllers, and ends lines."""
_BOM: Final = b"\xef\xbb\xbf"
_UNREADABLE: Final = "\ufffd"
_JSON = msgspec.json.Decoder()


class Fault(msgspec.Struct, frozen=True):
    """Why there is no value or no time, as a code and in plain words (None: no fault of anybody)."""

    code: str
    reason: str | None


class Target(msgspec.Struct, frozen=True):
    """One address: where in the payload its value and its time are. `path` None: the payload is the value."""

    address: int
    path: Path_ | None = None
    time: Path_ | None = None
    unit: str = "auto"
    zone: tzinfo | None = None
    codec: str = "utf-8"
    level: int | None = None
    each: Path_ | None = None
    where: tuple[tuple[Path_, str], ...] = ()
    good: tuple[tuple[Path_, str], ...] = ()
    partial: bool = False

    @property
    def chooses(self) -> bool:
        """Whether a message may hold no reading of it, or several, or hold it in its topic."""
        return bool(self.where or self.good) or self.partial or self.each is not None or self.level is not None

    @property
    def needs_json(self) -> bool:
        """Whether anything of it is found by a path."""
        return bool(self.where or self.good) or any(path is not None for path in (self.path, self.time, self.each))


class Decoded(msgspec.Struct):
    """Readings of one or more messages, the last of which arrived at `arrived_us`.

    `wrong` says why an address has none it can use.
    """

    readings: list[Reading]
    wrong: dict[int, str]
    arrived_us: int = 0


class TopicDecoder:
    """All that is read from one topic. Readings come in the order of their addresses, one encoding after the other."""

    def __init__(self, topic: str, targets: Sequence[Target]) -> None:
        self.topic = topic
        self.targets = tuple(sorted(targets, key=lambda target: target.address))
        codecs = dict.fromkeys(target.codec for target in self.targets)
        self._groups = [
            (codec, any(target.needs_json for target in group), [(target, target.chooses) for target in group])
            for codec in codecs
            if (group := [target for target in self.targets if target.codec == codec])
        ]

    @property
    def addresses(self) -> list[int]:
        """The addresses read from this topic."""
        return [target.address for target in self.targets]

    def decode(self, payload: bytes, arrived_us: int, into: Decoded, *, held: bool = False) -> None:
        """Adds this message's readings to `into`; `held`: the broker retained it."""
        into.arrived_us = arrived_us
        for codec, needs_json, targets in self._groups:
            document = self._document(payload, codec) if needs_json else None
            for target, chooses in targets:
                value: Any
                if chooses:
                    for value, at_us in self._chosen(target, document, payload, arrived_us):
                        self._add(target, value, at_us, into, held=held)
                    continue
                if target.path is None:
                    value = self._plain(payload, codec)
                elif isinstance(document, Fault):
                    value = document
                else:
                    value = self._scalar(find(document, target.path), target.path)
                at_us = arrived_us
                if target.time is not None:
                    value, at_us = self._timed(target, value, document, None, arrived_us)
                self._add(target, value, at_us, into, held=held)

    def too_large(self, size: int, arrived_us: int, into: Decoded) -> None:
        """Adds bad readings for a message whose payload was not kept."""
        into.arrived_us = arrived_us
        fault = Fault("TooLarge", f"{self.topic}: a message of {size} bytes; at most {MAX_PAYLOAD} are read")
        for target in self.targets:
            self._add(target, fault, arrived_us, into, held=False)

    def _chosen(self, target: Target, document: Any, payload: bytes, arrived_us: int) -> Iterator[tuple[Any, int]]:
        """Value (or fault) and time of each reading of a target that chooses."""
        by_path = target.path is not None or target.each is not None
        if isinstance(document, Fault) and (by_path or target.where or target.good):
            yield document, arrived_us  # it may have been about this one: we cannot know
            return
        elements = self._elements(target, document)
        if isinstance(elements, Fault):
            yield elements, arrived_us
            return
        for element in elements:
            if not all(_says(_near(element, document, path), wanted) for path, wanted in target.where):
                continue
            value: Any
            if target.level is not None:
                value = self._level(target.level)
            elif target.path is not None:
                found = find(element, target.path)
                if target.partial and isinstance(found, Missing):
                    continue
                value = self._scalar(found, target.path)
            elif target.each is not None:
                value = self._scalar(element, ())
            else:
                value = self._plain(payload, target.codec)
            if not all(_says(_near(element, document, path), wanted) for path, wanted in target.good):
                value = Fault("NotGood", None)
            yield self._timed(target, value, element, document, arrived_us)

    def _elements(self, target: Target, document: Any) -> list[Any] | Fault:
        if target.each is None:
            return [document]
        found = find(document, target.each)
        if isinstance(found, Missing):
            return [] if target.partial else self._nothing_at(found)
        if not isinstance(found, list):
            return Fault("WrongType", f"{self.topic}: {shown(target.each)} is no list; name one with each")
        if len(found) > MAX_ELEMENTS:
            return Fault("TooLarge", f"{self.topic}: a list of {len(found)} elements; at most {MAX_ELEMENTS} are read")
        return found

    def _timed(self, target: Target, value: Any, near: Any, far: Any, arrived_us: int) -> tuple[Any, int]:
        """The value with its own time, or with the time of arrival where it has none; then it is a fault."""
        if target.time is None:
            return value, arrived_us
        found = near if isinstance(near, Fault) else _near(near, far, target.time)
        told: int | str | Fault
        if isinstance(found, Fault):
            told = found
        elif isinstance(found, Missing):
            told = self._nothing_at(found)
        else:
            told = time_of(found, target.unit, target.zone)
        if isinstance(told, int):
            return value, told
        if isinstance(value, Fault):
            return value, arrived_us
        return (Fault("BadTime", f"{self.topic}: {told}") if isinstance(told, str) else told), arrived_us

    def _add(self, target: Target, value: Raw | Fault, at_us: int, into: Decoded, *, held: bool) -> None:
        arrived = at_us == into.arrived_us
        if isinstance(value, Fault):
            if value.reason is not None:
                into.wrong[target.address] = value.reason
            into.readings.append(Reading(target.address, None, at_us, "bad", value.code, arrived=arrived))
        elif value is None:
            into.readings.append(Reading(target.address, None, at_us, "bad", "NoValue", arrived=arrived))
        else:
            into.readings.append(Reading(target.address, value, at_us, held=held, arrived=arrived))
            into.wrong.pop(target.address, None)

    def _document(self, payload: bytes, codec: str) -> Any:
        if not payload:
            return Fault("NoValue", None)
        try:
            if codec == "utf-8" or (payload.isascii() and codec != "utf-16"):
                return _JSON.decode(payload)
            return _JSON.decode(payload.decode(codec))
        except PARSE_FAULTS as error:
            return self._damaged(payload, codec, error)

    def _damaged(self, payload: bytes, codec: str, error: Exception) -> Any:
        """What can be read of a payload that is no JSON at first sight: one bad text spoils only its own signal."""
        if payload.startswith(_BOM):
            return self._document(payload[len(_BOM) :], codec)
        text = payload.decode(codec, "replace")
        if _UNREADABLE not in text:
            return Fault("BadPayload", f"{self.topic}: the message is not JSON ({error})")
        try:
            return _JSON.decode(text)
        except PARSE_FAULTS:
            return self._no_text(codec)

    def _plain(self, payload: bytes, codec: str) -> Raw | Fault:
        payload = payload.removeprefix(_BOM)
        try:
            if codec == "utf-8" or (payload.isascii() and codec != "utf-16"):
                return self._scalar(_JSON.decode(payload), ())
            return self._scalar(_JSON.decode(payload.decode(codec)), ())
        except PARSE_FAULTS:
            try:
                return payload.decode(codec).strip(_PADDING) or None
            except UnicodeError:
                return self._no_text(codec)

    def _scalar(self, value: Any, path: Path_) -> Raw | Fault:
        kind = value.__class__
        if kind is float or kind is bool or value is None:
            return value  # type: ignore[no-any-return]  # told by its class, which is quicker than by isinstance
        if kind is str:
            return self._no_text("utf-8") if _UNREADABLE in value else str(value.strip(_PADDING))
        if kind is int:
            return value if -_TOO_MUCH < value < _TOO_MUCH else Fault("TooLarge", f"{self.topic}: a number too large")
        if kind is Fault:
            return value  # type: ignore[no-any-return]  # as above
        if kind is Missing:
            return self._nothing_at(value)
        what = "an object" if isinstance(value, dict) else "a list"
        return Fault("WrongType", f"{self.topic}: {shown(path)} is {what}; name one value of it with path")

    def _level(self, level: int) -> Raw | Fault:
        levels = self.topic.split("/")
        if level > len(levels):
            return Fault("NoPath", f"{self.topic}: the topic has only {len(levels)} levels; correct level")
        return levels[level - 1] or None

    def _nothing_at(self, missing: Missing) -> Fault:
        return Fault("NoPath", f"{self.topic}: the message has nothing at {shown(missing.path)}")

    def _no_text(self, codec: str) -> Fault:
        if codec == "utf-8":
            hint = 'is no UTF-8 text; a machine that writes Japanese may need encoding = "shift_jis"'
        else:
            hint = f"is no text in this encoding ({codec}); correct encoding"
        return Fault("BadEncoding", f"{self.topic}: the message {hint}")


def _says(found: Any, wanted: str) -> bool:
    return isinstance(found, str | bool | int | float) and as_text(found) == wanted


def _near(element: Any, document: Any, path: Path_) -> Any:
    """What is at `path` in the element, else in the whole message; Missing as the element tells it."""
    found = find(element, path)
    if isinstance(found, Missing) and document is not None and element is not document:
        whole = find(document, path)
        return found if isinstance(whole, Missing) else whole
    return found


def target_of(
    number: int, one: SignalSettings | ConditionSettings, encoding: str = "utf-8", zone: str | None = None
) -> Target:
    """An address as it is decoded; `encoding` and `zone` where it says none itself."""
    told_zone = one.time_zone or zone
    return Target(
        address=number,
        path=None if one.path is None else split_path(one.path),
        time=None if one.time is None else split_path(one.time),
        unit=one.time_unit,
        zone=None if told_zone is None else zone_of(told_zone),
        codec=CODECS[one.encoding or encoding],
        level=one.level,
        each=None if one.each is None else split_path(one.each),
        where=_told(one.where),
        good=_told(one.good),
        partial=one.partial,
    )


def _told(conditions: Mapping[str, Any] | None) -> tuple[tuple[Path_, str], ...]:
    return tuple((split_path(path), as_text(wanted)) for path, wanted in (conditions or {}).items())
