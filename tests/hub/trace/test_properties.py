"""Whatever is reported, in whatever order and however often: one truth, no circle, nothing that vanishes unseen."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.records import Lot
from hub.machines.report_model import Reported
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import CompanyStore
from hub.trace import store
from hub.trace.model import Claimant, circular, depths
from tests.support.company import T0, S
from tests.support.lots import facts, lot, reported

NAMES = "ABCDEF"
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
amounts = st.none() | st.sampled_from([0.0, 1.0, 2.5, 10.0])


@st.composite
def records(draw: st.DrawFn) -> list[Reported]:
    """Anything at all about a handful of lots, by two agents, often at one instant, often contradicting itself."""
    found = []
    for seq in range(1, draw(st.integers(1, 12)) + 1):
        name = draw(st.sampled_from(NAMES))
        parents = draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
        found.append(
            reported(
                lot(
                    seq, draw(st.sampled_from(["receive", "consume", "produce", "split", "merge", "ship"])), name,
                    draw(amounts), draw(st.sampled_from(["kg", None, "pcs"])), parents=tuple(parents),
                    order=draw(st.sampled_from([None, "O"])), operation=draw(st.sampled_from([None, "10"])),
                    at_us=T0 + draw(st.integers(0, 5)) * S,
                ),
                draw(st.integers(1, 2)),
            )
        )  # fmt: skip
    return found


def kept(parts: Sequence[Sequence[Reported]]) -> dict[str, object]:
    """What follows when the reports are kept part by part."""
    with tempfile.TemporaryDirectory() as folder:
        company = CompanyStore("aoba", Path(folder) / "company.db", COMPANY_MIGRATIONS)
        try:
            for part in parts:
                company.write_now(lambda writer, part=part: store.keep(writer, part))
            return company.read_now(facts)
        finally:
            company.close()


@FEW
@given(records(), st.data())
def test_any_order_and_any_repetition_give_the_same_facts(found: list[Reported], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations([*found, *data.draw(st.lists(st.sampled_from(found), max_size=4))]))
    cut = data.draw(st.integers(0, len(shuffled)))
    at_once = kept([found])
    assert kept([shuffled[:cut], shuffled[cut:]]) == at_once
    assert kept([[one] for one in shuffled]) == at_once


@FEW
@given(records())
def test_no_lot_comes_from_itself(found: list[Reported]) -> None:
    links = kept([found])["links"]
    assert isinstance(links, dict)
    below: dict[str, set[str]] = {name: set() for name in NAMES}
    for parent, child in links:
        below[parent].add(child)
    for name in NAMES:
        seen: set[str] = set()
        waiting = list(below[name])
        while waiting:
            here = waiting.pop()
            assert here != name
            if here not in seen:
                seen.add(here)
                waiting += below[here]


edges = st.tuples(st.integers(0, 5), st.sets(st.integers(0, 5), max_size=3)).map(
    lambda step: [(parent, step[0]) for parent in sorted(step[1]) if parent != step[0]]
)


@given(st.lists(edges, max_size=10), st.randoms())
def test_what_is_refused_follows_from_the_steps_alone(found: list[list[tuple[int, int]]], random) -> None:
    claimants = [Claimant((number // 2, 1, number), tuple(mine)) for number, mine in enumerate(found)]
    expected = _one_by_one(claimants)
    random.shuffle(claimants)
    assert circular(claimants) == expected


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20), st.randoms())
def test_depth_is_the_shortest_way_in_whatever_order_the_links_come(found: list[tuple[int, int]], random) -> None:
    forward = [(low, high) for low, high in found if low < high]
    expected, ring = {0: 0}, {0}
    while ring:
        ring = {far for near, far in forward if near in ring and far not in expected}
        expected |= dict.fromkeys(ring, max(expected.values()) + 1)
    within = [edge for edge in forward if edge[0] in expected]
    random.shuffle(within)
    assert depths(0, within) == expected


def _one_by_one(claimants: Sequence[Claimant]) -> set[tuple[int, int]]:
    """The same, by the plainest means: add each step's edges and look whether the whole still sorts."""
    standing: set[tuple[int, int]] = set()
    refused = set()
    for claimant in claimants:
        if _sorts(standing | set(claimant.edges)):
            standing |= set(claimant.edges)
        else:
            refused.add(claimant.place[1:])
    return refused


def _sorts(all_edges: set[tuple[int, int]]) -> bool:
    left = {end for edge in all_edges for end in edge}
    while left:
        free = {node for node in left if not any(child == node and parent in left for parent, child in all_edges)}
        if not free:
            return False
        left -= free
    return True


@st.composite
def honest(draw: st.DrawFn) -> list[Lot]:
    """Receive, then split and merge what is there, every quantity said: a split may be said wrong by a little."""
    left = {f"R{number}": float(draw(st.integers(1, 50))) for number in range(draw(st.integers(1, 3)))}
    found = [lot(seq, "receive", name, left[name], "kg") for seq, name in enumerate(left, start=1)]
    for seq in range(len(found) + 1, len(found) + 1 + draw(st.integers(0, 6))):
        name = f"N{seq}"
        if draw(st.booleans()):
            parent = draw(st.sampled_from(sorted(left)))
            part = draw(st.integers(0, 60))
            wrong = draw(st.sampled_from([0, 0, 1]))
            found.append(lot(seq, "split", name, part + wrong, "kg", parents=(parent,), taken=(float(part),)))
            left[parent] -= part
        else:
            parents = draw(st.lists(st.sampled_from(sorted(left)), min_size=1, max_size=3, unique=True))
            part = sum(max(left[parent], 0.0) for parent in parents)
            wrong = draw(st.sampled_from([0, 0, -1]))
            taken = tuple(max(left[parent], 0.0) for parent in parents)
            found.append(lot(seq, "merge", name, max(part + wrong, 0), "kg", parents=tuple(parents), taken=taken))
            left.update(dict.fromkeys(parents, 0.0) | {parent: min(left[parent], 0.0) for parent in parents})
            wrong = max(part + wrong, 0) - part
        left[name] = part + wrong
    return found


@FEW
@given(honest())
def test_splits_and_merges_conserve_quantity_or_the_difference_is_listed(found: list[Lot]) -> None:
    rows = kept([[reported(record) for record in found]])["lots"]
    assert isinstance(rows, list)
    received = math.fsum(record.quantity or 0.0 for record in found if record.action == "receive")
    in_the_house = math.fsum(row[5] for row in rows)
    listed = store.findings_of([row[7] for row in rows])
    by_kind = {kind: math.fsum(one.amount for one in listed if one.kind == kind) for kind in ("split", "merge", "over")}
    assert math.isclose(in_the_house, received + by_kind["split"] + by_kind["merge"], abs_tol=1e-6)
    assert math.isclose(by_kind["over"], -math.fsum(min(row[5], 0.0) for row in rows), abs_tol=1e-6)
