"""The library's usual way to read: one callback for each change. `python -m bench.opcua_peer PORT COUNT SECONDS`."""

import asyncio
import json
import logging
import sys
import time

from asyncua import Client, Node


class Handler:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def datachange_notification(self, _node: Node, _value: object, _data: object) -> None:
        self.count += 1


async def main(port: int, count: int, seconds: float) -> None:
    logging.disable(logging.CRITICAL)
    handler = Handler()
    async with Client(f"opc.tcp://127.0.0.1:{port}") as client:
        subscription = await client.create_subscription(100, handler)
        nodes = [client.get_node(f"ns=1;s=V{i}") for i in range(count)]
        for start in range(0, count, 500):
            await subscription.subscribe_data_change(nodes[start : start + 500], queuesize=100, sampling_interval=0)
        await asyncio.sleep(1)
        before, cpu = handler.count, time.process_time()
        await asyncio.sleep(seconds)
        seen = handler.count - before
        cost = (time.process_time() - cpu) / max(seen, 1) * 1e6
    print(json.dumps({"cpu_us": cost, "seen": seen}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
