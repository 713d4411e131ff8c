"""What is remembered of the earlier runs of each program's last version, on disk. Times are microseconds.

All runs but the newest KEPT_OPEN or more: those are judged again with the next ones, since what arrives a little late
concerns them.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from hub.parts.model import Ran, Signature
from hub.parts.ongoing_model import Seen, Settled, middle_of, settle, tally
from hub.stores.company import Reader, Writer

KEPT_OPEN = 16
_states: msgspec.json.Decoder[Settled] = msgspec.json.Decoder(Settled)
_signature: msgspec.json.Decoder[Signature] = msgspec.json.Decoder(Signature)
_holds: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


class Kept:
    """The memory of one program of a machine (`Memory` of the model)."""

    def __init__(self, reader: Reader, machine_id: int, program: str) -> None:
        self._reader = reader
        self._key = (machine_id, program)

    def seen(self, signature: Signature) -> Seen | None:
        """See `Memory`."""
        row = self._reader.one(
            "SELECT times, first_at, holds FROM settled_signatures WHERE machine_id = ? AND program = ?"
            " AND signature = ?",
            (*self._key, _packed(signature)),
        )
        return None if row is None else Seen(row[0], row[1], _holds.decode(row[2]))

    def leading(self, steps: int) -> tuple[Signature, Seen] | None:
        """See `Memory`."""
        row = self._reader.one(
            "SELECT signature, times, first_at, holds FROM settled_signatures WHERE machine_id = ? AND program = ?"
            " AND steps = ? ORDER BY times DESC, first_at LIMIT 1",
            (*self._key, steps),
        )
        return None if row is None else (_signature.decode(row[0]), Seen(row[1], row[2], _holds.decode(row[3])))

    def gaps(self, from_us: int, reach: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """See `Memory`."""
        asked = "SELECT gap, times FROM settled_gaps WHERE machine_id = ? AND program = ? AND gap"
        under = self._reader.all(f"{asked} < ? ORDER BY gap DESC LIMIT ?", (*self._key, from_us, reach))
        above = self._reader.all(f"{asked} >= ? ORDER BY gap LIMIT ?", (*self._key, from_us, reach))
        return [(gap, times) for gap, times in reversed(under)], [(gap, times) for gap, times in above]


def find(reader: Reader, machine_id: int, program: str) -> Settled | None:
    """What is remembered of a program's last version; None where it is judged as a whole."""
    row = reader.one("SELECT state FROM settled WHERE machine_id = ? AND program = ?", (machine_id, program))
    return None if row is None else _states.decode(row[0])


def forget(writer: Writer, machine_id: int, program: str) -> None:
    """The program's last version is to be judged as a whole."""
    if writer.run("DELETE FROM settled WHERE machine_id = ? AND program = ?", (machine_id, program)):
        writer.run("DELETE FROM settled_signatures WHERE machine_id = ? AND program = ?", (machine_id, program))
        writer.run("DELETE FROM settled_gaps WHERE machine_id = ? AND program = ?", (machine_id, program))


def keep(writer: Writer, machine_id: int, program: str, settled: Settled, runs: Sequence[Ran]) -> None:
    """Remembers all of `runs`, which go on after `settled`, but the newest ones."""
    runs, after = runs[:-KEPT_OPEN], runs[-KEPT_OPEN:]
    gaps = settle(settled, runs, after[0].started_us)
    writer.many(
        "INSERT INTO settled_gaps (machine_id, program, gap, times) VALUES (?, ?, ?, ?) ON CONFLICT"
        " (machine_id, program, gap) DO UPDATE SET times = times + excluded.times",
        [(machine_id, program, gap, times) for gap, times in sorted(Counter(gaps).items())],
    )
    kept = Kept(writer, machine_id, program)
    settled.gaps = middle_of(settled.gaps, kept, gaps)
    rows = []
    for signature, later in tally(runs).items():
        before = kept.seen(signature)
        seen = later if before is None else before.plus(later)
        holds = msgspec.json.encode(seen.holds).decode()
        rows.append((machine_id, program, _packed(signature), len({*signature}), seen.times, seen.first_us, holds))
    writer.many("INSERT OR REPLACE INTO settled_signatures VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    writer.run("INSERT OR REPLACE INTO settled VALUES (?, ?, ?)", (machine_id, program, msgspec.json.encode(settled)))


def _packed(signature: Signature) -> str:
    return msgspec.json.encode(signature).decode()
