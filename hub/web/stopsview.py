"""What the templates of the stops page show, made of the gate's rows. Pure; times local only in texts.

Times are microseconds since 1970 (``_us``) where they travel in forms.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from contract.times import to_us
from hub.web.layout import Reading
from hub.web.states import look
from hub.web.times import iso

ONE_TAP: Final = 10
"""So many unexplained stops have their reasons beside them; the others are opened first."""
NOT_LOST: Final = frozenset({"running"})
By = Literal["reason", "machine"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason to choose, in the reader's language."""

    code: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop as a row of the list, from `start_us`; of one that lasts, `from_us` may lie on a day before."""

    id: str
    machine: str
    name: str
    href: str
    start: str
    start_iso: str
    end: str | None
    duration: str
    tick_iso: str
    state: str
    kind: str
    code: str | None
    label: str | None
    group: str
    text: str | None
    operator: str | None
    start_us: int
    from_us: int
    to_us: int
    open: bool
    one_tap: bool


@dataclass(frozen=True, slots=True)
class LossBar:
    """One bar of the Pareto; shares in percent of all that was lost, `before` and `after` cumulative."""

    kind: str
    label: str
    group: str
    time: str
    minutes: int
    count: int
    share: float
    length: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Totals:
    """What planned time went to, in words; `explained` in percent of stop time, None where nothing stood."""

    stopped: str
    unexplained: str
    short: str
    unknown: str
    running: str
    explained: int | None


def choices(settings: Any, reading: Reading) -> list[Choice]:
    """The company's reasons in the reader's language."""
    lang = reading.words.lang
    return [Choice(one.code, one.ja if lang == "ja" else one.en, one.group) for one in settings.reasons]


def stop_lines(
    rows: Iterable[Any], reasons: Sequence[Choice], reading: Reading, now: datetime, least_s: float
) -> list[StopLine]:
    """Rows of `stops.stops` as lines: machines that stand still first, then the newest first.

    One tap is offered for what lasted `least_s` or longer.
    """
    by_code = {one.code: one for one in reasons}
    lines: list[StopLine] = []
    offered = 0
    for row in sorted(rows, key=lambda row: (row.open, row.start, row.site, row.machine), reverse=True):
        # what is left of a stop beside its reasons may be a second or two: not worth a row of buttons
        unexplained = row.kind == "stop" and row.code is None and (row.open or row.duration_s >= least_s)
        offered += unexplained
        lines.append(_line(row, by_code, reading, now, one_tap=unexplained and offered <= ONE_TAP))
    return lines


def _line(row: Any, by_code: Mapping[str, Choice], reading: Reading, now: datetime, *, one_tap: bool) -> StopLine:
    clock, key, start_us = reading.clock, f"{row.site}/{row.machine}", to_us(row.start)
    reason = by_code.get(row.code) if row.code is not None else None
    return StopLine(
        id=f"s_{row.site}_{row.machine}_{start_us}", machine=key, name=row.name or row.machine,
        href=f"/machines/{key}", start=clock.moment(row.start, now), start_iso=iso(row.start),
        end=None if row.open else clock.moment(row.end, now), duration=clock.span(row.duration_s),
        tick_iso=iso(row.start) if row.open else "", state=look(row.state).state, kind=row.kind, code=row.code,
        label=row.code if reason is None else reason.label, group="none" if row.code is None else
        "other" if reason is None else reason.group, text=row.text, operator=row.operator,
        start_us=start_us, from_us=to_us(row.since) if row.open else start_us,
        to_us=to_us(row.end), open=row.open, one_tap=one_tap,
    )  # fmt: skip


def losses(rows: Iterable[Any], reasons: Sequence[Choice], by: By, reading: Reading) -> list[LossBar]:
    """Rows of `stops.pareto` as bars, by reason or by machine, the largest first; running time is not lost."""
    by_code = {one.code: one for one in reasons}
    seconds: dict[tuple[str, str, str], float] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.kind in NOT_LOST:
            continue
        key = ("machine", row.name, "none") if by == "machine" else _named(row, by_code, reading)
        seconds[key] = seconds.get(key, 0.0) + row.total_s
        counts[key] = counts.get(key, 0) + row.count
    return _bars(seconds, counts, reading)


def _named(row: Any, by_code: Mapping[str, Choice], reading: Reading) -> tuple[str, str, str]:
    if row.kind != "reason":
        return row.kind, reading.words(f"stops.kind.{row.kind}"), "none"
    reason = by_code.get(row.code)
    return "reason", row.code if reason is None else reason.label, row.group or "other"


def _bars(
    seconds: Mapping[tuple[str, str, str], float], counts: Mapping[tuple[str, str, str], int], reading: Reading
) -> list[LossBar]:
    whole, most = sum(seconds.values()), max(seconds.values(), default=0.0)
    bars: list[LossBar] = []
    before = 0.0
    for key in sorted(seconds, key=lambda key: -seconds[key]):
        share = seconds[key] / whole * 100 if whole else 0.0
        bars.append(LossBar(
            key[0], key[1], key[2], reading.clock.span(seconds[key]), round(seconds[key] / 60), counts[key], share,
            seconds[key] / most * 100 if most else 0.0, before, min(100.0, before + share),
        ))  # fmt: skip
        before += share
    return bars


def totals(rows: Iterable[Any], reading: Reading) -> Totals:
    """Sums over rows of `stops.pareto`."""
    sums: dict[str, float] = {}
    for row in rows:
        sums[row.kind] = sums.get(row.kind, 0.0) + row.total_s
    span, explained, silent = reading.clock.span, sums.get("reason", 0.0), sums.get("unexplained", 0.0)
    stopped = explained + silent
    return Totals(
        span(stopped), span(silent), span(sums.get("short", 0.0)), span(sums.get("unknown", 0.0)),
        span(sums.get("running", 0.0)), int(explained / stopped * 100) if stopped else None,
    )  # fmt: skip
