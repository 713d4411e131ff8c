"""Reads one machine over MQTT. I/O only: payloads in `decode.py`, words in `advice.py`, paho in `link.py`.

First station of the journey. Everything waiting (bounded) becomes one delivery, in the order it arrived, and
is acknowledged to the broker after the delivery is durable. A message flagged as a duplicate that is found in
the durable inbox is acknowledged and not delivered again. Retained messages give the current values.
Proof of life: any message and the broker's ping answers (the path), or the machine's heartbeat where the
settings name one. Times: µs since 1970 UTC for readings and proof of life, monotonic seconds for what is due.
"""

import hashlib
import time
from pathlib import Path
from typing import Final

import structlog

from edge_agent.drivers.faults import Faults
from edge_agent.drivers.mqtt import advice, subscribed, topics
from edge_agent.drivers.mqtt.decode import Decoded, TopicDecoder
from edge_agent.drivers.mqtt.link import Link, Message
from edge_agent.drivers.mqtt.routing import MAX_KNOWN, Routes, routes_of
from edge_agent.drivers.mqtt.settings import Alive, ConditionSettings, ConnectionSettings, SignalSettings
from edge_agent.drivers.port import Driver, Feed, Misconfigured, Probe
from edge_agent.drivers.probed import Probed
from edge_agent.reading import Delivery, InboxMark

MAX_MESSAGES: Final = 1_000
"""Messages in one delivery."""
MAX_MESSAGES_OF_LISTS: Final = 50
"""The same where a message may hold thousands of readings (`each`)."""
MAX_GUESSED: Final = 20
"""So many unknown topics make us look for a wildcard of an earlier configuration; further ones only end themselves."""
GRACE_S: Final = 0.5
UNSAID_US: Final = 200_000
"""What a machine said so shortly before a sign of life may still be on its way to the broker."""
MAX_EARLY: Final = 20_000
"""Messages held while waiting for a machine's first heartbeat."""

log = structlog.get_logger(__name__)


def create(
    connection: ConnectionSettings,
    addresses: list[SignalSettings | ConditionSettings],
    client_name: str,
    data_dir: Path,
) -> Driver:
    """The driver of one machine, not connected yet. In `data_dir` it remembers what it has subscribed to."""
    return MqttDriver(connection, addresses, client_name, data_dir)


