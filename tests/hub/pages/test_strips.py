"""Strips, totals and the time scale, without a browser."""

import doctest
from itertools import pairwise
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.machines import pages
from hub.web import dayview, i18n, pages_account, strips, times
from hub.web.daychart import day_shapes, ticks, view_of
from hub.web.i18n import Words
from hub.web.states import STATES
from hub.web.strips import GROUND, Span, shapes, totals
from hub.web.times import Clock

MODULES = (pages, dayview, i18n, pages_account, strips, times)
S = 1_000_000
DAY = 86_400 * S


@st.composite
def timelines(draw: st.DrawFn) -> list[Span]:
    edges = sorted(draw(st.sets(st.integers(0, DAY), min_size=2, max_size=40)))
    spans = [Span(a, b, draw(st.sampled_from(STATES))) for a, b in pairwise(edges)]
    return [span for span in spans if draw(st.booleans())]


@given(timelines(), st.integers(0, DAY - 1), st.integers(1, DAY))
def test_totals_always_add_up_to_the_window(spans: list[Span], start: int, length: int) -> None:
    assert round(sum(totals(spans, start, start + length).values()) * 1e6) == length


@given(timelines())
def test_an_alarm_is_never_lost_and_unknown_is_never_drawn(spans: list[Span]) -> None:
    drawn = {shape.state for shape in shapes(spans, 0, DAY, width=240, height=16, columns=240)}
    assert "unknown" not in drawn
    assert ("alarm" in drawn) == any(span.state == "alarm" for span in spans)
    assert drawn <= {*STATES, GROUND}


def test_a_short_alarm_stays_visible() -> None:
    spans = [Span(0, 40_000 * S, "running"), Span(40_000 * S, 40_001 * S, "alarm"), Span(40_001 * S, DAY, "running")]
    alarm = next(s for s in shapes(spans, 0, DAY, width=240, height=16, columns=480) if s.state == "alarm")
    assert "h1.5V16" in alarm.path


def test_many_short_stretches_stay_few_paths() -> None:
    spans = [Span(i * S, (i + 1) * S, "running" if i % 3 else "held") for i in range(86_400)]
    view = view_of((0, DAY), None, None, DAY)
    drawn = day_shapes(spans, view)
    assert len(drawn) == 2
    assert sum(len(shape.path) for shape in drawn) < 100_000


def test_a_window_stays_within_its_day() -> None:
    view = view_of((0, DAY), -5 * S, 20 * DAY, DAY)
    assert (view.from_us, view.to_us) == (0, DAY)
    view = view_of((0, DAY), DAY - S, DAY + S, DAY)
    assert (view.to_us - view.from_us, view.to_us) == (10 * S, DAY)


def test_ticks_are_round_local_times() -> None:
    clock = Clock(ZoneInfo("Asia/Tokyo"), Words("ja"))
    start = 1_763_564_400 * S  # a midnight in Tokyo
    labels = [tick.label for tick in ticks(view_of((start, start + DAY), None, None, start), clock)]
    assert labels[0] == "00:00"
    assert labels[-1] == "24:00"
    assert "12:00" in labels
    near = ticks(view_of((start, start + DAY), start + 3600 * S, start + 3660 * S, start), clock)
    assert [tick.label for tick in near][:2] == ["01:00:00", "01:00:05"]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
