"""`python -m tests.support.plant CONFIG`: orders come as JSON lines on standard input, answers go to standard output.

The configuration is JSON: seed, machines {name: kind}, over_mqtt [name], opcua and mqtt ports. Beside what a machine of
its kind says, each has a `serial`, a text counted up every quarter of a second, never repeated: what is lost or taken
twice shows there. Times in answers are µs since 1970, UTC.
"""

import asyncio
import contextlib
import heapq
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.machines.kinds import KINDS
from simulators.machines.life import Life, Pace, signals
from simulators.recording import Change
from tests.support.plant.wires import MqttWire, OpcUaWire, Shown

SLICE_S = 0.02
SERIAL_S = 0.25
BRISK = 0.02
MEASURES_S = 0.5


def serials(machine: str, start: datetime, offset_s: float) -> Iterator[Change]:
    number = 0
    while True:
        number += 1
        yield Change(start + timedelta(seconds=offset_s + number * SERIAL_S), f"{machine}/serial", str(number))


class Plant:
    """Machines, their wires, and everything that was said."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._start = datetime.now(UTC).replace(microsecond=0)
        pace = Pace(live_from=self._start, brisk=BRISK, live_s=MEASURES_S)
        kinds: dict[str, str] = config["machines"]
        self._lives = [Life(name, KINDS[kind], config["seed"], self._start, pace) for name, kind in kinds.items()]
        streams = [life.changes() for life in self._lives]
        streams += [serials(name, self._start, n * 0.01) for n, name in enumerate(kinds)]
        self._changes = heapq.merge(*streams, key=lambda change: change.at)
        self._next = next(self._changes)
        self._said_until = self._start
        self._shown: Shown = {}
        self._said: dict[str, list[tuple[int, Any]]] = {}
        self._mqtt_machines = frozenset(config["over_mqtt"])
        numeric: dict[str, bool] = {}
        for name, kind in kinds.items():
            numeric |= signals(name, KINDS[kind]) | {f"{name}/serial": False}
        self._measures = {f"{name}/{m.signal}" for name, kind in kinds.items() for m in KINDS[kind].measures}
        slow = {address for address in numeric if not address.endswith("/serial")} - self._measures
        here = {address: number for address, number in numeric.items() if not self._is_mqtt(address)}
        self.opcua = OpcUaWire(config["opcua"], here, self._shown)
        retained = frozenset(address for address in slow if self._is_mqtt(address))
        self._mqtt = MqttWire(config["mqtt"], self._shown, retained, lambda: self._said_until)

    def _is_mqtt(self, address: str) -> bool:
        return address.partition("/")[0] in self._mqtt_machines

    async def live(self) -> None:
        """Every change goes on its wire when its time has come; cancelled to end."""
        while True:
            now = datetime.now(UTC)
            while self._next.at <= now:
                change, self._next = self._next, next(self._changes)
                self._shown[change.address] = change.value, change.at
                if change.address in self._measures or change.address.endswith("/serial"):
                    self._said.setdefault(change.address, []).append((_us(change.at), change.value))
                if self._is_mqtt(change.address):
                    self._mqtt.put(change.address)
                else:
                    await self.opcua.put(change.address)
            self._said_until = now
            await asyncio.sleep(SLICE_S)

    def truth(self, since: int) -> dict[str, Any]:
        """States, runs and serials of every machine from `since` until now."""
        until = self._said_until
        machines = {}
        for life in self._lives:
            told = life.logbook.told(until)
            name = told["machine"]
            machines[name] = {
                "intervals": [each for each in told["intervals"] if _us_of(each["end"]) > since],
                "runs": [each for each in told["runs"] if each["ended_at"] and _us_of(each["ended_at"]) > since],
                "serials": [(at, number) for at, number in self._said.get(f"{name}/serial", []) if at >= since],
            }
        return {"until": _us(until), "machines": machines}

    def samples(self) -> dict[str, list[tuple[int, Any]]]:
        """Every measure by address."""
        return {address: self._said.get(address, []) for address in sorted(self._measures)}

    def close(self) -> None:
        self._mqtt.stop()


def _us(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _us_of(text: str) -> int:
    return _us(datetime.fromisoformat(text))


async def obey(plant: Plant, order: dict[str, Any]) -> Any:
    """One order's answer."""
    match order:
        case {"do": "truth", "since": since}:
            return plant.truth(since)
        case {"do": "samples"}:
            return plant.samples()
        case {"do": "stop server"}:
            await plant.opcua.stop()
        case {"do": "start server", "shift": shift}:
            await plant.opcua.start(shift)
        case {"do": "delete", "address": address}:
            await plant.opcua.delete(address)
        case {"do": "add", "address": address}:
            await plant.opcua.add(address)
    return {}


async def main(config: dict[str, Any]) -> None:
    """Until standard input ends."""
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    plant = Plant(config)
    await plant.opcua.start()
    living = asyncio.create_task(plant.live())
    print("{}", flush=True)
    while line := await orders.readline():
        print(json.dumps(await obey(plant, json.loads(line))), flush=True)
    living.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await living
    plant.close()
    os._exit(0)  # a server that is stopped may still wait for clients


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
