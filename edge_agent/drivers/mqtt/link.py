"""One connection to a broker: paho-mqtt on a thread of its own, and the queue between it and the event loop.

I/O only; used once and thrown away. The thread reads messages and pings into a bounded queue; the loop takes
what is waiting, and gives back the acknowledgements of what has become durable. While the queue is full the
thread stops reading, so the broker (and TCP) hold what comes. The session at the broker is persistent:
whatever was not acknowledged comes again on the next connection, flagged as a duplicate.
Times: µs since 1970 UTC, strictly rising, taken as each packet is read.
"""

import asyncio
import contextlib
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.drivers.mqtt import advice, quirks, tls
from edge_agent.drivers.mqtt.client import LeanClient
from edge_agent.drivers.mqtt.decode import MAX_PAYLOAD
from edge_agent.drivers.mqtt.settings import ConnectionSettings, split_url
from edge_agent.drivers.port import ConnectionLost, Misconfigured
from edge_agent.drivers.sign_in import password

MAX_HELD_BYTES: Final = 32 * 2**20
MAX_HELD: Final = 20_000
CLOSE_S: Final = 2.0
ASKS: Final = 5
"""So often in the time of a keep-alive a silent broker is asked for a sign of life."""
UNANSWERED: Final = 4
"""So many times in vain, and the link has ended unnoticed."""
SOON_DAYS: Final = 30

log = structlog.get_logger(__name__)


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as it came in, or a ping's answer (no topic). `payload` None: too large, `size` bytes."""

    at_us: int
    topic: str | None = None
    payload: bytes | None = None
    size: int = 0
    packet_id: int = 0
    qos: int = 0
    duplicate: bool = False
    retained: bool = False


