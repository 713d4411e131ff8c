"""What a broker's topics hold, gathered from messages as they come, and how it could be read. Pure, bounded.

For `browse`: a person chooses. So guesses are allowed here, which the driver never makes: that a text is a time, that
bytes are Shift_JIS, that a list names its elements. Rates in messages per second.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any, Final, Literal, NamedTuple

import msgspec

from edge_agent.drivers.mqtt.addresses import CODECS, as_text
from edge_agent.drivers.mqtt.paths import PARSE_FAULTS, Path_, shown
from edge_agent.drivers.mqtt.times import time_of
from edge_agent.reading import Raw

MAX_LEAVES: Final = 200
MAX_DEPTH: Final = 12
MAX_ELEMENTS: Final = 16
MAX_STUDIED: Final = 200
"""Messages of one topic that are parsed; of the others only the last one."""
MAX_NAMES: Final = 200
_EXCERPT: Final = 200

_NAMING: Final = ("id", "name", "tag", "tagname", "key", "signal", "item", "sensor", "point", "名称", "名前", "信号")
_VALUES: Final = ("v", "value", "val", "data", "値")
_TIMES: Final = ("t", "ts", "time", "timestamp", "datetime", "date", "at", "日時", "時刻")
_PLAUSIBLE_US: Final = range(946_684_800_000_000, 4_102_444_800_000_000)
_QUARTER_US: Final = 15 * 60_000_000
_FURTHEST_QUARTERS: Final = 14 * 4
_LATE_US: Final = 5 * 60_000_000
_JSON = msgspec.json.Decoder()

Kind = Literal["number", "text", "flag", "time", "null"]
PayloadKind = Literal["json", "text", "number", "binary"]


class Leaf(NamedTuple):
    """One value in a payload. `path` is empty where the payload itself is the value."""

    path: str
    value: Raw
    kind: Kind


class Named(msgspec.Struct, frozen=True):
    """Things told apart by a field, in a list (`each`) or from message to message (`each` None).

    `key`, `value` and `time` are paths in one of them; `examples` has a value for each name.
    """

    each: str | None
    key: str
    value: str
    time: str | None
    examples: list[tuple[str, Raw, Kind]]


class TopicSample(msgspec.Struct, frozen=True):
    """One topic as it was heard. `retained`: the broker holds a message; `rate_hz` counts the fresh ones.

    `time`: the path of its source time; `time_zone`: the offset that a time without one must have, by our own clock.
    """

    topic: str
    count: int
    retained: bool
    payload_kind: PayloadKind
    leaves: list[Leaf]
    rate_hz: float = 0.0
    time: str | None = None
    time_zone: str | None = None
    encoding: str = "utf-8"
    excerpt: str = ""
    named: list[Named] = []


class Proposal(msgspec.Struct, frozen=True):
    """A signal that could be read: a name made from where it is, its table for the settings, and what it said."""

    name: str
    table: dict[str, Any]
    value: Raw
    kind: Kind

    @property
    def line(self) -> str:
        """As it stands in the settings (TOML)."""
        return f"{self.name} = {inline(self.table)}"


class _Heard:
    """What one topic said so far."""

    def __init__(self) -> None:
        self.count = self.fresh = 0
        self.retained = False
        self.last: bytes | None = None
        self.last_us: int | None = None
        self.studied: list[dict[str, Any]] = []


class Gathering:
    """Messages in, samples out. At most `max_topics` topics; further ones are only counted in `more`."""

    def __init__(self, max_topics: int) -> None:
        self._max = max_topics
        self._heard: dict[str, _Heard] = {}
        self.more = 0

    @property
    def topics(self) -> int:
        """How many spoke."""
        return len(self._heard)

    def note(self, topic: str, payload: bytes | None, at_us: int, *, retained: bool) -> None:
        """One message, heard at `at_us` (since 1970); `payload` None: too large to be kept."""
        heard = self._heard.get(topic)
        if heard is None:
            if len(self._heard) >= self._max:
                self.more += 1
                return
            heard = self._heard[topic] = _Heard()
        heard.count += 1
        heard.retained |= retained
        heard.fresh += not retained
        heard.last, heard.last_us = payload, None if retained else at_us
        if heard.count <= MAX_STUDIED:
            document = _read(payload)[0]
            if isinstance(document, dict):
                heard.studied.append(document)

    def samples(self, seconds: float) -> list[TopicSample]:
        """By topic; `seconds` is how long was listened."""
        return [_sample(topic, self._heard[topic], seconds) for topic in sorted(self._heard)]


def proposals(sample: TopicSample) -> list[Proposal]:
    """A signal for each value of a topic but its times, told apart by name where the topic names them."""
    common: dict[str, Any] = {"topic": sample.topic}
    if sample.encoding != "utf-8":
        common["encoding"] = sample.encoding
    zone = {} if sample.time_zone is None else {"time_zone": sample.time_zone}
    found: list[Proposal] = []
    covered = [named.each for named in sample.named]
    for named in sample.named:
        for name, value, kind in named.examples:
            each = {} if named.each is None else {"each": named.each}
            table = common | each | {"where": {named.key: name}, "path": named.value}
            found.append(Proposal(_name(name), table | _at(named.time or sample.time, zone), value, kind))
    for leaf in sample.leaves:
        if leaf.kind in ("time", "null") or any(each is None or leaf.path.startswith(each) for each in covered):
            continue
        last = re.split(r"[.\[\]'\"]+", leaf.path.strip("$.[]'\"")) if leaf.path else [sample.topic.rsplit("/", 1)[-1]]
        words = [word for word in last if word]
        path = {"path": leaf.path} if leaf.path else {}
        found.append(
            Proposal(_name("_".join(words[-2:])), common | path | _at(sample.time, zone), leaf.value, leaf.kind)
        )
    return found


def inline(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {inline(part)}" for key, part in value.items()) + " }"
    return msgspec.json.encode(value).decode()


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else msgspec.json.encode(key).decode()


def _at(time: str | None, zone: dict[str, str]) -> dict[str, str]:
    return {} if time is None else {"time": time, **zone}


def _name(text: str) -> str:
    """A signal's name made of any text; one that has no Latin letters is called `signal`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKD", text))
    words = re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")
    name = re.sub(r"^[0-9_]+", "", words)[:63].strip("_")
    return name or "signal"


