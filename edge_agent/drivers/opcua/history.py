"""What the server recorded while nobody looked (HistoryRead, OPC 10000-11 §6.5.3): replayed beside the live values.

Only nodes that the server records now and lets us read (AccessLevel bit HistoryRead, Historizing), and only since it
last started: while it was off, nothing was recorded, and the last value before may not have lasted. The time is read
in slices, oldest first. Each slice is one delivery that stands by itself: it begins with what every node held, and
ends by saying that nothing is known further on; the next one takes that back. So a link that is lost in between leaves
nothing wrong. A server whose clock is far from ours is left alone: its history would stand beside the true time.

I/O only. Times: µs since 1970, UTC; `since` and `until` by the agent's clock.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from contract.records import CONNECTION_LOST
from contract.times import from_us
from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.decode import Decoder, Past, status_name
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost, Feed
from edge_agent.reading import Delivery, Reading

SLICE_US: Final = 900_000_000
LONGEST_US: Final = 7 * 86_400_000_000
"""Older than that is not asked for."""
VALUES_PER_CALL: Final = 1_000
VALUES_PER_SLICE: Final = 50_000
"""Values of one node in one slice; what it has beyond them stays unknown."""
NODES_PER_CALL: Final = 50
CLOCKS_AGREE_US: Final = 5_000_000
PROGRESS_S: Final = 10.0
_HISTORY_READ: Final = 0x04  # AccessLevel, OPC 10000-3 §8.57
_NO_TIME: Final = datetime(1601, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


class Backfill:
    """One blind time on one open session. `nodes` are monitored already, so that live values leave no gap."""

    def __init__(self, session: Session, decoder: Decoder, nodes: Mapping[int, ua.NodeId], feed: Feed) -> None:
        self._session = session
        self._decoder = decoder
        self._nodes = dict(nodes)
        self._feed = feed
        self._last: dict[int, Reading] = {}
        """The newest reading of each address so far: what it holds at the next slice's start."""
        self.values = 0

    async def run(self, since: int, until: int, endpoint: str) -> None:
        """Reads and delivers it all. A server that has no history, or fails to give it, costs a log line."""
        try:
            since = await self._begin(since, until)
            if not self._nodes or since >= until:
                return
            log.info("opcua history", endpoint=endpoint, since=str(from_us(since)), nodes=len(self._nodes))
            await self._bounds(since)
            told_at = time.monotonic()
            for start in range(since, until, SLICE_US):
                await self._slice(start, min(start + SLICE_US, until), last=start + SLICE_US >= until)
                if time.monotonic() - told_at >= PROGRESS_S:
                    told_at = time.monotonic()
                    done = round((start - since) / (until - since) * 100)
                    log.info("opcua history", endpoint=endpoint, done_percent=done, values=self.values)
            log.info("opcua history read", endpoint=endpoint, values=self.values)
        except (ConnectionLost, WireError) as error:
            log.warning("opcua history not read", endpoint=endpoint, why=str(error), values=self.values)

    async def _begin(self, since: int, until: int) -> int:
        """Keeps the nodes that have a history; from when on it can be believed."""
        nodes = list(self._nodes.values())
        access = await calls.read(self._session, nodes, AttributeIds.AccessLevel)
        recorded = await calls.read(self._session, nodes, AttributeIds.Historizing)
        self._nodes = {
            handle: node
            for (handle, node), may, does in zip(self._nodes.items(), access, recorded, strict=True)
            if (calls.good_value(may) or 0) & _HISTORY_READ and calls.good_value(does)
        }
        if not self._nodes:
            return until
        started = await calls.read_one(self._session, ObjectIds.Server_ServerStatus_StartTime)
        now = await calls.read_one(self._session, ObjectIds.Server_ServerStatus_CurrentTime)
        if not isinstance(started, datetime) or not isinstance(now, datetime):
            return until
        ahead = _us(now) - time.time_ns() // 1000
        if abs(ahead) > CLOCKS_AGREE_US:
            log.warning(
                "opcua history left unread", why=f"the server's clock is off by {ahead / 1e6:.1f} s; set it right"
            )
            return until
        return max(since, until - LONGEST_US, _us(started))

    async def _bounds(self, since: int) -> None:
        """What each node held when the blindness began: the newest value until then."""
        details = _details(None, since, 1)
        for handle, past in await self._ask(details, dict.fromkeys(self._nodes, b"")):
            for reading in past.changes.readings:
                if reading.at_us is not None and reading.at_us <= since:
                    self._last[reading.address] = reading
            if past.status >> 30 == 2:  # it gives no history after all
                log.warning("opcua history refused", node=str(self._nodes.pop(handle)), why=status_name(past.status))

    async def _slice(self, start: int, end: int, *, last: bool) -> None:
        readings = [_held(reading, start) for reading in self._last.values()]
        cut: set[int] = set()
        details = _details(start, end, VALUES_PER_CALL)
        going = dict.fromkeys(self._nodes, b"")
        counts = dict.fromkeys(going, 0)
        while going:
            more: dict[int, bytes] = {}
            for handle, past in await self._ask(details, going):
                new = [r for r in past.changes.readings if r.at_us is not None and start <= r.at_us < end]
                readings += new
                counts[handle] += len(new)
                self._last.update({reading.address: reading for reading in new})
                if past.continuation and counts[handle] < VALUES_PER_SLICE and past.changes.readings:
                    more[handle] = past.continuation
                elif past.continuation or past.status >> 30 == 2:
                    cut.update(target.address for target in self._decoder.targets[handle])
            going = more
        for address, reading in list(self._last.items()):
            if address in cut:
                readings.append(_unknown(address, max(reading.at_us or start, start) + 1))
                del self._last[address]
            elif not last:
                readings.append(_unknown(address, end))
        self.values += sum(counts.values())
        if readings:
            await self._feed.deliver(Delivery(readings, time.time_ns() // 1000, replayed=True))
        await asyncio.sleep(0)

    async def _ask(self, details: ua.ReadRawModifiedDetails, asked: Mapping[int, bytes]) -> list[tuple[int, Past]]:
        """One answer for each handle; `asked` has the points to go on from."""
        limit = await calls.limit_of(self._session, calls.HISTORY_LIMIT, NODES_PER_CALL)

        async def call(part: Sequence[int]) -> Sequence[Past]:
            request = ua.HistoryReadRequest()
            request.Parameters.HistoryReadDetails = details
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.Parameters.ReleaseContinuationPoints = False
            for handle in part:
                node = ua.HistoryReadValueId()
                node.NodeId = self._nodes[handle]
                node.ContinuationPoint = asked[handle] or None
                request.Parameters.NodesToRead.append(node)
            return self._decoder.history(await self._session.ask(request), part)

        handles = list(asked)
        return list(zip(handles, await calls.in_parts(handles, limit, call), strict=True))


def _details(start: int | None, end: int, values: int) -> ua.ReadRawModifiedDetails:
    """Values of a time, oldest first; without a start the newest ones until its end (OPC 10000-11 §6.5.3.2)."""
    details = ua.ReadRawModifiedDetails()
    details.IsReadModified = False
    details.StartTime = _NO_TIME if start is None else from_us(start)
    details.EndTime = from_us(end)
    details.NumValuesPerNode = ua.Counter(values)
    details.ReturnBounds = False
    return details


def _held(reading: Reading, at_us: int) -> Reading:
    return Reading(reading.address, reading.value, at_us, reading.quality, reading.code, held=True)


def _unknown(address: int, at_us: int) -> Reading:
    return Reading(address, None, at_us, "bad", CONNECTION_LOST, held=True)


def _us(at: datetime) -> int:
    told = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (told - _EPOCH) // timedelta(microseconds=1)
