"""What people and other systems report: progress, reasons, inspections, lots; each with the time that counts. Pure.

A report is a fact of its own under (epoch_no, seq): sent again it is the same one, and whatever order reports arrive
in, the same ones are there. Times are microseconds since 1970; `at_us` is the effective time.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from contract.records import Inspection, Lot, Progress, Reason, Record, is_own_time
from contract.times import effective_us, to_us
from hub.machines.clock_model import Correction, offset_us

Report: TypeAlias = Progress | Reason | Inspection | Lot


class Reported(msgspec.Struct, frozen=True):
    """A report as it counts. (epoch_no, seq) is its identity; of two at one instant the higher one is the later."""

    record: Report
    at_us: int
    seen_us: int
    epoch_no: int

    @property
    def seq(self) -> int:
        """Its number within the epoch."""
        return self.record.seq


def reported(records: Iterable[Record], epoch_no: int, corrections: Sequence[Correction] = ()) -> list[Reported]:
    """The reports among a segment's records; `corrections` are those of its epoch's clock."""
    return [_reported(record, epoch_no, corrections) for record in records if isinstance(record, Report)]


def _reported(record: Report, epoch_no: int, corrections: Sequence[Correction]) -> Reported:
    offset = offset_us(corrections, record.seq) if corrections else 0
    at, seen = to_us(record.at), to_us(record.seen)
    counts = effective_us(at, seen, offset, own=is_own_time(at, seen, None))
    return Reported(record, counts, seen + offset, epoch_no)
