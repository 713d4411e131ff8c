"""What a stop is, and why it was: standing within planned time, with reasons laid over it (DESIGN §6.4). Pure.

A machine stands where its state is neither `running` nor `unknown`. A stretch of standing within planned time is a
stop where it lasts at least the threshold, otherwise a short one, counted but not listed. Unknown time is no stop: it
is told as unknown. Nothing of this is stored; it is computed from the timeline, which reasons never touch.

A reason covers ``[from, to)`` and so splits a stop at its borders. Where reasons overlap the latest counts, by the time
it was given, then by (epoch_no, seq): whatever order they arrive in, the same one wins. One that says `ongoing` goes on
from `to` until the end of the stretch that `to` lies in; with nothing between `from` and `to` it names that whole
stretch. Tapped where the machine is not known to stand, it means the stretch that begins within the threshold after it:
the machine's own word comes later, or by another clock. An empty code takes back what was said. Reasons share out the
time of a stop; they never add to it.

Times are microseconds since 1970, UTC; ranges half-open.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from hub.calendars.model import subtract, union
from hub.timeline.fold import Interval

Span: TypeAlias = tuple[int, int]
DEFAULT_THRESHOLD_S: Final = 120
WITHDRAWN: Final = ""
GROUPS: Final = ("planned", "changeover", "waiting", "breakdown", "quality", "other")
Group: TypeAlias = Literal["planned", "changeover", "waiting", "breakdown", "quality", "other"]


class ReasonCode(msgspec.Struct, frozen=True):
    """A reason to choose from: its code, its words, and what sort of loss it is."""

    code: str
    ja: str
    en: str
    group: Group


DEFAULT_REASONS: Final = (
    ReasonCode("setup", "段取り", "Setup", "changeover"),
    ReasonCode("tool-change", "工具・金型交換", "Tool change", "changeover"),
    ReasonCode("material", "材料待ち", "Waiting for material", "waiting"),
    ReasonCode("operator", "作業者不在", "No operator", "waiting"),
    ReasonCode("instruction", "指示・図面待ち", "Waiting for instructions", "waiting"),
    ReasonCode("breakdown", "故障", "Breakdown", "breakdown"),
    ReasonCode("maintenance", "保全・清掃", "Maintenance, cleaning", "planned"),
    ReasonCode("no-work", "計画停止・仕事なし", "Planned stop, no work", "planned"),
    ReasonCode("quality", "品質確認・手直し", "Quality check, rework", "quality"),
    ReasonCode("meeting", "朝礼・会議", "Meeting", "planned"),
    ReasonCode("break", "休憩", "Break", "planned"),
    ReasonCode("other", "その他", "Other", "other"),
)
"""What a company begins with; it may change all of it."""


class Given(msgspec.Struct, frozen=True):
    """A reason as somebody gave it; `code` empty takes back what was said of ``[from_us, to_us)``."""

    from_us: int
    to_us: int
    code: str
    text: str | None
    operator: str | None
    ongoing: bool
    at_us: int
    epoch_no: int
    seq: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Of two that overlap the higher one counts."""
        return self.at_us, self.epoch_no, self.seq


class Standing(msgspec.Struct, frozen=True):
    """A whole stretch of one sort within planned time: standing, or unknown; with the intervals it is made of."""

    start_us: int
    end_us: int
    unknown: bool
    parts: tuple[Interval, ...]


class Stop(msgspec.Struct, frozen=True):
    """A stop, or a piece of one that has a reason of its own. `code` None: unexplained. `state`: what it mostly was.

    `since_us`: where it began, if the window cut that off; None where `start_us` is its beginning.
    """

    start_us: int
    end_us: int
    state: str
    code: str | None
    text: str | None
    operator: str | None
    open: bool
    since_us: int | None = None


class Looked(msgspec.Struct, frozen=True):
    """All planned time of a machine within a window: what ran, stood, stood shortly, and is not known."""

    stops: tuple[Stop, ...]
    unknown: tuple[Span, ...]
    planned_us: int
    running_us: int
    short_us: int
    short_count: int

    @property
    def stop_us(self) -> int:
        """Time of all stops."""
        return sum(stop.end_us - stop.start_us for stop in self.stops)

    @property
    def unknown_us(self) -> int:
        """Unknown time within planned time."""
        return sum(b - a for a, b in self.unknown)


def stretches(intervals: Sequence[Interval], planned: Sequence[Span]) -> list[Standing]:
    """Stretches of standing and of unknown time within the planned spans (sorted, apart), by start."""
    found: list[Standing] = []
    first = 0
    for start, end in planned:
        while first < len(intervals) and intervals[first].end_us <= start:
            first += 1
        for interval in intervals[first:]:
            if interval.start_us >= end:
                break
            _add(found, interval, max(interval.start_us, start), min(interval.end_us, end))
    return found


def _add(found: list[Standing], interval: Interval, start: int, end: int) -> None:
    if interval.state == "running" or end <= start:
        return
    unknown = interval.state == "unknown"
    part = Interval(start, end, interval.state, interval.program)
    last = found[-1] if found else None
    if last is not None and last.end_us == start and last.unknown == unknown:
        found[-1] = Standing(last.start_us, end, unknown, (*last.parts, part))
    else:
        found.append(Standing(start, end, unknown, (part,)))


