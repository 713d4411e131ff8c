"""Holds that belong to the work, gaps across a border of a shift, nests, strokes and time alone: little stories."""

from hub.parts.decision_model import Ruling
from hub.parts.judging_model import judge
from hub.parts.model import Part, Reference, by_signature, by_strokes, floor_us, recurring
from tests.hub.parts.test_model import FULL, MINUTE, S, ran


def test_holds_that_recur_in_half_of_the_full_runs_are_programmed() -> None:
    turned = [ran(n, *FULL, holds=(("2", 8 * S),)) for n in range(3)]
    once = ran(3, *FULL, holds=(("2", 6 * S), ("3", 4 * S)))
    plain = [ran(n, *FULL) for n in (4, 5, 6)]
    assert recurring([*turned, once]) == {"2"}
    assert recurring([*turned, once, *plain]) == {"2"}
    assert recurring([*turned, once, *plain, ran(7, *FULL), ran(8, *FULL)]) == frozenset()
    judged = judge([*turned, once, *plain], None, None)
    assert judged.programmed == {"2"}
    assert [part.programmed_us // S for part in judged.parts] == [8, 8, 8, 6, 0, 0, 0]
    assert [part.held_us // S for part in judged.parts] == [10] * 7


def test_a_stitched_part_has_the_holds_of_all_its_runs() -> None:
    runs = [ran(0, "1", "2", complete=False, holds=(("2", 3 * S),)), ran(1, "3", holds=(("3", 2 * S),))]
    (part,) = by_signature(runs, Reference(FULL, 3), {"2", "3"})
    assert part.programmed_us == 5 * S


def test_a_gap_across_a_border_of_a_shift_is_not_the_parts() -> None:
    part = Part(20 * MINUTE, 21 * MINUTE, 40 * S, 10 * S, (4 * MINUTE,), "B", "signature")
    assert floor_us(part, 5 * MINUTE) == 50 * S + 4 * MINUTE
    assert floor_us(part, 5 * MINUTE, [15 * MINUTE, 22 * MINUTE]) == 50 * S + 4 * MINUTE
    assert floor_us(part, 5 * MINUTE, [18 * MINUTE]) == 50 * S
    assert floor_us(part, 3 * MINUTE) == 50 * S


def test_strokes_are_counted_on_from_run_to_run() -> None:
    runs = [
        ran(0, counted=((1, 1), (2, 1), (3, 1))),
        ran(1, counted=((61 * S, 1),)),
        ran(2, test=True, counted=((121 * S, 9),)),
        ran(3, counted=tuple((180 * S + n, 1) for n in range(9))),
    ]
    parts = by_strokes(runs, 4)
    assert [(part.started_us // MINUTE, part.ended_us // S, len(part.gaps_us)) for part in parts] == [
        (0, 100, 2), (3, 200, 1), (3, 220, 1),
    ]  # fmt: skip
    assert {part.grade for part in parts} == {"A"}


def test_a_sheet_is_a_run_to_its_end_and_a_count_makes_it_sure() -> None:
    runs = [ran(0), ran(1, complete=False), ran(2, counted=((130 * S, 1),)), ran(3, test=True)]
    assert [(part.started_us // MINUTE, part.grade) for part in judge(runs, "nest", None).parts] == [(0, "B"), (2, "A")]
    assert judge(runs, "nest", None, Ruling("rejected")).parts == ()


def test_time_alone_needs_a_persons_word_and_runs_without_steps() -> None:
    runs = [ran(0), ran(1), ran(2, complete=False)]
    assert judge(runs, None, None).parts == ()
    assert [part.grade for part in judge(runs, None, None, Ruling("confirmed")).parts] == ["C", "C"]
    assert judge([*runs, ran(3, "1")], None, None, Ruling("confirmed")).parts == ()
