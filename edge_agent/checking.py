"""What `tsunagu-agent check` finds: each machine's addresses tried once, the hub, and this computer.

Stores and delivers nothing. A value is judged as the agent would record it: translated by `map`, and held against the
words the dictionary knows; so a signal that reads well but says nothing usable is found here and not a week later.
Ages and offsets in seconds.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.signals import UNAVAILABLE, WORDS
from edge_agent import computer, credential
from edge_agent.drivers.port import ConnectionLost, Misconfigured, Probe
from edge_agent.hub_client import HubError
from edge_agent.machine import client_name, driver_of
from edge_agent.normalise.values import coerce, form_by_value, form_of, mapped
from edge_agent.reading import Raw
from edge_agent.rotation import connect
from edge_agent.settings import ConditionBase, MachineSettings, Settings, SignalBase

MAX_SHOWN: Final = 60
"""Characters of a value that are shown."""
CLOCK_S: Final = 5.0
"""The hub tells its time to the second, and the answer takes a while; less than this says nothing."""
SPARE_MB: Final = 256
_NEEDS: Final = {
    "mtconnect": ("execution",),
    "tower": ("tower_red", "tower_yellow", "tower_green", "tower_blue"),
    "state": ("state",),
}
"""Signals of which a state model needs at least one; the others find theirs by the machine's type."""
_CODES: Final = {
    "WrongType": "it has the wrong type for this signal; choose another address, or translate it with map",
    "NaN": "it is no number (NaN)",
    "Infinity": "it is no finite number",
    "TooLong": "the text is too long; choose another address",
    "TooLarge": "the number is too large; choose another address",
    "NotText": "the text is not Unicode; set the machine's text encoding to UTF-8",
}


@dataclass(frozen=True, slots=True)
class SignalCheck:
    """One address as it answered. `value` is what would be recorded, `raw` what the machine said where that differs.

    `advice` beside `ok` is only worth knowing; beside not ok it says what to do.
    """

    name: str
    ok: bool
    value: str | None
    quality: str
    age_s: float | None
    advice: str | None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One machine: what its addresses answered, or why none could be asked. `advice`: it works, but look at this."""

    machine: str
    driver: str
    ok: bool
    reason: str | None
    signals: tuple[SignalCheck, ...]
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class HubCheck:
    """The hub: there, and taking this agent's credential. `clock_offset_s`: hub's time minus ours, to the second."""

    url: str
    ok: bool
    reason: str | None
    clock_offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """Something of this computer. `advice` says what to do where it is not ok."""

    what: str
    ok: bool
    told: str
    advice: str | None = None


async def check_hub(settings: Settings, now_us: Callable[[], int]) -> HubCheck:
    """Whether the hub would take a batch from this agent, and whether the clocks agree."""
    url = settings.hub.url
    try:
        held = credential.read(settings.agent.data_dir, settings.agent.id, settings.agent.site)
    except credential.CredentialError as error:
        return HubCheck(url, ok=False, reason=str(error))
    try:
        client = connect(settings, held)
        try:
            told = await client.check()
        finally:
            await client.close()
    except HubError as error:
        return HubCheck(url, ok=False, reason=str(error))
    offset_s = None if told is None else round(told.timestamp() - now_us() / 1e6, 1)
    return HubCheck(url, ok=True, reason=None, clock_offset_s=offset_s)


def check_clock(hub: HubCheck) -> OwnCheck | None:
    """Whether this computer's clock is the hub's; None where the hub did not tell."""
    offset_s = hub.clock_offset_s
    if offset_s is None:
        return None
    if abs(offset_s) < CLOCK_S:
        return OwnCheck("clock", ok=True, told="agrees with the hub's")
    side = "behind" if offset_s > 0 else "ahead of"
    return OwnCheck(
        "clock",
        ok=False,
        told=f"{abs(offset_s):.0f} s {side} the hub's",
        advice="let both follow a time server (timedatectl set-ntp true; on Windows: w32tm /resync)",
    )


def check_own(settings: Settings) -> list[OwnCheck]:
    """The buffer's folder, the room on its disk, and whether the agent runs."""
    folder = settings.agent.data_dir
    return [_folder(folder), _room(folder, settings.buffer.max_mb), _running(folder)]


