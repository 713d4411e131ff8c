"""Are the monitored nodes still there, and does the server tell what they say? I/O only.

Not every server says when a node goes, and one that is replaced (a program loaded anew) may be monitored on as it was:
its last value would seem to hold for ever. So nodes are read in turn. One that is not there is gone; one that says
something else than what was told last, at two looks with nothing told in between, is deaf.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from asyncua import ua

from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.decode import Decoder
from edge_agent.drivers.opcua.session import Session
from edge_agent.reading import Raw, Reading

EVERY_S: Final = 2.0
NODES: Final = 80
"""So often so many nodes are read."""
LOOKS: Final = 2
"""So often the same ones one after another, where there are more."""


class Found(msgspec.Struct, frozen=True):
    """Addresses of nodes that are not there, and of those that the server does not tell about."""

    gone: list[int]
    deaf: list[int]


class RollCall:
    """`nodes`: what is monitored now, by handle. Due at `due_at` (monotonic seconds)."""

    def __init__(self, session: Session, decoder: Decoder, nodes: Mapping[int, ua.NodeId]) -> None:
        self._session = session
        self._decoder = decoder
        self._nodes = nodes
        self._lately: dict[int, Raw] = {}
        """What was told since the last look, by address."""
        self._told: dict[int, Raw] = {}
        self._doubted: set[int] = set()
        self._place = 0
        self._looks = 0
        self.due_at = 0.0

    def told(self, readings: Iterable[Reading]) -> None:
        """The server told these."""
        self._lately.update({reading.address: reading.value for reading in readings})

    async def look(self) -> Found:
        """The next look. Raises ConnectionLost."""
        self.due_at = time.monotonic() + EVERY_S
        lately, self._lately = self._lately, {}
        self._told.update(lately)
        seen = await calls.read_values(self._session, self._decoder, self._part())
        differs = {
            reading.address
            for changes in seen
            for reading in changes.readings
            if reading.quality != "bad" and _is_other(reading.value, self._told.get(reading.address, reading.value))
        }
        deaf = self._doubted & differs - lately.keys()
        self._doubted = differs - deaf
        return Found([address for changes in seen for address in changes.gone], sorted(deaf))

    def _part(self) -> list[tuple[int, ua.NodeId]]:
        nodes = list(self._nodes.items())
        if self._looks == LOOKS:
            self._place, self._looks = self._place + NODES, 0
        if self._place >= len(nodes):
            self._place = 0
        self._looks += 1
        return nodes[self._place : self._place + NODES]


def _is_other(value: Raw, told: Raw) -> bool:
    """Whether two values differ; a NaN is like any other."""
    return value != told and (value == value or told == told)  # noqa: PLR0124  (only a NaN is not itself)
