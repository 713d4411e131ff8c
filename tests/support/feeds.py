"""A Feed that collects: what a driver delivered, in order, and what it said about its link."""

import asyncio
from dataclasses import dataclass, field

from edge_agent.reading import Delivery, InboxMark, Reading


@dataclass
class Collector:
    """Keeps everything it is told. `hold` stops deliveries until set; `fail` makes them fail."""

    deliveries: list[Delivery] = field(default_factory=list)
    connects: int = 0
    lives_us: list[int] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    told: list[tuple[int, str | None]] = field(default_factory=list)
    inbox: set[InboxMark] = field(default_factory=set)
    hold: asyncio.Event | None = None
    fail: Exception | None = None
    waiting: int = 0
    blind: tuple[int, int] | None = None

    def connected(self) -> None:
        self.connects += 1

    def blindness(self) -> tuple[int, int] | None:
        return self.blind

    def alive(self, at_us: int) -> None:
        self.lives_us.append(at_us)

    def address_fault(self, address: int, reason: str | None) -> None:
        self.told.append((address, reason))
        if reason is None:
            self.faults.pop(address, None)
        else:
            self.faults[address] = reason

    def is_redelivered(self, mark: InboxMark) -> bool:
        return mark in self.inbox

    async def deliver(self, delivery: Delivery) -> None:
        self.waiting += 1
        try:
            if self.hold is not None:
                await self.hold.wait()
            if self.fail is not None:
                raise self.fail
        finally:
            self.waiting -= 1
        self.deliveries.append(delivery)
        self.inbox.update(delivery.inbox)

    @property
    def readings(self) -> list[Reading]:
        return [reading for delivery in self.deliveries for reading in delivery.readings]

    def of(self, address: int) -> list[Reading]:
        return [reading for reading in self.readings if reading.address == address]

    def values(self, address: int) -> list[object]:
        return [reading.value for reading in self.of(address)]
