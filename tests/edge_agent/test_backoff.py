"""How long is waited before something is tried again."""

from edge_agent.backoff import Backoff


def test_waits_double_from_under_two_seconds_to_thirty():
    backoff = Backoff(lambda: 1.0)
    waits = [backoff.next_s() for _ in range(7)]
    assert waits == [1.5, 3.0, 6.0, 12.0, 24.0, 30.0, 30.0]
    backoff.reset()
    assert backoff.next_s() == 1.5


def test_a_machine_is_tried_every_other_second_for_some_minutes_and_then_ever_more_seldom():
    backoff = Backoff(lambda: 1.0, patient_after=100)
    waits = [backoff.next_s() for _ in range(106)]
    assert waits[:3] == [1.5, 2.0, 2.0]
    assert set(waits[1:100]) == {2.0}
    assert 180 < sum(waits[:100]) < 300
    assert waits[100:] == [4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_waits_are_spread_over_their_upper_half():
    assert Backoff(lambda: 0.0).next_s() == 0.75
