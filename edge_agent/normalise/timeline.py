"""What of one signal's readings must be reported so that the fold by source time says what the readings said.

Two traps are closed here. *Repeats*: a reading that repeats the previous one is dropped, but when an older,
different reading arrives late, the first dropped repeat after it is reported after all, or the late value would
seem to last. *Blindness*: after a lost connection a signal is unknown from the last proof of life on, and the
current value that is read again counts from the moment it was seen, never earlier. Its source time may be from long
before, or from within the blindness: there it would stand beside signals that are not known yet, and the hub would
make a state of the half it sees. (A sample of telemetry is true by itself and keeps a time within the blindness.)

The moment a current value was seen is known only as the arrival of what it came in. A change that follows at once,
with a source time between the two, was true at that moment already: it takes the value's place.

Pure. Times are microseconds since 1970, UTC; `t` is the time the hub folds by (`contract.times.effective_us`).
"""

from bisect import bisect_left
from typing import Final, NamedTuple, TypeAlias

from contract.records import CLOCK_BEHIND, REPEATS_FORGOTTEN, Quality
from contract.times import AHEAD_LIMIT_US

HELD: Final = 64
"""So many dropped repeats are remembered for one signal."""
AT_ONCE_US: Final = 1_000_000
"""What arrives within it after a value read again, with an earlier time, crossed it on the way; later it is a clock."""

Key: TypeAlias = tuple[object, Quality, str | None]
"""What was said: value, quality, native code."""


class Fact(NamedTuple):
    """One reading, or what is to be reported of it."""

    t: int
    at: int
    seen: int
    key: Key


_NOTHING: Final[list[Fact]] = []


def unknown(code: str) -> Key:
    """A bad reading without a value."""
    return (None, "bad", code)


def _time(fact: Fact) -> int:
    return fact.t


def _moved(fact: Fact, by_us: int) -> Fact:
    return Fact(fact.t + by_us, fact.at + by_us, fact.seen + by_us, fact.key)


