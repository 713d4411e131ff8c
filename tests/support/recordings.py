"""The recordings of real machines beside the checkout, if they are there, and busy slices of them."""

import gzip
from datetime import datetime
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "nist-smstestbed"
RECORDINGS = sorted(FOLDER.glob("*.txt.gz"))

WHY_NOT = f"the recordings are not here: put *.txt.gz into {FOLDER}"
_skip = pytest.mark.skipif(not RECORDINGS, reason=WHY_NOT)


def needs_recordings(test):  # type: ignore[no-untyped-def]  # any test function
    """Marks a test that plays recordings; without them it is skipped and says which folder it looked in."""
    return pytest.mark.recordings(_skip(test))


def busy_slice(recording: Path, count: int, to: Path) -> Path:
    """Writes the `count` lines in a row, by time, in which the machine's execution changed most often."""
    with gzip.open(recording, "rt", encoding="utf-8") as lines:
        rows = sorted(lines, key=lambda line: datetime.fromisoformat(line.split("|", 1)[0]))
    changes = [0]
    for row in rows:
        changes.append(changes[-1] + ("|execution|" in row))
    begin = max(range(max(1, len(rows) - count)), key=lambda at: changes[min(at + count, len(rows))] - changes[at])
    with gzip.open(to, "wt", encoding="utf-8") as out:
        out.writelines(rows[begin : begin + count])
    return to
