"""Simulated machines that know the truth, as a process: `tsunagu-sim factory` over OPC UA, and what it wrote down."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.agent import machine_toml
from tests.support.processes import Process
from tests.support.servers import free_port, wait_until

SIGNALS = ("power", "availability", "estop", "functional_mode", "mode", "execution", "program", "step", "part_count")
NAMESPACE = "urn:tsunagu:sim"


@dataclass
class FactoryProcess:
    """A running factory. `truth` after `finish`."""

    port: int
    kinds: Mapping[str, str]
    truth_file: Path
    process: Process

    def machines_toml(self) -> list[str]:
        """The agent's table of each machine."""
        connection = {"endpoint": f"opc.tcp://127.0.0.1:{self.port}/"}
        return [
            machine_toml(name, "opcua", connection, {s: {"node": f"nsu={NAMESPACE};s={name}/{s}"} for s in SIGNALS})
            for name in self.kinds
        ]

    def truth(self, timeout_s: float) -> dict[str, Any]:
        """Waits until its time is over; what every machine did. It stands still and answers on."""
        wait_until(self._is_told, timeout_s, "the truth")
        told: dict[str, Any] = json.loads(self.truth_file.read_text("utf-8"))
        return told

    def _is_told(self) -> bool:
        assert self.process.runs, f"the factory ended:\n{self.process.tail()}"
        return self.process.tail(1).startswith("{")


@contextlib.contextmanager
def factory_process(
    folder: Path, kinds: Mapping[str, str], *, seed: int, for_s: float, history_h: float = 0.0
) -> Iterator[FactoryProcess]:
    """Machines `{id: kind}` over OPC UA that begin once somebody listens to all of them, and run `for_s` live."""
    file, truth, port = folder / "factory.toml", folder / "truth.json", free_port()
    lines = [f"seed = {seed}", "[opcua]", f"port = {port}"]
    for name, kind in kinds.items():
        lines += ["[[machines]]", f'id = "{name}"', f'kind = "{kind}"']
    file.write_text("\n".join([*lines, ""]), "utf-8")
    words = [
        "tsunagu-sim",
        "factory",
        file,
        "--wait",
        "--truth",
        truth,
        "--for",
        str(for_s),
        "--history",
        str(history_h),
    ]
    factory = FactoryProcess(port, kinds, truth, Process(words, folder / "factory.log"))
    factory.process.start()
    try:
        wait_until(lambda: "ready" in factory.process.said(), 30, "the factory's server")
        yield factory
    finally:
        factory.process.stop()
