"""Which addresses a message is about, by its topic; and what to subscribe to for all of them. Pure.

A topic is looked up once and then known (bounded): wildcards cost nothing once their topics have been seen.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from edge_agent.drivers.mqtt import topics
from edge_agent.drivers.mqtt.addresses import ConditionSettings, SignalSettings
from edge_agent.drivers.mqtt.decode import Target, TopicDecoder, target_of

MAX_KNOWN: Final = 10_000
"""Topics remembered; with more of them than that, all are looked up anew."""


class Routes:
    """The addresses of one machine, by topic."""

    def __init__(self, targets: Iterable[tuple[str, Target]]) -> None:
        self._exact: dict[str, list[Target]] = {}
        self._wild: dict[str, list[Target]] = {}
        for topic_filter, target in targets:
            kind = self._wild if topics.is_wild(topic_filter) else self._exact
            kind.setdefault(topic_filter, []).append(target)
        self._known: dict[str, TopicDecoder | None] = {}
        self.lists = any(target.each is not None for told in self._by_filter.values() for target in told)

    @property
    def _by_filter(self) -> dict[str, list[Target]]:
        return {**self._exact, **self._wild}

    def subscriptions(self) -> list[str]:
        """The filters to subscribe to; ValueError where some of them overlap (`topics.widest`)."""
        return topics.widest(self._by_filter)

    def addresses(self, subscription: str) -> list[int]:
        """The addresses that hear nothing without this subscription."""
        covered = [told for one, told in self._by_filter.items() if topics.covers(subscription, one)]
        return [target.address for told in covered for target in told]

    def of(self, topic: str) -> TopicDecoder | None:
        """Reads the messages of this topic; None where nothing is read from it."""
        try:
            return self._known[topic]
        except KeyError:
            pass
        found = list(self._exact.get(topic, ()))
        for topic_filter, told in self._wild.items():
            if topics.matches(topic_filter, topic):
                found.extend(told)
        decoder = TopicDecoder(topic, found) if found else None
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[topic] = decoder
        return decoder


def routes_of(
    addresses: Sequence[SignalSettings | ConditionSettings], encoding: str = "utf-8", zone: str | None = None
) -> Routes:
    """The index in `addresses` is Reading.address; `encoding` and `zone` count where an address says none itself."""
    return Routes((one.topic, target_of(number, one, encoding, zone)) for number, one in enumerate(addresses))
