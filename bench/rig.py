"""A hub, an agent, a broker and an OPC UA server as processes on loopback, and what they cost by the kernel's count.

Everything is started on free ports and ended by its own handle. Where a program is missing, the row says so.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).parent


class MissingProgram(RuntimeError):
    """A program that a row needs is not installed."""


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """What `condition` answers as soon as it is true; RuntimeError after the time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if answer := condition():
                return answer
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not happen within {timeout_s} s")


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def rss_mb(pid: int) -> float:
    """Resident memory of a process now, MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def process(*command: str, log: Path, stdin: int | None = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    with log.open("ab") as sink:
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sink, stdin=stdin)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(8)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@dataclass(frozen=True)
class Site:
    """A hub with one company, its token, and an agent that is enrolled."""

    folder: Path
    url: str
    token: str
    config: Path

    def get(self, path: str) -> Any:
        """An answer of the API."""
        request = urllib.request.Request(f"{self.url}/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def agent(self) -> "contextlib.AbstractContextManager[subprocess.Popen[bytes]]":
        """The agent, running."""
        return process(str(BIN / "tsunagu-agent"), "run", "--config", str(self.config), log=self.folder / "agent.log")

    def status(self) -> Any:
        """What `tsunagu-agent status` says."""
        done = subprocess.run(
            [BIN / "tsunagu-agent", "status", "--config", self.config, "--json"], capture_output=True, check=False
        )
        return json.loads(done.stdout or "{}")

    def connected(self) -> bool:
        """Whether the agent runs and reads every machine."""
        machines = self.status().get("machines", [])
        return bool(machines) and all(machine["connected"] for machine in machines)


@contextlib.contextmanager
def site(machines: str) -> Iterator[Site]:
    """A served hub and an enrolled agent with these `[[machines]]` tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, port = folder / "hub", free_port()
        _hub("init", "--data", data, "--company", "bench", "--company-name", "Bench", "--admin", "a@bench.example")
        token = _hub("token", "add", "--company", "bench", "--role", "manager", "--data", data)["token"]
        code = _hub("agent", "add", "bench-1", "--company", "bench", "--site", "main", "--data", data)["code"]
        url = f"http://127.0.0.1:{port}"
        config = folder / "agent.toml"
        head = f'[agent]\nid = "bench-1"\nsite = "main"\ndata_dir = "{folder / "agent"}"\n[hub]\nurl = "{url}"\n'
        config.write_text(head + machines)
        serve = (str(BIN / "tsunagu-hub"), "serve", "--data", str(data), "--port", str(port))
        with process(*serve, log=folder / "hub.log"):
            wait_for(lambda: urllib.request.urlopen(f"{url}/readyz", timeout=2), 20, "the hub's start")
            subprocess.run(
                [BIN / "tsunagu-agent", "enrol", url, code, "--config", config], check=True, capture_output=True
            )
            yield Site(folder, url, token, config)


def _hub(*words: object) -> Any:
    command = [str(BIN / "tsunagu-hub"), *map(str, words), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@contextlib.contextmanager
def broker() -> Iterator[int]:
    """A Mosquitto without queue limits; its port."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None or shutil.which("mosquitto_pub") is None:
        raise MissingProgram("mosquitto and mosquitto-clients are not installed")
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        settings = Path(name) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nuser root\n")
        with process(program, "-c", str(settings), log=Path(name) / "log"):
            wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1), 10, "mosquitto's start")
            yield port


@contextlib.contextmanager
def opcua_source(count: int) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """node-opcua with `count` Doubles changed every 100 ms; its port and process (close stdin: it tells its ticks)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingProgram("node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tsunagu-bench"
    if not (cache / "node_modules" / "node-opcua-server").exists():
        cache.mkdir(parents=True, exist_ok=True)
        wanted = [npm, "install", "--no-save", "--silent", "--prefix", str(cache), "node-opcua-server@2.182.2"]
        subprocess.run(wanted, check=True, capture_output=True)
    source = cache / "opcua_source.js"
    shutil.copy(HERE / "opcua_source.js", source)
    port = free_port()
    command = (node, str(source), str(port), str(count))
    with process(*command, log=cache / "node.log", stdin=subprocess.PIPE) as started:
        assert started.stdout is not None
        if b"READY" not in started.stdout.readline():
            raise MissingProgram("node-opcua did not start")
        yield port, started
