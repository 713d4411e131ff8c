"""What the templates of one machine's page show, made of the gate's rows. Pure; times local only in texts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from contract.times import to_us
from hub.web.daychart import Bar, Tick, View, bar, day_shapes, overview_shapes, ticks
from hub.web.layout import Reading
from hub.web.states import STATES, look
from hub.web.strips import Shape, Span, clip, totals
from hub.web.times import at, iso

MAX_RUNS: Final = 300
MAX_SPANS: Final = 4000


@dataclass(frozen=True, slots=True)
class Total:
    """The time of one state within the window; `share` in percent."""

    state: str
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as a row of the table; `a` and `b` in ms since 1970."""

    program: str
    start: str
    start_iso: str
    end: str | None
    active: str
    held: str
    blind: str
    elapsed: str
    complete: bool
    steps: tuple[str, ...]
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One alarm or warning as a row of the table."""

    level: str
    code: str | None
    text: str
    start: str
    end: str | None
    duration: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Day:
    """All that follows the shown window."""

    view: View
    shapes: list[Shape]
    overview: list[Shape]
    ticks: list[Tick]
    spans: str
    run_bars: list[Bar]
    alarm_bars: list[Bar]
    totals: list[Total]
    elapsed: str
    known: float | None
    runs: list[RunLine]
    run_count: int
    complete_count: int
    conditions: list[ConditionLine]
    from_text: str
    to_text: str


def spans_of(rows: Iterable[Any]) -> list[Span]:
    """Rows of `timeline.states` as spans."""
    return [Span(to_us(row.start), to_us(row.end), look(row.state).state, row.program) for row in rows]


def build_day(
    spans: Sequence[Span], runs: Sequence[Any], conditions: Sequence[Any], view: View, reading: Reading
) -> Day:
    """The parts that follow the window, from the day's spans and the runs and conditions that touch it."""
    seconds = totals(spans, view.from_us, view.end_us) if view.end_us > view.from_us else {}
    elapsed_s = (view.end_us - view.from_us) / 1e6
    shown = whole_seconds(seconds)
    clock = reading.clock
    in_window = [row for row in runs if _touches(row.started_at, row.ended_at, view)]
    newest_first = sorted(in_window, key=lambda row: row.started_at, reverse=True)
    return Day(
        view=view,
        shapes=day_shapes(spans, view),
        overview=overview_shapes(spans, view),
        ticks=ticks(view, clock),
        spans=_spans_json(spans, view),
        run_bars=[_run_bar(row, view, reading) for row in newest_first[:MAX_RUNS]],
        alarm_bars=[_alarm_bar(row, view) for row in conditions if row.level != "normal"],
        totals=[
            Total(state, clock.exact(shown[state]), seconds[state] / elapsed_s * 100)
            for state in sorted(STATES, key=lambda state: -seconds.get(state, 0.0))
            if seconds.get(state)
        ],
        elapsed=clock.exact(elapsed_s),
        known=None if not elapsed_s else floor_to_tenth((1 - seconds.get("unknown", 0.0) / elapsed_s) * 100),
        runs=[_run_line(row, view, reading) for row in newest_first[:MAX_RUNS]],
        run_count=len(in_window),
        complete_count=sum(bool(row.complete) for row in in_window),
        conditions=[_condition_line(row, view, reading) for row in reversed(conditions) if row.level != "normal"],
        from_text=clock.hms(at(view.from_us)),
        to_text="24:00:00" if view.to_us == view.next_us else clock.hms(at(view.to_us)),
    )


def whole_seconds(seconds: Mapping[str, float]) -> dict[str, int]:
    """Whole seconds that still add up to the rounded sum: those with the largest remainders are rounded up.

    >>> whole_seconds({"running": 1.4, "idle": 1.4, "held": 1.2})
    {'running': 2, 'idle': 1, 'held': 1}
    """
    whole = {state: int(value) for state, value in seconds.items()}
    missing = round(sum(seconds.values())) - sum(whole.values())
    by_remainder = sorted(seconds, key=lambda state: whole[state] - seconds[state])
    for state in by_remainder[: max(0, missing)]:
        whole[state] += 1
    return whole


