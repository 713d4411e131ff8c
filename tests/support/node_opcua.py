"""Servers that are not ours: node-opcua from npm, running a script of tests/peers with JSON options on a free port.

The library lives outside the project in ~/.cache/tsunagu-peers (about 75 MB, installed at the first use). A script gets
its options as JSON in its first argument, prints `READY {…}` when it listens, answers each JSON line it reads with one
JSON line, and ends when its input ends. Without node or npm the test is skipped and says so.
"""

import fcntl
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.servers import free_port

PEERS = Path(__file__).parents[1] / "peers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tsunagu-peers"
PACKAGE = "node-opcua@2.186.4"
READY_S = 60.0
ANSWER_S = 30.0


@dataclass
class Peer:
    """A running script. `told` is what it said when it was ready."""

    port: int
    process: subprocess.Popen[str]
    log: IO[str]
    told: dict[str, Any] = field(default_factory=dict)
    lines: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Where it listens; some scripts add a path, which they tell."""
        return str(self.told.get("endpoint", f"opc.tcp://127.0.0.1:{self.port}"))

    def ask(self, **command: object) -> dict[str, Any]:
        """Sends a command of the script's own, and gives its answer. Blocks: the peer is another process."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        deadline = time.monotonic() + ANSWER_S
        line = ""
        while not line.startswith("{"):  # the library writes remarks of its own
            line = self._line(deadline - time.monotonic())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def wait_ready(self) -> None:
        """Returns when the script has printed READY."""
        deadline = time.monotonic() + READY_S
        while True:
            line = self._line(deadline - time.monotonic())
            if line.startswith("READY"):
                self.told = json.loads(line.removeprefix("READY").strip() or "{}")
                return

    def said(self) -> str:
        """What it wrote to stderr."""
        return Path(self.log.name).read_text("utf-8", errors="replace")

    def stop(self, *, kill: bool = False) -> None:
        """Ends it; orderly (its input ends) or with kill -9."""
        if self.process.poll() is None:
            if kill:
                self.process.kill()
            elif self.process.stdin is not None:
                self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def _line(self, timeout_s: float) -> str:
        try:
            line = self.lines.get(timeout=max(timeout_s, 0))
        except queue.Empty:
            line = ""
        if not line:
            pytest.fail(f"the node-opcua peer said nothing (exit code {self.process.poll()}): {self.said()[-2000:]}")
        return line


def modules() -> Path:
    """The folder of npm's modules, installed where it is missing; skips where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node-opcua needs node and npm, which are not installed (apt install nodejs npm)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in other processes want it too
        if not (CACHE / "node_modules" / "node-opcua" / "package.json").exists():
            wanted = [npm, "install", "--no-save", "--silent", "--prefix", str(CACHE), PACKAGE]
            done = subprocess.run(wanted, capture_output=True, encoding="utf-8", check=False, timeout=280)
            if done.returncode:
                pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[-300:] or 'no reason given'}")
    return CACHE / "node_modules"


@contextmanager
def node_server(script: str, port: int | None = None, **options: object) -> Iterator[Peer]:
    """Runs tests/peers/`script` with `options` (and the port) until the block ends."""
    node_modules = modules()
    port = port or free_port()
    environment = os.environ | {"NODE_PATH": str(node_modules)}
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(
            ["node", str(PEERS / script), json.dumps({**options, "port": port})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1, env=environment,
        )  # fmt: skip
        peer = Peer(port, process, log)
        try:
            peer.wait_ready()
            yield peer
        finally:
            peer.stop()
