"""`tsunagu-sim`: play recordings, run machines, run the demo."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from simulators import replay as replaying
from simulators.recording import Recording, RecordingError, read
from simulators.terminal import Bar, fail, result, say, stop_event
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


@app.callback()
def main() -> None:
    """Before any command."""
    logging.getLogger("asyncua").setLevel(
        logging.ERROR
    )  # it warns of unsigned sessions, which are wanted here


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="The recording: time|item|value a line, plain or .gz.")],
    wire: Annotated[As, typer.Option("--as", help="The wire to speak.")],
    port: Annotated[int | None, typer.Option(help="opcua: the port to serve at, on 127.0.0.1.")] = None,
    url: Annotated[str | None, typer.Option(help="mqtt: the broker, mqtt://HOST:PORT.")] = None,
    topic_prefix: Annotated[str | None, typer.Option(help="mqtt: what stands before /ITEM.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Changes a second.")] = 2000.0,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="opcua: begin 1 s after a client's last new item.")
    ] = False,
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
                raise fail(
                    "--wait is for --as opcua; over MQTT the broker keeps messages for its sessions", 2
                )
            asyncio.run(_replay_mqtt(recording, url, topic_prefix, rate))
    except (RecordingError, WireError) as problem:
        raise fail(str(problem)) from problem


async def _replay_opcua(recording: Recording, port: int, rate: float, *, wait: bool) -> None:
    stop = stop_event()
    async with serve(port, replaying.NAMESPACE, recording.numeric) as wire:
        say(f"ready at opc.tcp://127.0.0.1:{port}/")
        if await _unless(stop, _play(recording, wire, rate, wait=wait)):
            await stop.wait()


async def _replay_mqtt(recording: Recording, url: str, prefix: str, rate: float) -> None:
    stop = stop_event()
    async with publisher(url, prefix) as wire:
        say(f"ready at {url}")
        await _unless(stop, _play(recording, wire, rate, wait=False))


async def _play(recording: Recording, wire: Wire, rate: float, *, wait: bool) -> None:
    if wait:
        await wire.heard()
    with Bar("playing", len(recording.changes)) as progress:
        played = await replaying.play(recording, wire, rate, progress)
    result(asdict(played))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work unless somebody asks to stop; say whether it was finished."""
    working, asked = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not working.done():
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return False
    working.result()
    return True
