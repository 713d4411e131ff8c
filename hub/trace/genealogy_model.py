"""Where the lots of a genealogy stand when it is drawn: origins to the left, what became of it to the right. Pure.

Columns follow the longest way from the lot in the middle, so that every line runs from left to right. Lengths are
in pixels of the drawing. Of a very large genealogy the nearest lots are drawn and the rest is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

BOX_W: Final = 168
BOX_H: Final = 48
GAP_X: Final = 96
GAP_Y: Final = 18
LABEL_X: Final = 42
MARGIN: Final = 8
MOST: Final = 60
"""Lots drawn in each direction."""


class Line(msgspec.Struct, frozen=True):
    """So much of one lot went into another."""

    from_lot: str
    to_lot: str
    amount: str


class Box(msgspec.Struct, frozen=True):
    """A lot at its place; `x`, `y` the left upper corner."""

    lot: str
    item: str | None
    x: int
    y: int
    middle: bool


class Curve(msgspec.Struct, frozen=True):
    """A line from box to box: an SVG path, and where its amount is written."""

    path: str
    amount: str
    x: int
    y: int


class Drawing(msgspec.Struct, frozen=True):
    """The whole; `left_out`: lots that are not drawn."""

    width: int
    height: int
    boxes: list[Box]
    curves: list[Curve]
    left_out: int


def columns(start: str, lines: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many links each lot is away from `start`, by the longest way; lines lead away from it, without circles."""
    following: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    for near, far in lines:
        following.setdefault(near, []).append(far)
        waiting[far] = waiting.get(far, 0) + 1
    found, ready = {start: 0}, [start]
    while ready:
        near = ready.pop()
        for far in following.get(near, ()):
            found[far] = max(found.get(far, 0), found[near] + 1)
            waiting[far] -= 1
            if waiting[far] == 0:
                ready.append(far)
    return found


def nearest(start: str, lines: Sequence[tuple[str, str]], most: int = MOST) -> set[str]:
    """The lots next to `start`, at most so many; lines lead away from it."""
    following: dict[str, list[str]] = {}
    for near, far in lines:
        following.setdefault(near, []).append(far)
    found, ring = {start: None}, [start]
    while ring and len(found) <= most:
        ring = list({far: None for near in ring for far in sorted(following.get(near, ())) if far not in found})
        found |= dict.fromkeys(ring[: most + 1 - len(found)])
    return set(found)


def draw(start: str, back: Sequence[Line], forward: Sequence[Line], items: Mapping[str, str | None]) -> Drawing:
    """The drawing of a lot with its relatives on both sides."""
    upstream = [(line.to_lot, line.from_lot) for line in back]
    downstream = [(line.from_lot, line.to_lot) for line in forward]
    shown = nearest(start, upstream) | nearest(start, downstream)
    lines = [line for line in (*back, *forward) if {line.from_lot, line.to_lot} <= shown]
    place = {lot: -far for lot, far in columns(start, _within(upstream, shown)).items()}
    place |= columns(start, _within(downstream, shown))
    boxes = _boxes(place, lines, items, start)
    at = {box.lot: box for box in boxes}
    return Drawing(
        width=max(box.x for box in boxes) + BOX_W + MARGIN, height=max(box.y for box in boxes) + BOX_H + MARGIN,
        boxes=boxes, curves=_curves(lines, at),
        left_out=len({lot for pair in (*upstream, *downstream) for lot in pair} - shown),
    )  # fmt: skip


def _within(lines: Sequence[tuple[str, str]], shown: set[str]) -> list[tuple[str, str]]:
    return [line for line in lines if set(line) <= shown]


def _boxes(place: Mapping[str, int], lines: Sequence[Line], items: Mapping[str, str | None], start: str) -> list[Box]:
    """Lots in their columns, each near the middle of those it hangs on; columns stand around one centre line."""
    rows: dict[int, list[str]] = {}
    for lot, column in sorted(place.items()):
        rows.setdefault(column, []).append(lot)
    order: dict[str, float] = {start: 0.0}
    for column in sorted(rows, key=abs):
        inner = {lot: _mean_row(lot, lines, order) for lot in rows[column]}
        rows[column].sort(key=lambda lot: (inner[lot], lot))
        order |= {lot: float(number) for number, lot in enumerate(rows[column])}
    tallest = max(len(lots) for lots in rows.values())
    first = min(rows)
    return [
        Box(
            lot, items.get(lot), MARGIN + (column - first) * (BOX_W + GAP_X),
            MARGIN + round((number + (tallest - len(lots)) / 2) * (BOX_H + GAP_Y)), lot == start,
        )
        for column, lots in rows.items()
        for number, lot in enumerate(lots)
    ]  # fmt: skip


def _mean_row(lot: str, lines: Sequence[Line], order: Mapping[str, float]) -> float:
    """Around which row the lots stand that this one hangs on."""
    ends = [line.from_lot for line in lines if line.to_lot == lot]
    ends += [line.to_lot for line in lines if line.from_lot == lot]
    known = [order[end] for end in ends if end in order]
    return sum(known) / len(known) if known else 0.0


def _curves(lines: Sequence[Line], at: Mapping[str, Box]) -> list[Curve]:
    """Amounts are written at the end of a line where fewer lines meet, so that they do not cover each other."""
    leaving, coming = Counter(line.from_lot for line in lines), Counter(line.to_lot for line in lines)
    return [
        _curve(at[line.from_lot], at[line.to_lot], line.amount, late=coming[line.to_lot] <= leaving[line.from_lot])
        for line in lines
    ]


def _curve(from_: Box, to: Box, amount: str, *, late: bool) -> Curve:
    x1, y1, x2, y2 = from_.x + BOX_W, from_.y + BOX_H // 2, to.x, to.y + BOX_H // 2
    bend = max((x2 - x1) // 2, GAP_X // 2)
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return Curve(path, amount, x2 - LABEL_X if late else x1 + LABEL_X, (y2 if late else y1) - 6)
