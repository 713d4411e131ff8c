"""The command in this process or as one of its own: what it prints, and how it ends."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from hub.cli import app

COMMAND = (sys.executable, "-c", "from hub.cli import app; app(prog_name='tsunagu-hub')")
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Said:
    """Exit code and both outputs of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*words: object, stdin: str = "") -> Said:
    """The command in this process: the same code without a second's start."""
    done = CliRunner().invoke(app, list(map(str, words)), input=stdin, prog_name="tsunagu-hub")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def run_process(*words: object, stdin: str = "") -> Said:
    done = subprocess.run(
        [*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, cwd=ROOT, input=stdin, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


def init(data: Path) -> Said:
    return run_process(
        "init", "--data", data, "--company", "aoba", "--company-name", "青葉精機", "--admin", "a@aoba.example", "--json"
    )


@contextlib.contextmanager
def serving(data: Path, *more: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`tsunagu-hub serve` on a free port; its URL without the slash, and the process."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", str(data), "--port", "0", *map(str, more)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Tsunagu hub: http://"), line + (process.stderr.read() if process.stderr else "")
        yield line.removeprefix("Tsunagu hub: ").strip().rstrip("/"), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)
