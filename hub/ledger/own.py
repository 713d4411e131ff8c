"""Records that the hub writes itself: what people say at its pages, and other systems through its API.

They lie in the ledger beside those of the agents, under an agent that no real one can be called, so that they are
folded, rebuilt and told apart like any other record. `seen` is the hub's clock.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from contract.records import Record
from hub.ledger import delivery, segments
from hub.stores.company import Writer

AGENT: Final = "@hub"
"""No slug begins so: an agent cannot speak as the hub."""
_EPOCH: Final = "hub"

Draft: TypeAlias = Callable[[int], Record]
"""A record that is still without its number: given one, the record."""


def append(writer: Writer, drafts: Sequence[Draft], now_us: int) -> list[Record]:
    """Numbers the drafts and appends them, in the caller's transaction; the records as they stand in the ledger."""
    if not drafts:
        return []
    epoch = delivery.open_epoch(writer, AGENT, _EPOCH, now_us)
    first = epoch.acked + 1
    records = [draft(number) for number, draft in enumerate(drafts, start=first)]
    segments.append(writer, epoch.epoch_no, records, now_us)
    numbers = [record.seq for record in records]
    delivery.settle(writer, epoch, (epoch.acked, numbers[-1]), numbers)
    delivery.count(writer, epoch.epoch_no, len(records), 0, now_us)
    return records
