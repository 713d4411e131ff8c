"""paho's callback with JSON read, nothing kept: the ceiling. `python -m bench.mqtt_peer PORT COUNT`."""

import json
import sys
import threading
import time

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.edge_rows import _publish


def main(port: int, count: int) -> None:
    done, ready = threading.Event(), threading.Event()
    seen = 0

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        nonlocal seen
        msgspec.json.decode(message.payload)
        seen += 1
        if seen >= count:
            done.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="ceiling")
    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe("bench/m1", qos=1)
    client.loop_start()
    ready.wait(10)
    cpu, start = time.process_time(), time.monotonic()
    _publish(port, count, 9)
    done.wait(120)
    cost, rate = (time.process_time() - cpu) / max(seen, 1) * 1e6, seen / (time.monotonic() - start)
    client.disconnect()
    client.loop_stop()
    print(json.dumps({"cpu_us": cost, "rate": rate}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