def _sample(topic: str, heard: _Heard, seconds: float) -> TopicSample:
    document, encoding, kind = _read(heard.last)
    leaves: list[Leaf] = []
    named: list[Named] = []
    if kind == "json":
        for path, value in _walk(document, ()):
            if len(leaves) == MAX_LEAVES:
                break
            leaves.append(Leaf(shown(path), value, _kind(path, value)))
        named = [*_lists(document, ()), *_named(None, heard.studied)]
    elif kind != "binary":
        leaves = [Leaf("", document, _kind((), document))]
    times = [leaf for leaf in leaves if leaf.kind == "time"]
    naive = next((leaf.value for leaf in times if isinstance(time_of(leaf.value), str)), None)
    zone = None if naive is None else _offset(naive, heard.last_us)
    if naive is not None and zone is None:  # a time that nobody could place: the moment of arrival is better
        times, named = [], [msgspec.structs.replace(one, time=None) for one in named]
    paths = [leaf.path for leaf in times if "[" not in leaf.path]
    return TopicSample(
        topic=topic,
        count=heard.count,
        retained=heard.retained,
        payload_kind=kind,
        leaves=leaves,
        rate_hz=round(heard.fresh / seconds, 3) if seconds > 0 else 0.0,
        time=min(paths, key=lambda path: path.count("."), default=None),
        time_zone=zone,
        encoding=encoding,
        excerpt="" if heard.last is None else heard.last[:_EXCERPT].decode(CODECS[encoding], "replace"),
        named=named,
    )


