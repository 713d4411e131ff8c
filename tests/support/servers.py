"""Real servers for tests: a Mosquitto of one's own, a free port, waiting for a condition with a deadline.

Only loopback. Every process started here is ended here, by its own handle.
"""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

POLL_S = 0.02


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], object], timeout_s: float = 30.0, what: str = "condition", poll_s: float = POLL_S
) -> None:
    """Returns as soon as `condition()` is true; fails the test after `timeout_s`. For tests without a loop."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} not met within {timeout_s} s")
        time.sleep(poll_s)


async def eventually(
    condition: Callable[[], object] | Callable[[], Awaitable[object]],
    timeout_s: float = 30.0,
    what: str = "condition",
) -> None:
    """As `wait_until`, without blocking the event loop; `condition` may be a coroutine function."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"{what} not met within {timeout_s} s")
        await asyncio.sleep(POLL_S)


def listens(port: int) -> bool:
    """Whether somebody accepts connections at this port of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mosquitto_path() -> str | None:
    """Where Mosquitto is, None where it is not installed (Debian puts it outside a user's PATH)."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


@dataclass
class Broker:
    """A Mosquitto of the test's own, with persistence and no queue limit. `start` and `stop` at will."""

    folder: Path
    port: int
    extra: str = ""
    users: dict[str, str] = field(default_factory=dict)
    tls: bool = False
    persistent: bool = True
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = mosquitto_path()
        if program is None:
            pytest.skip("mosquitto is not installed (apt install mosquitto)")
        settings = self.folder / "mosquitto.conf"
        settings.write_text(self._settings())
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(settings)], stdout=log, stderr=log)
        wait_until(lambda: listens(self.port), what=f"mosquitto at port {self.port}")

    def stop(self, *, kill: bool = False) -> None:
        """Ends the broker; with SIGTERM it writes its sessions to disk, `kill` loses them."""
        if self.process is None:
            return
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(10)
        self.process = None

    def _settings(self) -> str:
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"persistence {'true' if self.persistent else 'false'}",
            f"persistence_location {self.folder}/",
            "max_queued_messages 0",
            "log_type error",
            "log_type warning",
            "user root",  # matters to root only: else it drops to a user that may not write this folder
        ]
        if self.users:
            passwords = self.folder / "passwords"
            passwords.write_text("".join(f"{name}:{word}\n" for name, word in self.users.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines.append("allow_anonymous true")
        return "\n".join([*lines, self.extra, ""])


@contextlib.contextmanager
def mosquitto(
    folder: Path,
    port: int | None = None,
    extra: str = "",
    users: dict[str, str] | None = None,
    *,
    tls: bool = False,
    persistent: bool = True,
) -> Iterator[Broker]:
    """A running Mosquitto in `folder`; skips the test where Mosquitto is not installed.

    `extra`: further lines of its configuration, about its one listener; `tls`: they make it one of TLS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    broker = Broker(folder, port or free_port(), extra, users or {}, tls, persistent)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
