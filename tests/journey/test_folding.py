"""From batches to facts: any order, any repetition, any cutting of the same records gives the same answers.

Real stores on disk, the desk and the projector themselves; only HTTP is left out.
"""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.records import Condition, Machine, Observation, Record, Samples
from contract.times import from_us
from hub import projector
from hub.ledger import delivery
from tests.journey import oracle
from tests.support.company import KEY, T0, Company, S
from tests.support.facts import facts
from tests.support.recordings import RECORDINGS, needs_recordings

NOW = T0 + 280 * S
WORDS = {
    "execution": ["READY", "ACTIVE", "FEED_HOLD", "INTERRUPTED", "PROGRAM_COMPLETED", None],
    "mode": ["AUTOMATIC", "MANUAL", None],
    "estop": ["ARMED", "TRIGGERED"],
    "program": ["721", "722", None],
    "step": ["0", "1", "2", "3", None],
    "availability": ["AVAILABLE", "UNAVAILABLE"],
}
Cut = tuple[int, int]
Arrival = list[tuple[Cut, bool]]
"""Batches (after, upto] in order of arrival, and whether facts are folded after each."""

moments = st.one_of(st.integers(0, 30), st.integers(0, 270)).map(lambda second: T0 + second * S)


@st.composite
def reports(draw: st.DrawFn) -> list[Record]:
    """What an agent numbers 1 to n, in no order of time, with several changes at one instant."""
    made: list[Record] = [
        Machine(seq=1, seen=from_us(T0), at=from_us(T0), machine=KEY, driver="x", state_model="mtconnect")
    ]
    for seq in range(2, draw(st.integers(2, 40)) + 1):
        at = draw(moments)
        kind = draw(st.sampled_from(["change"] * 8 + ["samples", "samples", "alarm"]))
        common = {"seq": seq, "seen": from_us(at), "machine": KEY}
        if kind == "change":
            signal = draw(st.sampled_from(list(WORDS)))
            value = draw(st.sampled_from(WORDS[signal]))
            quality = "bad" if value is None else "good"
            made.append(Observation(at=from_us(at), signal=signal, value=value, quality=quality, **common))
        elif kind == "alarm":
            level = draw(st.sampled_from(["normal", "warning", "fault", None]))
            made.append(Condition(at=from_us(at), id=draw(st.sampled_from("ab")), level=level, **common))
        else:
            values = draw(st.lists(st.sampled_from([0.5, 1.0, -2.25]), min_size=1, max_size=4))
            offsets = draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
            signal = draw(st.sampled_from(["load", "temp"]))
            made.append(
                Samples(signal=signal, t0=from_us(at), dt_us=[n * S for n in sorted(offsets)], values=values, **common)
            )
    return made


@st.composite
def arrivals(draw: st.DrawFn, count: int) -> Arrival:
    """The numbers 1 to `count` cut twice in different ways, all of it shuffled, parts of it repeated."""
    batches: list[Cut] = []
    for _ in range(2):
        edges = sorted({0, count, *draw(st.lists(st.integers(0, count), max_size=6))})
        batches += list(pairwise(edges))
    batches += draw(st.lists(st.sampled_from(batches), max_size=4))
    order = draw(st.permutations(batches))
    return [(cut, draw(st.booleans())) for cut in order]


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[Record], Arrival]:
    records = draw(reports())
    return records, draw(arrivals(len(records)))


async def deliver(company: Company, records: Sequence[Record], arrival: Arrival) -> None:
    for (after, upto), fold in arrival:
        await company.send(records[after:upto], after=after, upto=upto, known_until=NOW)
        if fold:
            company.fold(NOW)
    company.fold(NOW)


def told(company: Company) -> dict[str, list]:
    return facts(company.store, KEY, T0 - S, NOW, NOW)


