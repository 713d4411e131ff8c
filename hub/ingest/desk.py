"""The desk where batches come in: decode, judge, append, and only then a receipt.

One transaction holds the records, the claim, the counters and the agent's status. The receipt is made after that
transaction is on disk (`synchronous=FULL`), never before.
"""

import asyncio
from collections.abc import Callable, Mapping

from contract.batch import Batch, Receipt, Rejected
from contract.codec import EnvelopeError, Unreadable, decode_batch
from contract.records import Record
from contract.times import from_us
from hub.errors import NotAllowed
from hub.ingest.sorting import Sorted, sort_batch
from hub.ledger import delivery, quarantine, segments
from hub.machines import store as machines
from hub.stores.company import Stores, Writer

MAX_EPOCH = 64
MAX_REJECTED_SHOWN = 1000

Accepted = Callable[[str, Sorted], None]


def _nobody(_company: str, _sorted: Sorted) -> None:
    """Nobody is told."""


class IngestDesk:
    """Takes batches for every company; `told` hears of each one after its commit (projector, metrics)."""

    def __init__(self, stores: Stores, told: Accepted = _nobody) -> None:
        self._stores = stores
        self._told = told

    async def accept(self, company: str, agent: str, site: str, body: bytes, received_us: int) -> Receipt:
        """Commits a batch and returns its receipt.

        Raises EnvelopeError where the envelope cannot be read, NotAllowed where it speaks for another agent,
        StoreFull or Unavailable where it could not be committed: then nothing of it was taken.
        """
        batch, unreadable = await asyncio.to_thread(decode_batch, body)
        if batch.agent != agent:
            raise NotAllowed(f"this credential is of agent {agent!r}, the batch says {batch.agent[:80]!r}")
        if not 1 <= len(batch.epoch) <= MAX_EPOCH:
            raise EnvelopeError(f"epoch has {len(batch.epoch)} characters; 1 to {MAX_EPOCH} are taken")
        store = self._stores.open(company)
        result, acked = await store.write(lambda writer: _commit(writer, batch, unreadable, site, received_us))
        self._told(company, result)
        rejected = tuple(Rejected(seq=bad.seq, reason=bad.reason) for bad in result.refused[:MAX_REJECTED_SHOWN])
        return Receipt(acked=acked, rejected=rejected, hub_time=from_us(received_us))


def _commit(
    writer: Writer, batch: Batch, unreadable: list[Unreadable], site: str, received_us: int
) -> tuple[Sorted, int]:
    epoch = delivery.open_epoch(writer, batch.agent, batch.epoch, received_us)

    def earlier(first: int, last: int) -> tuple[Mapping[int, Record], Mapping[int, str]]:
        return (
            segments.stored(writer, epoch.epoch_no, first, last),
            quarantine.held_numbers(writer, epoch.epoch_no, first, last),
        )

    judged = sort_batch(batch, unreadable, site, epoch.claimed, epoch.lost, earlier)
    if judged.accepted:
        segments.append(writer, epoch.epoch_no, judged.accepted, received_us)
    for bad in judged.refused:
        quarantine.hold(writer, batch.agent, epoch.epoch_no, bad.seq, bad.reason, bad.raw, received_us)
    after = delivery.settle(writer, epoch, (batch.after, batch.upto), judged.numbers())
    delivery.count(writer, epoch.epoch_no, len(judged.accepted), len(judged.repeated), received_us)
    delivery.keep_status(writer, epoch.epoch_no, batch, received_us)
    machines.keep_life(writer, batch, site, received_us)
    return judged, after.acked
