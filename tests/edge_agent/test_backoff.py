"""How long is waited before something is tried again."""

from edge_agent.backoff import Backoff


def test_a_link_is_tried_within_three_seconds_however_long_it_was_away():
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [1.5, 3.0, 3.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next_s() == 1.5


def test_what_nobody_foresaw_is_tried_ever_more_seldom():
    backoff = Backoff(lambda: 1.0, last_s=30.0)
    assert [backoff.next_s() for _ in range(7)] == [1.5, 3.0, 6.0, 12.0, 24.0, 30.0, 30.0]


def test_waits_are_spread_over_their_upper_half():
    assert Backoff(lambda: 0.0).next_s() == 0.75