def explained(stretch: Standing, givens: Iterable[Given]) -> list[tuple[Span, Given | None]]:
    """A stretch shared out among reasons, by start; the pieces tile it. None: nobody gave one, or it was taken back."""
    left: list[Span] = [(stretch.start_us, stretch.end_us)]
    pieces: list[tuple[Span, Given | None]] = []
    for given in sorted(givens, key=lambda one: one.rank, reverse=True):
        covers = _covers(given, stretch)
        rest = subtract(left, [covers] if covers[1] > covers[0] else [])
        taken = subtract(left, rest)
        pieces += [(span, None if given.code == WITHDRAWN else given) for span in taken]
        left = rest
    pieces += [(span, None) for span in left]
    return _joined(sorted(pieces, key=lambda piece: piece[0]))


def _covers(given: Given, stretch: Standing) -> Span:
    if not given.ongoing or not stretch.start_us <= given.to_us <= stretch.end_us:
        return given.from_us, given.to_us
    whole = given.from_us >= given.to_us
    return (stretch.start_us if whole else given.from_us), stretch.end_us


def _meant(given: Given, found: Sequence[Standing], slack_us: int) -> Given:
    """An ongoing reason at the standing it was given for; as it is where it was given during one, or far from any."""
    if not given.ongoing:
        return given
    for stretch in found:
        if stretch.unknown or stretch.end_us < given.to_us:
            continue
        if given.to_us < stretch.start_us <= given.to_us + slack_us:
            start = stretch.start_us
            return msgspec.structs.replace(
                given, from_us=start if given.from_us >= given.to_us else given.from_us, to_us=start
            )
        return given
    return given


def _joined(pieces: list[tuple[Span, Given | None]]) -> list[tuple[Span, Given | None]]:
    """Neighbours that say the same are one piece."""
    joined: list[tuple[Span, Given | None]] = []
    for span, given in pieces:
        if joined and _says(joined[-1][1]) == _says(given):
            joined[-1] = ((joined[-1][0][0], span[1]), given)
        else:
            joined.append((span, given))
    return joined


def _says(given: Given | None) -> tuple[str, str | None, str | None] | None:
    return None if given is None else (given.code, given.text, given.operator)


def looked(
    intervals: Sequence[Interval], planned: Sequence[Span], givens: Sequence[Given], threshold_us: int, window: Span,
    open_us: int | None = None,
) -> Looked:  # fmt: skip
    """What a machine's planned time within `window` went to.

    `intervals` and `planned` may reach beyond the window: whether a stretch is long enough is judged by all of it that
    is given. `open_us`: where the interval that still lasts ends for now; None where the machine does not stand now.
    """
    stops: list[Stop] = []
    unknown: list[Span] = []
    short: list[Span] = []
    found = stretches(intervals, planned)
    meant = [_meant(one, found, threshold_us) for one in givens]
    for stretch in found:
        if stretch.unknown:
            unknown.append((stretch.start_us, stretch.end_us))
        elif stretch.end_us - stretch.start_us < threshold_us:
            short.append((stretch.start_us, stretch.end_us))
        else:
            stops += _stops(stretch, meant, window, open_us)
    inside = [_cut(span, window) for span in short]
    covered = union(_cut((i.start_us, i.end_us), window) for i in intervals)
    spans = [_cut(span, window) for span in planned]
    ran = [_cut((i.start_us, i.end_us), window) for i in intervals if i.state == "running"]
    return Looked(
        tuple(stops), tuple(span for span in (_cut(one, window) for one in unknown) if span[1] > span[0]),
        _length(spans) - _length(subtract(spans, covered)), _length(ran) - _length(subtract(ran, union(spans))),
        _length(inside), sum(b > a for a, b in inside),
    )  # fmt: skip


def _stops(stretch: Standing, givens: Sequence[Given], window: Span, open_us: int | None) -> list[Stop]:
    touching = [one for one in givens if one.from_us < stretch.end_us and (one.ongoing or one.to_us > stretch.start_us)]
    found = []
    for span, given in explained(stretch, touching):
        start, end = _cut(span, window)
        if end > start:
            code, text, operator = (None, None, None) if given is None else (given.code, given.text, given.operator)
            lasts = open_us is not None and span[1] == open_us
            since = span[0] if span[0] < start else None
            found.append(Stop(start, end, _mostly(stretch, start, end), code, text, operator, lasts, since))
    return found


def _mostly(stretch: Standing, start: int, end: int) -> str:
    lengths: dict[str, int] = {}
    for part in stretch.parts:
        inside = min(part.end_us, end) - max(part.start_us, start)
        if inside > 0:
            lengths[part.state] = lengths.get(part.state, 0) + inside
    return max(lengths, key=lambda state: lengths[state])


def _cut(span: Span, window: Span) -> Span:
    start, end = max(span[0], window[0]), min(span[1], window[1])
    return (start, end) if end > start else (start, start)


def _length(spans: Iterable[Span]) -> int:
    return sum(max(0, b - a) for a, b in spans)
