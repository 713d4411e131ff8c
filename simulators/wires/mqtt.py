"""An MQTT publisher of ours: topic `PREFIX/ADDRESS`, payload `{"value": …, "at": …}`, QoS 1, in order.

`at` is RFC 3339 with microseconds, `value` null when the source does not know. At most a few hundred messages
are ahead of their PUBACK, twenty of them on the wire. A lost broker is found again and what it did not
acknowledge goes out once more, so a subscriber may see a message twice (that is QoS 1) and never misses one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.recording import Value
from simulators.wires import WireError, rfc3339

ON_THE_WIRE = 20
AHEAD = 400
HEARTBEAT_S = 1.0
QUIET_S = 1.0
NO_MATCHING_SUBSCRIBERS = 0x10


class MqttWire:
    """A connected publisher. The library's thread counts PUBACKs; the loop only looks at the number."""

    def __init__(self, client: paho.Client, prefix: str, machines: Iterable[str]) -> None:
        self._client = client
        self._prefix = prefix
        self._sent = 0
        self._acked = 0
        self._refused: ReasonCode | None = None
        self._unheard: dict[int, str] = {}
        self._alive = dict.fromkeys(machines, False)
        self._loop = asyncio.get_running_loop()
        self._all_alive = asyncio.Event()
        client.on_publish = self._on_publish

    async def put(self, address: str, value: Value, at: datetime) -> None:
        """Publish; waits while too many messages are unacknowledged."""
        await self._room(AHEAD)
        self._publish(address, {"value": value, "at": rfc3339(at)})

    async def heard(self) -> None:
        """The broker says of each heartbeat whether anyone is subscribed to it (MQTT 5, reason 0x10)."""
        await self._all_alive.wait()
        await asyncio.sleep(QUIET_S)

    async def drained(self) -> None:
        """Return when every message has its PUBACK."""
        await self._room(1)

    async def beat(self) -> None:
        """Publish `PREFIX/MACHINE/alive` for every machine once a second, until cancelled."""
        while True:
            await self._room(AHEAD)
            now = rfc3339(datetime.now(UTC))
            for machine in self._alive:
                number = self._publish(f"{machine}/alive", {"value": "alive", "at": now})
                self._unheard[number] = machine
            await asyncio.sleep(HEARTBEAT_S)

    def _publish(self, address: str, payload: dict[str, object]) -> int:
        self._sent += 1
        body = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        return self._client.publish(f"{self._prefix}/{address}", body, qos=1).mid

    async def _room(self, most: int) -> None:
        while self._sent - self._acked >= most:
            if self._refused is not None:
                raise WireError(f"the broker refused a message: {self._refused}; look at its access rules")
            await asyncio.sleep(0.002)

    def _on_publish(
        self,
        _client: paho.Client,
        _userdata: object,
        number: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        machine = self._unheard.pop(number, None)
        if reason.is_failure:
            self._refused = reason
            return
        if machine is not None and reason.value != NO_MATCHING_SUBSCRIBERS:
            self._alive[machine] = True
            if all(self._alive.values()):
                self._loop.call_soon_threadsafe(self._all_alive.set)
        self._acked += 1


@contextlib.asynccontextmanager
async def publisher(url: str, prefix: str, machines: Iterable[str] = ()) -> AsyncIterator[MqttWire]:
    """Connect to `mqtt://HOST:PORT` and publish below `prefix`; heartbeats for `machines` while it is open.

    Raises:
        WireError: the URL is none of ours, or nobody answers there.
    """
    host, port = _place(url)
    client = paho.Client(CallbackAPIVersion.VERSION2, f"tsunagu-sim-{secrets.token_hex(4)}", protocol=paho.MQTTv5)
    client.max_inflight_messages_set(ON_THE_WIRE)
    client.reconnect_delay_set(1, 2)
    wire = MqttWire(client, prefix, machines)
    try:
        client.connect(host, port, keepalive=15)
    except OSError as problem:
        raise WireError(
            f"no MQTT broker at {url}: {problem.strerror or problem}; start one or correct --url"
        ) from problem
    client.loop_start()
    heart = asyncio.create_task(wire.beat())
    try:
        await _connected(client, url)
        yield wire
    finally:
        heart.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heart
        client.disconnect()
        client.loop_stop()


async def _connected(client: paho.Client, url: str, limit_s: float = 10.0) -> None:
    until = time.monotonic() + limit_s
    while not client.is_connected():
        if time.monotonic() > until:
            raise WireError(f"the MQTT broker at {url} does not accept us within {limit_s:.0f} s; look at its log")
        await asyncio.sleep(0.02)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "mqtt" or not parts.hostname:
        raise WireError(f"{url!r} is not mqtt://HOST:PORT")
    return parts.hostname, parts.port or 1883
