"""What stands where: three companies, their machines, and the files that tell simulators and agents of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from simulators.factory import NAMESPACE
from simulators.machines.kinds import KINDS
from simulators.machines.life import signals

SITE = "main"
ALIVE_LIMIT_S = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its id at the site, its kind, the name people use."""

    id: str
    kind: str
    name: str

    @property
    def wire(self) -> str:
        """Press brakes speak MQTT, all others OPC UA."""
        return "mqtt" if self.kind == "press-brake" else "opcua"


@dataclass(frozen=True, slots=True)
class Company:
    """One company with one site and one agent."""

    slug: str
    name: str
    machines: tuple[Machine, ...]

    @property
    def admin(self) -> str:
        """The e-mail address of its first user."""
        return f"owner@{self.slug}.example"

    @property
    def agent(self) -> str:
        """The id of its agent."""
        return f"{self.slug}-pi-1"


@dataclass(frozen=True, slots=True)
class Wires:
    """Where a company's machines are reached on this computer; no broker, no MQTT machines."""

    opcua_port: int
    broker_port: int | None

    def reach(self, machine: Machine) -> bool:
        """Whether this machine can be run here."""
        return machine.wire == "opcua" or self.broker_port is not None


COMPANIES = (
    Company(
        "aoba",
        "青葉レーザー",
        (
            Machine("laser-1", "laser", "レーザー1号機"),
            Machine("laser-2", "laser", "レーザー2号機"),
            Machine("laser-3", "laser", "レーザー3号機"),
            Machine("press-1", "press-brake", "曲げ1号機"),
            Machine("press-2", "press-brake", "曲げ2号機"),
        ),
    ),
    Company(
        "midori",
        "みどり板金",
        (
            Machine("press-1", "press-brake", "ベンダー1"),
            Machine("press-2", "press-brake", "ベンダー2"),
            Machine("press-3", "press-brake", "ベンダー3"),
            Machine("robot-1", "welding-robot", "溶接ロボットA"),
            Machine("robot-2", "welding-robot", "溶接ロボットB"),
        ),
    ),
    Company(
        "takumi",
        "匠精工",
        (
            Machine("mc-1", "machining-centre", "マシニング1号"),
            Machine("mc-2", "machining-centre", "マシニング2号"),
            Machine("mc-3", "machining-centre", "マシニング3号"),
            Machine("mc-4", "machining-centre", "マシニング4号"),
        ),
    ),
)


def factory_toml(company: Company, seed: int, wires: Wires) -> str:
    """The simulators' file of a company."""
    lines = [f"seed = {seed}", "[opcua]", f"port = {wires.opcua_port}"]
    if wires.broker_port:
        lines += ["[mqtt]", f'url = "mqtt://127.0.0.1:{wires.broker_port}"', f'prefix = "{company.slug}"']
    for machine in filter(wires.reach, company.machines):
        lines += ["[[machines]]", f'id = "{machine.id}"', f'kind = "{machine.kind}"', f'as = "{machine.wire}"']
    return "\n".join(lines) + "\n"


def agent_toml(company: Company, hub_url: str, data_dir: Path, wires: Wires) -> str:
    """The agent's configuration of a company."""
    lines = [
        "[agent]",
        f'id = "{company.agent}"',
        f'site = "{SITE}"',
        f"data_dir = {_text(str(data_dir))}",
        "[hub]",
        f'url = "{hub_url}"',
    ]
    for machine in filter(wires.reach, company.machines):
        lines += _machine_toml(company, machine, wires)
    return "\n".join(lines) + "\n"


def _machine_toml(company: Company, machine: Machine, wires: Wires) -> list[str]:
    kind = KINDS[machine.kind]
    units = {measure.signal: measure.unit for measure in kind.measures}
    lines = [
        "",
        "[[machines]]",
        f'id = "{machine.id}"',
        f"name = {_text(machine.name)}",
        f"maker = {_text(kind.maker)}",
        f"model = {_text(kind.model)}",
        f'driver = "{machine.wire}"',
        'state_model = "mtconnect"',
        'part_rule = "counter"',
        f"[machines.{machine.wire}]",
    ]
    if machine.wire == "opcua":
        lines += [f'endpoint = "opc.tcp://127.0.0.1:{wires.opcua_port}/"', 'security = "None"']
    else:
        alive = f'{{ topic = "{company.slug}/{machine.id}/alive", limit_s = {ALIVE_LIMIT_S} }}'
        lines += [f'url = "mqtt://127.0.0.1:{wires.broker_port}"', f"alive = {alive}"]
    lines.append("[machines.signals]")
    for address in signals(machine.id, kind):
        signal = address.partition("/")[2]
        if signal != "alarm":
            unit = f', unit = "{units[signal]}"' if signal in units else ""
            lines.append(f"{signal} = {{ {_place(company, machine, address)}{unit} }}")
    alarm = _place(company, machine, f"{machine.id}/alarm")
    lines += ["[machines.conditions]", f'alarm = {{ {alarm}, format = "mtconnect" }}']
    return lines


def _place(company: Company, machine: Machine, address: str) -> str:
    if machine.wire == "opcua":
        return f'node = "nsu={NAMESPACE};s={address}"'
    return f'topic = "{company.slug}/{address}", path = "$.value", time = "$.at"'


def _text(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
