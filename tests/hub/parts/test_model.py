"""The rules of DESIGN §6.3, told as little stories of runs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.parts.judging_model import judge
from hub.parts.model import Ran, Reference, by_counter, by_signature, floor_us, reference_of, versions

S = 1_000_000
MINUTE = 60 * S
FULL = ("1", "2", "3")


def ran(number: int, *steps: str, complete: bool = True, **more: object) -> Ran:
    """The run that begins at minute `number` and lasts 40 s."""
    start = number * MINUTE
    return Ran(
        started_us=start, ended_us=start + 40 * S, active_us=30 * S, held_us=10 * S, complete=complete,
        signature=steps, **more,
    )  # fmt: skip


def test_a_reference_is_the_most_frequent_full_signature_seen_three_times() -> None:
    runs = [ran(0, "1", "2"), *(ran(n, *FULL) for n in (1, 2)), ran(3, "1", "3", "2")]
    assert reference_of(runs) is None
    assert reference_of([*runs, ran(4, *FULL)]) == Reference(FULL, 3)
    # a step that was ever seen must be in it, also one of a run that was not complete
    assert reference_of([*runs, ran(4, *FULL), ran(5, "4", complete=False)]) is None
    assert reference_of([]) is None
    assert reference_of([ran(n) for n in range(5)]) is None


def test_a_test_run_is_no_part_and_teaches_nothing() -> None:
    runs = [*(ran(n, *FULL) for n in range(3)), ran(3, *FULL, test=True), ran(4, "9", test=True)]
    assert reference_of(runs) == Reference(FULL, 3)
    assert [part.started_us // MINUTE for part in by_signature(runs, Reference(FULL, 3))] == [0, 1, 2]


def test_runs_that_go_on_where_the_last_one_stopped_are_one_part() -> None:
    whole = Reference(("1", "2", "3", "4"), 9)
    go_on = [ran(0, "1", "2", complete=False), ran(1, "3", "4", gap_us=20 * S)]
    back = [ran(2, "1", "2", "3"), ran(3, "3", complete=False), ran(4, "3", "4")]
    too_far_back = [ran(5, "1", "2", "3"), ran(6, "2", "3", "4")]
    left_out = [ran(7, "1"), ran(8, "3", "4")]
    parts = by_signature([*go_on, *back, *too_far_back, *left_out], whole)
    assert [(part.started_us // MINUTE, len(part.gaps_us), part.stitched) for part in parts] == [
        (0, 2, True),
        (2, 3, True),
    ]
    assert (parts[0].active_us, parts[0].held_us, parts[0].gaps_us) == (60 * S, 20 * S, (None, 20 * S))


def test_a_part_that_ends_otherwise_than_into_idle_is_finished_by_the_next_run() -> None:
    parts = by_signature([ran(0, *FULL, complete=False), ran(1, "3")], Reference(FULL, 3))
    assert [(part.started_us, part.stitched) for part in parts] == [(0, True)]


def test_grade_a_where_the_machine_counted_it_too() -> None:
    counted = ran(0, *FULL, counted=((30 * S, 1),))
    edited = ran(1, *FULL, counted=((90 * S, 7),))
    assert [part.grade for part in by_signature([counted, edited, ran(2, *FULL)], Reference(FULL, 3))] == [
        "A",
        "B",
        "B",
    ]


def test_a_counter_makes_parts_and_an_edit_of_it_none() -> None:
    bar = ran(0, counted=((10 * S, 1), (20 * S, 1), (21 * S, -300), (30 * S, 1)), gap_us=5 * S)
    parts = by_counter([bar, ran(1)])
    assert [(part.started_us, part.ended_us) for part in parts] == [(0, 10 * S), (10 * S, 20 * S), (20 * S, 40 * S)]
    assert [part.gaps_us for part in parts] == [(5 * S,), (0,), (0,)]
    pairs = by_counter([ran(0, counted=((40 * S, 2),))], per_count=2)
    assert [(part.started_us, part.ended_us, part.active_us) for part in pairs] == [
        (0, 20 * S, 15 * S), (20 * S, 40 * S, 15 * S),
    ]  # fmt: skip


def test_until_it_counts_the_signature_is_used() -> None:
    runs = [*(ran(n, *FULL) for n in range(4)), ran(4, *FULL, counted=((250 * S, 1),)), ran(5, *FULL)]
    judged = judge(runs, "counter", 250 * S)
    assert [(part.started_us // MINUTE, part.rule) for part in judged.parts] == [
        (0, "signature"), (1, "signature"), (2, "signature"), (3, "signature"), (4, "counter"),
    ]  # fmt: skip
    assert {part.rule for part in judge(runs[:4], "counter", None).parts} == {"signature"}
    assert judge(runs, "person", None).parts == ()


def test_a_new_version_begins_with_other_steps_another_comment_or_a_persons_word() -> None:
    runs = [ran(0, "1", "2"), ran(1, "2"), ran(2), ran(3, "8"), ran(4, "8", comment="REV B"), ran(5, "8", comment="C")]
    assert [[run.started_us // MINUTE for run in version] for version in versions(runs)] == [[0, 1, 2], [3, 4], [5]]
    assert [len(version) for version in versions(runs, begun_us=[MINUTE])] == [1, 2, 2, 1]


def test_floor_time_has_the_gaps_up_to_five_minutes_or_three_times_the_median() -> None:
    def judged(*gaps_s: int) -> list[float]:
        found = judge([ran(n, *FULL, gap_us=gap * S) for n, gap in enumerate(gaps_s)], None, None)
        return [floor_us(part, found.longest_gap_us) / S for part in found.parts]

    assert judged(10, 300, 301) == [50, 340, 341]  # three times the median of 300
    assert judged(10, 10, 10, 300, 301) == [50, 50, 50, 340, 40]


@given(st.lists(st.tuples(st.sampled_from([(), ("1",), ("2",), ("1", "2"), FULL, ("3",), ("2", "3")]), st.booleans())))
def test_no_run_is_in_two_parts_and_none_is_counted_twice(told: list[tuple[tuple[str, ...], bool]]) -> None:
    runs = [ran(n, *steps, complete=complete) for n, (steps, complete) in enumerate(told)]
    parts = by_signature(runs, Reference(FULL, 3))
    assert sum(part.active_us for part in parts) <= sum(run.active_us for run in runs)
    assert all(one.ended_us <= other.started_us for one, other in pairwise(parts))