class MqttDriver:
    """One machine's topics at one broker. Several addresses may name one topic: a payload is parsed once."""

    def __init__(
        self,
        connection: ConnectionSettings,
        addresses: list[SignalSettings | ConditionSettings],
        client_name: str,
        data_dir: Path,
    ) -> None:
        self._settings = connection
        self._client_name = client_name
        self._data_dir = data_dir
        self._addresses = addresses
        self._routes = routes_of(addresses, connection.encoding, connection.time_zone)
        try:
            self._subscriptions = self._routes.subscriptions()
        except ValueError as error:
            raise Misconfigured(str(error)) from error

    async def run(self, feed: Feed) -> None:
        """Delivers until the link is lost; raises ConnectionLost or Misconfigured."""
        link = Link(self._settings, self._client_name)
        try:
            kept = await link.open()
            log.info("mqtt connected", url=self._settings.url, session="kept" if kept else "new")
            memory = self._data_dir / f"mqtt-{self._client_name}.json"
            await _Reader(link, self._settings.alive, self._routes, self._subscriptions, memory, feed).run()
        finally:
            await link.close()

    async def probe(self, timeout_s: float) -> list[Probe]:
        """Listens until every address has said something, at most `timeout_s`; one result per address.

        Takes no message from the agent's own session: it has a name and a session of its own.
        """
        settings = self._settings.model_copy(update={"client_id": None})
        link = Link(settings, f"{self._client_name}-check", keep_session=False)
        heard: set[int] = set()
        try:
            await link.open()
            refused = await link.subscribe(self._subscriptions)
            hints = {
                address: advice.refused_topic(topic, code)
                for topic, code in refused.items()
                for address in self._routes.addresses(topic)
            }
            found = await self._listen(link, set(range(len(self._addresses))) - set(hints), heard, timeout_s)
        finally:
            await link.close()
        for address, one in enumerate(self._addresses):
            silent = advice.about_others if address in heard else advice.nothing_said
            hint = hints.get(address) or silent(one.topic, timeout_s)
            found.setdefault(address, Probed(address, ok=False, quality="bad", advice=hint))
        return [found[address] for address in range(len(self._addresses))]

    async def _listen(self, link: Link, waiting: set[int], heard: set[int], timeout_s: float) -> dict[int, Probe]:
        """What the first message about each address says; `heard` collects whose topics spoke at all."""
        found: dict[int, Probe] = {}
        end = time.monotonic() + timeout_s
        while waiting and (left_s := end - time.monotonic()) > 0:
            decoded = Decoded([], {})
            for message in await link.take(MAX_MESSAGES_OF_LISTS, left_s):
                decoder = None if message.topic is None else self._routes.of(message.topic)
                if decoder is not None and not waiting.isdisjoint(decoder.addresses):
                    heard.update(decoder.addresses)
                    _decode(decoder, message, decoded)
            for reading in decoded.readings:
                age_s = None if reading.at_us is None else round(time.time() - reading.at_us / 1e6, 6)
                hint = decoded.wrong.get(reading.address)
                if hint is None and reading.quality == "bad":
                    hint = advice.no_value(reading.code)
                found[reading.address] = Probed(
                    reading.address, reading.quality != "bad", reading.value, reading.quality, age_s, hint
                )
                waiting.discard(reading.address)
        return found


