"""Typed configuration of one agent: what may stand in its TOML file, each field with its help text.

Pure models: `settings_file.py` reads a file into them, `sample_config.py` writes a sample from them. A driver's
own tables (`ConnectionSettings`, `SignalSettings`, `ConditionSettings`) build on the bases here and live in
the driver's folder, so that a driver is one folder. Durations carry their unit in the name.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contract.records import SignalInfo

Mapped = str | bool | int | float
Proof = Literal["machine", "path"]


class Table(BaseModel):
    """A table of the file: unknown keys are faults, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ConnectionBase(Table):
    """What every driver's connection table shares (`[machines.opcua]`, `[machines.mqtt]`)."""

    @property
    def proof(self) -> Proof:
        """What a proof of life proves: the machine itself, or only the path to it."""
        return "machine"


class SignalBase(Table):
    """What every signal may say, whatever its driver; drivers add where it is found."""

    unit: str | None = Field(
        None,
        max_length=256,
        description="Unit (UCUM). A number with a unit is telemetry unless the dictionary knows it.",
    )
    map: dict[str, Mapped] | None = Field(
        None, description='Words for raw values: { 1 = "AUTOMATIC" }. Raw values not listed stay as they are.'
    )
    dead_band: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Telemetry: a change smaller than this is not recorded."
    )


class ConditionBase(Table):
    """What every condition (alarm) may say, whatever its driver."""

    format: Literal["text", "flag", "mtconnect"] = Field(
        "text",
        description='text: empty, "0", false or null = normal, anything else = fault. flag: true = fault. '
        "mtconnect: Level|code|severity|qualifier|text.",
    )


class AgentTable(Table):
    """`[agent]`: who this is."""

    id: str = Field(description="Name of this agent within the company: a-z, 0-9 and '-'.", examples=["aoba-pi-1"])
    site: str = Field(description="The site its machines stand at: a-z, 0-9 and '-'.", examples=["main"])
    data_dir: Path = Field(
        description="Folder for the buffer, the credential and the status file.", examples=["/var/lib/tsunagu"]
    )
    log: Literal["text", "json"] = Field("text", description="How log lines are written to stderr.")


class HubTable(Table):
    """`[hub]`: where records go."""

    url: str = Field(
        description="Address of the hub, http:// or https://.",
        examples=["http://hub.example:8000"],
        pattern=r"^https?://[^/\s]+",
    )
    ca_file: Path | None = Field(
        None,
        description="Certificate of the authority that signed the hub's certificate, where it is not a public one.",
    )


class BufferTable(Table):
    """`[buffer]`: how much is kept on disk while the hub cannot be reached."""

    max_mb: int = Field(
        2048,
        ge=8,
        le=1_000_000,
        description="Size of the buffer file at most, in MB. When full, oldest telemetry goes first.",
    )
    max_days: float = Field(60, gt=0, le=3650, description="Records not sent within so many days are given up.")


class HealthTable(Table):
    """`[health]`: for a monitor on this computer."""

    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port on 127.0.0.1 where GET /healthz answers 200 while the agent does its work; none if left out.",
        examples=[8089],
    )


class TerminalTable(Table):
    """`[terminal]`: the pages that people at the machines tap on."""

    listen: str | None = Field(
        None,
        pattern=r"^(\[[0-9A-Fa-f:]+\]|[^\s:/\[\]]+):([1-9][0-9]{0,4}|0)$",
        description="Where tablets and phones find the terminal, address:port; none if left out. Beyond this computer: "
        "0.0.0.0:8080, on the shop's own network. Then: tsunagu-agent terminal code.",
        examples=["127.0.0.1:8080"],
    )
    tls_cert: Path | None = Field(
        None, description="Certificate for https://, which browsers ask for before they let a page use the camera."
    )
    tls_key: Path | None = Field(None, description="The private key of tls_cert.")


class MachineTable(Table):
    """`[[machines]]`: one machine, without its driver's own tables."""

    id: str = Field(description="Name of the machine at this site: a-z, 0-9 and '-'.", examples=["laser-1"])
    driver: str = Field(description="How it is read: opcua or mqtt.", examples=["opcua"])
    name: str | None = Field(None, max_length=256, description="Name as people say it.")
    maker: str | None = Field(None, max_length=256, description="Who made it.")
    model: str | None = Field(None, max_length=256, description="Its model.")
    state_model: str = Field(
        "mtconnect",
        max_length=256,
        description="How the hub derives the machine's state: mtconnect, machinery, machinetool, tower or state. Over "
        "OPC UA, machinery and machinetool need no signals written: the machine is found by its type.",
    )
    part_rule: str | None = Field(
        None, max_length=256, description="How the hub counts parts: counter, signature, nest, strokes or person."
    )
    like: str | None = Field(
        None,
        description="Takes over all tables of another machine that stands above; what is said here counts instead.",
        examples=["laser-0"],
    )
    fill: dict[str, str] | None = Field(
        None,
        description="Words for {places} in this machine's addresses; {machine} is its id where not said here.",
        examples=['{ line = "a", machine = "M001" }'],
    )


class MachineSettings(Table):
    """One machine with its driver's tables, read and checked. Addresses: signals first, then conditions."""

    table: MachineTable
    connection: ConnectionBase
    signals: dict[str, SignalBase]
    conditions: dict[str, ConditionBase]

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    @property
    def id(self) -> str:
        """Name of the machine at its site."""
        return self.table.id

    @property
    def driver(self) -> str:
        """Name of its driver."""
        return self.table.driver

    @property
    def addresses(self) -> list[SignalBase | ConditionBase]:
        """What the driver reads; the index in this list is `Reading.address`."""
        return [*self.signals.values(), *self.conditions.values()]

    @property
    def names(self) -> list[str]:
        """Name of each address, in the same order."""
        return [*self.signals, *self.conditions]

    @property
    def signal_infos(self) -> tuple[SignalInfo, ...]:
        """Names and units as the machine's record says them."""
        return tuple(SignalInfo(name=name, unit=signal.unit) for name, signal in self.signals.items())


class Settings(Table):
    """The whole file."""

    agent: AgentTable
    hub: HubTable
    buffer: BufferTable = BufferTable()
    health: HealthTable = HealthTable()
    terminal: TerminalTable = TerminalTable()
    machines: tuple[MachineSettings, ...] = ()
