"""What the server monitors for us: as many subscriptions on one session as its limits ask for. I/O only.

A server that allows so many nodes in one subscription (BadTooManyMonitoredItems) gets another one beside it; all are
served by one publish loop (`publishing.py`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from asyncua import ua
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.publishing import Publishing
from edge_agent.drivers.opcua.session import Session, value_of
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost

KEEP_ALIVE_S: Final = 1.0
LOST_AFTER_KEEP_ALIVES: Final = 4
LIFETIME_S: Final = 60.0
CHANGES_PER_RESPONSE: Final = 10_000
_FULL: Final = StatusCodes.BadTooManyMonitoredItems

log = structlog.get_logger(__name__)


class Monitored:
    """The nodes that the server monitors, by client handle."""

    def __init__(self, session: Session, settings: ConnectionSettings, publishing: Publishing) -> None:
        self._session = session
        self._settings = settings
        self._publishing = publishing
        self.nodes: dict[int, ua.NodeId] = {}
        """What is monitored now, by handle."""
        self._items: dict[int, tuple[int, int]] = {}
        self._held: dict[int, int] = {}
        """How many nodes each subscription has."""
        self._most: int | None = None
        """How many one subscription takes, as far as that was found out."""

    async def begin(self) -> None:
        """The first subscription, also where there is nothing to monitor: its keep-alives are the proof of life."""
        await self._create()

    async def add(self, nodes: Sequence[tuple[int, ua.NodeId]]) -> dict[int, int]:
        """Monitors nodes by client handle; answers the status of those that the server refuses."""
        refused: dict[int, int] = {}
        queues: set[int] = set()
        waiting = list(nodes)
        while waiting:
            subscription = self._with_room() or await self._another(refused, waiting)
            if subscription is None:
                break
            waiting = await self._add_to(subscription, waiting, refused, queues)
            if waiting and not self._held[subscription]:  # an empty one takes none: the server as a whole is full
                refused.update((handle, _FULL) for handle, _ in waiting)
                break
        if queues:
            log.info(
                "opcua nodes monitored",
                endpoint=self._settings.endpoint,
                nodes=len(nodes) - len(refused),
                refused=len(refused),
                subscriptions=len(self._held),
                queue_asked=self._settings.queue_size,
                queue_granted=min(queues),
            )
        return refused

    async def drop(self, handles: Iterable[int]) -> None:
        """Monitors these no longer, so that they can be added anew; what the server says to it does not matter."""
        by_subscription: dict[int, list[int]] = {}
        for handle in handles:
            if handle in self._items:
                subscription, item = self._items.pop(handle)
                del self.nodes[handle]
                by_subscription.setdefault(subscription, []).append(item)
        for subscription, items in by_subscription.items():
            self._held[subscription] -= len(items)

            async def call(part: Sequence[int], subscription: int = subscription) -> Sequence[ua.StatusCode]:
                request = ua.DeleteMonitoredItemsRequest()
                request.Parameters.SubscriptionId = subscription
                request.Parameters.MonitoredItemIds = list(part)
                answer = await self._session.call(request, ua.DeleteMonitoredItemsResponse)
                return answer.Results or []

            await calls.in_parts(items, self._session.about.items_per_call, call)

    def _with_room(self) -> int | None:
        return next((number for number, held in self._held.items() if self._most is None or held < self._most), None)

    async def _another(self, refused: dict[int, int], waiting: Sequence[tuple[int, ua.NodeId]]) -> int | None:
        try:
            return await self._create()
        except ConnectionLost as error:
            if not isinstance(error.__cause__, UaStatusCodeError):
                raise
            refused.update((handle, error.__cause__.code) for handle, _ in waiting)
            return None

    async def _create(self) -> int:
        interval_s = self._settings.publishing_interval_ms / 1000
        request = ua.CreateSubscriptionRequest()
        asked = request.Parameters
        asked.RequestedPublishingInterval = interval_s * 1000
        asked.RequestedMaxKeepAliveCount = max(round(KEEP_ALIVE_S / interval_s), 1)
        asked.RequestedLifetimeCount = max(round(LIFETIME_S / interval_s), 3 * asked.RequestedMaxKeepAliveCount)
        asked.MaxNotificationsPerPublish = CHANGES_PER_RESPONSE
        asked.PublishingEnabled = True
        granted = (await self._session.call(request, ua.CreateSubscriptionResponse)).Parameters
        silence_s = granted.RevisedPublishingInterval / 1000 * granted.RevisedMaxKeepAliveCount
        number = int(granted.SubscriptionId)
        self._publishing.follow(number, LOST_AFTER_KEEP_ALIVES * max(silence_s, 1.0))
        self._held[number] = 0
        log.info(
            "opcua subscription",
            endpoint=self._settings.endpoint,
            number=len(self._held),
            publishing_ms=granted.RevisedPublishingInterval,
            keep_alive_s=round(silence_s, 3),
            lifetime_count=granted.RevisedLifetimeCount,
        )
        return number

    async def _add_to(
        self, subscription: int, nodes: Sequence[tuple[int, ua.NodeId]], refused: dict[int, int], queues: set[int]
    ) -> list[tuple[int, ua.NodeId]]:
        """Adds to this subscription what it takes; the nodes for which it has no room."""
        room = len(nodes) if self._most is None else self._most - self._held[subscription]
        step = self._session.about.items_per_call
        for start in range(0, min(room, len(nodes)), step):
            part = nodes[start : min(start + step, room)]
            results = await calls.in_parts(part, step, lambda some: self._ask(subscription, some))
            full: list[tuple[int, ua.NodeId]] = []
            for (handle, node), result in zip(part, results, strict=True):
                status = result.StatusCode
                if status.is_good():
                    queues.add(result.RevisedQueueSize)
                    self._items[handle] = (subscription, result.MonitoredItemId)
                    self.nodes[handle] = node
                    self._held[subscription] += 1
                elif status.value == _FULL:
                    full.append((handle, node))
                else:
                    refused[handle] = status.value
            if full:
                self._most = max(self._held[subscription], 1)
                return [*full, *nodes[start + len(part) :]]
        return list(nodes[room:])

    async def _ask(
        self, subscription: int, nodes: Sequence[tuple[int, ua.NodeId]]
    ) -> Sequence[ua.MonitoredItemCreateResult]:
        request = ua.CreateMonitoredItemsRequest()
        request.Parameters.SubscriptionId = subscription
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        request.Parameters.ItemsToCreate = [self._item(handle, node) for handle, node in nodes]
        answer = await self._session.call(request, ua.CreateMonitoredItemsResponse)
        return answer.Results or []

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
