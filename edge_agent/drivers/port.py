"""What a driver is (Driver) and what it talks to (Feed). I/O on this side, meaning on the other.

Lifecycle: a driver is built from its settings without connecting. `run` connects, resolves its addresses,
reads every current value, delivers until the connection is lost, then raises ConnectionLost. The machine's
pipeline calls `run` again after a back-off; one driver object is never run twice at once. Cancelling `run`
closes the connection and is the orderly way to stop.
"""

from typing import Protocol

from edge_agent.reading import Delivery, InboxMark


class ConnectionLost(Exception):
    """The machine or its broker cannot be reached (any more): retry. The text says why and what to do.

    `at_once`: what was lost may be there again this moment (only the session is gone, or nobody said that the
    connection is dead); connect again without waiting.
    """

    def __init__(self, text: str, *, at_once: bool = False) -> None:
        super().__init__(text)
        self.at_once = at_once


class Misconfigured(Exception):
    """Retrying cannot help until a person changes the settings; shown, retried only every 30 s."""


class Feed(Protocol):
    """A machine's pipeline as its driver sees it. Called from the driver's event loop only."""

    def connected(self) -> None:
        """The link is up, every address was tried, current values follow."""

    def blindness(self) -> tuple[int, int] | None:
        """After `connected`: from when to when nobody looked (agent's clock, µs); None where that is not known.

        A driver whose machine keeps a history may deliver what it says of that time, as `replayed`.
        """

    def alive(self, at_us: int) -> None:
        """Proof of life: a publish, keep-alive, ping answer or heartbeat arrived at `at_us` (agent's clock)."""

    def address_fault(self, address: int, reason: str | None) -> None:
        """This address cannot be read, and why in plain words; None when it can again. Degrades only itself."""

    def is_redelivered(self, mark: InboxMark) -> bool:
        """Whether a message flagged as a duplicate is in the durable inbox already."""

    async def deliver(self, delivery: Delivery) -> None:
        """Returns once the delivery is on disk (fsync'd).

        Raises where it could not be stored: the driver then acknowledges nothing and closes its session.
        """


class Driver(Protocol):
    """Reads one machine. Implementations: drivers/opcua, drivers/mqtt."""

    async def run(self, feed: Feed) -> None:
        """Delivers until the link is lost. Raises ConnectionLost or Misconfigured."""

    async def probe(self, timeout_s: float) -> list["Probe"]:
        """For `check`: connects once, tries every address, says what is there. Raises as `run`."""


class Probe(Protocol):
    """What `check` shows for one address."""

    address: int
    ok: bool
    value: object
    quality: str
    age_s: float | None
    advice: str | None
