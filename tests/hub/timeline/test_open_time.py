"""What is said of time that no closed fact covers: never more than is known."""

from hub.timeline.fold import Interval, Tail
from hub.timeline.open_model import cut, joined, now_of, open_intervals, run_now
from hub.timeline.run_model import OpenRun

S = 1_000_000
RUNNING = Tail(at_us=100 * S, state="running", program="P1", since_us=100 * S)


def test_the_open_interval_ends_at_the_last_proof_of_life() -> None:
    assert open_intervals(RUNNING, 120 * S, 125 * S) == [Interval(100 * S, 120 * S, "running", "P1")]


def test_after_the_grace_the_rest_is_unknown_since_the_last_proof_of_life() -> None:
    assert open_intervals(RUNNING, 120 * S, 151 * S) == [
        Interval(100 * S, 120 * S, "running", "P1"),
        Interval(120 * S, 151 * S, "unknown", None),
    ]
    now = now_of(RUNNING, 120 * S, 151 * S)
    assert (now.state, now.since_us, now.program, now.silent) == ("unknown", 120 * S, None, True)


def test_within_the_grace_the_state_stands() -> None:
    now = now_of(RUNNING, 120 * S, 150 * S)
    assert (now.state, now.since_us, now.silent) == ("running", 100 * S, False)


def test_a_machine_never_seen_is_unknown() -> None:
    assert open_intervals(Tail(), None, 10 * S) == []
    assert now_of(Tail(), None, 10 * S).state == "unknown"


def test_an_open_run_counts_up_to_what_is_known_and_ends_in_a_long_silence() -> None:
    run = OpenRun(
        started_us=100 * S, at_us=110 * S, state="running", program="P1", whole=True, signature=[], active_us=5 * S
    )
    counted, ended = run_now(run, 130 * S, 140 * S)
    assert (counted.active_us, ended) == (25 * S, None)
    counted, ended = run_now(run, 130 * S, 500 * S)
    assert (counted.active_us, ended) == (25 * S, 130 * S)
    assert run.active_us == 5 * S


def test_cutting_keeps_what_lies_inside() -> None:
    pieces = [Interval(0, 10, "idle", None), Interval(10, 20, "running", None), Interval(20, 30, "idle", None)]
    assert cut(pieces, 5, 20) == [Interval(5, 10, "idle", None), Interval(10, 20, "running", None)]


def test_what_was_unknown_before_and_is_not_known_now_is_one_interval() -> None:
    """The last proof of life is no later than the change that closed the interval before."""
    closed = [Interval(80 * S, 90 * S, "idle", None), Interval(90 * S, 100 * S, "unknown", None)]
    found = joined(closed, open_intervals(RUNNING, 90 * S, 151 * S))
    assert found == [closed[0], Interval(90 * S, 151 * S, "unknown", None)]
    assert joined([], closed) == closed
    assert joined(closed, []) == closed
    assert joined(closed[:1], closed[1:]) == closed
