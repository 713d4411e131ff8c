"""The recording reader, on a made-up file and on the real recordings."""

from __future__ import annotations

import gzip
import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.recording import Change, RecordingError, parse, read
from tests.simulators.conftest import RECORDINGS

LINES = [
    "2016-05-25T05:00:01.000002Z|load|12",
    "2016-05-25T05:00:00.000000Z|load|UNAVAILABLE",
    "2016-05-25T05:00:01.000002Z|execution|ACTIVE",
    "2016-05-25T05:00:01.000002Z|execution|READY",
    "2016-05-25T05:00:02.5Z|travel|Fault|31|2|LOW|X over travel | soft",
    "",
]


def test_sorts_by_time_and_keeps_the_order_of_one_time() -> None:
    changes = parse(LINES).changes
    at = datetime(2016, 5, 25, 5, 0, 1, 2, tzinfo=UTC)
    assert changes == (
        Change(datetime(2016, 5, 25, 5, tzinfo=UTC), "load", None),
        Change(at, "load", 12.0),
        Change(at, "execution", "ACTIVE"),
        Change(at, "execution", "READY"),
        Change(
            datetime(2016, 5, 25, 5, 0, 2, 500000, tzinfo=UTC),
            "travel",
            "Fault|31|2|LOW|X over travel | soft",
        ),
    )


@pytest.mark.parametrize(
    ("values", "numeric"),
    [
        (["1", "-2.5e3", "UNAVAILABLE"], True),
        (["1", "O1234"], False),
        (["1", "nan"], False),
        (["inf"], False),
        (["1", ""], False),
    ],
)
def test_an_item_is_numeric_when_all_it_says_are_finite_numbers(values: list[str], numeric: bool) -> None:
    recording = parse([f"2016-05-25T05:00:00Z|item|{value}" for value in values])
    assert recording.numeric == {"item": numeric}
    assert all(isinstance(c.value, float if numeric else str) for c in recording.changes if c.value is not None)


@pytest.mark.parametrize("line", ["2016-05-25T05:00:00Z|item", "yesterday|item|1", "2016-05-25T05:00:00Z||1"])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(RecordingError, match="line 2"):
        parse(["2016-05-25T05:00:00Z|item|1", line])


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(b"x" * 1000)[:20])
    for path in (tmp_path / "missing.txt", broken):
        with pytest.raises(RecordingError, match=path.name):
            read(path)


@pytest.mark.recordings
@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"recordings are not at {RECORDINGS}")
def test_reads_every_change_of_the_real_recordings() -> None:
    for path in sorted(RECORDINGS.glob("*.gz"))[::4]:
        recording = read(path)
        assert len(recording.changes) == gzip.decompress(path.read_bytes()).count(b"\n")
        assert all(a.at <= b.at for a, b in itertools.pairwise(recording.changes))
        assert recording.numeric["Xabs"]
        assert not recording.numeric["execution"]
