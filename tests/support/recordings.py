"""The recordings of real machines beside the checkout, if they are there."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "nist-smstestbed"
RECORDINGS = sorted(FOLDER.glob("*.txt.gz"))

WHY_NOT = f"the recordings are not here: put *.txt.gz into {FOLDER}"
_skip = pytest.mark.skipif(not RECORDINGS, reason=WHY_NOT)


def needs_recordings(test):  # type: ignore[no-untyped-def]  # any test function
    """Marks a test that plays recordings; without them it is skipped and says which folder it looked in."""
    return pytest.mark.recordings(_skip(test))
