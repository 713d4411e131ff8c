"""The made-up day holds together: what is said follows from what was so, and the truth agrees with itself."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from simulators.work import material
from simulators.work.floor import END
from simulators.work.gauging import DRIFT_FROM, DRIFT_POINTS, RUN, first_signal
from simulators.work.group import BAD_LOT, DRIFTING, GROUP
from simulators.work.plan import plans
from simulators.work.story import Day, Story, tell

START = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
SEEDS = (1, 2, 3, 20261120)


@cache
def story(seed: int) -> Story:
    return tell(seed, START)


def days() -> list[Any]:
    return [
        pytest.param(seed, number, id=f"{company.slug}-{seed}")
        for seed in SEEDS
        for number, company in enumerate(GROUP)
    ]


def day(seed: int, number: int) -> Day:
    return story(seed).days[number]


def test_forty_orders_two_hundred_operations_fifteen_hundred_parts():
    orders = [order for plan in plans() for order in plan.orders]
    assert len(orders) == len({order.order for order in orders}) == 40
    assert sum(len(plan.orders) * len(plan.company.stations) for plan in plans()) == 200
    assert sum(order.quantity for order in orders) == 1500


def test_the_same_seed_is_the_same_day_and_another_is_another():
    assert tell(1, START).days[0].records == story(1).days[0].records
    assert story(1).days[0].records != story(2).days[0].records


@pytest.mark.parametrize(("seed", "number"), days())
def test_nobody_is_in_two_places_and_nothing_is_worked_on_before_it_comes(seed: int, number: int):
    floor = day(seed, number).floor
    for station in floor.plan.company.stations:
        runs = [run for s in floor.stints if s.station is station for piece in s.pieces for run in piece.runs]
        assert all(a.end <= b.start for a, b in pairwise(runs))
        assert all(0 <= run.start < run.end <= END for run in runs)
    for order in floor.plan.orders:
        done = [floor.stint(order.order, position) for position in range(5)]
        for before, after in pairwise(done):
            if after is not None:
                assert before is not None
                assert before.end is not None
                assert after.start >= before.end
                assert after.made(order.order) <= before.good(order.order)


@pytest.mark.parametrize(("seed", "number"), days())
def test_stops_and_runs_tile_the_day(seed: int, number: int):
    for machine in day(seed, number).truth["machines"]:
        short = END / 1000 - machine["running_s"] - machine["stop_s"]
        assert 0 <= short < 120 * machine["runs"]
        assert sum(machine["reasons"].values()) == pytest.approx(machine["stop_s"], abs=1e-6)
        for a, b in pairwise(machine["stops"]):
            assert a["to"] <= b["from"]


@pytest.mark.parametrize(("seed", "number"), days())
def test_what_is_said_adds_up_to_what_was_so_but_for_the_mistakes(seed: int, number: int):
    one = day(seed, number)
    said: dict[tuple[str, str], Counter[str]] = {}
    finished = set()
    for record in one.records:
        if record["kind"] == "progress":
            key = record["order"], record["operation"]
            said.setdefault(key, Counter()).update({k: record.get(k, 0) for k in ("good", "reject", "rework")})
            if record["action"] == "finish":
                finished.add(key)
    for operation in one.truth["operations"]:
        key = operation["order"], operation["operation"]
        told = said.get(key, Counter())
        assert {name: told[name] for name in ("good", "reject", "rework")} == {
            name: operation["told"][name] for name in ("good", "reject", "rework")
        }
        assert (key in finished) == (operation["told"]["status"] == "finished")
        wrong = any(operation["told"][name] != operation[name] for name in ("status", "good", "reject", "rework"))
        assert wrong == (operation["misreported"] is not None)


@pytest.mark.parametrize(("seed", "number"), days())
def test_machines_say_every_piece_once(seed: int, number: int):
    one = day(seed, number)
    for machine in one.truth["machines"]:
        of = [r for r in one.records if r.get("machine") == machine["machine"] and r["kind"] == "observation"]
        assert sum(r["signal"] == "execution" and r["value"] == "ACTIVE" for r in of) == machine["runs"]
        assert sum(r["signal"] == "execution" and r["value"] == "READY" for r in of) == machine["pieces"] + 1
        counts = [r["value"] for r in of if r["signal"] == "part_count"]
        assert counts in ([], list(range(machine["pieces"] + 1)))


@pytest.mark.parametrize("seed", SEEDS)
def test_people_make_mistakes_and_pieces_are_started_twice(seed: int):
    wrong = Counter(each["misreported"] for one in story(seed).days for each in one.truth["operations"])
    assert wrong["count"] == 6
    assert 3 <= wrong["finish"] <= 6
    assert sum(machine["two_starts"] for machine in story(seed).days[2].truth["machines"]) > 5
    statuses = Counter(each["status"] for one in story(seed).days for each in one.truth["operations"])
    assert set(statuses) == {"planned", "paused", "finished"}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_dimension_drifts_and_the_chart_speaks_soon_after_and_no_other_does(seed: int):
    for one in story(seed).days:
        for series in one.truth["characteristics"]:
            if series["characteristic"] == DRIFTING:
                assert series["drift_from"] == DRIFT_FROM
                assert DRIFT_FROM <= series["first_signal"] <= DRIFT_FROM + RUN
                assert all(DRIFT_FROM <= number < DRIFT_FROM + DRIFT_POINTS for number in series["beyond"])
                assert series["beyond"]
            else:
                assert (series["drift_from"], series["first_signal"], series["beyond"]) == (None, None, [])


def test_a_chart_speaks_of_a_far_point_and_of_nine_in_a_row():
    quiet = [10.0, 10.2] * 10
    assert first_signal(quiet) is None
    assert first_signal([*quiet, 11.0]) == 20
    assert first_signal([*quiet, *[10.15] * 9]) == 27


@pytest.mark.parametrize("seed", SEEDS)
def test_material_is_conserved(seed: int):
    for one in story(seed).days:
        left: dict[str, float] = {}
        for step in one.lots:
            for parent, amount in step.parents:
                left[parent] -= amount
            if step.action == "ship":
                left[step.lot] -= step.quantity
            else:
                left[step.lot] = left.get(step.lot, 0.0) + step.quantity
        assert {lot: amount for lot, amount in left.items() if amount < -1e-6} == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bad_coil_reaches_the_second_company(seed: int):
    told = story(seed)
    assert f"LOT-{material.GIVEN_ORDER}" in told.recall["aoba"]
    assert told.recall["midori"] == [material.RECEIVED_LOT, f"LOT-{material.TAKING_ORDER}"]
    ways = {(link["from"], link["to"]) for link in told.days[0].truth["links"]}
    direct = {to for from_, to in ways if from_ == BAD_LOT}
    assert direct <= set(told.recall["aoba"])
    assert len(direct) == 6
    given = [step.given for one in told.days for step in one.lots if step.given]
    assert sorted(given) == [material.GIVEN_ORDER] * 2


@pytest.mark.parametrize(("seed", "number"), days())
def test_records_are_in_order_and_within_the_day(seed: int, number: int):
    moments = [datetime.fromisoformat(record["at"]) for record in day(seed, number).records]
    assert moments == sorted(moments)
    assert moments[0] >= START - timedelta(hours=1)
    assert moments[-1] <= START + timedelta(milliseconds=END + 600_000)
