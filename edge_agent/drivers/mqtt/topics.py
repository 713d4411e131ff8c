"""Topic filters: which are possible, what they match, and how they meet (MQTT 5 §4.7). Pure."""

import itertools
from collections.abc import Iterable
from typing import Final

MAX_BYTES: Final = 65_535
MAX_LEVELS: Final = 100
MAX_GUESSES: Final = 1_000


def checked_topic(text: str) -> str:
    """A topic without wildcards, or ValueError."""
    _check(text)
    if "+" in text or "#" in text:
        raise ValueError("one topic is meant; + and # are not possible here")
    return text


def checked_filter(text: str) -> str:
    """A topic that may hold wildcards, or ValueError."""
    _check(text)
    *before, last = text.split("/")
    if any("#" in level for level in before) or ("#" in last and last != "#"):
        raise ValueError("# stands for all further levels: alone and last, such as shop/#")
    if any("+" in level and level != "+" for level in (*before, last)):
        raise ValueError("+ stands for one whole level, such as shop/+/state")
    return text


def _check(text: str) -> None:
    if not text or "\0" in text or len(text.encode(errors="replace")) > MAX_BYTES:
        raise ValueError("a topic has 1 to 65,535 bytes")
    if text.count("/") >= MAX_LEVELS:
        raise ValueError(f"a topic has at most {MAX_LEVELS} levels")
    if text.startswith("$share/"):
        raise ValueError("a shared subscription would give some messages to others; leave out $share/")
    start, end = text.find("{"), text.find("}")
    if 0 <= start < end:
        raise ValueError(
            f'nothing is known to put in place of {text[start : end + 1]}; say it in fill = {{ ... = "..." }}'
        )


def is_wild(topic_filter: str) -> bool:
    """Whether it may match more than one topic."""
    return "+" in topic_filter or "#" in topic_filter


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a message of this topic comes to who subscribed to the filter.

    >>> matches("shop/+/state", "shop/press-1/state"), matches("shop/#", "shop"), matches("#", "$SYS/uptime")
    (True, True, False)
    """
    return covers(topic_filter, topic)


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that `narrow` matches is matched by `wide` too.

    >>> covers("shop/+/state", "shop/+/+"), covers("shop/#", "shop/+/state")
    (False, True)
    """
    if narrow.startswith("$") and wide[:1] in ("+", "#"):
        return False
    of_wide, of_narrow = wide.split("/"), narrow.split("/")
    for level, told in enumerate(of_wide):
        if told == "#":
            return True
        if level >= len(of_narrow) or of_narrow[level] == "#" or told not in ("+", of_narrow[level]):
            return False
    return len(of_wide) == len(of_narrow)


def meet(one: str, other: str) -> bool:
    """Whether some topic is matched by both.

    >>> meet("shop/+/state", "shop/press-1/+"), meet("shop/+/state", "shop/press-1/load")
    (True, False)
    """
    if {one[:1], other[:1]} & {"+", "#"} and "$" in (one[:1], other[:1]):
        return False
    for told, said in itertools.zip_longest(one.split("/"), other.split("/")):
        if "#" in (told, said):
            return True
        if told is None or said is None or (told != said and "+" not in (told, said)):
            return False
    return True


def widest(filters: Iterable[str]) -> list[str]:
    """Those that no other one covers: subscribing to these brings the messages of all.

    ValueError where two of them match some topic without one covering the other: a broker may then send each of its
    messages twice, and nothing tells that from a machine that says it twice.
    """
    told = list(dict.fromkeys(filters))
    wild = [wide for wide in told if is_wild(wide)]
    kept = [one for one in told if not any(wide != one and covers(wide, one) for wide in wild)]
    for one, other in itertools.combinations([one for one in kept if is_wild(one)], 2):
        if meet(one, other):
            raise ValueError(f"{one} and {other} may match the same topic; write one so that it covers the other")
    return kept


def that_match(topic: str) -> list[str]:
    """Filters that match this topic, likeliest first, at most 1,000: to end a subscription nobody remembers.

    >>> that_match("a/b")
    ['a/b', 'a/b/#', 'a/#', '#', '+/b', '+/b/#', 'a/+', 'a/+/#', '+/#', '+/+', '+/+/#']
    """
    levels = topic.split("/")

    def found() -> Iterable[str]:
        for wild in range(len(levels) + 1):
            for size in range(len(levels), -1, -1):
                for places in itertools.combinations(range(size), wild):
                    pattern = ["+" if place in places else levels[place] for place in range(size)]
                    if size == len(levels):
                        yield "/".join(pattern)
                    yield "/".join([*pattern, "#"])

    return list(dict.fromkeys(itertools.islice(found(), MAX_GUESSES)))