@given(journeys())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_order_repetition_and_cutting_gives_the_same_facts(journey: tuple[list[Record], Arrival]):
    records, arrival = journey
    with tempfile.TemporaryDirectory() as folder:
        plain, tangled = Company(Path(folder) / "plain"), Company(Path(folder) / "tangled")
        try:
            asyncio.run(deliver(plain, records, [((0, len(records)), True)]))
            asyncio.run(deliver(tangled, records, arrival))
            expected, found = told(plain), told(tangled)
            for name, rows in expected.items():
                assert found[name] == rows, name
            (agent,) = tangled.store.read_now(delivery.read_agents)
            assert (agent.acked, agent.lost, agent.holes, agent.records) == (len(records), 0, [], len(records))
            assert agent.quarantined == 0
            check_tiling(found["states"])
            projector.rebuild(tangled.store, NOW)
            assert told(tangled) == expected
            while tangled.store.write_now(lambda writer: projector.recut(writer, NOW + 10**10)):
                pass
            assert told(tangled) == expected
        finally:
            plain.close()
            tangled.close()


def check_tiling(states: list[dict]) -> None:
    """Half-open intervals without a gap or an overlap until now, whose seconds are the elapsed time."""
    if not states:
        return
    assert all(row["start"] < row["end"] for row in states)
    assert [row["end"] for row in states[:-1]] == [row["start"] for row in states[1:]]
    assert all((one["state"], one["program"]) != (other["state"], other["program"]) for one, other in pairwise(states))
    assert states[-1]["end"] == from_us(NOW)
    elapsed = states[-1]["end"] - states[0]["start"]
    assert sum((row["end"] - row["start"] for row in states), timedelta()) == elapsed


def records_of(rows: list[tuple[int, str, str]]) -> list[Record]:
    """The five signals of a recording as an agent would number them."""
    seen = from_us(max(rows[-1][0], T0))
    made: list[Record] = [Machine(seq=1, seen=seen, at=seen, machine=KEY, driver="x", state_model="mtconnect")]
    for at, item, text in rows:
        if item in oracle.SIGNALS:
            known = text != "UNAVAILABLE"
            made.append(
                Observation(
                    seq=len(made) + 1, seen=seen, at=from_us(at), machine=KEY, signal=oracle.SIGNALS[item],
                    value=text if known else None, quality="good" if known else "bad",
                )
            )  # fmt: skip
    return made


def shuffled(count: int, seed: int) -> Arrival:
    """Numbers 1 to `count` in batches of one size, shuffled, every third one twice."""
    dice = random.Random(seed)
    size = dice.choice([37, 200, 777])
    batches = [(after, min(after + size, count)) for after in range(0, count, size)]
    batches += batches[::3]
    dice.shuffle(batches)
    return [(cut, dice.random() < 0.5) for cut in batches]


@needs_recordings
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name[:16])
def test_a_recorded_day_folds_as_the_rules_say(recording: Path, tmp_path: Path):
    rows = oracle.read(recording)
    records = records_of(rows)
    start, end = oracle.window(rows)
    now = max(end, T0)
    company = Company(tmp_path)
    try:
        for (after, upto), fold in shuffled(len(records), seed=len(rows)):
            asyncio.run(company.send(records[after:upto], after=after, upto=upto, known_until=now))
            if fold:
                company.fold(now)
        company.fold(now)
        found = facts(company.store, KEY, start, end, now)
    finally:
        company.close()
    tiles = [(from_us(a), from_us(b), state, program) for a, b, state, program in oracle.intervals(rows, start, end)]
    assert [(row["start"], row["end"], row["state"], row["program"]) for row in found["states"]] == tiles
    assert [
        (row["started_at"], row["ended_at"], row["program"], row["complete"], list(row["signature"]))
        for row in found["runs"]
    ] == [
        (from_us(run["start"]), from_us(run["end"]), run["program"], run["complete"], run["signature"])
        for run in oracle.runs(rows)
    ]
    for row, run in zip(found["runs"], oracle.runs(rows), strict=True):
        for name in ("active_s", "held_s", "blind_s"):
            assert row[name] == pytest.approx(run[name], abs=0.001)