def floor_to_tenth(percent: float) -> float:
    """Cut to one decimal, not rounded: what is not wholly known is never called 100 %.

    >>> floor_to_tenth(99.99), floor_to_tenth(100.0)
    (99.9, 100.0)
    """
    return math.floor(percent * 10 + 1e-9) / 10


def _touches(start: datetime, end: datetime | None, view: View) -> bool:
    return to_us(start) < view.to_us and (end is None or to_us(end) > view.from_us)


def _end_us(end: datetime | None, view: View) -> int:
    return to_us(end) if end is not None else max(view.now_us, view.day_us)


def _spans_json(spans: Sequence[Span], view: View) -> str:
    """``[[from ms, to ms, state, program], …]`` for the pointer; the window's alone where the day has very many."""
    shown = clip(spans, view.day_us, view.next_us)
    if len(shown) > MAX_SPANS:
        shown = clip(spans, view.from_us, view.to_us)[:MAX_SPANS]
    rows = [(s.start_us // 1000, s.end_us // 1000, s.state, s.program) for s in shown]
    return msgspec.json.encode(rows).decode()


def _run_bar(row: Any, view: View, reading: Reading) -> Bar:
    kind = "open" if row.ended_at is None else "complete" if row.complete else "partial"
    label = row.program or reading.words("runs.unnamed")
    return bar(view, to_us(row.started_at), _end_us(row.ended_at, view), label, kind)


def _alarm_bar(row: Any, view: View) -> Bar:
    label = " ".join(part for part in (row.code, row.text) if part) or row.id
    return bar(view, to_us(row.start), _end_us(row.end, view), label, row.level or "unknown")


def _run_line(row: Any, view: View, reading: Reading) -> RunLine:
    clock = reading.clock
    steps: list[str] = []
    for step in row.signature or ():
        if not steps or steps[-1] != step:
            steps.append(step)
    return RunLine(
        program=row.program or reading.words("runs.unnamed"),
        start=clock.hms(row.started_at),
        start_iso=iso(row.started_at),
        end=clock.hms(row.ended_at) if row.ended_at is not None else None,
        active=clock.exact(row.active_s),
        held=clock.exact(row.held_s),
        blind=clock.exact(row.blind_s),
        elapsed=clock.exact(row.elapsed_s),
        complete=bool(row.complete),
        steps=tuple(steps),
        a=to_us(row.started_at) // 1000,
        b=_end_us(row.ended_at, view) // 1000,
    )


def _condition_line(row: Any, view: View, reading: Reading) -> ConditionLine:
    clock = reading.clock
    end_us = _end_us(row.end, view)
    return ConditionLine(
        level=row.level or "unknown",
        code=row.code,
        text=row.text or row.id,
        start=clock.hms(row.start),
        end=clock.hms(row.end) if row.end is not None else None,
        duration=clock.span((end_us - to_us(row.start)) / 1e6),
        a=to_us(row.start) // 1000,
        b=end_us // 1000,
    )


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal with its newest value as a row of the table."""

    name: str
    label: str | None
    value: str
    unit: str
    plain_unit: str
    quality: str
    code: str | None
    reason: str | None
    at_iso: str
    telemetry: bool


_UNITS: Final = {"Cel": "℃", "/min": "min⁻¹", "rpm": "min⁻¹", "deg": "°", "um": "µm", "1": ""}
"""UCUM codes that people write another way."""


def unit_text(unit: str | None) -> str:
    """A UCUM unit as people write it; empty where there is none."""
    return _UNITS.get(unit, unit) if unit else ""


def signal_line(row: Any, reading: Reading) -> SignalLine:
    """A row of `machines.signals`."""
    known = row.value is not None and row.quality != "bad"
    return SignalLine(
        name=row.signal,
        label=reading.words(f"signal.{row.signal}") if reading.words.has(f"signal.{row.signal}") else None,
        value=_value_text(row.value) if known else reading.words("none"),
        unit=unit_text(row.unit) if known else "",
        plain_unit=unit_text(row.unit),
        quality="bad" if row.bad else (row.quality or "unknown"),
        code=row.code,
        reason=row.reason,
        at_iso=iso(row.at),
        telemetry=row.telemetry,
    )


def _value_text(value: object) -> str:
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,}" if isinstance(value, int) else str(value)
