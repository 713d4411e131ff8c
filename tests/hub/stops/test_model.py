"""Stops computed from a timeline: what counts, and that reasons share out time without adding or losing any."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.stops.model import Given, Looked, Stop, explained, looked, stretches
from hub.timeline.fold import Interval

S = 1_000_000
DAY = (0, 1000 * S)
MANY = settings(max_examples=200, deadline=None)
STATES = ("running", "idle", "held", "alarm", "off", "unknown")


def timeline(*lengths: tuple[int, str]) -> list[Interval]:
    """Intervals that follow each other from 0 on, given as (seconds, state)."""
    found, at = [], 0
    for seconds, state in lengths:
        found.append(Interval(at, at + seconds * S, state, None))
        at += seconds * S
    return found


def reason(from_s: int, to_s: int, code: str, *, at: int = 0, seq: int = 1, ongoing: bool = False) -> Given:
    return Given(from_s * S, to_s * S, code, None, None, ongoing, at * S, 1, seq)


def told(found: Looked) -> list[tuple[int, int, str | None]]:
    return [(stop.start_us // S, stop.end_us // S, stop.code) for stop in found.stops]


def look(intervals: list[Interval], *givens: Given, planned: tuple[tuple[int, int], ...] = (DAY,)) -> Looked:
    return looked(intervals, planned, givens, 120 * S, DAY)


def test_neighbouring_states_of_standing_are_one_stop_and_unknown_is_none() -> None:
    found = look(timeline((100, "running"), (50, "idle"), (80, "alarm"), (200, "unknown"), (300, "idle")))
    assert told(found) == [(100, 230, None), (430, 730, None)]
    assert [stop.state for stop in found.stops] == ["alarm", "idle"]
    assert found.unknown == ((230 * S, 430 * S),)


def test_what_is_shorter_than_the_threshold_is_counted_not_listed() -> None:
    found = look(timeline((10, "running"), (119, "idle"), (10, "running"), (120, "idle")))
    assert told(found) == [(139, 259, None)]
    assert (found.short_us, found.short_count) == (119 * S, 1)


def test_only_planned_time_counts_and_its_borders_cut_a_stop() -> None:
    found = look(timeline((1000, "idle")), planned=((0, 300 * S), (600 * S, 700 * S)))
    assert told(found) == [(0, 300, None)]
    assert (found.planned_us, found.short_us) == (400 * S, 100 * S)


def test_a_reason_splits_a_stop_and_a_later_one_takes_its_place() -> None:
    idle = timeline((1000, "idle"))
    first, second = reason(100, 400, "setup", at=500), reason(300, 600, "material", at=600, seq=2)
    assert told(look(idle, first)) == [(0, 100, None), (100, 400, "setup"), (400, 1000, None)]
    expected = [(0, 100, None), (100, 300, "setup"), (300, 600, "material"), (600, 1000, None)]
    assert told(look(idle, first, second)) == told(look(idle, second, first)) == expected


def test_an_empty_code_takes_back_what_was_said() -> None:
    idle = timeline((1000, "idle"))
    said, back = reason(0, 1000, "setup", at=1), reason(200, 300, "", at=2)
    assert told(look(idle, said, back)) == [(0, 200, "setup"), (200, 300, None), (300, 1000, "setup")]


def test_of_two_given_at_one_time_the_later_record_counts() -> None:
    first, second = reason(0, 1000, "setup", seq=1), reason(0, 1000, "material", seq=2)
    assert told(look(timeline((1000, "idle")), second, first)) == [(0, 1000, "material")]


def test_an_ongoing_reason_goes_on_until_the_machine_runs() -> None:
    intervals = timeline((100, "running"), (400, "idle"), (50, "running"), (450, "idle"))
    found = look(intervals, reason(200, 300, "setup", ongoing=True))
    assert told(found) == [(100, 200, None), (200, 500, "setup"), (550, 1000, None)]


def test_an_ongoing_reason_without_length_names_the_whole_stop() -> None:
    intervals = timeline((100, "running"), (400, "idle"), (500, "running"))
    assert told(look(intervals, reason(300, 300, "setup", ongoing=True))) == [(100, 500, "setup")]
    assert told(look(intervals, reason(300, 300, "setup"))) == [(100, 500, None)]


def test_an_ongoing_reason_tapped_before_the_machine_says_that_it_stands_names_the_stop_to_come() -> None:
    intervals = timeline((100, "running"), (400, "idle"), (500, "running"))
    for early in (reason(95, 95, "setup", ongoing=True), reason(40, 95, "setup", ongoing=True)):
        assert told(look(intervals, early)) == [(100, 500, "setup")]
    assert told(look(timeline((300, "running"), (400, "idle")), reason(170, 170, "setup", ongoing=True))) == [
        (300, 700, None)
    ]


def test_an_ongoing_reason_given_during_a_short_stop_is_not_for_the_next_one() -> None:
    intervals = timeline((100, "running"), (30, "idle"), (20, "running"), (400, "idle"))
    assert told(look(intervals, reason(120, 120, "setup", ongoing=True))) == [(150, 550, None)]
    assert told(look(intervals, reason(140, 140, "setup", ongoing=True))) == [(150, 550, "setup")]


def test_a_stop_that_still_lasts_says_so() -> None:
    idle = timeline((100, "running"), (400, "idle"))
    found = looked(idle, [DAY], [reason(100, 200, "setup")], 120 * S, DAY, open_us=500 * S)
    assert [(stop.code, stop.open) for stop in found.stops] == [("setup", False), (None, True)]


def test_a_window_cuts_stops_but_does_not_make_them_short() -> None:
    idle = timeline((1000, "idle"))
    found = looked(idle, [DAY], [], 120 * S, (400 * S, 410 * S))
    assert found.stops == (Stop(400 * S, 410 * S, "idle", None, None, None, open=False, since_us=0),)


INTERVALS = st.lists(st.tuples(st.integers(1, 300), st.sampled_from(STATES)), max_size=12)
GIVENS = st.lists(
    st.builds(
        lambda a, length, code, at, ongoing: (a, length, code, at, ongoing),
        st.integers(0, 1500), st.integers(0, 600), st.sampled_from(["setup", "material", "break", ""]),
        st.integers(0, 3), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip
PLANNED = st.lists(st.integers(0, 1000), max_size=6, unique=True).map(
    lambda cuts: [(a * S, b * S) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)]
)


def given_of(made: list[tuple[int, int, str, int, bool]]) -> list[Given]:
    return [
        reason(a, a + length, code, at=at, seq=seq, ongoing=ongoing)
        for seq, (a, length, code, at, ongoing) in enumerate(made)
    ]


@MANY
@given(lengths=INTERVALS, planned=PLANNED, made=GIVENS, seed=st.randoms())
def test_time_is_conserved_whatever_is_said_in_whatever_order(lengths, planned, made, seed) -> None:
    intervals, givens = timeline(*lengths), given_of(made)
    found = looked(intervals, planned, givens, 120 * S, DAY)
    silent = looked(intervals, planned, [], 120 * S, DAY)
    assert found.stop_us == silent.stop_us
    assert found.stop_us + found.short_us + found.unknown_us + found.running_us == found.planned_us
    seed.shuffle(givens)
    assert looked(intervals, planned, givens, 120 * S, DAY) == found


@MANY
@given(lengths=INTERVALS, planned=PLANNED, made=GIVENS)
def test_the_pieces_of_a_stretch_tile_it_and_neighbours_differ(lengths, planned, made) -> None:
    for stretch in stretches(timeline(*lengths), planned):
        pieces = explained(stretch, given_of(made))
        borders = [stretch.start_us, *(span[1] for span, _ in pieces)]
        assert [span for span, _ in pieces] == list(pairwise(borders))
        assert borders[-1] == stretch.end_us
        codes = [None if one is None else one.code for _, one in pieces]
        assert all(a != b for a, b in pairwise(codes))


@MANY
@given(lengths=INTERVALS, planned=PLANNED, made=GIVENS, at=st.integers(0, 1000))
def test_two_windows_say_together_what_one_says(lengths, planned, made, at) -> None:
    intervals, givens = timeline(*lengths), given_of(made)
    whole = looked(intervals, planned, givens, 120 * S, DAY)
    halves = [looked(intervals, planned, givens, 120 * S, span) for span in ((0, at * S), (at * S, DAY[1]))]
    for name in ("stop_us", "unknown_us", "short_us", "running_us", "planned_us"):
        assert sum(getattr(half, name) for half in halves) == getattr(whole, name), name
