"""Which operation a run was for (DESIGN §6.5). Pure; the same statements give the same answer in any order.

First that says something: a person's binding afterwards (the latest word) → what the machine said (its signals `order`
and `operation`) → what was started at the machine (the latest start that was not finished) → the program's table, where
exactly one open operation is in it, or all of them where one run cuts them all (`nest`). Else the run belongs to
nothing, which is listed. Times are microseconds since 1970; a run is judged by its start.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

Source: TypeAlias = Literal["person", "signals", "start", "program"]
Key: TypeAlias = tuple[str, str]
"""(order, operation)."""
TakenUp: TypeAlias = tuple[tuple[Key, tuple[int, bool]], ...]
"""Operations that were taken up at a machine: since when, and whether it is not paused; the latest one at the end."""
HOLDS_US: Final = 60 * 86_400_000_000
"""A start that nobody finished is taken to hold for so long: else it would be carried along for ever."""
PIERCE_AS_MM: Final = 40.0
"""Piercing once takes about as long as cutting so far: how a sheet's time is shared where both are known."""


class Ran(msgspec.Struct, frozen=True):
    """One run, and how many parts began in it; `strokes`: how often its counter went up."""

    started_us: int
    ended_us: int
    program: str | None
    parts: int
    strokes: int
    active_us: int


class Line(msgspec.Struct, frozen=True):
    """A line of a program's table: one run makes so many of an operation. It held for runs that started in a time."""

    order: str
    operation: str
    quantity: int
    cut_mm: float | None = None
    pierces: int | None = None
    from_us: int = -(2**62)
    until_us: int | None = None

    @property
    def key(self) -> Key:
        """The operation it is about."""
        return self.order, self.operation


class Binding(msgspec.Struct, frozen=True):
    """A person's word about runs that started in ``[from_us, until_us)`` (None: from then on), of one program or any.

    bind: they were for `key`. nothing: they were for no order. rules: what was said before does not hold.
    """

    number: int
    program: str | None
    from_us: int
    until_us: int | None
    kind: Literal["bind", "nothing", "rules"]
    key: Key | None


class Tap(msgspec.Struct, frozen=True):
    """A report made at the machine."""

    at_us: int
    order: tuple[int, int]
    key: Key
    action: str


class Open(msgspec.Struct, frozen=True):
    """An operation that there is: until when its order was open, its bends, and when it was finished or taken up."""

    closed_us: int | None = None
    bends: int | None = None
    turns: tuple[tuple[int, bool], ...] = ()

    def at(self, us: int) -> bool:
        """Whether work on it could be expected at a time: the order not closed, the operation not finished."""
        if self.closed_us is not None and self.closed_us <= us:
            return False
        before = bisect_right(self.turns, (us, True))
        return before == 0 or not self.turns[before - 1][1]


class Statements(msgspec.Struct, frozen=True, kw_only=True):
    """All that was said about one machine's runs, each list in order of time (bindings: of their numbers)."""

    rule: str | None = None
    bindings: Sequence[Binding] = ()
    orders: Sequence[tuple[int, str | None]] = ()
    operations: Sequence[tuple[int, str | None]] = ()
    under_way: Sequence[tuple[int, "TakenUp"]] = ()
    lines: Mapping[str, Sequence[Line]] = {}
    known: Mapping[Key, Open] = {}


class Share(msgspec.Struct, frozen=True):
    """What of a run was for one operation. `named`: the order its machine named.

    `key` None: it belongs to nothing; where a person said so `source` is person, and it is not listed.
    """

    key: Key | None
    source: Source | None
    quantity: int
    strokes: int
    active_us: float
    named: str | None


def shares(run: Ran, said: Statements) -> tuple[Share, ...]:
    """What a run was for: one share, or one for each operation that its sheet is cut into."""
    named = _value_at(said.orders, run.started_us)
    lines = _lines_at(run, said)
    key, source = _stated(run, said, named)
    cut = [line for line in lines if line.key in said.known] if _is(said.rule, "nest") else []
    if cut and (source is None or (source != "person" and key in {line.key for line in cut})):
        return _split(run, cut, named)
    if source is not None:
        return (_whole(run, key, source, said, named),) if key is not None else _none(run, named, source)
    fitting = [line.key for line in lines if (found := said.known.get(line.key)) and found.at(run.started_us)]
    if len(fitting) == 1:
        return (_whole(run, fitting[0], "program", said, named),)
    return _none(run, named)


