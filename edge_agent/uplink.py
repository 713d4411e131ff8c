"""Take → send → receipt → settle. Never loses, never blocks the buffer, one request in flight at a time.

Fourth station of the journey (buffer → **uplink** ══ hub). While one batch travels the next is taken and packed.
A receipt's `acked` moves the cursor, forward or back; what the hub cannot read is halved until one record is left,
which is kept aside and shown. What it does not answer in time is sent again in smaller batches (`pace.py`). An empty
batch every 10 s says that the agent lives.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import structlog

from contract.batch import VERSION, Head, MachineStatus, Receipt, Status
from contract.codec import encode_batch, pack
from contract.records import Time
from contract.times import from_us, to_us
from edge_agent.backoff import Backoff
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.model import Refused, StorageError, Taken
from edge_agent.clocks import Clocks
from edge_agent.hub_client import Busy, Denied, HubClient, HubError, TooLarge, Unreachable, Unreadable
from edge_agent.pace import Pace

MAX_RECORDS: Final = 5000
HEARTBEAT_S: Final = 10.0
DENIED_S: Final = 30.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UplinkReport:
    """What health shows. Times µs since 1970; `clock_offset_s` hub time minus that of the computer's clock."""

    connected: bool = False
    last_contact_us: int | None = None
    clock_offset_s: float | None = None
    trouble: str | None = None
    sent_batches: int = 0


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch ready to travel."""

    taken: Taken
    wire: bytes


class _Seen(msgspec.Struct):
    seen: Time


class Uplink:
    """Sends one buffer to one hub. `statuses` tells how the machines are, `random` gives numbers in [0, 1)."""

    def __init__(
        self,
        agent: str,
        buffer: Buffer,
        client: HubClient,
        clocks: Clocks,
        random: Callable[[], float],
        statuses: Callable[[], tuple[MachineStatus, ...]],
        pace: Pace | None = None,
    ) -> None:
        self._agent = agent
        self._buffer = buffer
        self._client = client
        self._clocks = clocks
        self._backoff = Backoff(random)
        self._statuses = statuses
        self._pace = pace or Pace()
        self._sent_at_s = -1e9
        self._quickest_s = 1e9
        self._first_unsent = buffer.stats.last_seq + 1
        self._greeted = False
        self.report = UplinkReport()

    async def run(self) -> None:
        """Until cancelled."""
        ready: Packed | None = None
        while True:
            try:
                ready = await self._round(ready)
            except HubError as error:
                ready = None
                await self._wait_after(error)
            except StorageError as error:  # a take failed: the writer says more in its stats
                ready = None
                await self._wait(self._backoff.next_s(), str(error))

    def sick(self, reason: str) -> None:
        """It failed in a way nobody foresaw."""
        self.report = replace(self.report, connected=False, trouble=reason)

    async def _round(self, ready: Packed | None) -> Packed | None:
        if not self._greeted:
            await self._greet()
        if ready is None:
            ready = await self._prepare(None)
        if ready is None:
            await self._idle()
            return None
        ahead = asyncio.create_task(self._prepare(ready.taken))
        try:
            receipt = await self._send(ready.wire)
        except (Unreadable, TooLarge) as error:
            await _discard(ahead)
            await self._halve(ready.taken, error)
            return None
        except BaseException:
            ahead.cancel()
            raise
        await self._settle(ready.taken, receipt)
        if receipt.acked == ready.taken.after:
            await _discard(ahead)
            raise Unreachable(f"the hub acknowledged nothing new (up to {receipt.acked}); it is asked again")
        prepared = await ahead
        if receipt.acked == ready.taken.upto and ready.taken.epoch == self._buffer.epoch:
            return prepared
        return None

    async def _prepare(self, before: Taken | None) -> Packed | None:
        """The batch after `before`, packed; None where there is none."""
        taken = await self._take(before)
        if taken is None:
            return None
        return Packed(taken, await asyncio.to_thread(self._pack, taken, self._head(taken)))

    async def _take(self, before: Taken | None) -> Taken | None:
        if self._buffer.stats.rescued:
            return await self._buffer.take_rescued(MAX_RECORDS, self._pace.max_bytes) if before is None else None
        after = self._buffer.stats.acked if before is None else before.upto
        if before is not None and not before.more and self._buffer.stats.last_seq <= before.upto:
            return None
        taken = await self._buffer.take(after, MAX_RECORDS, self._pace.max_bytes)
        return taken if taken.upto > taken.after else None

    @staticmethod
    def _pack(taken: Taken, head: Head) -> bytes:
        return pack(encode_batch(head, taken.records))

    async def _greet(self) -> None:
        """The first word is empty; the answer tells what the hub has of this epoch."""
        stats = self._buffer.stats
        receipt = await self._beat()
        if receipt.acked >= self._first_unsent and stats.epoch == self._buffer.epoch:
            epoch = self._clocks.new_id()
            log.error(
                "the hub has more of this buffer than the file: it lost its end, or is a copy; a new epoch begins",
                hub_has=receipt.acked, file_had=self._first_unsent - 1, epoch=epoch,
            )  # fmt: skip
            await self._buffer.renumber(epoch, self._first_unsent)
            self._first_unsent = 1
        elif receipt.acked != stats.acked:
            await self._buffer.settle(stats.epoch, receipt.acked, self._clocks.now_us())
        self._greeted = True

    async def _idle(self) -> None:
        """Waits for new numbers or the next heartbeat."""
        self._buffer.numbered.clear()
        if self._buffer.stats.last_seq > self._buffer.stats.acked:
            return
        left_s = self._sent_at_s + HEARTBEAT_S - self._clocks.monotonic()
        if left_s > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._buffer.numbered.wait()
            except TimeoutError:
                pass
            else:
                return
        stats = self._buffer.stats
        receipt = await self._beat()
        if receipt.acked != stats.acked:
            await self._buffer.settle(stats.epoch, receipt.acked, self._clocks.now_us())

    async def _beat(self) -> Receipt:
        stats = self._buffer.stats
        empty = Taken(stats.epoch, stats.acked, stats.acked, [], [], 0, more=stats.backlog > 0)
        return await self._send(self._pack(empty, self._head(empty)))

    async def _send(self, wire: bytes) -> Receipt:
        begun_us = self._clocks.now_us()
        begun_s = self._clocks.monotonic()
        try:
            async with asyncio.timeout(self._pace.patience_s):
                receipt = await self._client.send(wire)
        except TimeoutError:
            waited_s = self._pace.patience_s
            self._pace.overdue()
            raise Unreachable(f"{self._client.url} did not answer within {waited_s:g} s") from None
        took_s = self._clocks.monotonic() - begun_s
        self._pace.answered(took_s)
        self._sent_at_s = self._clocks.monotonic()
        offset_s = self.report.clock_offset_s
        self._quickest_s = min(took_s, self._quickest_s * 1.1)
        if took_s <= 2 * self._quickest_s:  # a slow answer says little about the clock
            half_us = round(took_s * 5e5)
            offset_s = self._clocks.measured(to_us(receipt.hub_time) - begun_us - half_us, half_us) / 1e6
        if not self.report.connected:
            log.info("hub connected", url=self._client.url, clock_offset_s=offset_s)
        self._backoff.reset()
        self.report = UplinkReport(
            connected=True,
            last_contact_us=self._clocks.now_us(),
            clock_offset_s=offset_s,
            sent_batches=self.report.sent_batches + 1,
        )
        if receipt.retry_after_s:
            await asyncio.sleep(min(receipt.retry_after_s, 300.0))
        return receipt

    async def _settle(self, taken: Taken, receipt: Receipt) -> None:
        now_us = self._clocks.now_us()
        for bad in receipt.rejected:
            log.warning("the hub keeps a record in quarantine", seq=bad.seq, reason=bad.reason)
            await self._buffer.refuse(Refused(taken.epoch, bad.seq, bad.reason, now_us), remove=False)
        await self._buffer.settle(taken.epoch, receipt.acked, now_us)

    async def _halve(self, taken: Taken, error: HubError) -> None:
        """The hub could not read this batch: find the record it cannot read, keep it aside, send the others."""
        if len(taken.records) <= 1:
            if not taken.records:
                raise Denied(f"the hub cannot read an empty batch ({error}); is its version older than this agent's?")
            log.error("a record cannot be sent and is kept aside", seq=taken.seqs[0], reason=str(error))
            refused = Refused(taken.epoch, taken.seqs[0], str(error), self._clocks.now_us(), taken.records[0])
            await self._buffer.refuse(refused, remove=True)
            return
        middle = len(taken.records) // 2
        border = taken.seqs[middle - 1]
        first = replace(taken, upto=border, records=taken.records[:middle], seqs=taken.seqs[:middle], more=True)
        second = replace(taken, after=border, records=taken.records[middle:], seqs=taken.seqs[middle:])
        for half in (first, second):
            try:
                wire = await asyncio.to_thread(self._pack, half, self._head(half))
                receipt = await self._send(wire)
            except (Unreadable, TooLarge) as again:
                await self._halve(half, again)
                if half is first:
                    return  # what is left is taken anew, without the record that was isolated
            else:
                await self._settle(half, receipt)
                if receipt.acked != half.upto:
                    return

    def _head(self, taken: Taken) -> Head:
        stats, now_us = self._buffer.stats, self._clocks.now_us()
        machines = self._statuses()
        if taken.more:
            machines = _known_so_far(machines, taken)
        oldest = stats.oldest_seen_us
        status = Status(
            backlog_records=stats.backlog,
            backlog_s=0.0 if oldest is None else max(0.0, (now_us - oldest) / 1e6),
            oldest_seq=stats.acked + 1 if stats.last_seq > stats.acked else None,
            clock_offset_s=self.report.clock_offset_s,
            machines=machines,
            survives_days=stats.survives_days,
        )
        return Head(
            v=VERSION, agent=self._agent, epoch=taken.epoch, after=taken.after, upto=taken.upto,
            sent_at=from_us(now_us), status=status,
        )  # fmt: skip

    async def _wait_after(self, error: HubError) -> None:
        match error:
            case Denied():
                await self._wait(DENIED_S, str(error))
            case Busy(after_s=after_s):
                await self._wait(after_s, str(error))
            case _:
                await self._wait(self._backoff.next_s(), str(error))

    async def _wait(self, wait_s: float, reason: str) -> None:
        if self.report.trouble != reason:
            log.warning("hub", trouble=reason, again_in_s=round(wait_s, 1))
        self.report = replace(self.report, connected=False, trouble=reason)
        await asyncio.sleep(wait_s)


def _known_so_far(machines: tuple[MachineStatus, ...], taken: Taken) -> tuple[MachineStatus, ...]:
    """More is to come: the hub knows the machines only until the last record of this batch."""
    if not taken.records:
        return tuple(msgspec.structs.replace(machine, known_until=None) for machine in machines)
    seen = msgspec.json.decode(taken.records[-1], type=_Seen).seen
    return tuple(
        machine
        if machine.known_until is None or machine.known_until <= seen
        else msgspec.structs.replace(machine, known_until=seen)
        for machine in machines
    )


async def _discard(task: "asyncio.Task[Packed | None]") -> None:
    task.cancel()
    await asyncio.wait([task])
