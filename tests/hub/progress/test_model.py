"""How far an operation is, told as little stories of reports; the same whatever order they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.progress.late_model import Suggestion, suggestions
from hub.progress.model import ACTIONS, Bound, Report, Standing, standing
from hub.progress.work_model import HOLDS_US, Line, Open, Ran, Statements, Tap, shares, under_way, weights_of
from tests.hub.progress.shop import KEY, Operation

BOUND = Bound(made=10, started_us=5, ended_us=90, runs=10)


def told(at_us: int, action: str, **more: int) -> Report:
    return Report(at_us=at_us, epoch_no=1, seq=at_us + 1, order="A", operation="10", action=action, **more)


def stands(*reports: Report, bound: Bound | None = None, ordered: int | None = 10) -> Standing:
    return standing(ordered, reports, bound)


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        ((), "planned"),
        (("start",), "started"),
        (("start", "pause"), "paused"),
        (("start", "pause", "resume"), "started"),
        (("first_ok",), "started"),
        (("report",), "started"),
        (("start", "finish"), "finished"),
        (("start", "finish", "report", "pause"), "finished"),
        (("start", "finish", "start"), "started"),
    ],
)
def test_the_course_of_an_operation(actions: tuple[str, ...], status: str) -> None:
    assert stands(*(told(at, action) for at, action in enumerate(actions))).status == status


def test_amounts_add_up_and_what_remains_is_told() -> None:
    found = stands(told(1, "start"), told(2, "report", good=3, reject=1), told(3, "report", good=2, rework=1))
    assert (found.good, found.reject, found.rework, found.remaining, found.faults) == (5, 1, 1, 5, ())
    assert (found.started_us, found.finished_us) == (1, None)


def test_the_machines_count_goes_before_the_reports_and_a_difference_is_shown() -> None:
    found = stands(told(1, "start"), told(99, "finish", good=8, reject=1), bound=BOUND)
    assert (found.good, found.machine_good, found.reported_good) == (9, 10, 8)
    assert found.faults == ("counts_differ", "fewer_than_ordered")
    agreed = stands(told(1, "start"), told(99, "finish", good=9, reject=1), bound=BOUND)
    assert (agreed.good, agreed.faults) == (9, ("fewer_than_ordered",))


def test_while_it_is_under_way_a_person_may_be_behind_but_not_ahead() -> None:
    assert stands(told(1, "start"), told(50, "report", good=3), bound=BOUND, ordered=20).faults == ()
    assert stands(told(1, "start"), told(50, "report", good=13), bound=BOUND, ordered=20).faults == ("counts_differ",)


def test_a_machine_that_ran_has_started_it_and_a_forgotten_finish_is_named() -> None:
    found = stands(bound=BOUND)
    assert (found.status, found.started_us, found.good, found.faults) == ("started", 5, 10, ("finish_missing",))
    silent = stands(told(1, "start"), told(9, "finish", good=10), bound=Bound(None, 5, 90, 3))
    assert (silent.good, silent.machine_good, silent.faults) == (10, None, ())


@pytest.mark.parametrize(
    ("reports", "ordered", "fault"),
    [
        ((told(1, "finish", good=10),), 10, "finished_not_started"),
        ((told(1, "start"), told(2, "report", good=11)), 10, "more_than_ordered"),
        ((told(1, "start"), told(2, "report", good=-1)), 10, "negative"),
        ((told(1, "start"),), None, "nothing_ordered"),
    ],
)
def test_what_contradicts_itself_is_kept_and_named(
    reports: tuple[Report, ...], ordered: int | None, fault: str
) -> None:
    found = stands(*reports, ordered=ordered)
    assert fault in found.faults
    assert found.disagree


@given(
    st.lists(
        st.builds(
            Report, at_us=st.integers(0, 5), epoch_no=st.integers(1, 2), seq=st.integers(1, 99), order=st.just("A"),
            operation=st.just("10"), action=st.sampled_from(ACTIONS),
            good=st.none() | st.integers(-2, 9), reject=st.none() | st.integers(0, 3),
        ),
        unique_by=lambda report: (report.epoch_no, report.seq),
    ).flatmap(lambda reports: st.tuples(st.just(reports), st.permutations(reports)))
)  # fmt: skip
def test_the_order_of_arrival_does_not_matter(pair: tuple[list[Report], list[Report]]) -> None:
    assert standing(10, pair[0], None) == standing(10, pair[1], None)


def test_a_finish_that_nobody_tapped_is_not_carried_along_for_ever() -> None:
    def start(at_us: int) -> Tap:
        return Tap(at_us, (1, at_us), (f"order {at_us}", "10"), "start")

    taps = [start(0), start(10), start(HOLDS_US + 5)]
    assert [[key[0] for key, _ in on] for _, on in under_way(taps)] == [
        ["order 0"], ["order 0", "order 10"], ["order 10", f"order {HOLDS_US + 5}"],
    ]  # fmt: skip
    late = Ran(HOLDS_US + 1, HOLDS_US + 2, None, 1, 0, 1)
    said = Statements(under_way=under_way(taps[:1]), known={("order 0", "10"): Open()})
    assert [share.key for share in shares(late, said)] == [None]
    assert [share.key for share in shares(Ran(9, 10, None, 1, 0, 1), said)] == [("order 0", "10")]


def test_a_sheets_time_goes_by_cut_length_and_pierces_and_else_by_quantity() -> None:
    cut = [Line("A", "10", 1, 600.0, 10), Line("B", "10", 1, 920.0, 2)]
    assert weights_of(cut) == [0.5, 0.5]
    assert weights_of([Line("A", "10", 3), Line("B", "10", 1, 900.0, 2)]) == [0.75, 0.25]
    assert weights_of([Line("A", "10", 0), Line("B", "10", 0)]) == [0.5, 0.5]
    assert weights_of([]) == []


def test_what_a_program_may_have_been_for_the_best_reason_first() -> None:
    def step(order: str, machine: str | None = None, site: str | None = None) -> Operation:
        return Operation(
            order=order, quantity=1, operation="10", position=1, process="turning", machine=machine, site=site
        )

    candidates = [step("S", site="main"), step("M", KEY), step("L"), step("N", "main/other"), step("O", "main/other")]
    found = suggestions(KEY, candidates, named="N", listed=[("L", "10")], under_way=[])
    assert found == (
        Suggestion("N", "10", "named"), Suggestion("L", "10", "listed"), Suggestion("M", "10", "machine"),
        Suggestion("S", "10", "site"),
    )  # fmt: skip