class _Reader:
    """One run on one open link."""

    def __init__(
        self, link: Link, alive: Alive | None, routes: Routes, subscriptions: list[str], memory: Path, feed: Feed
    ) -> None:
        self._link = link
        self._alive = alive
        self._routes = routes
        self._subscriptions = subscriptions
        self._memory = memory
        self._most = MAX_MESSAGES_OF_LISTS if routes.lists else MAX_MESSAGES
        self._feed = feed
        self._faults = Faults(feed)
        self._unknown: set[str] = set()
        self._silent_at = 0.0

    async def run(self) -> None:
        early = [] if self._alive is None else await self._heartbeat(self._alive)
        for topic, code in (await self._subscribe()).items():
            for address in self._routes.addresses(topic):
                self._feed.address_fault(address, advice.refused_topic(topic, code))
        self._feed.connected()
        await self._deliver(early)
        heard_at = time.monotonic()
        while True:
            now = time.monotonic()
            if self._alive is not None and now >= self._silent_at:
                raise advice.silent(self._alive.topic, self._alive.limit_s)
            due_at = heard_at + self._link.silent_s
            if self._alive is not None:
                due_at = min(due_at, self._silent_at)
            # if we were held up ourselves, something waits in the socket
            messages = await self._link.take(self._most, max(due_at - now, GRACE_S))
            await self._deliver(messages)
            if messages:
                heard_at = time.monotonic()
            elif now - heard_at >= self._link.silent_s:
                raise advice.mute(self._link.url)

    async def _subscribe(self) -> dict[str, int]:
        """Subscribes to all, and ends what an earlier configuration left in our session; codes of what is refused.

        Both are remembered until the broker has answered: it works off our packets in order.
        """
        link = self._link
        heartbeat = [] if self._alive is None or self._covers(self._alive.topic) else [self._alive.topic]
        wanted = (*self._subscriptions, *heartbeat)
        earlier = subscribed.read(self._memory, link.url, link.name)
        stale = [told for told in earlier if told not in wanted]
        if earlier != wanted:
            subscribed.write(self._memory, link.url, link.name, [*stale, *wanted])
        link.unsubscribe(stale)
        refused = await link.subscribe(self._subscriptions)
        if stale:
            subscribed.write(self._memory, link.url, link.name, wanted)
        return refused

    def _covers(self, topic: str) -> bool:
        """Whether the addresses' own subscriptions bring this topic."""
        return any(topics.matches(told, topic) for told in self._subscriptions)

    async def _heartbeat(self, alive: Alive) -> list[Message]:
        """Waits until the machine says that it lives; what came before it waits with it, unacknowledged.

        Subscribed at QoS 0: the broker keeps no old heartbeats for us, and none waits behind other messages.
        Where a signal is read from the same topic, its messages count, but not before we are connected.
        """
        self._silent_at = time.monotonic() + alive.limit_s
        if self._covers(alive.topic):
            return []
        refused = await self._link.subscribe([alive.topic], qos=0)
        if refused:
            raise Misconfigured(advice.refused_topic(alive.topic, refused[alive.topic]))
        early: list[Message] = []
        while (left_s := self._silent_at - time.monotonic()) > 0 and len(early) < MAX_EARLY:
            for message in await self._link.take(MAX_MESSAGES, left_s):
                early.append(message)
                if message.topic == alive.topic and not message.retained and not _is_dead(message, alive):
                    return early
        raise advice.silent(alive.topic, alive.limit_s)

    async def _deliver(self, messages: list[Message]) -> None:
        """Decodes, stores, then acknowledges; then tells the proof of life that these messages are."""
        if not messages:
            return
        decoded = Decoded([], {})
        marks: list[InboxMark] = []
        dead = False
        alive_us: int | None = None
        for message in messages:
            if self._alive is None:
                alive_us = message.at_us
            elif message.topic == self._alive.topic and not message.retained:
                dead = _is_dead(message, self._alive)
                if not dead:
                    alive_us = message.at_us
                    self._silent_at = time.monotonic() + self._alive.limit_s
            decoder = None if message.topic is None else self._routes.of(message.topic)
            if decoder is None:
                self._forget(message)
            elif message.qos == 0:
                _decode(decoder, message, decoded)
            else:
                mark = _mark_of(message)
                if not (message.duplicate and self._feed.is_redelivered(mark)):
                    marks.append(mark)
                    _decode(decoder, message, decoded)
        self._faults.settle(decoded.readings, decoded.wrong)
        if decoded.readings:
            await self._feed.deliver(Delivery(decoded.readings, messages[-1].at_us, tuple(marks)))
        self._link.acknowledge(messages)
        if alive_us is not None:
            self._feed.alive(alive_us - UNSAID_US)
        if dead and self._alive is not None:
            raise advice.gone(self._alive.topic)

    def _forget(self, message: Message) -> None:
        """A topic of an earlier configuration: our session at the broker still subscribes to it, or to a wildcard."""
        topic = message.topic
        heartbeat = None if self._alive is None else self._alive.topic
        if topic is None or topic == heartbeat or topic in self._unknown or len(self._unknown) >= MAX_KNOWN:
            return
        guesses = topics.that_match(topic) if len(self._unknown) < MAX_GUESSED else [topic]
        self._unknown.add(topic)
        self._link.unsubscribe([guess for guess in guesses if guess not in self._subscriptions])
        log.info("mqtt topic no longer read", topic=topic)


def _decode(decoder: TopicDecoder, message: Message, into: Decoded) -> None:
    if message.payload is None:
        decoder.too_large(message.size, message.at_us, into)
    else:
        decoder.decode(message.payload, message.at_us, into, held=message.retained)


def _is_dead(message: Message, alive: Alive) -> bool:
    return alive.dead is not None and message.payload == alive.dead.encode()


def _mark_of(message: Message) -> InboxMark:
    topic = (message.topic or "").encode()
    payload = message.payload if message.payload is not None else str(message.size).encode()
    return InboxMark(message.packet_id, hashlib.blake2b(topic + b"\0" + payload, digest_size=16).digest())
