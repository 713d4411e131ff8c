"""Which addresses a driver has called unreadable, so that a fault is told once and taken back once."""

from edge_agent.drivers.port import Feed
from edge_agent.reading import Reading


class Faults:
    """The faults found in values (wrong type, bad payload) during one run."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._told: dict[int, str] = {}

    def settle(self, readings: list[Reading], wrong: dict[int, str]) -> None:
        """After a delivery was read: tells new faults, takes back those whose address reads well again."""
        if not wrong and not self._told:
            return
        for reading in readings:
            reason = wrong.get(reading.address)
            told = self._told.get(reading.address)
            if reason is not None and reason != told:
                self._told[reading.address] = reason
                self._feed.address_fault(reading.address, reason)
            elif reason is None and told is not None and reading.quality != "bad":
                del self._told[reading.address]
                self._feed.address_fault(reading.address, None)
