"""Seeded faults against living worlds: after each the hub says what was true, lost 0, duplicated 0 or counted.

How fast it recovers is printed, not asserted: machines are shared. `flow` is from the link's return until data of every
machine that happened after it was durable at the hub; `retry` the longest wait for a new connection after a cut.
"""

import os
from pathlib import Path

import pytest

from tests.journey.faults.kinds import DAILY, KINDS
from tests.journey.faults.suite import Story, live, live_all, stories, table
from tests.journey.faults.world import Recovered

AT_ONCE = int(os.environ.get("TSUNAGU_WORLDS", "3"))
"""Worlds that live at a time."""


@pytest.mark.timeout(600)
def test_forty_faults(tmp_path: Path):
    rows = live_all(tmp_path, stories(seed=40, faults=40, a_world=14, kinds=DAILY), AT_ONCE)
    assert len(rows) == 40
    assert sum(row.lost + row.duplicated for row in rows) == 0


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_a_thousand_faults(tmp_path: Path):
    rows = live_all(tmp_path, stories(seed=1, faults=1000, a_world=25, kinds=tuple(KINDS)), AT_ONCE)
    assert len(rows) == 1000
    assert sum(row.lost + row.duplicated for row in rows) == 0


@pytest.mark.timeout(1800)
@pytest.mark.skipif("TSUNAGU_WORLD" not in os.environ, reason="TSUNAGU_WORLD='SEED:FAULT,FAULT' names no world to see")
def test_one_world(tmp_path: Path):
    seed, _, faults = os.environ["TSUNAGU_WORLD"].partition(":")
    rows: list[Recovered] = []
    live(tmp_path / "world", Story(int(seed), tuple(faults.split(","))), rows)
    print(table(rows))
