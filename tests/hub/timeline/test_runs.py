"""The rules of DESIGN §6.2, told as little stories. A story is (second, what changed)."""

import pytest

from contract.records import Value
from hub.timeline.fold import Folded, Tail, fold
from hub.timeline.run_model import Run

S = 1_000_000
MODELS = ((0, "mtconnect"),)
Story = list[tuple[int, dict[str, Value]]]


def told(story: Story) -> Folded:
    changes = [(second * S, signal, value, None) for second, said in story for signal, value in said.items()]
    return fold(Tail(), changes, MODELS)


def only_run(story: Story) -> Run:
    (run,) = told(story).runs
    return run


def test_a_run_opens_with_running_and_ends_into_idle() -> None:
    run = only_run(
        [
            (0, {"execution": "READY", "program": "P1", "step": "0"}),
            (10, {"execution": "ACTIVE", "step": "1"}),
            (30, {"step": "2"}),
            (40, {"execution": "FEED_HOLD"}),
            (45, {"execution": "ACTIVE"}),
            (60, {"execution": "READY", "step": "0"}),
        ]
    )
    assert (run.started_us, run.ended_us, run.program, run.complete) == (10 * S, 60 * S, "P1", True)
    assert (run.active_us, run.held_us, run.blind_us) == (45 * S, 5 * S, 0)
    assert run.signature == ("1", "2")


@pytest.mark.parametrize(("blind_s", "bridged"), [(180, True), (181, False)])
def test_a_blind_stretch_is_bridged_up_to_180_s(blind_s: int, bridged: bool) -> None:
    runs = told(
        [
            (0, {"execution": "READY", "program": "P1"}),
            (10, {"execution": "ACTIVE"}),
            (20, {"execution": None}),
            (20 + blind_s, {"execution": "ACTIVE"}),
            (20 + blind_s + 10, {"execution": "READY"}),
        ]
    ).runs
    if bridged:
        assert [(r.active_us, r.blind_us, r.complete) for r in runs] == [(20 * S, 180 * S, True)]
    else:
        assert [(r.started_us, r.ended_us, r.complete) for r in runs] == [
            (10 * S, 20 * S, False),
            (201 * S, 211 * S, False),
        ]


def test_a_blind_stretch_before_idle_ends_the_run_where_it_began() -> None:
    run = only_run(
        [
            (0, {"execution": "READY"}),
            (10, {"execution": "ACTIVE"}),
            (20, {"execution": None}),
            (30, {"execution": "READY"}),
        ]
    )
    assert (run.ended_us, run.closed_us, run.blind_us, run.complete) == (20 * S, 30 * S, 0, False)


def test_steps_seen_in_a_bridged_stretch_belong_to_the_signature() -> None:
    run = only_run(
        [
            (0, {"execution": "READY", "step": "1"}),
            (10, {"execution": "ACTIVE"}),
            (20, {"execution": None}),
            (25, {"step": "2"}),
            (30, {"execution": "ACTIVE"}),
            (40, {"execution": "READY"}),
        ]
    )
    assert run.signature == ("1", "2")


def test_a_blind_stretch_into_another_program_is_not_bridged() -> None:
    first, second = told(
        [
            (0, {"execution": "READY", "program": "P1"}),
            (10, {"execution": "ACTIVE"}),
            (20, {"execution": None, "program": None}),
            (30, {"execution": "ACTIVE", "program": "P2"}),
            (40, {"execution": "READY"}),
        ]
    ).runs
    assert (first.program, first.ended_us, first.complete) == ("P1", 20 * S, False)
    assert (second.program, second.started_us, second.complete) == ("P2", 30 * S, False)


def test_a_program_change_ends_a_run_and_opens_the_next() -> None:
    first, second = told(
        [
            (0, {"execution": "READY", "program": "P1"}),
            (10, {"execution": "ACTIVE"}),
            (20, {"program": "P2"}),
            (30, {"execution": "READY"}),
        ]
    ).runs
    assert (first.program, first.ended_us, first.complete) == ("P1", 20 * S, False)
    assert (second.program, second.started_us, second.complete) == ("P2", 20 * S, False)


def test_a_program_first_known_during_a_run_names_it() -> None:
    run = only_run(
        [
            (0, {"execution": "READY"}),
            (10, {"execution": "ACTIVE"}),
            (12, {"program": "P7"}),
            (20, {"execution": "READY"}),
        ]
    )
    assert (run.program, run.started_us, run.complete) == ("P7", 10 * S, True)


@pytest.mark.parametrize("into", [{"estop": "TRIGGERED"}, {"mode": "MANUAL"}, {"power": "OFF"}])
def test_a_run_that_ends_otherwise_than_into_idle_is_not_complete(into: dict[str, Value]) -> None:
    run = only_run([(0, {"execution": "READY"}), (10, {"execution": "ACTIVE"}), (20, into)])
    assert (run.ended_us, run.complete) == (20 * S, False)


def test_a_run_that_opens_out_of_unknown_is_not_complete() -> None:
    assert not only_run([(0, {"execution": "ACTIVE"}), (20, {"execution": "READY"})]).complete


def test_changes_with_one_time_are_one_step() -> None:
    folded = told([(0, {"execution": "READY", "mode": "MANUAL"}), (10, {"execution": "ACTIVE", "mode": "AUTOMATIC"})])
    assert [(i.state, i.end_us - i.start_us) for i in folded.intervals] == [("manual", 10 * S)]


def test_steps_lose_zeros_and_repeats() -> None:
    story: Story = [(0, {"execution": "READY"}), (10, {"execution": "ACTIVE", "step": 1.0})]
    story += [(11 + n, {"step": step}) for n, step in enumerate(["0", "1", "2", None, "2", 3, "0", "1"])]
    assert only_run([*story, (30, {"execution": "READY"})]).signature == ("1", "2", "3", "1")
