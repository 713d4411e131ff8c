"""What `tsunagu-agent check` finds: each machine's addresses tried once, and the hub. Stores and delivers nothing."""

import asyncio
from dataclasses import dataclass
from typing import Final

from edge_agent import credential
from edge_agent.drivers.port import ConnectionLost, Misconfigured, Probe
from edge_agent.hub_client import HubError
from edge_agent.machine import client_name, driver_of
from edge_agent.rotation import connect
from edge_agent.settings import MachineSettings, Settings

MAX_SHOWN: Final = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class SignalCheck:
    """One address as it answered."""

    name: str
    ok: bool
    value: str | None
    quality: str
    age_s: float | None
    advice: str | None


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One machine: what its addresses answered, or why none could be asked."""

    machine: str
    driver: str
    ok: bool
    reason: str | None
    signals: tuple[SignalCheck, ...]


@dataclass(frozen=True, slots=True)
class HubCheck:
    """The hub: there, and taking this agent's credential."""

    url: str
    ok: bool
    reason: str | None


async def check_hub(settings: Settings) -> HubCheck:
    """Whether the hub would take a batch from this agent."""
    url = settings.hub.url
    try:
        held = credential.read(settings.agent.data_dir, settings.agent.id, settings.agent.site)
    except credential.CredentialError as error:
        return HubCheck(url, ok=False, reason=str(error))
    try:
        client = connect(settings, held)
        try:
            await client.check()
        finally:
            await client.close()
    except HubError as error:
        return HubCheck(url, ok=False, reason=str(error))
    return HubCheck(url, ok=True, reason=None)


async def check_machines(settings: Settings, timeout_s: float) -> list[MachineCheck]:
    """Every machine, all at once."""
    return await asyncio.gather(*(_check_machine(settings, machine, timeout_s) for machine in settings.machines))


async def _check_machine(settings: Settings, machine: MachineSettings, timeout_s: float) -> MachineCheck:
    name = f"{settings.agent.site}/{machine.id}"
    try:
        driver = driver_of(machine, client_name(settings.agent.id, machine.id), settings.agent.data_dir)
        probes = await driver.probe(timeout_s)
    except (ConnectionLost, Misconfigured) as error:
        return MachineCheck(name, machine.driver, ok=False, reason=str(error), signals=())
    names = machine.names
    signals = tuple(_signal(names[probe.address], probe) for probe in probes)
    return MachineCheck(name, machine.driver, all(signal.ok for signal in signals), None, signals)


def _signal(name: str, probe: Probe) -> SignalCheck:
    value = None if probe.value is None else str(probe.value)[:MAX_SHOWN]
    return SignalCheck(name, probe.ok, value, probe.quality, probe.age_s, probe.advice)
