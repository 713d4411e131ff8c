"""A process whose computer's clock is wrong by as much as a test says, and may be set while it runs.

A small library is built with the C compiler and loaded before the process's own (`false_clock.c`).
"""

import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("false_clock.c")


class FalseClock:
    """What `env` is for: a process started with it sees the clock `set_us` ahead of the true one."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if sys.platform != "linux" or compiler is None:
            pytest.skip("a wrong clock needs Linux and a C compiler (apt install gcc libc6-dev)")
        library = folder / "false_clock.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=True)
        self._file = folder / "false_clock"
        self._file.write_bytes(bytes(8))
        self.env = {"LD_PRELOAD": str(library), "FALSE_CLOCK": str(self._file)}

    def set(self, ahead_s: float) -> None:
        """The clock is so many seconds ahead of the true one from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", round(ahead_s * 1e6)))

    def set_to(self, moment_s: float) -> None:
        """The clock says this many seconds since 1970 now, and goes on from there."""
        self.set(moment_s - time.time())
