"""What a simulator speaks through: OPC UA or MQTT behind one small port.

An address is `ITEM` for a recording and `MACHINE/SIGNAL` for a machine. Times are UTC and travel with
microseconds. A value of None means that the source does not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from simulators.recording import Value


class WireError(RuntimeError):
    """The wire cannot be opened; the message says what and where in one line."""


class Wire(Protocol):
    """One open wire. Opened and closed as an async context manager."""

    async def put(self, address: str, value: Value, at: datetime) -> None:
        """Say that `address` became `value` at `at`. Returns when the wire has taken it, in order."""

    async def heard(self) -> None:
        """Return when somebody listens to every machine behind this wire and nobody new came for 1 s."""

    async def drained(self) -> None:
        """Return when everything put has left this process."""


def rfc3339(at: datetime) -> str:
    """UTC with microseconds and `Z`, e.g. `2026-11-20T09:00:37.383000Z`."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