def _folder(folder: Path) -> OwnCheck:
    here = _existing(folder)
    try:
        if here == folder:
            with tempfile.TemporaryFile(dir=folder) as trial:
                trial.write(b"x")
                trial.flush()
                os.fsync(trial.fileno())
        elif not here.is_dir() or not os.access(here, os.W_OK | os.X_OK):
            raise PermissionError(0, f"{here} lets nobody make it there")
    except OSError as error:
        advice = "give the agent's user the right to write there, or change [agent] data_dir"
        return OwnCheck("buffer folder", ok=False, told=f"{folder}: {error.strerror or error}", advice=advice)
    will = "" if here == folder else " (made when the agent starts)"
    return OwnCheck("buffer folder", ok=True, told=f"{folder} can be written{will}")


def _room(folder: Path, max_mb: int) -> OwnCheck:
    try:
        free_mb = shutil.disk_usage(_existing(folder)).free / 1e6
        held_mb = sum(path.stat().st_size for path in folder.glob("*") if path.is_file()) / 1e6
    except OSError as error:
        return OwnCheck("disk", ok=False, told=f"{folder}: {error.strerror or error}", advice="check the disk")
    needed_mb = max(max_mb - held_mb, 0) + SPARE_MB
    told = f"{free_mb / 1000:.1f} GB free, the buffer may grow to {max_mb / 1000:.1f} GB"
    if free_mb >= needed_mb:
        return OwnCheck("disk", ok=True, told=told)
    advice = f"make room, or set [buffer] max_mb to {max(int(free_mb + held_mb - SPARE_MB), 8)} or less"
    return OwnCheck("disk", ok=False, told=told, advice=advice)


def _running(folder: Path) -> OwnCheck:
    word = "running" if computer.is_running(folder) else "not running; start it with: tsunagu-agent run"
    return OwnCheck("agent", ok=True, told=word)


def _existing(folder: Path) -> Path:
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)


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
    names, sources = machine.names, machine.addresses
    signals = tuple(judged(names[probe.address], sources[probe.address], probe) for probe in probes)
    needs = _NEEDS.get(machine.table.state_model, ())
    advice = None
    if needs and not set(needs) & set(machine.signals):
        wanted = needs[0] if len(needs) == 1 else f"one of {', '.join(needs)}"
        advice = f"state model {machine.table.state_model} needs {wanted}; without it the machine's state is unknown"
    return MachineCheck(name, machine.driver, all(signal.ok for signal in signals), None, signals, advice)


def judged(name: str, source: SignalBase | ConditionBase, probe: Probe) -> SignalCheck:
    """An answer as the agent would record it."""
    raw = probe.value if isinstance(probe.value, str | bool | int | float) else None
    said = _shown(raw)
    if not probe.ok or probe.quality == "bad" or raw is None or isinstance(source, ConditionBase):
        return SignalCheck(name, probe.ok, said, probe.quality, probe.age_s, probe.advice)
    if raw == UNAVAILABLE:
        advice = "the machine says that it does not know now; is it switched on?"
        return SignalCheck(name, ok=True, value=None, quality="bad", age_s=probe.age_s, advice=advice, raw=said)
    value = mapped(raw, source.map) if source.map else raw
    kept, code = coerce(form_of(name, source.unit) or form_by_value(value), name, value)
    if code is not None or kept is None:
        advice = _CODES.get(code or "", f"it cannot be recorded ({code})")
        return SignalCheck(name, ok=False, value=None, quality="bad", age_s=probe.age_s, advice=advice, raw=said)
    words = WORDS.get(name)
    shown = _shown(kept)
    before = said if said != shown and not _same_number(raw, kept) else None
    if words is not None and kept not in words:
        advice = (
            f'"{shown}" is no word of {name}, its state would be unknown; translate it: '
            f'map = {{ "{before or shown}" = "{words[0]}" }}; known: {", ".join(words)}'
        )
        return SignalCheck(name, False, shown, probe.quality, probe.age_s, advice, raw=before)  # noqa: FBT003  (ok)
    return SignalCheck(
        name, ok=True, value=shown, quality=probe.quality, age_s=probe.age_s, advice=probe.advice, raw=before
    )


def _shown(value: Raw) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:MAX_SHOWN]


def _same_number(one: object, other: object) -> bool:
    return isinstance(one, int | float) and isinstance(other, int | float) and one == other
