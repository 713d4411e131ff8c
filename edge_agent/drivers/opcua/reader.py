"""One run on one open session: monitors every place, delivers whole notifications, keeps the session alive. I/O only.

The changes of all responses until MoreNotifications is false are one delivery, in sequence order. A publish is
acknowledged after the delivery is durable. The first notification after a connect holds every current value. A node
that is not there, or goes, degrades only its own addresses; it is looked for again, after 2 s and then ever more
seldom, up to once a minute. Times: µs since 1970 UTC for readings and proof of life, monotonic seconds for what is due.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from edge_agent.drivers.faults import Faults
from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.decode import Changes, Decoder, status_of
from edge_agent.drivers.opcua.history import Backfill
from edge_agent.drivers.opcua.publishing import GRACE_S, Publishing
from edge_agent.drivers.opcua.resolving import Missing
from edge_agent.drivers.opcua.rollcall import RollCall
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.opcua.subscription import Monitored
from edge_agent.drivers.opcua.wanted import Wanted
from edge_agent.drivers.port import Feed
from edge_agent.reading import NOT_PROVIDED, Delivery, Reading

RETRY_FIRST_S: Final = 1.0
RETRY_LAST_S: Final = 60.0
MAX_GATHERED: Final = 100_000
"""Changes held in memory for one delivery; a notification that never ends is delivered in parts."""

log = structlog.get_logger(__name__)


class Reader:
    """Used once, on a session that was just opened."""

    def __init__(self, session: Session, settings: ConnectionSettings, wanted: Wanted, feed: Feed) -> None:
        self._session = session
        self._settings = settings
        self._wanted = wanted
        self._feed = feed
        self._decoder = Decoder(wanted.targets)
        self._publishing = Publishing(session, settings, self._decoder)
        self._monitored = Monitored(session, settings, self._publishing)
        self._absent: dict[int, Missing] = {}
        """Places that cannot be monitored now, by handle."""
        self._faults = Faults(feed)
        self._overflowed: dict[int, int] = {}
        self._unsaid_us = 2 * settings.publishing_interval_ms * 1000
        """What changed so shortly before a sign of life may be in the next notification."""
        self._retry_at = 0.0
        self._retry_s = RETRY_FIRST_S
        self._replaying: asyncio.Task[None] | None = None
        self._roll_call = RollCall(session, self._decoder, self._monitored.nodes)

    async def run(self) -> None:
        """Delivers until the link is lost. Raises ConnectionLost or Misconfigured."""
        try:
            await self._monitored.begin()
            unreadable = await self._monitor(range(len(self._wanted.places)))
            self._feed.connected()
            await self._deliver_bad(unreadable)
            self._replay()
            await self._follow()
        finally:
            if self._replaying is not None:
                self._replaying.cancel()
                await asyncio.gather(self._replaying, return_exceptions=True)
            await self._publishing.close()

    def _replay(self) -> None:
        """Begins to read what the server recorded while nobody looked, beside what is live."""
        blind = self._feed.blindness()
        if blind is not None:
            backfill = Backfill(self._session, self._decoder, self._monitored.nodes, self._feed)
            self._replaying = asyncio.create_task(backfill.run(*blind, self._settings.endpoint))

    async def _monitor(self, handles: Sequence[int]) -> list[Reading]:
        """Monitors these places; a bad reading for each address that cannot be read, and its fault told."""
        located = await self._wanted.locate(self._session, handles, self._decoder)
        absent = dict(located.missing)
        for handle, status in (await self._monitored.add(located.nodes)).items():
            reason = advice.about_node(self._wanted.places[handle].text, status)
            absent[handle] = Missing(reason, status_of(status)[1] or "Bad")
        unreadable = []
        for handle in handles:
            missing = absent.get(handle)
            if missing is None and self._absent.pop(handle, None) is not None:
                self._retry_s = RETRY_FIRST_S
                self._tell(handle, None)
            elif missing is not None:
                unreadable += self._say_absent(handle, missing)
        self._plan_retry()
        return unreadable

    def _say_absent(self, handle: int, missing: Missing) -> list[Reading]:
        """Bad readings for a place that is not there; nothing new where that was said before."""
        said = self._absent.get(handle)
        self._absent[handle] = missing
        if said is not None and said.code == missing.code:
            return []
        if not missing.optional:
            self._tell(handle, missing.reason)
        code = NOT_PROVIDED if missing.optional else missing.code
        return [Reading(target.address, None, None, "bad", code) for target in self._wanted.targets[handle]]

    def _tell(self, handle: int, reason: str | None) -> None:
        for target in self._wanted.targets[handle]:
            self._feed.address_fault(target.address, reason)

    def _plan_retry(self) -> None:
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(self._retry_s * 2, RETRY_LAST_S)

    async def _follow(self) -> None:
        gathered: list[Reading] = []
        notifications: list[tuple[int, int]] = []
        unfinished: set[int] = set()
        self._publishing.heard()
        self._publishing.request()
        while True:
            if self._due_in_s() <= 0:
                await self._publishing.beside(self._chores())
            due_s = max(self._due_in_s(), 0.0)
            silent_s = self._publishing.silent_in_s()
            arrived = await self._publishing.next(max(min(due_s, silent_s), 0.0))
            if arrived is None and self._publishing.silent_in_s() <= 0:
                arrived = await self._publishing.next(GRACE_S)
            if arrived is None:
                if self._publishing.silent_in_s() <= 0:
                    raise self._publishing.silence()
                continue
            changes, at_us = arrived
            gathered += changes.readings
            if not changes.keep_alive:
                notifications.append((changes.subscription, changes.sequence))
            self._notice(changes)
            (unfinished.add if changes.more else unfinished.discard)(changes.subscription)
            if unfinished and len(gathered) < MAX_GATHERED:
                self._publishing.request()
                continue
            if gathered:
                await self._feed.deliver(Delivery(gathered, at_us))
                gathered = []
                self._publishing.heard()
            for subscription, sequence in notifications:
                self._publishing.acknowledge(subscription, sequence)
            notifications.clear()
            self._publishing.request()
            self._feed.alive(at_us - self._unsaid_us)

    def _due_in_s(self) -> float:
        """Seconds until something is to be done beside reading."""
        if self._replaying is not None and self._replaying.done():
            return 0.0
        due = min(self._session.renew_at, self._roll_call.due_at)
        return (min(due, self._retry_at) if self._absent else due) - time.monotonic()

    async def _chores(self) -> None:
        """Does what is due beside reading."""
        now = time.monotonic()
        if self._replaying is not None and self._replaying.done():
            replaying, self._replaying = self._replaying, None
            await replaying  # what it could not store ends this run too
        if now >= self._session.renew_at:
            await self._session.renew()
        if self._absent and now >= self._retry_at:
            await self._monitor_anew(sorted(self._absent))
        if now >= self._roll_call.due_at:
            await self._call_roll()

    async def _monitor_anew(self, handles: Sequence[int]) -> None:
        await self._monitored.drop(handles)
        await self._deliver_bad(await self._monitor(handles))

    async def _deliver_bad(self, unreadable: list[Reading]) -> None:
        if unreadable:
            await self._feed.deliver(Delivery(unreadable, time.time_ns() // 1000))

    async def _call_roll(self) -> None:
        found = await self._roll_call.look()
        gone = dict.fromkeys(map(self._wanted.handle_of, found.gone))
        await self._deliver_bad([reading for handle in gone for reading in self._say_gone(handle)])
        deaf = [
            handle for handle in dict.fromkeys(map(self._wanted.handle_of, found.deaf)) if handle not in self._absent
        ]
        if deaf:
            texts = [self._wanted.places[handle].text for handle in deaf]
            log.warning("opcua server did not tell of changes; monitored anew", nodes=texts[:10], count=len(deaf))
            await self._monitor_anew(deaf)

    def _notice(self, changes: Changes) -> None:
        """Tells the feed of values that cannot be used, of nodes that went, and of overflows of the server's queues."""
        for address in changes.overflowed:
            self._overflowed[address] = count = self._overflowed.get(address, 0) + 1
            if count.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: seen, but the log stays readable
                log.warning("opcua queue overflowed at the server", address=address, times=count)
        for address in changes.gone:
            self._say_gone(self._wanted.handle_of(address))
        self._faults.settle(changes.readings, changes.wrong)
        self._roll_call.told(changes.readings)

    def _say_gone(self, handle: int) -> list[Reading]:
        """The server has removed this node: it is looked for again, soon; bad readings where that is news."""
        if handle in self._absent:
            return []
        text = self._wanted.places[handle].text
        self._retry_s = RETRY_FIRST_S
        self._plan_retry()
        return self._say_absent(handle, Missing(f"{text}: the server has removed this node; looking for it again"))
