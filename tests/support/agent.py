"""An agent as a process of its own: its TOML file, `tsunagu-agent` enrolled and running, its status."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hub import HubProcess
from tests.support.processes import Process, run

Address = Mapping[str, str]
"""The fields of a signal's address, such as {"node": …} or {"topic": …, "path": …}."""


@dataclass
class AgentProcess:
    """An agent of the site `main`. `start`, `kill` and `stop` at will; its buffer stays."""

    name: str
    config: Path
    process: Process

    def status(self) -> dict[str, Any]:
        """`tsunagu-agent status --json`."""
        answer: dict[str, Any] = json.loads(run("tsunagu-agent", "status", "--config", self.config, "--json").stdout)
        return answer

    def health(self) -> dict[str, Any] | None:
        """Its status file, cheaper than the command; None before it is first written."""
        path = self.config.parent / self.name / "status.json"
        if not path.exists():
            return None
        answer: dict[str, Any] = json.loads(path.read_bytes())
        return answer


def machine_toml(machine: str, driver: str, connection: Address, signals: Mapping[str, Address]) -> str:
    """One `[[machines]]` with the state model mtconnect."""
    lines = ["[[machines]]", f'id = "{machine}"', f'driver = "{driver}"', 'state_model = "mtconnect"']
    lines += [f"[machines.{driver}]", *(f'{name} = "{value}"' for name, value in connection.items())]
    lines.append("[machines.signals]")
    for signal, address in signals.items():
        fields = ", ".join(f'{name} = "{value}"' for name, value in address.items())
        lines.append(f"{signal} = {{ {fields} }}")
    return "\n".join([*lines, ""])


def agent_toml(agent: str, data_dir: Path, hub_url: str, *machines: str, site: str = "main") -> str:
    """The whole file."""
    head = f'[agent]\nid = "{agent}"\nsite = "{site}"\ndata_dir = "{data_dir}"\n[hub]\nurl = "{hub_url}"\n'
    return "\n".join([head, *machines])


def enrolled(folder: Path, hub: HubProcess, agent: str, *machines: str) -> AgentProcess:
    """An agent with its file written and its credential in place, not started. Its log is `AGENT.log`."""
    config = folder / f"{agent}.toml"
    config.write_text(agent_toml(agent, folder / agent, hub.url, *machines), "utf-8")
    run("tsunagu-agent", "enrol", hub.url, hub.agent_code(agent), "--config", config)
    process = Process(["tsunagu-agent", "run", "--config", config], folder / f"{agent}.log")
    return AgentProcess(agent, config, process)


@contextlib.contextmanager
def agent_process(folder: Path, hub: HubProcess, agent: str, *machines: str) -> Iterator[AgentProcess]:
    """The same, running."""
    made = enrolled(folder, hub, agent, *machines)
    made.process.start()
    try:
        yield made
    finally:
        made.process.stop()
