"""`tsunagu-sim`: play recordings, run machines, run the demo."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulators import replay as replaying
from simulators.demo.children import DemoError
from simulators.demo.story import Wish, show
from simulators.factory import FactoryError, FactoryFile, MachineEntry, MqttEntry, OpcUaEntry, check
from simulators.factory import read as read_factory
from simulators.factory import run as run_factory
from simulators.machines.kinds import KINDS
from simulators.player import Plan
from simulators.recording import Recording, RecordingError, read
from simulators.terminal import Bar, fail, interrupt_once, result, say, stop_event, unless
from simulators.wires import Wire, WireError
from simulators.wires.mqtt import publisher
from simulators.wires.opcua import serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Machines that behave like machines, and recordings played back.",
)


class As(StrEnum):
    """The wire a simulator speaks."""

    opcua = "opcua"
    mqtt = "mqtt"


History = Annotated[float, typer.Option(min=0, help="Hours of past to play first; they end at now.")]
Speed = Annotated[float | None, typer.Option(min=1.01, help="Simulated seconds a second while in the past.")]
Seconds = Annotated[float | None, typer.Option("--for", min=0, help="Stand still so many seconds after now.")]
Truth = Annotated[Path | None, typer.Option(help="Write what really happened here, as JSON.")]
Wait = Annotated[bool, typer.Option("--wait", help="Begin 1 s after somebody listens to every machine.")]


@app.callback()
def main() -> None:
    """Before any command."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it warns of unsigned sessions, and says what we say


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="The recording: time|item|value a line, plain or .gz.")],
    wire: Annotated[As, typer.Option("--as", help="The wire to speak.")],
    port: Annotated[int | None, typer.Option(help="opcua: the port to serve at, on 127.0.0.1.")] = None,
    url: Annotated[str | None, typer.Option(help="mqtt: the broker, mqtt://HOST:PORT.")] = None,
    topic_prefix: Annotated[str | None, typer.Option(help="mqtt: what stands before /ITEM.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Changes a second.")] = 2000.0,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="opcua: begin 1 s after a client's last new item.")] = False,
) -> None:
    """Play a recording of a real machine through a real wire, with its recorded times.

    Example: tsunagu-sim replay Mazak01.txt.gz --as opcua --port 4840 --wait
    """
    try:
        recording = read(file)
        if wire is As.opcua:
            if port is None:
                raise fail("--as opcua needs --port", 2)
            asyncio.run(_replay_opcua(recording, port, rate, wait=wait))
        else:
            if url is None or topic_prefix is None:
                raise fail("--as mqtt needs --url and --topic-prefix", 2)
            if wait:
                raise fail("--wait is for --as opcua; over MQTT the broker keeps messages for its sessions", 2)
            asyncio.run(_replay_mqtt(recording, url, topic_prefix, rate))
    except (RecordingError, WireError) as problem:
        raise fail(str(problem)) from problem


async def _replay_opcua(recording: Recording, port: int, rate: float, *, wait: bool) -> None:
    stop = stop_event()
    async with serve(port, replaying.NAMESPACE, recording.numeric) as wire:
        say(f"ready at opc.tcp://127.0.0.1:{port}/")
        if await unless(stop, _play(recording, wire, rate, wait=wait)):
            await stop.wait()


async def _replay_mqtt(recording: Recording, url: str, prefix: str, rate: float) -> None:
    stop = stop_event()
    async with publisher(url, prefix) as wire:
        say(f"ready at {url}")
        await unless(stop, _play(recording, wire, rate, wait=False))


async def _play(recording: Recording, wire: Wire, rate: float, *, wait: bool) -> None:
    if wait:
        await wire.heard()
    with Bar("playing", len(recording.changes)) as progress:
        played = await replaying.play(recording, wire, rate, progress)
    result(asdict(played))


@app.command()
def machine(  # noqa: PLR0913, PLR0917 - one argument for each option of the command
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    wire: Annotated[As, typer.Option("--as", help="The wire to speak.")],
    name: Annotated[str, typer.Option("--id", help="The machine's id.")] = "machine-1",
    port: Annotated[int | None, typer.Option(help="opcua: the port to serve at, on 127.0.0.1.")] = None,
    url: Annotated[str | None, typer.Option(help="mqtt: the broker, mqtt://HOST:PORT.")] = None,
    topic_prefix: Annotated[str | None, typer.Option(help="mqtt: what stands before /ID/SIGNAL.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    history: History = 0.0,
    speed: Speed = None,
    seconds: Seconds = None,
    truth: Truth = None,
    *,
    wait: Wait = False,
) -> None:
    """Run one machine; after --for it stands still and answers on until SIGTERM.

    Example: tsunagu-sim machine laser --as opcua --port 4840 --history 8 --truth truth.json
    """
    entry = MachineEntry(id=name, kind=kind, wire=wire.value)
    one = FactoryFile(
        machines=[entry],
        seed=seed,
        opcua=OpcUaEntry(port) if port else None,
        mqtt=MqttEntry(url, topic_prefix) if url and topic_prefix else None,
    )
    _work(one, "command line", _plan(history, speed, seconds, truth, wait=wait))


@app.command()
def factory(
    file: Annotated[Path, typer.Argument(help="The factory: TOML with [[machines]].")],
    history: History = 0.0,
    speed: Speed = None,
    seconds: Seconds = None,
    truth: Truth = None,
    *,
    wait: Wait = False,
) -> None:
    """Run all machines of one file; after --for they stand still and answer on until SIGTERM.

    Example: tsunagu-sim factory aoba.toml --history 6 --wait --truth aoba-truth.json
    """
    try:
        described = read_factory(file)
    except FactoryError as problem:
        raise fail(str(problem), 2) from problem
    _work(described, str(file), _plan(history, speed, seconds, truth, wait=wait))


def _plan(history: float, speed: float | None, seconds: float | None, truth: Path | None, *, wait: bool) -> Plan:
    """With a speed and an end but no history, the past is as long as fits: the run ends at now."""
    if speed is not None and not history:
        if seconds is None:
            raise fail("--speed needs --history, or --for to know how much past to play", 2)
        return Plan(seconds * (speed - 1), speed, 0.0, truth, wait=wait)
    return Plan(history * 3600, speed, seconds, truth, wait=wait)


def _work(described: FactoryFile, where: str, plan: Plan) -> None:
    async def working() -> None:
        await run_factory(described, plan, stop_event())

    try:
        check(described, where)
        asyncio.run(working())
    except FactoryError as problem:
        raise fail(str(problem), 2) from problem
    except WireError as problem:
        raise fail(str(problem)) from problem


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the hub's pages are, on 127.0.0.1.")] = 8000,
    seconds: Annotated[float | None, typer.Option("--for", min=1, help="Live seconds, then judge and end.")] = None,
    data: Annotated[Path | None, typer.Option(help="Keep everything in this new folder.")] = None,
    history: Annotated[float, typer.Option(min=0, help="Hours of past to begin with.")] = 8.0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Run three companies with fourteen machines, their agents and a hub here, and watch them at work.

    Example: tsunagu-sim demo --for 60 --json
    """
    interrupt_once()
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tsunagu-demo-")))
        try:
            verdict = show(Wish(port, folder, history, seconds), say)
        except DemoError as problem:
            raise fail(str(problem)) from problem
        except KeyboardInterrupt:
            say("ended")
            return
    if verdict is None:
        return
    say(verdict.summary())
    if as_json:
        result(verdict.told())
    if not verdict.equal:
        raise typer.Exit(1)
