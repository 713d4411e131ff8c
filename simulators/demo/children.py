"""Processes of the demo: started, watched, ended in order, each with its log file. None but our own are touched."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from subprocess import PIPE
from typing import Any, Self

PATIENCE_S = 5.0
POLL_S = 0.1
TAIL_LINES = 15


class DemoError(RuntimeError):
    """The demo cannot go on; the message says what, where, and shows the tail of a log where there is one."""


@dataclass(frozen=True, slots=True)
class Child:
    """One started process. `log` is its standard error, `said` its standard output; a tier ends together."""

    name: str
    tier: str
    process: subprocess.Popen[bytes]
    log: Path
    said: Path


class Children:
    """All processes of one demo. Leaving the context ends them, the last started tier first."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._all: list[Child] = []
        self._brief: list[subprocess.Popen[bytes]] = []
        self._ending = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        for process in self._brief:
            process.terminate()
            process.wait()
        for _, tier in groupby(reversed(self._all), key=lambda child: child.tier):
            end(list(tier))

    def start(self, tier: str, name: str, command: Sequence[str]) -> Child:
        """Start a process that lives as long as the demo; Ctrl-C at the terminal does not reach it."""
        log, said = self._logs / f"{name}.log", self._logs / f"{name}.out"
        with log.open("wb") as errors, said.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True, env=_plain()
            )
        child = Child(name, tier, process, log, said)
        self._all.append(child)
        return child

    def run(self, command: Sequence[str]) -> str:
        """Run a command to its end; what it wrote on standard output. May be called from several threads.

        Raises:
            DemoError: it failed, or the demo is ending.
        """
        if self._ending:
            raise DemoError("the demo is ending")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True, env=_plain()
        )
        self._brief.append(process)
        output, errors = (written.decode("utf-8", "replace").strip() for written in process.communicate())
        if process.returncode:
            said = (errors or output or "it says nothing").splitlines()[-1]
            raise DemoError(f"{_named(command)} ended with code {process.returncode}: {said.removeprefix('error: ')}")
        return output

    def ask(self, command: Sequence[str]) -> dict[str, Any]:
        """Run a command to its end and read the JSON it writes.

        Raises:
            DemoError: it failed, or wrote something else.
        """
        said = self.run(command)
        with contextlib.suppress(ValueError):
            answer = json.loads(said)
            if isinstance(answer, dict):
                return answer
        raise DemoError(f"{_named(command)} does not answer with a JSON object: {said[:200]!r}")

    def wait_for(self, look: Callable[[], bool], what: str, limit_s: float) -> None:
        """Look until it is so.

        Raises:
            DemoError: a process died meanwhile, or the time is over.
        """
        end_s = time.monotonic() + limit_s
        while not look():
            self.check()
            if time.monotonic() > end_s:
                raise DemoError(f"{what}: not within {limit_s:.0f} s; the logs are in {self._logs}")
            time.sleep(POLL_S)

    def check(self) -> None:
        """Raise DemoError when a process is dead."""
        for child in self._all:
            code = child.process.poll()
            if code is not None:
                raise DemoError(f"{child.name} ended with code {code}; the end of {child.log}:\n{tail(child.log)}")


def end(tier: Sequence[Child]) -> None:
    """SIGTERM to all, and SIGKILL to those that are still there after five seconds."""
    for child in tier:
        child.process.terminate()
    until_s = time.monotonic() + PATIENCE_S
    for child in tier:
        try:
            child.process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def installed(name: str) -> str:
    """The path of an installed command, beside the Python that runs this.

    Raises:
        DemoError: it is not installed.
    """
    path = Path(sys.executable).parent / (name + (".exe" if os.name == "nt" else ""))
    if not path.exists():
        raise DemoError(f"{name} is not installed beside {sys.executable}; install the project with its extras")
    return str(path)


def _named(command: Sequence[str]) -> str:
    """The command without its path and its options, whose values may be secrets."""
    return " ".join([Path(command[0]).name, *takewhile(lambda word: not word.startswith("-"), command[1:3])])


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens at this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _plain() -> dict[str, str]:
    """Our environment; output in UTF-8 and without delay."""
    return os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
