"""What the agent asks of the computer it runs on, the same on every system; each system has a file that does it.

`platform_posix` and `platform_windows` hold the same names; nothing elsewhere asks which system this is.
"""

import contextlib
import sys
from pathlib import Path

if sys.platform == "win32":
    from edge_agent.platform_windows import (
        boot_id,
        give_back_memory,
        keep_memory_small,
        lock,
        may_install_services,
        notify,
        on_stop,
        owner_of,
        steady,
        write_private,
    )
else:
    from edge_agent.platform_posix import (
        boot_id,
        give_back_memory,
        keep_memory_small,
        lock,
        may_install_services,
        notify,
        on_stop,
        owner_of,
        steady,
        write_private,
    )
from typing import IO

__all__ = [
    "AlreadyRunning", "boot_id", "give_back_memory", "is_running", "keep_memory_small", "lock_folder",
    "may_install_services", "notify", "on_stop", "owner_of", "steady", "write_atomically", "write_private",
]  # fmt: skip


class AlreadyRunning(Exception):
    """Another agent uses this data folder."""


def lock_folder(folder: Path) -> IO[bytes]:
    """Locks the folder for this process until the returned file is closed. AlreadyRunning, OSError."""
    file = (folder / "agent.lock").open("a+b")
    try:
        lock(file)
    except OSError:
        file.close()
        raise AlreadyRunning(
            f"{folder} is used by another agent; stop it first, or give each agent its own data_dir"
        ) from None
    return file


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


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces a file so that a reader sees the old or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    # Windows refuses while a reader has the old file open; the next write will do
    with contextlib.suppress(PermissionError):
        fresh.replace(path)
