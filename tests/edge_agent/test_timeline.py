"""Folding what is reported must say, at every instant, what folding the readings themselves says."""

from hypothesis import given
from hypothesis import strategies as st

from contract.times import AHEAD_LIMIT_US
from edge_agent.normalise.timeline import AT_ONCE_US, HELD, Fact, Key, Timeline, unknown

KEYS: list[Key] = [("A", "good", None), ("B", "good", None), ("A", "uncertain", "0x40"), (None, "bad", "BadNoData")]
readings = st.lists(st.tuples(st.integers(1, 30), st.sampled_from(KEYS)), max_size=60)


def fold(facts: list[Fact]) -> dict[int, Key]:
    """What holds from each instant on: of several facts for one instant the last one stands."""
    stands: dict[int, Key] = {}
    for fact in facts:
        stands[fact.t] = fact.key
    return dict(sorted(stands.items()))


def holds_at(folded: dict[int, Key], t: int) -> Key | None:
    key = None
    for begins, said in folded.items():
        if begins > t:
            break
        key = said
    return key


def run(sequence: list[tuple[int, Key]]) -> tuple[list[Fact], list[Fact]]:
    timeline = Timeline(keeps=False)
    raw, reported = [], []
    for seen, (t, key) in enumerate(sequence, 100):
        fact = Fact(t, t, seen, key)
        raw.append(fact)
        reported += timeline.arrive(fact)
    return raw, reported


@given(readings)
def test_fold_of_reported_is_fold_of_readings(sequence):
    raw, reported = run(sequence)
    truth, said = fold(raw), fold(reported)
    for t in range(32):
        assert holds_at(said, t) == holds_at(truth, t), t


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from(KEYS[:2])), max_size=40), st.data())
def test_more_repeats_than_are_remembered_are_unknown_but_never_wrong(late, data):
    steady = [(t, KEYS[0]) for t in range(1, 400, data.draw(st.integers(1, 3)))]
    raw, reported = run(steady + late)
    truth, said = fold(raw), fold(reported)
    for t in range(402):
        claimed = holds_at(said, t)
        assert claimed is None or claimed[1] == "bad" or claimed == holds_at(truth, t), t


def test_steady_repeats_are_dropped_for_ever():
    _, reported = run([(t, KEYS[0]) for t in range(10_000)])
    assert len(reported) <= 1 + 10_000 // HELD


def test_late_reading_brings_back_the_repeat_it_would_cover():
    _, reported = run([(1, KEYS[0]), (3, KEYS[0]), (5, KEYS[0]), (2, KEYS[1])])
    assert [(fact.t, fact.key[0]) for fact in reported] == [(1, "A"), (2, "B"), (3, "A")]


def test_after_bad_or_late_the_next_is_reported():
    good, bad = KEYS[0], KEYS[3]
    _, reported = run([(1, good), (2, bad), (3, good), (4, good)])
    assert [fact.t for fact in reported] == [1, 2, 3]
    _, reported = run([(5, good), (2, good), (6, good), (7, good)])
    assert [fact.t for fact in reported] == [5, 2, 6]


def test_the_very_same_fact_is_reported_once():
    _, reported = run([(1, KEYS[0]), (1, KEYS[0]), (2, KEYS[3]), (2, KEYS[3])])
    assert [fact.t for fact in reported] == [1, 2]


def lost_at(t: int) -> Timeline:
    timeline = Timeline(keeps=False)
    timeline.arrive(Fact(100, 100, 100, KEYS[0]))
    assert timeline.lose(t, t + 50, "ConnectionLost") == [Fact(t, t, t + 50, unknown("ConnectionLost"))]
    timeline.awaiting = True
    return timeline


def test_a_current_value_read_again_counts_from_when_it_is_seen():
    timeline = lost_at(1000)
    reported = timeline.arrive(Fact(100, 100, 5000, KEYS[0]))
    assert holds_at(fold(reported), 4999) == KEYS[0]  # as reported, at its own time
    assert fold(reported)[5000] == KEYS[0]
    assert timeline.arrive(Fact(6000, 6000, 6000, KEYS[1])) == [Fact(6000, 6000, 6000, KEYS[1])]
    assert timeline.calm


def test_a_value_read_again_that_changed_in_the_dark_counts_from_when_it_is_seen():
    timeline = lost_at(1000)
    assert timeline.arrive(Fact(3000, 3000, 5000, KEYS[1])) == [Fact(5000, 5000, 5000, KEYS[1])]
    assert timeline.arrive(Fact(6000, 6000, 6000, KEYS[0])) == [Fact(6000, 6000, 6000, KEYS[0])]


def test_a_sample_read_again_keeps_its_time_in_the_dark():
    timeline = Timeline(keeps=True)
    timeline.lose(1000, 1050, "ConnectionLost")
    timeline.awaiting = True
    assert timeline.arrive(Fact(3000, 3000, 5000, KEYS[1])) == [Fact(3000, 3000, 5000, KEYS[1])]


