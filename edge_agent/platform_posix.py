"""The one place where operating systems differ: a lock on the data folder, private files, signals, memory.

POSIX and Windows; everything else of the agent is the same on both.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another agent uses this data folder."""


def lock_folder(folder: Path) -> IO[bytes]:
    """Locks the folder for this process until the returned file is closed. AlreadyRunning, OSError."""
    file = (folder / "agent.lock").open("a+b")
    try:
        _lock(file)
    except OSError:
        file.close()
        raise AlreadyRunning(
            f"{folder} is used by another agent; stop it first, or give each agent its own data_dir"
        ) from None
    return file


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  (exists only there)

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  (exists only there)

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_running(folder: Path) -> bool:
    """Whether an agent holds the lock of this folder."""
    if not (folder / "agent.lock").exists():
        return False
    try:
        lock_folder(folder).close()
    except AlreadyRunning:
        return True
    except OSError:
        return False
    return False


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


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces a file so that a reader sees the old or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    # Windows refuses while a reader has the old file open; the next write will do
    with contextlib.suppress(PermissionError):
        fresh.replace(path)


def on_stop(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop when the process is asked to end (SIGTERM, SIGINT, Ctrl-C)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))


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
