"""The plant as a process: started, asked, and what an agent must be told to read it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.machines.kinds import KINDS
from simulators.machines.life import signals
from tests.support.agent import Address, machine_toml
from tests.support.plant.wires import NAMESPACE

ROOT = Path(__file__).parents[3]


@dataclass
class PlantProcess:
    """A running plant: machines `{name: kind}`, some of them over MQTT."""

    machines: Mapping[str, str]
    over_mqtt: frozenset[str]
    process: subprocess.Popen[str]
    log: Path

    def order(self, do: str, **fields: Any) -> Any:
        """Does it and answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.poll() is None, f"the plant ended:\n{self.log.read_text()[-3000:]}"
        self.process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline() or f'"the plant ended: see {self.log}"')

    def tables(self, opcua_port: int, mqtt_port: int) -> list[str]:
        """The agent's table of each machine, read through these ports."""
        return [self._table(name, kind, opcua_port, mqtt_port) for name, kind in self.machines.items()]

    def _table(self, name: str, kind: str, opcua_port: int, mqtt_port: int) -> str:
        units = {measure.signal: {"unit": measure.unit} for measure in KINDS[kind].measures}
        names = [a.partition("/")[2] for a in signals(name, KINDS[kind]) if not a.endswith("/alarm")] + ["serial"]
        if name in self.over_mqtt:
            connection = {"url": f"mqtt://127.0.0.1:{mqtt_port}"}
            told: dict[str, Address] = {
                s: {"topic": f"plant/{name}/{s}", "path": "$.value", "time": "$.at"} | units.get(s, {}) for s in names
            }
            return machine_toml(name, "mqtt", connection, told)
        connection = {"endpoint": f"opc.tcp://127.0.0.1:{opcua_port}/"}
        told = {s: {"node": f"nsu={NAMESPACE};s={name}/{s}"} | units.get(s, {}) for s in names}
        return machine_toml(name, "opcua", connection, told)


@contextlib.contextmanager
def plant_process(
    folder: Path, machines: Mapping[str, str], over_mqtt: frozenset[str], *, seed: int, opcua: int, mqtt: int
) -> Iterator[PlantProcess]:
    """Machines at work, their server at `opcua`, publishing to the broker at `mqtt`."""
    config = {"seed": seed, "machines": machines, "over_mqtt": sorted(over_mqtt), "opcua": opcua, "mqtt": mqtt}
    log = folder / "plant.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.plant", json.dumps(config)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
        )  # fmt: skip
    plant = PlantProcess(machines, over_mqtt, process, log)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "{}\n", log.read_text()
        yield plant
    finally:
        process.kill()
        process.wait(10)