def test_a_change_by_a_clock_a_little_behind_is_not_covered_by_the_value_read_again():
    timeline, later = lost_at(1000), 5100 + AT_ONCE_US
    timeline.arrive(Fact(100, 100, 5000, KEYS[0]))
    assert timeline.arrive(Fact(4990, 4990, later, KEYS[1])) == [Fact(later, later, later, KEYS[1])]
    assert timeline.arrive(Fact(4995, 4995, later, KEYS[0])) == [Fact(later + 1, later + 1, later, KEYS[0])]


def test_a_change_that_crossed_the_value_read_again_takes_its_place():
    timeline = lost_at(1000)
    timeline.arrive(Fact(100, 100, 5000, KEYS[0]))
    assert timeline.arrive(Fact(4990, 4990, 5000, KEYS[1])) == [Fact(5000, 5000, 5000, KEYS[1])]
    assert timeline.arrive(Fact(4995, 4995, 5100, KEYS[0])) == [Fact(5000, 5000, 5100, KEYS[0])]
    assert timeline.arrive(Fact(5200, 5200, 5300, KEYS[1])) == [Fact(5200, 5200, 5300, KEYS[1])]


def test_a_message_older_than_the_retained_one_does_not_take_its_place():
    timeline = lost_at(1000)
    timeline.awaiting = False
    timeline.arrive(Fact(500, 500, 5000, KEYS[1]), held=True)
    assert timeline.arrive(Fact(500, 500, 5000, KEYS[1])) == []
    assert timeline.arrive(Fact(400, 400, 5001, KEYS[0])) == [Fact(400, 400, 5001, KEYS[0])]
    assert timeline.standing == KEYS[1]


def test_by_a_clock_far_behind_nothing_is_claimed():
    now = 10 * AHEAD_LIMIT_US
    timeline = lost_at(1000)
    timeline.arrive(Fact(100, 100, now, KEYS[0]))
    reported = timeline.arrive(Fact(2000, 2000, now + 7, KEYS[1]))
    assert reported == [Fact(2000, 2000, now + 7, KEYS[1]), Fact(now + 7, now + 7, now + 7, unknown("ClockBehind"))]


def test_a_queued_message_after_blindness_counts_at_its_own_time():
    timeline = lost_at(1000)
    timeline.awaiting = False
    assert timeline.arrive(Fact(900, 900, 5000, KEYS[1])) == [Fact(900, 900, 5000, KEYS[1])]
    assert not timeline.calm
    assert timeline.arrive(Fact(1200, 1200, 5000, KEYS[1])) == [Fact(1200, 1200, 5000, KEYS[1])]
    assert timeline.calm


def test_a_retained_value_holds_from_when_it_is_seen_and_an_old_message_does_not():
    timeline = lost_at(1000)
    timeline.awaiting = False
    assert [fact.t for fact in timeline.arrive(Fact(90, 90, 5000, KEYS[1]))] == [90]
    assert timeline.arrive(Fact(100, 100, 5001, KEYS[0]), held=True)[-1] == Fact(5001, 5001, 5001, KEYS[0])
    assert timeline.standing == KEYS[0]


def test_a_retained_value_said_in_the_dark_keeps_its_time():
    timeline = lost_at(1000)
    timeline.awaiting = False
    assert timeline.arrive(Fact(3000, 3000, 5000, KEYS[1]), held=True) == [Fact(3000, 3000, 5000, KEYS[1])]


def test_a_retained_value_older_than_what_was_told_is_of_a_broker_that_was_restored():
    timeline = lost_at(1000)
    timeline.awaiting = False
    assert timeline.arrive(Fact(90, 90, 5000, KEYS[1]), held=True) == [Fact(90, 90, 5000, KEYS[1])]
    assert timeline.standing == unknown("ConnectionLost")
    # what is remembered over a restart counts too
    timeline.said = 200
    assert timeline.arrive(Fact(150, 150, 5001, KEYS[1]), held=True) == [Fact(150, 150, 5001, KEYS[1])]
    assert timeline.arrive(Fact(200, 200, 5002, KEYS[0]), held=True)[-1].t == 5002


def test_an_older_telling_of_the_same_is_of_the_past_too():
    """What the machine said between the two may have been lost with the broker's memory."""
    timeline = Timeline(keeps=False)
    timeline.arrive(Fact(100, 100, 300, KEYS[0]))
    timeline.arrive(Fact(250, 250, 301, KEYS[0]))
    timeline.lose(1000, 1001, "ConnectionLost")
    assert timeline.arrive(Fact(100, 100, 5001, KEYS[0]), held=True) == [Fact(100, 100, 5001, KEYS[0])]
    assert timeline.standing == unknown("ConnectionLost")
