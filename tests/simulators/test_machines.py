"""Machines: a seeded stream, a logbook that tiles time, and signals that say what the logbook says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile

import pytest

from simulators.machines.kinds import KINDS
from simulators.machines.life import Life, Pace, signals
from simulators.recording import Change
from simulators.wires import rfc3339
from tests.simulators import reading

START = datetime(2026, 11, 20, 0, 0, 0, tzinfo=UTC)
UNTIL = START + timedelta(hours=30)
PACE = Pace(live_from=START + timedelta(hours=29))


@cache
def lived(kind: str, seed: int = 0) -> tuple[Life, list[Change]]:
    life = Life("m-1", KINDS[kind], seed, START, PACE)
    return life, list(takewhile(lambda change: change.at < UNTIL, life.changes()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_day(kind: str) -> None:
    (first, changes), (again, same) = lived(kind), lived.__wrapped__(kind)
    assert changes == same
    assert first.logbook.told(UNTIL) == again.logbook.told(UNTIL)
    assert lived(kind, seed=1)[1] != changes


@pytest.mark.parametrize("kind", KINDS)
def test_changes_come_in_time_order_at_known_addresses(kind: str) -> None:
    _, changes = lived(kind)
    numeric = signals("m-1", KINDS[kind])
    assert all(a.at <= b.at for a, b in pairwise(changes))
    assert {change.address for change in changes} == set(numeric)
    for change in changes:
        assert change.value is None or isinstance(change.value, float) == numeric[change.address], change
    at_first = {change.address for change in changes if change.at == START}
    assert at_first == set(numeric), "the first moment shows every signal"


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_tiles_time(kind: str) -> None:
    life, _ = lived(kind)
    told = life.logbook.told(UNTIL)
    intervals = told["intervals"]
    assert intervals[0]["start"] == rfc3339(START)
    assert intervals[-1]["end"] == rfc3339(UNTIL)
    assert all(a["end"] == b["start"] for a, b in pairwise(intervals))
    assert all(i["start"] < i["end"] for i in intervals)
    assert {i["state"] for i in intervals} >= {"running", "held", "idle", "alarm", "unknown"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_signals_say_what_the_logbook_says(kind: str, seed: int) -> None:
    life, changes = lived(kind, seed)
    told = life.logbook.told(UNTIL)
    assert [(i["start"], i["end"], i["state"], i["program"]) for i in told["intervals"]] == [
        (rfc3339(start), rfc3339(end), state, program)
        for start, end, state, program in reading.intervals(changes, UNTIL)
    ]
    read = [
        {
            "program": run["program"],
            "started_at": rfc3339(run["started_at"]),
            "ended_at": rfc3339(run["ended_at"]),
            "active_s": pytest.approx(run.get("running", 0.0)),
            "held_s": pytest.approx(run.get("held", 0.0)),
            "blind_s": pytest.approx(run.get("unknown", 0.0)),
            "complete": run["complete"],
            "signature": run["steps"],
        }
        for run in reading.runs(changes, UNTIL)
    ]
    assert [run for run in told["runs"] if run["ended_at"]] == read
    assert len(read) > 100


def test_a_day_holds_all_that_can_happen_to_a_run() -> None:
    runs = [run for kind in KINDS for seed in range(3) for run in lived(kind, seed)[0].logbook.told(UNTIL)["runs"]]
    kinds = Counter((run["complete"], run["held_s"] > 0, run["blind_s"] > 0) for run in runs)
    assert len(kinds) == 8, kinds


@pytest.mark.parametrize("kind", KINDS)
def test_parts_are_counted_while_running_and_alarms_rise_and_clear(kind: str) -> None:
    life, changes = lived(kind)
    ended = sum(run["ended_at"] is not None for run in life.logbook.told(UNTIL)["runs"])
    counts = [c.value for c in changes if c.address == "m-1/part_count" and c.value is not None]
    assert 0 < max(counts) <= ended
    rises = [c for c in changes if c.address == "m-1/alarm" and c.value not in {None, "normal||||"}]
    told = life.logbook.told(UNTIL)["alarms"]
    assert {rise.at for rise in rises} >= {datetime.fromisoformat(alarm["from"]) for alarm in told}
    assert told
