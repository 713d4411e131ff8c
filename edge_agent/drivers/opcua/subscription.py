"""One subscription: its monitored items, its publish requests, its notifications in sequence. I/O only.

A few PublishRequests are always outstanding, so that a server which splits a notification into many
responses can send them without waiting. No new one is sent while a delivery is being stored: the server's
queues hold what comes meanwhile. Acknowledgements travel with the next PublishRequest after the commit.
A gap in the sequence numbers is asked for again (Republish); where the server no longer has it, the
connection counts as lost and everything is read anew.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.uaerrors import BadTimeout, BadTooManyPublishRequests

from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.decode import Changes, Decoder
from edge_agent.drivers.opcua.session import Session, value_of
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost

KEEP_ALIVE_S: Final = 2.0
LOST_AFTER_KEEP_ALIVES: Final = 3
LIFETIME_S: Final = 60.0
CHANGES_PER_RESPONSE: Final = 10_000
_MAX_SEQUENCE: Final = 2**32 - 1

log = structlog.get_logger(__name__)


class Arrival:
    """A publish response as it came in: its bytes or its failure, and when (µs, agent's clock)."""

    __slots__ = ("at_us", "body", "error")

    def __init__(self, at_us: int, body: Buffer | None, error: BaseException | None) -> None:
        self.at_us, self.body, self.error = at_us, body, error


class Subscription:
    """Created by `create`; `add` monitors nodes; then `next` gives the changes, one response at a time."""

    def __init__(self, session: Session, settings: ConnectionSettings, decoder: Decoder) -> None:
        self._session = session
        self._settings = settings
        self._decoder = decoder
        self._wanted = session.about.quirk.publish_requests
        self._outstanding: set[asyncio.Task[Buffer]] = set()
        self._arrived: deque[Arrival] = deque()
        self._bell = asyncio.Event()
        self._early: dict[int, tuple[Changes, int]] = {}
        self._expected: int | None = None
        self._done: list[int] = []
        self.id = 0
        self.lost_after_s = KEEP_ALIVE_S * LOST_AFTER_KEEP_ALIVES

    async def create(self) -> None:
        """Asks for the subscription. Nothing is published before the first `request`."""
        interval_s = self._settings.publishing_interval_ms / 1000
        request = ua.CreateSubscriptionRequest()
        asked = request.Parameters
        asked.RequestedPublishingInterval = interval_s * 1000
        asked.RequestedMaxKeepAliveCount = max(round(KEEP_ALIVE_S / interval_s), 1)
        asked.RequestedLifetimeCount = max(round(LIFETIME_S / interval_s), 3 * asked.RequestedMaxKeepAliveCount)
        asked.MaxNotificationsPerPublish = CHANGES_PER_RESPONSE
        asked.PublishingEnabled = True
        granted = (await self._session.call(request, ua.CreateSubscriptionResponse)).Parameters
        self.id = granted.SubscriptionId
        silence_s = granted.RevisedPublishingInterval / 1000 * granted.RevisedMaxKeepAliveCount
        self.lost_after_s = LOST_AFTER_KEEP_ALIVES * max(silence_s, 1.0)
        log.info(
            "opcua subscription",
            endpoint=self._settings.endpoint,
            publishing_ms=granted.RevisedPublishingInterval,
            keep_alive_s=round(silence_s, 3),
            lifetime_count=granted.RevisedLifetimeCount,
        )

    async def add(self, nodes: Sequence[tuple[int, ua.NodeId]]) -> dict[int, int]:
        """Monitors nodes by client handle; answers the status of those that the server refuses."""
        refused: dict[int, int] = {}
        queues: set[int] = set()
        step = self._session.about.items_per_call
        for start in range(0, len(nodes), step):
            chunk = nodes[start : start + step]
            request = ua.CreateMonitoredItemsRequest()
            request.Parameters.SubscriptionId = self.id
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.Parameters.ItemsToCreate = [self._item(handle, node) for handle, node in chunk]
            answer = await self._session.call(request, ua.CreateMonitoredItemsResponse)
            for (handle, _), result in zip(chunk, answer.Results, strict=False):
                if result.StatusCode.is_good():
                    queues.add(result.RevisedQueueSize)
                else:
                    refused[handle] = result.StatusCode.value
        if queues:
            log.info(
                "opcua nodes monitored",
                endpoint=self._settings.endpoint,
                nodes=len(nodes) - len(refused),
                refused=len(refused),
                queue_asked=self._settings.queue_size,
                queue_granted=min(queues),
            )
        return refused

    def _item(self, handle: int, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
        item = ua.MonitoredItemCreateRequest()
        item.ItemToMonitor = value_of(node)
        item.MonitoringMode = ua.MonitoringMode.Reporting
        asked = item.RequestedParameters
        asked.ClientHandle = ua.UInt32(handle)
        asked.SamplingInterval = 0.0
        asked.QueueSize = ua.UInt32(self._settings.queue_size)
        asked.DiscardOldest = True
        return item

    def request(self) -> None:
        """Tops up the outstanding PublishRequests; the first one carries the acknowledgements."""
        while len(self._outstanding) + len(self._arrived) < self._wanted:
            request = ua.PublishRequest()
            request.Parameters.SubscriptionAcknowledgements = [self._acknowledged(n) for n in self._done]
            self._done.clear()
            task = asyncio.ensure_future(self._session.send(request, 0))
            self._outstanding.add(task)
            task.add_done_callback(self._on_response)

    def acknowledge(self, sequence: int) -> None:
        """This notification is durable; the server is told with the next `request`."""
        self._done.append(sequence)

    async def next(self, timeout_s: float) -> tuple[Changes, int] | None:
        """The next response in sequence and its arrival (µs); None after `timeout_s` without one.

        Raises ConnectionLost where the link or the subscription has ended or a notification is gone.
        """
        while True:
            ready = self._early.pop(self._expected, None) if self._expected is not None else None
            if ready is None:
                arrival = await self._arrival(timeout_s)
                if arrival is None:
                    return None
                changes = self._read(arrival)
                if changes is None:
                    continue
                ready = changes, arrival.at_us
            taken = await self._in_sequence(*ready)
            if taken is not None:
                return taken

    async def close(self) -> None:
        """Ends the outstanding requests on this side."""
        for task in self._outstanding:
            task.cancel()
        await asyncio.gather(*self._outstanding, return_exceptions=True)

    def _acknowledged(self, sequence: int) -> ua.SubscriptionAcknowledgement:
        return ua.SubscriptionAcknowledgement(SubscriptionId=self.id, SequenceNumber=ua.Counter(sequence))

    def _on_response(self, task: asyncio.Task[Buffer]) -> None:
        self._outstanding.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        body = None if error is not None else task.result()
        self._arrived.append(Arrival(time.time_ns() // 1000, body, error))
        self._bell.set()

    async def _arrival(self, timeout_s: float) -> Arrival | None:
        if not self._arrived:
            self._bell.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._bell.wait()
            except TimeoutError:
                return None
        return self._arrived.popleft()

    def _read(self, arrival: Arrival) -> Changes | None:
        """The response's content; None where it says nothing but asks for fewer or newer requests."""
        endpoint = self._settings.endpoint
        if isinstance(arrival.error, BadTooManyPublishRequests) and self._wanted > 1:
            self._wanted -= 1
            self.request()
            return None
        if isinstance(arrival.error, BadTimeout):  # the server gave this request back, unused
            self.request()
            return None
        if isinstance(arrival.error, advice.LINK_ERRORS):
            raise advice.explain(arrival.error, endpoint) from arrival.error
        if arrival.error is not None or arrival.body is None:
            raise arrival.error or AssertionError("a response without body or error")
        try:
            changes = self._decoder.publish(bytes(arrival.body))
        except (WireError, *advice.LINK_ERRORS) as error:
            raise ConnectionLost(f"{endpoint}: a notification cannot be read ({error}); reading all anew") from error
        if changes.closed is not None:
            raise ConnectionLost(f"the server at {endpoint} has ended the subscription ({changes.closed})")
        return changes

    async def _in_sequence(self, changes: Changes, at_us: int) -> tuple[Changes, int] | None:
        """The response if it is the next one; else it is kept and the missing one is asked for."""
        first = self._expected is None
        expected = self._expected or 1
        ahead = (changes.sequence - expected) % _MAX_SEQUENCE
        if ahead == 0 or (changes.keep_alive and ahead > _MAX_SEQUENCE // 2):
            self._expected = expected if changes.keep_alive else _after(expected)
            return changes, at_us
        if ahead > _MAX_SEQUENCE // 2:  # seen before: a response that came after its Republish
            self.acknowledge(changes.sequence)
            self.request()
            return None
        if not changes.keep_alive:
            self._early[changes.sequence] = (changes, at_us)
        self._expected = expected
        if self._arrived:
            return None  # the missing one may be among them
        missing = await self._republish(expected)
        if missing is not None:
            self._expected = _after(expected)
            return missing, at_us
        if first:  # a server that does not begin with 1: nothing can be missing before the first
            self._expected = changes.sequence
            return None if not changes.keep_alive else (changes, at_us)
        raise ConnectionLost(
            f"{self._settings.endpoint}: notification {expected} was lost and the server no longer has it; "
            "reading all anew"
        )

    async def _republish(self, sequence: int) -> Changes | None:
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = self.id
        request.Parameters.RetransmitSequenceNumber = ua.Counter(sequence)
        try:
            body = await self._session.send(request, self._settings.request_timeout_s)
            changes = self._decoder.republish(bytes(body), self.id)
        except (WireError, *advice.LINK_ERRORS) as error:
            log.warning("opcua notification lost", endpoint=self._settings.endpoint, sequence=sequence, why=str(error))
            return None
        return changes if changes.sequence == sequence and not changes.keep_alive else None


def _after(sequence: int) -> int:
    return 1 if sequence == _MAX_SEQUENCE else sequence + 1
