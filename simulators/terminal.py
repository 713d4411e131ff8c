"""What the commands say: results on standard output, everything else on standard error."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

ENDINGS = (signal.SIGTERM, signal.SIGINT)


def say(text: str) -> None:
    """One line on standard error, at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def result(data: object) -> None:
    """One JSON line on standard output, at once."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(text: str, code: int = 1) -> typer.Exit:
    """Say what is wrong in one line; raise what this returns."""
    say(f"tsunagu-sim: {text}")
    return typer.Exit(code)


class Bar:
    """A progress bar on standard error when a person watches, nothing when piped."""

    def __init__(self, title: str, total: float) -> None:
        self._progress = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
        self._task = self._progress.add_task(title, total=total)

    def __enter__(self) -> Callable[[float], None]:
        self._progress.start()
        return self._at

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _at(self, done: float) -> None:
        self._progress.update(self._task, completed=done)


def interrupt_once() -> None:
    """SIGTERM and Ctrl-C raise KeyboardInterrupt the first time, and leave the ending in peace afterwards.

    A shell lets its background jobs ignore Ctrl-C; here they hear it too.
    """

    def interrupt(_number: int, _frame: Any) -> None:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ENDINGS:
        signal.signal(number, interrupt)


def stop_event() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set. Call inside the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(_number: int, _frame: Any) -> None:
        loop.call_soon_threadsafe(event.set)

    for number in ENDINGS:
        signal.signal(number, ask)
    return event


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
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