class Timeline:
    """The readings of one signal so far. `keeps`: telemetry, nothing is dropped as a repeat."""

    __slots__ = (
        "armed", "awaiting", "floor", "held", "horizon", "keeps", "last", "mark", "newest", "said", "standing", "told",
    )  # fmt: skip

    def __init__(self, *, keeps: bool) -> None:
        self.keeps = keeps
        self.last: Fact | None = None
        self.newest: int | None = None
        self.standing: Key | None = None
        self.armed = False
        self.held: list[Fact] = []
        self.horizon: int | None = None
        self.mark: int | None = None
        self.floor: int | None = None
        self.told: int | None = None
        self.said: int | None = None
        self.awaiting = False

    @property
    def calm(self) -> bool:
        """Whether no blindness is being lived down."""
        return self.mark is None and self.floor is None

    def forget(self) -> None:
        """What was judged last was not stored: report whatever comes next."""
        self.armed = False
        self.last = None

    def arrive(self, fact: Fact, *, held: bool = False) -> list[Fact]:
        """What to report now that `fact` has arrived; `held`: the broker keeps it as the current value.

        A broker that was restored, or lost its power, keeps older values than it once told (`said`): those are of the
        past and no current ones.
        """
        said = self.said
        if fact.key[1] != "bad" and (said is None or fact.t > said):
            self.said = fact.t
        if self.floor is not None:
            return self._near_floor(fact, self.floor)
        if self.mark is not None:
            is_current = held and fact.t <= self.mark and (said is None or fact.t >= said)
            return self._near_mark(fact, self.mark, is_current=is_current)
        return self._judge(fact)

    def lose(self, t: int, seen: int, code: str) -> list[Fact]:
        """The signal is unknown from `t` on; `t` is later than every reading so far."""
        self.blind_until(t)
        return self._judge(Fact(t, t, seen, unknown(code)))

    def blind_until(self, t: int) -> None:
        """Unknown already; a current value read again with an older source time counts from when it is seen."""
        self.mark = t
        self.floor = None
        self.armed = False
        self.newest = t if self.newest is None else max(t, self.newest)

    def clock_set(self, step_us: int) -> None:
        """The agent's clock was corrected: what it told moves along, what the source told stays."""
        last = self.last
        if self.calm and (last is None or last.t != last.seen):
            return
        self.newest, self.mark, self.floor, self.horizon, self.said = (
            None if at is None else at + step_us for at in (self.newest, self.mark, self.floor, self.horizon, self.said)
        )
        self.held = [_moved(fact, step_us) for fact in self.held]
        self.last = None if last is None else _moved(last, step_us)

    def _judge(self, fact: Fact) -> list[Fact]:
        last, newest = self.last, self.newest
        if newest is None or fact.t >= newest:
            self.standing = fact.key
        if self.keeps:
            self.newest = fact.t if newest is None else max(fact.t, newest)
            return [fact]
        if last is not None and fact.key == last.key and fact.t == last.t and fact.at == last.at:
            return _NOTHING
        if newest is not None and fact.t < newest:
            self.last, self.armed = fact, False
            return self._late(fact)
        held = self.held
        if self.armed and last is not None and fact.key == last.key and fact.t > last.t:
            if len(held) < HELD:
                held.append(fact)
                self.last, self.newest = fact, fact.t
                return _NOTHING
            self.horizon = held[-1].t
            held.clear()
        elif held and held[-1].t == fact.t:
            held.pop()
        self.last, self.newest = fact, fact.t
        self.armed = fact.key[1] != "bad"
        return [fact]

    def _late(self, fact: Fact) -> list[Fact]:
        """An older reading: report it, and what was dropped after it and would now be covered by it."""
        if self.horizon is not None and fact.t <= self.horizon:
            # what was dropped back then is no longer remembered: say so rather than let this value seem to last
            return [fact, Fact(fact.t + 1, fact.at + 1, fact.seen, unknown(REPEATS_FORGOTTEN))]
        held = self.held
        place = bisect_left(held, fact.t, key=_time)
        if place < len(held) and held[place].t == fact.t:
            del held[place]
        if place < len(held) and held[place].key != fact.key:
            return [fact, held.pop(place)]
        return [fact]

    def _near_mark(self, fact: Fact, mark: int, *, is_current: bool) -> list[Fact]:
        first, self.awaiting = self.awaiting or is_current, False
        if first and fact.key[1] != "bad" and not (self.keeps and fact.t > mark):
            self.mark = None
            before = self._judge(fact) if fact.t <= mark else _NOTHING
            self.told = fact.t
            return before + self._redate(fact, mark)
        if fact.t > mark:
            self.mark = None
        return self._judge(fact)

    def _near_floor(self, fact: Fact, floor: int) -> list[Fact]:
        """`floor`: a value was said to hold from then on, its own time is `told`; this one arrived after it."""
        if fact.t > floor:
            self.floor = None
            return self._judge(fact)
        if self.keeps:
            return self._judge(fact)
        behind = floor - fact.t
        if self.told is not None and fact.seen - floor <= AT_ONCE_US and behind <= AHEAD_LIMIT_US:
            if fact.t <= self.told:
                return self._judge(fact) if fact.t < self.told else _NOTHING
            self.told = fact.t
            return self._judge(Fact(floor, floor, fact.seen, fact.key))
        self.told = None
        if behind <= AHEAD_LIMIT_US:  # the machine's clock is a little behind ours
            return self._redate(fact, floor)
        # far behind: what is said at `floor` no longer holds, and when this one begins we cannot tell
        out = self._judge(fact)
        self.floor = None
        t = max(fact.seen, floor + 1)
        return out + self._judge(Fact(t, t, fact.seen, unknown(CLOCK_BEHIND)))

    def _redate(self, fact: Fact, after: int) -> list[Fact]:
        newest = after if self.newest is None else max(after, self.newest)
        t = max(fact.seen, newest + 1)
        self.floor = t
        return self._judge(Fact(t, t, fact.seen, fact.key))
