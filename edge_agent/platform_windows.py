"""Windows: the same names as `platform_posix`. See `computer`."""

import asyncio
import contextlib
import getpass
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


def lock(file: IO[bytes]) -> None:
    """Locks an open file for this process; OSError where another one has it."""
    import msvcrt  # noqa: PLC0415  (exists only there; the type checker of another system reads this file, too)

    file.seek(0)
    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # as above


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner, the system and administrators may read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch()
    with contextlib.suppress(OSError):  # where the tool is missing, the folder's own rights stand
        subprocess.run(
            ["icacls", str(fresh), "/inheritance:r", "/grant:r", f"{getpass.getuser()}:F", "*S-1-5-18:F",
             "*S-1-5-32-544:F"],
            check=False, capture_output=True, timeout=30,
        )  # fmt: skip
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def on_stop(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop on Ctrl-C, Ctrl-Break (what service wrappers send) and SIGTERM."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None)]
    for number in filter(None, numbers):
        signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))


def steady() -> float:
    """Seconds that go on evenly, whoever sets the clock, and also while the computer sleeps."""
    return time.monotonic()


def boot_id() -> str | None:
    """Not known here: each start of the agent counts as one of the computer."""
    return None


def keep_memory_small() -> None:
    """Nothing to ask for here."""


def give_back_memory() -> None:
    """Nothing to give back here."""


def notify(_state: str) -> None:
    """No service manager listens here."""


def owner_of(_folder: Path) -> str | None:
    """Services run as the account that Windows keeps for them."""
    return None


def may_install_services() -> bool:
    """A recipe is printed instead."""
    return False
