"""Parts on nine recorded days of real machine tools: the counts that DESIGN's rules were checked against."""

from itertools import groupby

import pytest

from hub.parts.model import Ran, by_signature, reference_of, versions
from tests.journey import oracle
from tests.support.recordings import RECORDINGS, needs_recordings

COMPLETE = {"795": 124, "766": 16, "47": 20, "178": 6}
"""Complete runs with the reference signature, before stitching, by program."""
WITHOUT = {"103", "721", "722", "723", "785", "788"}


def ran(runs: list[dict]) -> list[Ran]:
    """The runs of one program as the model takes them."""
    return [
        Ran(
            started_us=run["start"], ended_us=run["end"], active_us=int(run["active_s"] * 1e6),
            held_us=int(run["held_s"] * 1e6), complete=run["complete"], signature=tuple(run["signature"]),
        )
        for run in runs
    ]  # fmt: skip


@needs_recordings
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name[:16])
def test_parts_of_a_recorded_day(path):
    runs = [run for run in oracle.runs(oracle.read(path)) if run["end"] and run["program"]]
    runs.sort(key=lambda run: (run["program"], run["start"]))
    for program, of_program in groupby(runs, key=lambda run: run["program"]):
        single, stitched = 0, 0
        for version in versions(ran(list(of_program))):
            reference = reference_of(version)
            if reference is not None:
                made = by_signature(version, reference)
                single += sum(run.complete and run.signature == reference.signature for run in version)
                stitched += sum(part.stitched for part in made)
                assert len({part.started_us for part in made}) == len(made)
                assert len(made) >= reference.times - sum(part.stitched for part in made)
        if program in WITHOUT:
            assert (single, stitched) == (0, 0)
        if program in COMPLETE:
            assert single == COMPLETE[program]
        print(path.name, program, single, stitched)
