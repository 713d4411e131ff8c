"""A day of one machine as a chart: the large strip in seconds of the day, its time scale, bars over it. Pure.

The strip's canvas is as wide as the day is long, in seconds; a window into it is an SVG viewBox, so that the browser
can move and zoom without asking, and asks only for finer detail. Times are microseconds since 1970 (``_us``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.web.strips import Shape, Span, shapes
from hub.web.times import Clock, at

HEIGHT: Final = 100
COLUMNS: Final = 1600
MIN_WINDOW_US: Final = 10_000_000
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)
_TICKS: Final = 12


@dataclass(frozen=True, slots=True)
class View:
    """The part ``[from_us, to_us)`` that is shown of the day ``[day_us, next_us)``; later than `now_us` is not yet."""

    day_us: int
    next_us: int
    from_us: int
    to_us: int
    now_us: int

    @property
    def end_us(self) -> int:
        """Where what has happened ends within the window; `from_us` where all of it lies ahead."""
        return max(self.from_us, min(self.to_us, self.now_us))

    @property
    def day_end_us(self) -> int:
        """Where what has happened ends within the day."""
        return max(self.day_us, min(self.next_us, self.now_us))

    @property
    def box(self) -> str:
        """The window as an SVG viewBox on the day's canvas."""
        return f"{self.seconds(self.from_us):.3f} 0 {(self.to_us - self.from_us) / 1e6:.3f} {HEIGHT}"

    def seconds(self, us: int) -> float:
        """Seconds since the day began."""
        return (us - self.day_us) / 1e6

    def percent(self, us: int) -> float:
        """How far from the window's left edge, in percent; below 0 or over 100 outside of it."""
        return round((us - self.from_us) / (self.to_us - self.from_us) * 100, 4)


def view_of(day: tuple[int, int], from_us: int | None, to_us: int | None, now_us: int) -> View:
    """The window asked for, kept inside its day and no shorter than `MIN_WINDOW_US`; the whole day where none is."""
    day_us, next_us = day
    left = max(day_us, min(from_us if from_us is not None else day_us, next_us - MIN_WINDOW_US))
    right = min(next_us, max(to_us if to_us is not None else next_us, left + MIN_WINDOW_US))
    return View(day_us, next_us, left, right, now_us)


def day_shapes(spans: Sequence[Span], view: View) -> list[Shape]:
    """The whole day's states, as fine as the window needs them."""
    length_us = view.next_us - view.day_us
    columns = math.ceil(COLUMNS * length_us / (view.to_us - view.from_us))
    return shapes(spans, view.day_us, view.next_us, width=length_us / 1e6, height=HEIGHT, columns=columns)


def overview_shapes(spans: Sequence[Span], view: View) -> list[Shape]:
    """The whole day's states for the small strip beneath."""
    length_s = (view.next_us - view.day_us) / 1e6
    return shapes(spans, view.day_us, view.next_us, width=length_s, height=HEIGHT, columns=COLUMNS)


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of the time scale; `ms` since 1970, `left` in percent of the window. Minor ones go on narrow screens."""

    ms: int
    left: float
    label: str
    minor: bool


def ticks(view: View, clock: Clock) -> list[Tick]:
    """About a dozen marks at round local times."""
    span_s = (view.to_us - view.from_us) / 1e6
    step_s = next((step for step in _STEPS_S if span_s / step <= _TICKS), _STEPS_S[-1])
    step_us = step_s * 1_000_000
    first = view.day_us + math.ceil((view.from_us - view.day_us) / step_us) * step_us
    marks: list[Tick] = []
    for us in range(first, view.to_us + 1, step_us):
        label = clock.hms(at(us)) if step_s < 60 else clock.hm(at(us))
        if us == view.next_us:
            label = "24:00"
        marks.append(Tick(us // 1000, view.percent(us), label, minor=(us - view.day_us) // step_us % 2 == 1))
    return marks


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch over the strip: a run or an alarm; `a` and `b` in ms since 1970, the rest in percent."""

    a: int
    b: int
    left: float
    width: float
    label: str
    kind: str


def bar(view: View, start_us: int, end_us: int, label: str, kind: str) -> Bar:
    """A stretch as a bar of the window."""
    left = view.percent(start_us)
    return Bar(start_us // 1000, end_us // 1000, left, round(view.percent(end_us) - left, 4), label, kind)
