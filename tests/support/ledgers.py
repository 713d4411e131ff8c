"""What lies in a stopped hub's ledger, record by record: to see that nothing was taken twice under two numbers."""

from collections import Counter
from pathlib import Path

from contract.records import Observation
from hub.ledger import segments
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import Reader, Stores


def twice_reported(data: Path, company: str) -> dict[tuple[str, ...], int]:
    """Good observations that lie in the ledger more than once, with how often: one message, two numbers."""
    counts: Counter[tuple[str, ...]] = Counter()

    def count(reader: Reader) -> None:
        for segment in segments.after(reader, 0, 1_000_000):
            for record in segment.records:
                if isinstance(record, Observation) and record.quality == "good":
                    counts[record.machine, record.signal, record.at.isoformat(), repr(record.value)] += 1

    _read(data, company, count)
    return {fact: times for fact, times in counts.items() if times > 1}


def samples_by_signal(data: Path, company: str) -> dict[str, int]:
    """How many samples lie on disk, by signal, before exact repeats are taken out."""

    def count(reader: Reader) -> dict[str, int]:
        blocks = reader.all("SELECT signal, sum(count) FROM sample_blocks GROUP BY signal")
        hours = reader.all("SELECT signal, sum(count) FROM sample_hours GROUP BY signal")
        found = Counter(dict(blocks))
        found.update(dict(hours))
        return dict(found)

    return _read(data, company, count)


def _read(data: Path, company: str, question):  # type: ignore[no-untyped-def]  # any question to a reader
    stores = Stores(data, COMPANY_MIGRATIONS)
    try:
        return stores.open(company).read_now(question)
    finally:
        stores.close()
