"""State intervals drawn as SVG: the small strip of a tile and the large one of a machine's page. Pure.

Unknown is not drawn: the hatched ground shows through, so that what nobody knows never looks like a state.
Stretches thinner than a pixel are drawn by what holds most of it; an alarm is never thinner than one.
Times are microseconds since 1970 (``_us``), ranges half-open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.web.states import look

MIN_ALARM: Final = 1.5
TOUCHING: Final = 1e-6
GROUND: Final = "ground"
"""What lies under every known stretch, so that the hatched ground shows through only where nothing is known."""


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of one state."""

    start_us: int
    end_us: int
    state: str
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is drawn of one state: the data of an SVG path."""

    state: str
    path: str


def clip(spans: Iterable[Span], from_us: int, to_us: int) -> list[Span]:
    """The spans within a window, cut at its edges, in order."""
    cut = [
        s if from_us <= s.start_us and s.end_us <= to_us else _cut(s, from_us, to_us)
        for s in spans
        if s.start_us < to_us and s.end_us > from_us
    ]
    return sorted(cut, key=lambda s: s.start_us)


def _cut(span: Span, from_us: int, to_us: int) -> Span:
    return Span(max(span.start_us, from_us), min(span.end_us, to_us), span.state, span.program)


def shapes(
    spans: Sequence[Span], from_us: int, to_us: int, *, width: float, height: float, columns: int
) -> list[Shape]:
    """One path for each state that occurs, on a canvas of `width` by `height`, to `columns` steps."""
    if to_us <= from_us:
        return []
    drawn: dict[str, list[str]] = {}
    ground: list[list[float]] = []
    for state, left, right in _boxes(clip(spans, from_us, to_us), from_us, width / (to_us - from_us), width / columns):
        if state == "unknown":
            continue
        wide = max(right - left, MIN_ALARM) if state == "alarm" else right - left
        if ground and left - ground[-1][1] < TOUCHING:
            ground[-1][1] = max(ground[-1][1], left + wide)
        else:
            ground.append([left, left + wide])
        drawn.setdefault(state, []).append(_box(left, wide, height * look(state).level, height))
    known = "".join(_box(left, right - left, height, height) for left, right in ground)
    alarms_last = sorted(drawn, key=lambda state: state == "alarm")
    return [Shape(GROUND, known), *(Shape(state, "".join(drawn[state])) for state in alarms_last)]


def _box(left: float, wide: float, high: float, height: float) -> str:
    width = _short(wide)
    return f"M{_short(left)} {_short(height - high)}h{width}V{_short(height)}h-{width}z"


def _boxes(spans: Sequence[Span], from_us: int, scale: float, step: float) -> list[tuple[str, float, float]]:
    """Neighbours of one state joined; what is thinner than a step is decided by the longest within it."""
    boxes: list[tuple[str, float, float]] = []
    crowd: dict[str, float] = {}
    crowd_left = 0.0
    crowd_right = 0.0

    def settle() -> None:
        if crowd:
            _append(boxes, max(crowd, key=lambda state: crowd[state]), crowd_left, crowd_right)
            crowd.clear()

    for span in spans:
        left = (span.start_us - from_us) * scale
        right = (span.end_us - from_us) * scale
        if crowd and left - crowd_right > TOUCHING:
            settle()
        if right - left >= step or span.state == "alarm":
            settle()
            _append(boxes, span.state, left, right)
            continue
        if not crowd:
            crowd_left = left
        crowd[span.state] = crowd.get(span.state, 0.0) + right - left
        crowd_right = right
        if crowd_right - crowd_left >= step:
            settle()
    settle()
    return boxes


def _append(boxes: list[tuple[str, float, float]], state: str, left: float, right: float) -> None:
    if boxes and boxes[-1][0] == state and left - boxes[-1][2] < TOUCHING:
        boxes[-1] = (state, boxes[-1][1], right)
    else:
        boxes.append((state, left, right))


def _short(number: float) -> str:
    """At most two decimals, and none that say nothing."""
    hundredths = round(number * 100)
    whole, rest = divmod(hundredths, 100)
    return str(whole) if rest == 0 else f"{hundredths / 100}"


def totals(spans: Iterable[Span], from_us: int, to_us: int) -> dict[str, float]:
    """Seconds of each state within a window; what no span covers counts as unknown, so they sum to its length.

    >>> totals([Span(0, 4_000_000, "running")], 0, 10_000_000)
    {'running': 4.0, 'unknown': 6.0}
    """
    seconds: dict[str, int] = {}
    covered = from_us
    for span in clip(spans, from_us, to_us):
        start = max(span.start_us, covered)
        if span.end_us <= start:
            continue
        seconds[span.state] = seconds.get(span.state, 0) + span.end_us - start
        if start > covered:
            seconds["unknown"] = seconds.get("unknown", 0) + start - covered
        covered = span.end_us
    if covered < to_us:
        seconds["unknown"] = seconds.get("unknown", 0) + to_us - covered
    return {state: us / 1e6 for state, us in seconds.items()}
