"""Judging one batch against what is delivered already: new, repeated, rejected. Pure.

Records are judged singly, in ascending number. Of two records with one number the first stands; another content
under a number that is taken is a `conflict`.
"""

from collections.abc import Callable, Mapping

import msgspec

from contract.batch import Batch
from contract.checks import fault_of
from contract.codec import Unreadable, encode_record
from contract.records import Record
from hub.ledger.ranges import Range, contains


class Refused(msgspec.Struct, frozen=True):
    """A record for the quarantine."""

    seq: int | None
    reason: str
    raw: bytes


class Sorted(msgspec.Struct, frozen=True):
    """A judged batch. `accepted` ascends in `seq`; `repeated` are numbers that were here before, unchanged."""

    accepted: list[Record]
    repeated: list[int]
    refused: list[Refused]

    def numbers(self) -> list[int]:
        """Every number of the batch that is here now, ascending."""
        kept = [record.seq for record in self.accepted] + self.repeated
        kept += [refused.seq for refused in self.refused if refused.seq is not None]
        return sorted(kept)


Earlier = Callable[[int, int], tuple[Mapping[int, Record], Mapping[int, str]]]
"""(first, last) → the records on disk with those numbers, and the reasons of those in quarantine."""


def sort_batch(
    batch: Batch,
    unreadable: list[Unreadable],
    site: str,
    claimed: list[Range],
    lost: list[Range],
    earlier: Earlier,
) -> Sorted:
    """Splits a batch. `claimed` are the numbers delivered before, `lost` those of them that were not there.

    `earlier` is asked only where the batch overlaps with what was claimed.
    """
    refused = [Refused(_claimed_seq(bad.seq, batch), bad.reason, bad.raw) for bad in unreadable]
    fresh: list[Record] = []
    known: list[Record] = []
    taken: dict[int, Record] = {}
    after, upto, overlaps = batch.after, batch.upto, _overlapping(batch, claimed)
    for record in sorted(batch.records, key=_seq):
        seq = record.seq
        if not after < seq <= upto:
            refused.append(Refused(None, f"number {seq} is outside the claim ({after}, {upto}]", encode_record(record)))
        elif seq in taken:
            if record != taken[seq]:
                refused.append(Refused(seq, f"conflict: number {seq} twice in one batch", encode_record(record)))
        else:
            taken[seq] = record
            (known if overlaps and contains(overlaps, seq) and not contains(lost, seq) else fresh).append(record)
    accepted = []
    for record in fresh:
        fault = fault_of(record, site)
        if fault is None:
            accepted.append(record)
        else:
            refused.append(Refused(record.seq, fault, encode_record(record)))
    return Sorted(accepted, _against_disk(known, earlier, refused), refused)


def _against_disk(known: list[Record], earlier: Earlier, refused: list[Refused]) -> list[int]:
    """Numbers that were delivered before: the same again, or a conflict.

    Telemetry that was moved out of the ledger cannot be compared any more: the first one stands.
    """
    if not known:
        return []
    on_disk, in_quarantine = earlier(known[0].seq, known[-1].seq)
    repeated = []
    for record in known:
        seq = record.seq
        if seq in in_quarantine:
            refused.append(Refused(seq, in_quarantine[seq], encode_record(record)))
        elif on_disk.get(seq, record) == record:
            repeated.append(seq)
        else:
            reason = f"conflict: number {seq} was delivered before with other content"
            refused.append(Refused(seq, reason, encode_record(record)))
    return repeated


def _seq(record: Record) -> int:
    return record.seq


def _claimed_seq(seq: int | None, batch: Batch) -> int | None:
    return seq if seq is not None and batch.after < seq <= batch.upto else None


def _overlapping(batch: Batch, claimed: list[Range]) -> list[Range]:
    return [(low, high) for low, high in claimed if low < batch.upto and high > batch.after]
