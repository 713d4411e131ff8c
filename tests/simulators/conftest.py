"""Real things for the simulators' tests: a broker of our own, a command running, a free port."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import servers

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT.parent / "shared" / "data" / "nist-smstestbed"
SIM = [sys.executable, "-c", "from simulators.cli import app; app()"]


@contextlib.contextmanager
def started(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, cwd=ROOT, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def free_port() -> int:
    return servers.free_port()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The URL of a Mosquitto of this test alone."""
    with servers.mosquitto(tmp_path) as mosquitto:
        yield mosquitto.url