class Link:
    """Open, subscribe, take, acknowledge, close."""

    def __init__(self, settings: ConnectionSettings, client_name: str, *, keep_session: bool = True) -> None:
        self._settings = settings
        self.url = settings.url
        self._keep_session = keep_session
        self.name = settings.client_id or client_name
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._rung = False
        self._queue: deque[Message] = deque()
        self._room = threading.Event()
        self._room.set()
        self._bytes_in = 0
        self._bytes_out = 0
        self._last_us = 0
        self._closing = False
        self._lost: ConnectionLost | Misconfigured | None = None
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._client = self._build()

    def _build(self) -> LeanClient:
        modern = self._settings.protocol == "5"
        client = LeanClient(
            self,
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=self.name,
            clean_session=None if modern else not self._keep_session,
            protocol=MQTTProtocolVersion.MQTTv5 if modern else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.ask_s = self._settings.keepalive_s / ASKS
        client.connect_timeout = self._settings.connect_timeout_s
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, password(self._settings, os.environ))
        return client

    async def open(self) -> bool:
        """Connects; true where the broker had kept our session. Raises ConnectionLost or Misconfigured."""
        options: dict[str, Any] = {"keepalive": self._settings.keepalive_s}
        if self._settings.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's, untyped
            properties.SessionExpiryInterval = quirks.SESSION_EXPIRY_S if self._keep_session else 0
            properties.ReceiveMaximum = quirks.RECEIVE_MAXIMUM
            properties.MaximumPacketSize = quirks.MAXIMUM_PACKET
            options |= {"clean_start": not self._keep_session, "properties": properties}
        try:
            await asyncio.to_thread(self._connect, options)
            self._client.loop_start()
            async with asyncio.timeout(self._settings.connect_timeout_s):
                return await self._connected
        except ssl.SSLError as error:
            raise advice.tls_failed(error, self._settings) from error
        except OSError as error:  # TimeoutError is one
            raise advice.unreachable(error, self._settings.url) from error

    def _connect(self, options: dict[str, Any]) -> None:
        """In a thread: reads the certificates, connects, shakes hands."""
        host, port, with_tls = split_url(self._settings.url)
        if with_tls:
            self._client.server_name = self._settings.server_name
            self._client.tls_set_context(tls.context_of(self._settings))
        self._client.connect(host, port, **options)
        left_days = tls.days_left(self._client.socket(), time.time())
        if left_days is not None and left_days < SOON_DAYS:
            log.warning("the broker's certificate ends soon; renew it", url=self.url, in_days=round(left_days, 1))

    @property
    def silent_s(self) -> float:
        """So long without a message or a ping's answer means that the link has ended unnoticed."""
        return UNANSWERED * self._client.ask_s

    async def subscribe(self, topics: Iterable[str], qos: int = 1) -> dict[str, int]:
        """Subscribes; the reason codes of those topics that the broker refuses."""
        refused: dict[str, int] = {}
        waiting = list(topics)
        for start in range(0, len(waiting), quirks.TOPICS_PER_SUBSCRIBE):
            chunk = waiting[start : start + quirks.TOPICS_PER_SUBSCRIBE]
            for topic, code in zip(chunk, await self._subscribe(chunk, qos), strict=False):
                if code.is_failure:
                    refused[topic] = code.value
        return refused

    async def _subscribe(self, topics: list[str], qos: int) -> list[ReasonCode]:
        answer: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        wanted: list[Any] = [(topic, qos) for topic in topics]
        if self._settings.protocol == "5":
            wanted = [(topic, SubscribeOptions(qos=qos)) for topic in topics]
        _, packet_id = self._client.subscribe(wanted)
        if packet_id is None:
            raise self._why()
        self._answers[packet_id] = answer
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                return await answer
        except TimeoutError as error:
            raise advice.unreachable(error, self._settings.url) from error

    def unsubscribe(self, topics: list[str]) -> None:
        """For what an earlier configuration subscribed to in our persistent session."""
        for start in range(0, len(topics), quirks.TOPICS_PER_SUBSCRIBE):
            self._client.unsubscribe(topics[start : start + quirks.TOPICS_PER_SUBSCRIBE])

    async def take(self, limit: int, timeout_s: float | None = None) -> list[Message]:
        """What is waiting, at most `limit`; nothing after `timeout_s`. Raises once the link is lost and empty."""
        if not self._queue:
            if self._lost is not None:
                raise self._lost
            self._bell.clear()
            self._rung = False
            if not self._queue:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(timeout_s):
                        await self._bell.wait()
        taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        self._bytes_out += sum(message.size for message in taken)
        if not self._is_full():
            self._room.set()
        return taken

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tells the broker that these are durable; those that no longer reach it come again."""
        self._client.acknowledge(message.packet_id for message in messages if message.qos)

    async def close(self) -> None:
        """Disconnects; the session stays at the broker."""
        self._closing = True
        self._room.set()
        self._client.disconnect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.to_thread(self._client.loop_stop)

    def heard_message(
        self, topic: str, payload: bytes, packet_id: int, qos: int, *, duplicate: bool, retained: bool
    ) -> None:
        """From the thread: a message. Returns when there is room for another."""
        if self._closing:
            return  # comes again: it is not acknowledged
        size = len(payload)
        self._bytes_in += size
        kept = payload if size <= MAX_PAYLOAD else None
        self._put(Message(self._now_us(), topic, kept, size, packet_id, qos, duplicate, retained))
        if self._is_full():
            self._room.clear()
            if self._is_full() and not self._closing:
                self._room.wait()

    def heard_ping(self) -> None:
        """From the thread: the broker answered a ping."""
        self._put(Message(self._now_us()))

    def _now_us(self) -> int:
        self._last_us = max(time.time_ns() // 1000, self._last_us + 1)
        return self._last_us

    def _put(self, message: Message) -> None:
        self._queue.append(message)
        if not self._rung:
            self._rung = True
            self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is waiting
            self._loop.call_soon_threadsafe(self._bell.set)

    def _is_full(self) -> bool:
        return len(self._queue) >= MAX_HELD or self._bytes_in - self._bytes_out >= MAX_HELD_BYTES

    def _on_connect(
        self, _client: Client, _data: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._lose(advice.refused(reason.value, reason.getName(), self._settings.url))
        else:
            self._loop.call_soon_threadsafe(_settle, self._connected, flags.session_present)

    def _on_subscribe(
        self, _client: Client, _data: Any, packet_id: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._loop.call_soon_threadsafe(lambda: _settle(self._answers.pop(packet_id, None), reasons))

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        from_broker = flags.is_disconnect_packet_from_server
        trouble, heard = self._client.trouble, self._connected.done()
        if not heard and isinstance(trouble, ssl.SSLError) and not isinstance(trouble, ssl.SSLEOFError):
            self._lose(advice.tls_failed(trouble, self._settings))
        elif from_broker and reason.is_failure:
            self._lose(advice.refused(reason.value, reason.getName(), self._settings.url))
        else:
            self._lose(advice.dropped(self._settings.url, reason.getName(), heard=heard))

    def _lose(self, why: ConnectionLost | Misconfigured) -> None:
        if self._lost is None:
            self._lost = why
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        self._bell.set()
        pending: list[asyncio.Future[Any]] = [self._connected, *self._answers.values()]
        for waiting in pending:
            if not waiting.done():
                waiting.set_exception(self._why())
                waiting.exception()  # whoever waits gets it; nobody waiting is no fault

    def _why(self) -> ConnectionLost | Misconfigured:
        return self._lost or advice.dropped(self._settings.url, "not connected", heard=True)


def _settle(waiting: "asyncio.Future[Any] | None", answer: Any) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(answer)
