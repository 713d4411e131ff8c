"""Where everything of a control chart lies: points, stepped limits, zones, marks; for a server-drawn SVG. Pure.

Times are aware UTC datetimes; values in the unit of the chart. Coordinates are those of a `WIDTH` × `HEIGHT` canvas,
y downwards, the first point at `LEFT`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.web.layout import Reading

WIDTH: Final = 960
LEFT: Final = 20
RIGHT: Final = 150
HEIGHT: Final = 300
LOW_HEIGHT: Final = 150
_MARGIN: Final = 0.13
_LABEL_GAP: Final = 14.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One point: where it lies, what is said of it, and the rules it breaks (their keys).

    `away`: its distance from the centre, upwards positive. `left_out` of the baseline: it is drawn hollow.
    """

    x: float
    y: float
    number: int
    text: str
    when: str
    rules: tuple[str, ...]
    away: float
    left_out: bool = False

    @property
    def name_y(self) -> float:
        """Where the name of a broken rule stands: on the side that leads away from the centre."""
        return self.y - 14 if self.away >= 0 else self.y + 24

    @property
    def anchor(self) -> str:
        """Which end of that name stands at the point, so that it stays within the drawing."""
        return "end" if self.x > WIDTH - RIGHT - 70 else "start" if self.x < LEFT + 140 else "middle"


@dataclass(frozen=True, slots=True)
class Label:
    """A line's name and value at the right edge."""

    key: str
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """One chart of a pair, drawn. Lines are SVG paths; `zones` are those at 1 and 2 sigma on both sides."""

    height: int
    marks: tuple[Mark, ...]
    line: str
    center: str
    upper: str
    lower: str
    zones: tuple[str, ...]
    labels: tuple[Label, ...]


def figure(value: float | None, digits: int = 5) -> str:
    """A number as charts show it, in so many significant digits; a dash where there is none.

    >>> figure(10.0), figure(9.98123456), figure(0.00012345678), figure(1234567.0), figure(None)
    ('10', '9.9812', '0.00012346', '1234567', '—')
    """
    if value is None:
        return "—"
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "—"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(places, 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def draw(points: Sequence[Any], reading: Reading, *, spread: bool = False) -> Band | None:
    """The upper chart of these points (rows of `quality.chart`), or the lower one; None where there is none."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    height = LOW_HEIGHT if spread else HEIGHT
    limits = [point.spread if spread else point.limits for point in points]
    if spread and not any(limits):
        return None
    values = [None if spread and at is None else at.value if at else point.value for point, at in
              zip(points, limits, strict=True)]  # fmt: skip
    y = _scale([*values, *(edge for at in limits if at for edge in (at.lower, at.center, at.upper))], height)
    marks = tuple(
        Mark(
            round(LEFT + index * step, 1), round(y(value), 1), point.number, figure(value),
            reading.clock.full(point.at), _worst_first(one.rule for one in point.rules if one.spread == spread),
            0.0 if at is None else value - at.center, point.left_out is not None,
        )
        for index, (point, value, at) in enumerate(zip(points, values, limits, strict=True))
        if value is not None
    )  # fmt: skip
    return Band(
        height=height, marks=marks, line="M" + "L".join(f"{mark.x} {mark.y}" for mark in marks) if marks else "",
        center=_steps([at.center if at else None for at in limits], step, y),
        upper=_steps([at.upper if at else None for at in limits], step, y),
        lower=_steps([at.lower if at else None for at in limits], step, y),
        zones=() if spread else tuple(_steps([_zone(at, by) for at in limits], step, y) for by in (-2, -1, 1, 2)),
        labels=_labels(limits[-1] if limits else None, y),
    )  # fmt: skip


def _worst_first(rules: Iterable[str]) -> tuple[str, ...]:
    """The rule that a single point breaks goes before those of rows."""
    return tuple(sorted(rules, key=lambda rule: rule != "beyond_3"))


def _zone(at: Any, by: int) -> float | None:
    """The line `by` sigma from the centre, where it lies within the limits."""
    if at is None or at.sigma <= 0:
        return None
    value: float = at.center + by * at.sigma
    return None if at.lower is not None and value < at.lower else value


def _scale(values: Sequence[float | None], height: int) -> Callable[[float], float]:
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high <= low:
        low, high = low - max(1.0, abs(low)) * 0.01, high + max(1.0, abs(high)) * 0.01
    margin = (high - low) * _MARGIN
    top, extent = high + margin, high - low + 2 * margin
    return lambda value: (top - value) / extent * height


def _steps(values: Sequence[float | None], step: float, y: Callable[[float], float]) -> str:
    """A stepped line: level around each point, broken where there is no value."""
    path, at = [], None
    for index, value in enumerate(values):
        if value is None:
            at = None
            continue
        left, right = LEFT + (index - 0.5) * step, LEFT + (index + 0.5) * step
        height = round(y(value), 1)
        path.append(
            f"{'M' if at is None else 'L'}{max(0.0, left):.1f} {height}L{min(right, WIDTH - RIGHT + 8):.1f} {height}"
        )
        at = height
    return "".join(path)


def _labels(at: Any, y: Callable[[float], float]) -> tuple[Label, ...]:
    """The names of the lines, pushed apart where they would cover each other."""
    if at is None:
        return ()
    found = [("ucl", at.upper), ("cl", at.center), ("lcl", at.lower)]
    labels: list[Label] = []
    for key, value in found:
        if value is not None:
            least = labels[-1].y + _LABEL_GAP if labels else 10.0
            labels.append(Label(key, round(max(y(value) + 4, least), 1), figure(value)))
    return tuple(labels)
