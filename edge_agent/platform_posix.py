"""Linux and macOS: locks, private files, signals, memory, even clocks, and the service manager. See `computer`."""

import asyncio
import contextlib
import ctypes
import fcntl
import gc
import os
import pwd
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


def lock(file: IO[bytes]) -> None:
    """Locks an open file for this process; OSError where another one has it."""
    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read (mode 0600), whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def on_stop(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop when the process is asked to end (SIGTERM, SIGINT, Ctrl-C)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def steady() -> float:
    """Seconds that go on evenly, whoever sets the clock, and also while the computer sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def boot_id() -> str | None:
    """What this start of the computer can be recognised by; None where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip() or None
    except OSError:
        return None


def keep_memory_small() -> None:
    """Asks glibc for few arenas and for giving back what is freed; elsewhere nothing. Call first of all."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
            libc = ctypes.CDLL(None)
            for option, value in ((-8, 2), (-3, 262_144), (-1, 262_144)):  # arenas, mmap threshold, trim threshold
                libc.mallopt(option, value)


def give_back_memory() -> None:
    """Returns freed memory to the system where the C library keeps it (glibc: importing asyncua leaves 40 MB)."""
    if sys.platform == "linux":
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def notify(state: str) -> None:
    """Tells systemd: READY=1, WATCHDOG=1, STOPPING=1 (sd_notify(3)); nothing where it did not start us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(place)
        told.sendall(state.encode())


def owner_of(folder: Path) -> str | None:
    """The account that owns a folder; None where it does not exist or has no name."""
    try:
        return pwd.getpwuid(folder.stat().st_uid).pw_name
    except (OSError, KeyError):
        return None


def may_install_services() -> bool:
    """Whether this is root on a computer that systemd runs."""
    return os.geteuid() == 0 and Path("/run/systemd/system").is_dir()
