"""Real things for the simulators' tests: a broker of our own, a command running, a free port."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT.parent / "shared" / "data" / "nist-smstestbed"
SIM = [sys.executable, "-c", "from simulators.cli import app; app()"]


def until(look: Callable[[], T], limit_s: float = 20.0) -> T:
    """Look until what is seen is true; fail after the limit."""
    end = time.monotonic() + limit_s
    while not (seen := look()):
        assert time.monotonic() < end, f"{look} did not become true within {limit_s} s"
        time.sleep(0.02)
    return seen


def port_in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
def broker(tmp_path: Path, free_port: int) -> Iterator[str]:
    """The URL of a Mosquitto of this test alone."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("Mosquitto is not installed")
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {free_port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with started([program, "-c", str(config)], stderr=subprocess.DEVNULL):
        until(lambda: port_in_use(free_port))
        yield f"mqtt://127.0.0.1:{free_port}"
