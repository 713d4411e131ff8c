"""Live events: what the projector has just changed, to the open pages of that company and of no other.

`publish` may be called from any thread. A subscriber that does not keep up loses nothing that matters: waiting
events of one machine are replaced by its newest, and beyond `QUEUE` machines the oldest are dropped, since every
event only says what to ask again. A subscription of one company cannot hear another's events.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

QUEUE: Final = 1000


class MachineChanged(msgspec.Struct, frozen=True, kw_only=True, tag="machine", tag_field="event"):
    """Something of this machine changed: ask again."""

    site: str
    machine: str


class AgentChanged(msgspec.Struct, frozen=True, kw_only=True, tag="agent", tag_field="event"):
    """An agent delivered or was heard of: ask again."""

    agent: str


class BooksChanged(msgspec.Struct, frozen=True, kw_only=True, tag="books", tag_field="event"):
    """Something in the books of a room changed (an order, a lot, a stop …): ask again. `key` names it."""

    room: str
    key: str


class Subscription:
    """One listener; its waiting events, newest for each key."""

    def __init__(self, company: str, loop: asyncio.AbstractEventLoop) -> None:
        self.company = company
        self.loop = loop
        self._waiting: OrderedDict[object, msgspec.Struct] = OrderedDict()
        self._some = asyncio.Event()
        self._ended = False

    def put(self, event: msgspec.Struct) -> None:
        """Adds an event (on the loop's thread)."""
        self._waiting[_key(event)] = event
        if len(self._waiting) > QUEUE:
            self._waiting.popitem(last=False)
        self._some.set()

    def end(self) -> None:
        """Wakes the listener for the last time (on the loop's thread)."""
        self._ended = True
        self._some.set()

    @property
    def ended(self) -> bool:
        """Whether the hub is stopping and nothing will follow."""
        return self._ended

    async def take(self, timeout_s: float) -> list[msgspec.Struct]:
        """All that waits, after at most `timeout_s`; empty where nothing came."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._some.wait()
        except TimeoutError:
            return []
        self._some.clear()
        taken = list(self._waiting.values())
        self._waiting.clear()
        return taken


class LiveBus:
    """All listeners of one hub process."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._ended = False

    @property
    def subscribers(self) -> int:
        """How many listen now."""
        return len(self._subscriptions)

    def publish(self, company: str, event: msgspec.Struct) -> None:
        """Says to this company's listeners that something changed; from any thread, never blocks."""
        for subscription in tuple(self._subscriptions):
            if subscription.company == company and not subscription.loop.is_closed():
                subscription.loop.call_soon_threadsafe(subscription.put, event)

    @asynccontextmanager
    async def subscribe(self, company: str) -> AsyncIterator[Subscription]:
        """A subscription to this company's events, as long as the block runs."""
        subscription = Subscription(company, asyncio.get_running_loop())
        if self._ended:
            subscription.end()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def end(self) -> None:
        """Lets every listener finish: the hub is stopping. From any thread, or from a signal's handler."""
        self._ended = True
        for subscription in tuple(self._subscriptions):
            if not subscription.loop.is_closed():
                subscription.loop.call_soon_threadsafe(subscription.end)


def _key(event: msgspec.Struct) -> object:
    named = {name: getattr(event, name) for name in ("site", "machine", "agent", "room", "key") if hasattr(event, name)}
    return (type(event), *named.items()) if named else object()
