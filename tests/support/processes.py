"""Installed commands run as the processes they are: started, killed, ended, each with its log file.

Every process started here is ended here by its own handle, and none but ours is touched.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 20.0


def command(name: str) -> str:
    """An installed command, beside the Python that runs the tests."""
    return str(Path(sys.executable).parent / name)


def run(
    *arguments: str | Path, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs an installed command to its end: `run("tsunagu-hub", "init", …)`."""
    words = [command(str(arguments[0])), *map(str, arguments[1:])]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False, env=_env(env), timeout=60)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr}")
    return done


@dataclass
class Process:
    """One command that can be started again and again; its output goes to `log`, appended."""

    words: Sequence[str | Path]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Starts it; it must not run already."""
        assert self.process is None or self.process.poll() is not None, f"{self.words[0]} runs already"
        self.starts += 1
        with self.log.open("ab") as log:
            log.write(f"--- start {self.starts} ---\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                [command(str(self.words[0])), *map(str, self.words[1:])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_env(self.env), start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM, and the exit code; -9 where it did not listen."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return int(self.process.returncode)

    @property
    def runs(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def tail(self, lines: int = 25) -> str:
        """The end of what it wrote, for the message of a failing test."""
        return "\n".join(self.said().splitlines()[-lines:])


@contextlib.contextmanager
def started(process: Process) -> Iterator[Process]:
    """Runs a process for a while."""
    process.start()
    try:
        yield process
    finally:
        process.stop()


def _env(more: dict[str, str] | None) -> dict[str, str]:
    return os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"} | (more or {})