def _offset(value: Raw, at_us: int | None) -> str | None:
    """The offset from UTC of a clock that said `value` (without one) when it was `at_us`; None where that is unsure."""
    told = time_of(value, zone=UTC)
    if at_us is None or not isinstance(told, int):
        return None
    quarters = round((told - at_us) / _QUARTER_US)
    if abs(quarters) > _FURTHEST_QUARTERS or abs(told - at_us - quarters * _QUARTER_US) > _LATE_US:
        return None
    return f"{'-' if quarters < 0 else '+'}{abs(quarters) // 4:02d}:{abs(quarters) % 4 * 15:02d}"


def _read(payload: bytes | None) -> tuple[Any, str, PayloadKind]:
    """The payload as JSON, number or text, with the encoding in which it can be read."""
    if payload is None:
        return None, "utf-8", "binary"
    for encoding in ("utf-8", "shift_jis"):
        try:
            text = payload.decode(CODECS[encoding]).removeprefix("\ufeff")
        except UnicodeError:
            continue
        if any(unicodedata.category(sign) == "Cc" and sign not in "\0\t\r\n" for sign in text[:_EXCERPT]):
            break
        try:
            document = _JSON.decode(text)
        except PARSE_FAULTS:
            return text.strip(" \0\t\r\n") or None, encoding, "text"
        if isinstance(document, dict | list):
            return document, encoding, "json"
        return document, encoding, "text" if isinstance(document, str) else "number"
    return None, "utf-8", "binary"


def _walk(value: Any, path: Path_) -> Iterator[tuple[Path_, Raw]]:
    parts: Iterable[tuple[str | int, Any]]
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value[:MAX_ELEMENTS])
    else:
        yield path, value
        return
    if len(path) < MAX_DEPTH:
        for step, part in parts:
            if not isinstance(step, str) or not ("'" in step and '"' in step):  # else no path can name it
                yield from _walk(part, (*path, step))


def _kind(path: Path_, value: Raw) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    called = str(path[-1]).lower() if path else ""
    if isinstance(value, str) and not value.strip().replace(".", "", 1).isdigit():
        return "time" if _is_time(value) else "text"
    if any(called == word or (len(word) > 2 and called.endswith(word)) for word in _TIMES) and _is_time(value):
        return "time"
    return "text" if isinstance(value, str) else "number"


def _is_time(value: Raw) -> bool:
    told = time_of(value, zone=UTC)
    return isinstance(told, int) and told in _PLAUSIBLE_US


def _lists(value: Any, path: Path_) -> Iterator[Named]:
    """The lists of a message whose elements say what they are."""
    if len(path) >= MAX_DEPTH:
        return
    if isinstance(value, list):
        yield from _named(shown(path), [element for element in value if isinstance(element, dict)])
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _lists(part, (*path, key))


def _named(each: str | None, elements: Sequence[dict[str, Any]]) -> list[Named]:
    """How the elements (or messages) tell what they are about; nothing where they do not."""
    fields = {key.lower(): key for element in elements[:1] for key in element}
    key = next((fields[word] for word in _NAMING if word in fields), None)
    value = next((fields[word] for word in _VALUES if word in fields and fields[word] != key), None)
    if key is None or value is None:
        return []
    time = next((fields[word] for word in _TIMES if word in fields), None)
    told: dict[str, Raw] = {}
    for element in elements:
        name, example = element.get(key), element.get(value)
        if isinstance(name, str | int) and not isinstance(example, dict | list) and len(told) < MAX_NAMES:
            told[as_text(name)] = example
    if len(told) < 2:
        return []
    examples = [(name, example, _kind((), example)) for name, example in told.items()]
    return [Named(each, shown((key,)), shown((value,)), None if time is None else shown((time,)), examples)]
