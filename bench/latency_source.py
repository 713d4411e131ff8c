"""An OPC UA server whose machines start and stop, and tags at 1 Hz over OPC UA and, with a broker, over MQTT.

`python -m bench.latency_source PORT MACHINES TAGS [BROKER]`. Prints READY.
"""

import asyncio
import logging
import random
import sys
from datetime import UTC, datetime

from asyncua import Server, ua
from asyncua.common.node import Node
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


async def main(port: int, machines: int, tags: int, broker: int | None) -> None:
    logging.disable(logging.CRITICAL)
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    await server.register_namespace("urn:bench:latency")
    executions, values = [], []
    for number in range(machines):
        executions.append(await _variable(server, f"m{number}/execution", "READY"))
        await _variable(server, f"m{number}/program", f"P-{number}")
        values += [await _variable(server, f"m{number}/t{i}", 0.0) for i in range(tags)]
    client = None
    if broker is not None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", broker)
        client.loop_start()
    async with server:
        print("READY", flush=True)
        await _live(server, executions, values, tags, client)


async def _variable(server: Server, name: str, value: str | float) -> Node:
    return await server.nodes.objects.add_variable(ua.NodeId(name, 2), f"2:{name}", value)


async def _live(server: Server, executions: list[Node], values: list[Node], tags: int, client: Client | None) -> None:
    rng, tick = random.Random(1), 0
    while True:
        tick += 1
        for node in values:
            await _write(server, node, round(rng.uniform(0, 100), 1))
        for number in range(tags if client is not None else 0):
            assert client is not None
            client.publish(f"b/t{number}", str(round(rng.uniform(0, 100), 1)), qos=1)
        for part in range(10):
            if client is None:
                index = (tick * 10 + part) % len(executions)
                running = (tick * 10 + part) // len(executions) % 2
                await _write(server, executions[index], "ACTIVE" if running else "READY")
            await asyncio.sleep(0.1)


async def _write(server: Server, node: Node, value: str | float) -> None:
    kind = ua.VariantType.Double if isinstance(value, float) else ua.VariantType.String
    now = datetime.now(UTC)
    await server.write_attribute_value(node.nodeid, ua.DataValue(ua.Variant(value, kind), SourceTimestamp=now))


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(words[0], words[1], words[2], words[3] if len(words) > 3 else None))
