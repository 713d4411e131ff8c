"""The publish loop of one session: its outstanding requests, and the responses of each subscription in sequence.

A few PublishRequests are always outstanding, more than there are subscriptions, so that a server which splits a
notification into many responses can send them without waiting. No new one is sent while a delivery is being stored:
the server's queues hold what comes meanwhile. Acknowledgements travel with the next PublishRequest after the commit.
A gap in the sequence numbers is asked for again (Republish); where the server no longer has it, the connection
counts as lost and everything is read anew. I/O only; due times are monotonic seconds.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import Final, TypeVar

import structlog
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import BadTimeout, BadTooManyPublishRequests, UaStatusCodeError

from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.decode import Changes, Decoder
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost

Result = TypeVar("Result")

MAX_REQUESTS: Final = 100
GRACE_S: Final = 0.5
"""If we were held up ourselves, something waits in the socket: one more look before silence counts."""
_MAX_SEQUENCE: Final = 2**32 - 1
_NO_SUBSCRIPTION: Final = frozenset({StatusCodes.BadNoSubscription, StatusCodes.BadSubscriptionIdInvalid})

log = structlog.get_logger(__name__)


class Arrival:
    """A publish response as it came in: its bytes or its failure, and when (µs, agent's clock)."""

    __slots__ = ("at_us", "body", "error")

    def __init__(self, at_us: int, body: Buffer | None, error: BaseException | None) -> None:
        self.at_us, self.body, self.error = at_us, body, error


class Stream:
    """The notifications of one subscription: which number is next, which came early, when it was last heard."""

    __slots__ = ("early", "expected", "heard_at", "lost_after_s", "number")

    def __init__(self, number: int, lost_after_s: float, now: float) -> None:
        self.number = number
        self.lost_after_s = lost_after_s
        self.heard_at = now
        self.expected: int | None = None
        self.early: dict[int, tuple[Changes, int]] = {}


class Publishing:
    """`follow` each subscription; then `next` gives the changes of all, one response at a time."""

    def __init__(self, session: Session, settings: ConnectionSettings, decoder: Decoder) -> None:
        self._session = session
        self._settings = settings
        self._decoder = decoder
        self._most = MAX_REQUESTS
        self._outstanding: set[asyncio.Task[Buffer]] = set()
        self._arrived: deque[Arrival] = deque()
        self._bell = asyncio.Event()
        self._streams: dict[int, Stream] = {}
        self._done: list[tuple[int, int]] = []
        self._came_at = 0.0

    def follow(self, subscription: int, lost_after_s: float) -> None:
        """A new subscription; silent for `lost_after_s` it counts as lost."""
        self._streams[subscription] = Stream(subscription, lost_after_s, time.monotonic())

    @property
    def _wanted(self) -> int:
        return min(max(self._session.about.quirk.publish_requests, len(self._streams) + 1), self._most)

    def request(self) -> None:
        """Tops up the outstanding PublishRequests; the first one carries the acknowledgements."""
        while len(self._outstanding) + len(self._arrived) < self._wanted:
            request = ua.PublishRequest()
            request.Parameters.SubscriptionAcknowledgements = [
                ua.SubscriptionAcknowledgement(SubscriptionId=number, SequenceNumber=ua.Counter(sequence))
                for number, sequence in self._done
            ]
            self._done.clear()
            task = asyncio.ensure_future(self._session.send(request, 0))
            self._outstanding.add(task)
            task.add_done_callback(self._on_response)

    def acknowledge(self, subscription: int, sequence: int) -> None:
        """This notification is durable; the server is told with the next `request`."""
        self._done.append((subscription, sequence))

    def heard(self) -> None:
        """The agent was busy until now and asked for nothing: nobody's silence counts yet."""
        now = time.monotonic()
        for stream in self._streams.values():
            stream.heard_at = now

    def silent_in_s(self) -> float:
        """Seconds until a subscription counts as lost; not above 0: it is. Infinite where there is none."""
        now = time.monotonic()
        return min((s.heard_at + s.lost_after_s - now for s in self._streams.values()), default=float("inf"))

    def silence(self) -> ConnectionLost:
        """What to raise when a subscription was silent for too long: the way may be good again, so try at once."""
        self._session.mute()
        return ConnectionLost(
            f"{self._settings.endpoint}: no sign of life for longer than the server promised; "
            "is the machine still on and the network up?",
            at_once=True,
        )

    async def beside(self, chore: Coroutine[object, object, Result]) -> Result:
        """Something asked of the server while it publishes. ConnectionLost where it stops to show any life meanwhile.

        Without this a chore would wait for its own answer on a link that has been dead for long.
        """
        task = asyncio.ensure_future(chore)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=max(self._mute_in_s(), 0.0) + GRACE_S)
                if not task.done() and self._mute_in_s() <= 0:
                    raise self.silence()
            return task.result()
        finally:
            task.cancel()

    def _mute_in_s(self) -> float:
        """Seconds until nothing at all was heard for too long; infinite where the server owes no answer."""
        if not self._outstanding:
            return float("inf")
        silent_s = min((s.lost_after_s for s in self._streams.values()), default=float("inf"))
        heard_at = max((s.heard_at for s in self._streams.values()), default=0.0)
        return max(heard_at, self._came_at) + silent_s - time.monotonic()

    async def next(self, timeout_s: float) -> tuple[Changes, int] | None:
        """The next response in sequence and its arrival (µs); None after `timeout_s` without one.

        Raises ConnectionLost where the link or a subscription has ended or a notification is gone.
        """
        while True:
            ready = self._early()
            if ready is None:
                arrival = await self._arrival(timeout_s)
                if arrival is None:
                    return None
                changes = self._read(arrival)
                if changes is None:
                    continue
                ready = changes, arrival.at_us
            stream = self._streams.get(ready[0].subscription)
            if stream is None:  # one that was given up
                self.request()
                continue
            stream.heard_at = time.monotonic()
            taken = await self._in_sequence(stream, *ready)
            if taken is not None:
                return taken

    async def close(self) -> None:
        """Ends the outstanding requests on this side."""
        for task in self._outstanding:
            task.cancel()
        await asyncio.gather(*self._outstanding, return_exceptions=True)

    def _early(self) -> tuple[Changes, int] | None:
        for stream in self._streams.values():
            if stream.early and stream.expected is not None and stream.expected in stream.early:
                return stream.early.pop(stream.expected)
        return None

    def _on_response(self, task: asyncio.Task[Buffer]) -> None:
        self._outstanding.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        self._came_at = time.monotonic()
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
        error = arrival.error
        if isinstance(error, BadTooManyPublishRequests) and self._wanted > 1:
            self._most = self._wanted - 1
            self.request()
            return None
        if isinstance(error, BadTimeout):  # the server gave this request back, unused
            self.request()
            return None
        if isinstance(error, advice.LINK_ERRORS):
            told = advice.explain(error, endpoint)
            if isinstance(error, UaStatusCodeError) and error.code in _NO_SUBSCRIPTION:
                raise ConnectionLost(str(told), at_once=True) from error
            raise told from error
        if error is not None or arrival.body is None:
            raise error or AssertionError("a response without body or error")
        try:
            changes = self._decoder.publish(bytes(arrival.body))
        except (WireError, *advice.LINK_ERRORS) as unread:
            raise ConnectionLost(f"{endpoint}: a notification cannot be read ({unread}); reading all anew") from unread
        if changes.closed is not None and changes.subscription in self._streams:
            ended = f"the server at {endpoint} has ended the subscription ({changes.closed}); reading all anew"
            raise ConnectionLost(ended, at_once=True)
        return changes

    async def _in_sequence(self, stream: Stream, changes: Changes, at_us: int) -> tuple[Changes, int] | None:
        """The response if it is the next one; else it is kept and the missing one is asked for."""
        first = stream.expected is None
        expected = stream.expected or 1
        ahead = (changes.sequence - expected) % _MAX_SEQUENCE
        if ahead == 0 or (changes.keep_alive and ahead > _MAX_SEQUENCE // 2):
            stream.expected = expected if changes.keep_alive else _after(expected)
            return changes, at_us
        if ahead > _MAX_SEQUENCE // 2:  # seen before: a response that came after its Republish
            self.acknowledge(stream.number, changes.sequence)
            self.request()
            return None
        if not changes.keep_alive:
            stream.early[changes.sequence] = (changes, at_us)
        stream.expected = expected
        if self._arrived:
            return None  # the missing one may be among them
        missing = await self._republish(stream.number, expected)
        if missing is not None:
            stream.expected = _after(expected)
            return missing, at_us
        if first:  # a server that does not begin with 1: nothing can be missing before the first
            stream.expected = changes.sequence
            return None if not changes.keep_alive else (changes, at_us)
        raise ConnectionLost(
            f"{self._settings.endpoint}: notification {expected} was lost and the server no longer has it; "
            "reading all anew",
            at_once=True,
        )

    async def _republish(self, subscription: int, sequence: int) -> Changes | None:
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription
        request.Parameters.RetransmitSequenceNumber = ua.Counter(sequence)
        try:
            body = await self._session.send(request, self._settings.request_timeout_s)
            changes = self._decoder.republish(bytes(body), subscription)
        except (WireError, *advice.LINK_ERRORS) as error:
            log.warning("opcua notification lost", endpoint=self._settings.endpoint, sequence=sequence, why=str(error))
            return None
        return changes if changes.sequence == sequence and not changes.keep_alive else None


def _after(sequence: int) -> int:
    return 1 if sequence == _MAX_SEQUENCE else sequence + 1