def _stated(run: Ran, said: Statements, named: str | None) -> tuple[Key | None, Source | None]:
    """What somebody or the machine said the run was for; (None, person): a person said it was for nothing."""
    for binding in reversed(said.bindings):
        if _covers(binding, run, said.known):
            if binding.kind == "rules":
                break
            if binding.kind == "nothing" or binding.key in said.known:
                return binding.key, "person"
    operation = _value_at(said.operations, run.started_us)
    if named is not None:
        of_order = [key for key in said.known if key[0] == named]
        if operation is not None and (named, operation) in said.known:
            return (named, operation), "signals"
        if operation is None and len(of_order) == 1:
            return of_order[0], "signals"
    before = bisect_right(said.under_way, run.started_us, key=lambda each: each[0])
    taken_up = said.under_way[before - 1][1] if before else ()
    held = [(key, working) for key, (since, working) in taken_up if since > run.started_us - HOLDS_US]
    started = [key for key, working in held if working] or [key for key, _ in held]  # paused ones if there is no other
    if started and (key := _latest(started, run, said)) is not None:
        return key, "start"
    return None, None


def _covers(binding: Binding, run: Ran, known: Mapping[Key, Open]) -> bool:
    if run.started_us < binding.from_us or (binding.program is not None and binding.program != run.program):
        return False
    if binding.until_us is not None:
        return run.started_us < binding.until_us
    found = known.get(binding.key) if binding.key is not None else None
    return binding.kind != "bind" or (found is not None and found.at(run.started_us))


def under_way(taps: Iterable[Tap], before: TakenUp = ()) -> list[tuple[int, TakenUp]]:
    """(from when on, what was taken up at a machine and not finished); `before`: what was so before these taps.

    What was taken up more than HOLDS_US ago is left out.
    """
    found: list[tuple[int, TakenUp]] = []
    state = dict(before)
    for tap in sorted(taps, key=lambda each: (each.at_us, each.order)):
        if tap.action in ("start", "resume", "first_ok"):
            state.pop(tap.key, None)
            state[tap.key] = (tap.at_us, True)
        elif tap.action == "pause" and tap.key in state:
            state[tap.key] = (state[tap.key][0], False)
        elif tap.action == "finish":
            state.pop(tap.key, None)
        state = {key: held for key, held in state.items() if held[0] > tap.at_us - HOLDS_US}
        found.append((tap.at_us, tuple(state.items())))
    return found


def _latest(started: Sequence[Key], run: Ran, said: Statements) -> Key | None:
    """Of several the one that the program's table names, else the one taken up last; None where we know none."""
    ours = [key for key in started if key in said.known]
    if len(ours) > 1:
        listed = {line.key for line in _lines_at(run, said)}
        fitting = [key for key in ours if key in listed]
        ours = fitting if len(fitting) == 1 else ours
    return ours[-1] if ours else None


def _lines_at(run: Ran, said: Statements) -> list[Line]:
    lines = said.lines.get(run.program, ()) if run.program is not None else ()
    return [
        line
        for line in lines
        if line.from_us <= run.started_us and (line.until_us is None or run.started_us <= line.until_us)
    ]


def _whole(run: Ran, key: Key, source: Source, said: Statements, named: str | None) -> Share:
    """The run as a whole; where one run makes several the table says how many, unless a counter counts."""
    line = next((line for line in _lines_at(run, said) if line.key == key), None)
    many = line.quantity if line is not None and not _is(said.rule, "counter", "strokes") else 1
    return Share(key, source, run.parts * many, run.strokes, float(run.active_us), named)


def _split(run: Ran, lines: Sequence[Line], named: str | None) -> tuple[Share, ...]:
    """A sheet over the operations that it is cut into: quantities as listed, time by cut length and pierces."""
    weights = weights_of(lines)
    return tuple(
        Share(line.key, "program", run.parts * line.quantity, 0, run.active_us * weight, named)
        for line, weight in zip(lines, weights, strict=True)
    )


def weights_of(lines: Sequence[Line]) -> list[float]:
    """Which part of a sheet's time is each line's: by cut length and pierces, by quantity where a line lacks both."""
    if not lines:
        return []
    cut = [(line.cut_mm or 0.0) + PIERCE_AS_MM * (line.pierces or 0) for line in lines]
    if any(weight <= 0 for weight in cut):
        cut = [float(max(line.quantity, 0)) for line in lines]
    total = sum(cut)
    return [weight / total for weight in cut] if total > 0 else [1 / len(lines)] * len(lines)


def _none(run: Ran, named: str | None, source: Source | None = None) -> tuple[Share, ...]:
    return (Share(None, source, run.parts, run.strokes, float(run.active_us), named),)


def _value_at(values: Sequence[tuple[int, str | None]], at_us: int) -> str | None:
    before = bisect_right(values, at_us, key=lambda each: each[0])
    return values[before - 1][1] if before else None


def _is(rule: str | None, *names: str) -> bool:
    return (rule or "signature").partition(":")[0] in names
