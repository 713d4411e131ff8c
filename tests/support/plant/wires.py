"""The plant's two wires. Both may vanish and return while the machines behind them work on.

OPC UA: a server that shows current values with their source times, so what changes while it is away is gone. MQTT: a
publisher at QoS 1 that queues while its broker is away; what seldom changes is retained and said again, as it stands
then, on every connection. Times are aware UTC datetimes.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime

import paho.mqtt.client as paho
from asyncua import ua
from asyncua.server.server import Server
from paho.mqtt.enums import CallbackAPIVersion

from simulators.recording import Value
from simulators.wires import rfc3339

NAMESPACE = "urn:tsunagu:plant"
QUEUE_CAP = 1_000_000

Shown = dict[str, tuple[Value, datetime]]
"""The newest value of each address and its time."""


class OpcUaWire:
    """`numeric`: addresses and whether they are numbers. `start` with `shift` moves the namespace's index."""

    def __init__(self, port: int, numeric: Mapping[str, bool], shown: Shown) -> None:
        self._port = port
        self._numeric = numeric
        self._shown = shown
        self._server: Server | None = None
        self._index = 0
        self._gone: set[str] = set()

    async def start(self, shift: int = 0) -> None:
        server = Server()
        server.iserver.max_monitored_item_queue_size = QUEUE_CAP
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self._port}/")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for number in range(shift):
            await server.register_namespace(f"urn:tsunagu:other:{number}")
        self._index = await server.register_namespace(NAMESPACE)
        self._server = server
        for address in self._numeric:
            if address not in self._gone:
                await self._add(address)
        await server.start()

    async def stop(self) -> None:
        """Also lets go of a client that connects meanwhile: the library would wait for it for ever."""
        server, self._server = self._server, None
        if server is None:
            return
        stopping = asyncio.create_task(server.stop())
        while not stopping.done():
            for transport in list(server.iserver.asyncio_transports):
                transport.close()
            await asyncio.wait([stopping], timeout=0.1)
        await stopping

    async def put(self, address: str) -> None:
        """Shows the newest value, where the server runs and has the node."""
        if self._server is not None and address not in self._gone:
            await self._server.write_attribute_value(self._node(address), self._data(address))

    async def delete(self, address: str) -> None:
        self._gone.add(address)
        assert self._server is not None
        await self._server.delete_nodes([self._server.get_node(self._node(address))])

    async def add(self, address: str) -> None:
        self._gone.discard(address)
        await self._add(address)

    async def _add(self, address: str) -> None:
        assert self._server is not None
        number = self._numeric[address]
        kind = ua.VariantType.Double if number else ua.VariantType.String
        name = ua.QualifiedName(address, self._index)
        await self._server.nodes.objects.add_variable(self._node(address), name, 0.0 if number else "", kind)
        await self._server.write_attribute_value(self._node(address), self._data(address))

    def _node(self, address: str) -> ua.NodeId:
        return ua.NodeId(ua.String(address), ua.Int16(self._index))

    def _data(self, address: str) -> ua.DataValue:
        if address not in self._shown:
            return ua.DataValue(None, ua.StatusCode(ua.UInt32(ua.StatusCodes.BadWaitingForInitialData)))
        value, at = self._shown[address]
        if value is None:
            return ua.DataValue(None, ua.StatusCode(ua.UInt32(ua.StatusCodes.BadNoData)), at)
        kind = ua.VariantType.Double if self._numeric[address] else ua.VariantType.String
        return ua.DataValue(ua.Variant(value, kind), SourceTimestamp=at)


class MqttWire:
    """Publishes `plant/ADDRESS`. `said_until`: everything up to then has been put."""

    def __init__(self, port: int, shown: Shown, retained: frozenset[str], said_until: Callable[[], datetime]) -> None:
        self._shown = shown
        self._retained = retained
        self._said_until = said_until
        self._loop = asyncio.get_running_loop()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "plant", protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_queued_messages_set(0)
        self._client.on_connect = lambda *_: self._loop.call_soon_threadsafe(self._birth)
        self._client.connect("127.0.0.1", port, keepalive=10)
        self._client.loop_start()

    def put(self, address: str) -> None:
        value, at = self._shown[address]
        self._publish(address, value, at)

    def _birth(self) -> None:
        for address in sorted(self._retained & self._shown.keys()):
            self._publish(address, self._shown[address][0], self._said_until())

    def _publish(self, address: str, value: Value, at: datetime) -> None:
        body = json.dumps({"value": value, "at": rfc3339(at)}, ensure_ascii=False)
        self._client.publish(f"plant/{address}", body, qos=1, retain=address in self._retained)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
