"""Machines at work behind their wires: the past first, quickly, then live; and the truth about it in the end.

A factory file is TOML: `seed`, the wires, and `[[machines]]` with `id`, `kind` and `as`. Source times are the
simulated ones. The past is played so that it ends at now; from then on the clock on the wall is the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from simulators.machines.kinds import KINDS
from simulators.machines.life import Life, Pace, signals
from simulators.player import Plan, Player
from simulators.terminal import result, say
from simulators.wires import Wire, rfc3339
from simulators.wires.mqtt import publisher
from simulators.wires.opcua import serve

NAMESPACE = "urn:tsunagu:sim"


class FactoryError(ValueError):
    """A factory file is wrong; the message says where."""


class MachineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One machine of a factory."""

    id: str
    kind: str
    wire: Literal["opcua", "mqtt"] = msgspec.field(name="as", default="opcua")


class OpcUaEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the factory's OPC UA server listens, on 127.0.0.1."""

    port: int


class MqttEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker and what stands before `/MACHINE/SIGNAL`."""

    url: str
    prefix: str


class FactoryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A factory: its machines and the wires they speak through."""

    machines: list[MachineEntry]
    seed: int = 1
    opcua: OpcUaEntry | None = None
    mqtt: MqttEntry | None = None


def read(path: Path) -> FactoryFile:
    """Read and check a factory file.

    Raises:
        FactoryError: it is missing, no TOML, has a wrong key, an unknown kind, or a machine without its wire.
    """
    try:
        factory = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), FactoryFile)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise FactoryError(f"{path}: {problem}") from problem
    check(factory, str(path))
    return factory


def check(factory: FactoryFile, where: str) -> None:
    """Raise FactoryError when a kind is unknown, an id comes twice, or a wire is missing."""
    seen = set()
    for machine in factory.machines:
        if machine.kind not in KINDS:
            raise FactoryError(f"{where}: no kind {machine.kind!r}; there are {', '.join(KINDS)}")
        if machine.id in seen:
            raise FactoryError(f"{where}: machine {machine.id!r} is there twice")
        if getattr(factory, machine.wire) is None:
            raise FactoryError(
                f"{where}: machine {machine.id!r} speaks {machine.wire}, but there is no [{machine.wire}]"
            )
        seen.add(machine.id)


async def run(factory: FactoryFile, plan: Plan, stop: asyncio.Event) -> None:
    """Open the wires, play, tell the truth, and serve on until asked to stop."""
    begun = datetime.now(UTC)
    start = begun - timedelta(seconds=plan.history_s)
    pace = Pace(live_from=begun)
    lives = [Life(m.id, KINDS[m.kind], factory.seed, start, pace) for m in factory.machines]
    async with contextlib.AsyncExitStack() as stack:
        wires = await _open(factory, stack)
        say("ready")
        player = Player(lives, {m.id: wires[m.wire] for m in factory.machines}, start)
        until = await player.play(plan, stop)
        for wire in wires.values():
            await wire.drained()
        truth = {"from": rfc3339(start), "until": rfc3339(until), "machines": [x.logbook.told(until) for x in lives]}
        if plan.truth:
            plan.truth.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
        result({"changes": player.put, "from": truth["from"], "until": truth["until"], "machines": len(lives)})
        await stop.wait()


async def _open(factory: FactoryFile, stack: contextlib.AsyncExitStack) -> dict[str, Wire]:
    wires: dict[str, Wire] = {}
    by_wire: dict[str, list[MachineEntry]] = {}
    for machine in factory.machines:
        by_wire.setdefault(machine.wire, []).append(machine)
    if factory.opcua and "opcua" in by_wire:
        numeric: dict[str, bool] = {}
        for machine in by_wire["opcua"]:
            numeric |= signals(machine.id, KINDS[machine.kind])
        wires["opcua"] = await stack.enter_async_context(serve(factory.opcua.port, NAMESPACE, numeric))
    if factory.mqtt and "mqtt" in by_wire:
        names = [machine.id for machine in by_wire["mqtt"]]
        place = publisher(factory.mqtt.url, factory.mqtt.prefix, names)
        wires["mqtt"] = await stack.enter_async_context(place)
    return wires
