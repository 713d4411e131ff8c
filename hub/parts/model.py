"""A run is not a part: which runs made one, and how sure that is (DESIGN §6.3). Pure.

Second fold after the timeline's: runs of one program on one machine, by start → versions of the program, each with
its reference signature → parts. The same runs give the same parts however they were cut. Times are microseconds.

Grades: A agrees with a count by a machine or a person, B by what the machine ran (a signature, a nest's program to
its end), C by time only: a person said "one run, one part" of runs without steps. Test runs are no parts and teach
nothing. Holds that recur at a step are programmed handwork, other holds disturbance.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, Literal, TypeAlias

import msgspec

Grade: TypeAlias = Literal["A", "B", "C"]
Signature: TypeAlias = tuple[str, ...]
Rule: TypeAlias = Literal["counter", "signature", "nest", "strokes", "run"]

MIN_COMPLETE: Final = 3
"""A signature must have been seen so often in complete runs to be a reference."""
SHORT_GAP_US: Final = 300_000_000
LONG_GAP_FACTOR: Final = 3


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """One run as parts are judged by. `gap_us`: since the run before it, None where that was of another program.

    `counted`: the machine's counter went up, (when, by how much). `test`: dry run, single block, or feed held back.
    `holds`: (at which step, how long) it was held.
    """

    started_us: int
    ended_us: int
    active_us: int
    held_us: int
    complete: bool
    signature: Signature
    gap_us: int | None = None
    comment: str | None = None
    test: bool = False
    counted: tuple[tuple[int, int], ...] = ()
    holds: tuple[tuple[str, int], ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """What a full run of a program version looks like, and how many complete runs looked so."""

    signature: Signature
    times: int


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a part's runs were held at each step; ``times / by`` of that is the part's."""

    at: tuple[tuple[str, int], ...] = ()
    times: int = 1
    by: int = 1

    def programmed_us(self, steps: Collection[str]) -> int:
        """What of it belongs to the work, where holds at `steps` do."""
        return sum(us for step, us in self.at if step in steps) * self.times // self.by


class Part(msgspec.Struct, frozen=True):
    """One part. `gaps_us` holds the gap before each of its runs; more than one run: it was stitched together.

    `programmed_us`: of its held time, what recurs at the same step and so belongs to the work; `holds`: where it was
    held, so that this can be said anew once another step is known to recur.
    """

    started_us: int
    ended_us: int
    active_us: int
    held_us: int
    gaps_us: tuple[int | None, ...]
    grade: Grade
    rule: Rule
    programmed_us: int = 0
    holds: Held = Held()

    @property
    def stitched(self) -> bool:
        """Whether it took more than one run."""
        return len(self.gaps_us) > 1


class Chain(msgspec.Struct):
    """Runs that may become one part, added up; empty where `gaps_us` is.

    `reached`: so many steps of the reference are done. `strokes`: so many of the next part's.
    """

    started_us: int = 0
    ended_us: int = 0
    active_us: int = 0
    held_us: int = 0
    counted: int = 0
    gaps_us: list[int | None] = []
    holds: dict[str, int] = {}
    reached: int = 0
    strokes: int = 0

    def add(self, run: Ran) -> None:
        """Goes on with a run."""
        if not self.gaps_us:
            self.started_us = run.started_us
        self.ended_us = run.ended_us
        self.active_us += run.active_us
        self.held_us += run.held_us
        self.counted += sum(by for _, by in run.counted)
        self.gaps_us.append(run.gap_us)
        for step, us in run.holds:
            self.holds[step] = self.holds.get(step, 0) + us

    def clear(self) -> None:
        """Leaves all runs out, not the strokes that are done."""
        self.active_us = self.held_us = self.counted = self.reached = 0
        self.gaps_us, self.holds = [], {}

    def part(self, grade: Grade, rule: Rule, steps: Collection[str]) -> Part:
        """All its runs as one part."""
        held = Held(tuple(self.holds.items()))
        return Part(
            self.started_us, self.ended_us, self.active_us, self.held_us, tuple(self.gaps_us), grade, rule,
            held.programmed_us(steps), held,
        )  # fmt: skip


def versions(
    runs: Iterable[Ran], begun_us: Collection[int] = (), so_far: tuple[Collection[str], str | None] | None = None
) -> list[list[Ran]]:
    """Cuts the runs of one program number into versions: numbers are used again for other work.

    A version begins where the comment changes, where a run shares no step with the version so far, or where a person
    said so (`begun_us`: starts of those runs). `so_far`: steps and comment of the version that these runs go on with,
    the first one found; it may get none of them.
    """
    found: list[list[Ran]] = [] if so_far is None else [[]]
    steps, comment = (set[str](), None) if so_far is None else (set(so_far[0]), so_far[1])
    for run in runs:
        other_steps = bool(steps) and bool(run.signature) and steps.isdisjoint(run.signature)
        other_comment = None not in (comment, run.comment) and run.comment != comment
        if not found or other_steps or other_comment or run.started_us in begun_us:
            found.append([])
            steps, comment = set(), None
        found[-1].append(run)
        steps.update(run.signature)
        comment = run.comment if run.comment is not None else comment
    return found


def reference_of(runs: Sequence[Ran]) -> Reference | None:
    """The most frequent signature of complete runs that holds every step ever seen; None below MIN_COMPLETE.

    Of two as frequent the one seen first stands.
    """
    steps = {step for run in runs if not run.test for step in run.signature}
    if not steps:
        return None
    full = Counter(
        run.signature for run in runs if run.complete and not run.test and steps.issubset(run.signature)
    ).most_common(1)
    return Reference(*full[0]) if full and full[0][1] >= MIN_COMPLETE else None


def recurring(runs: Iterable[Ran]) -> frozenset[str]:
    """Steps at which at least half of these full runs were held: programmed handwork (turning, loading, gauging)."""
    full = [run for run in runs if run.complete and not run.test]
    times = Counter(step for run in full for step in {step for step, _ in run.holds})
    return frozenset(step for step, count in times.items() if 2 * count >= len(full))


def by_signature(
    runs: Iterable[Ran], reference: Reference, steps: Collection[str] = (), chain: Chain | None = None
) -> list[Part]:
    """Parts of one version: a complete run with the reference, or consecutive runs that together are one.

    The next run of such a chain begins at most one step before the last one stopped, and leaves out none. `steps`:
    where holds are programmed. `chain`: what is unfinished before these runs, and after them.
    """
    whole = reference.signature
    parts: list[Part] = []
    chain = Chain() if chain is None else chain
    for run in runs:
        if run.test or not run.signature:
            chain.clear()
            continue
        begins = _continues(run.signature, whole, chain.reached) if chain.gaps_us else None
        if begins is None:
            chain.clear()
            begins = 0
        after = begins + len(run.signature)
        if run.signature != whole[begins:after]:
            chain.clear()
            continue
        chain.add(run)
        chain.reached = after
        if after == len(whole) and run.complete:
            parts.append(chain.part("B" if chain.counted != 1 else "A", "signature", steps))
            chain.clear()
    return parts


def _continues(signature: Signature, whole: Signature, reached: int) -> int | None:
    """At which step of the reference a run goes on after `reached` steps; None where it does not."""
    for begins in (reached, reached - 1):
        if begins >= 0 and signature == whole[begins : begins + len(signature)]:
            return begins
    return None


def by_counter(runs: Iterable[Ran], per_count: int = 1, steps: Collection[str] = ()) -> list[Part]:
    """Parts of a machine whose counter counts: each increment while running is one (or `per_count`).

    Another jump is an edit of the counter and no part. Where one run counts several times it is cut at the counts;
    time is shared out by length, because a run knows its active time only as a whole.
    """
    parts: list[Part] = []
    for run in runs:
        marks = [at for at, by in run.counted if by == per_count]
        if run.test or not marks:
            continue
        if len(marks) == 1 and per_count == 1:
            parts.append(_part(run, "A", "counter", steps))
            continue
        borders = [run.started_us, *marks[:-1], run.ended_us if run.complete else marks[-1]]
        for number, (start, end) in enumerate(pairwise(borders)):
            parts += _shared(run, (start, end), per_count, steps, first=number == 0)
    return parts


def by_run(runs: Iterable[Ran], rule: Rule, grade: Grade, steps: Collection[str] = ()) -> list[Part]:
    """Each full run is one part, or one sheet of a nest; grade A where the machine counted one in it."""
    full = (run for run in runs if run.complete and not run.test)
    return [_part(run, "A" if sum(by for _, by in run.counted) == 1 else grade, rule, steps) for run in full]


def by_strokes(
    runs: Iterable[Ran], strokes: int, steps: Collection[str] = (), chain: Chain | None = None
) -> list[Part]:
    """Parts of a press brake: one for every so many strokes (the bends of the part), counted on from run to run.

    A part takes the runs since the last one; several in one run share its time evenly. `chain`: as in `by_signature`.
    """
    parts: list[Part] = []
    chain = Chain() if chain is None else chain
    for run in runs:
        if run.test:
            continue
        chain.add(run)
        made, chain.strokes = divmod(chain.strokes + sum(by for _, by in run.counted if by > 0), strokes)
        if made:
            whole = chain.part("A", "strokes", steps)
            parts += [whole] if made == 1 else _cut(whole, made)
            chain.clear()
    return parts


def _cut(part: Part, pieces: int) -> list[Part]:
    """One stretch of work as so many parts of equal length; the gaps before it belong to the first."""
    borders = [part.started_us + (part.ended_us - part.started_us) * n // pieces for n in range(pieces + 1)]
    held = Held(part.holds.at, 1, pieces)
    return [
        Part(
            a, b, part.active_us // pieces, part.held_us // pieces, part.gaps_us if n == 0 else (0,), part.grade,
            part.rule, part.programmed_us // pieces, held,
        )
        for n, (a, b) in enumerate(pairwise(borders))
    ]  # fmt: skip


def _shared(run: Ran, stretch: tuple[int, int], per_count: int, steps: Collection[str], *, first: bool) -> list[Part]:
    """The parts of one count: the stretch cut evenly, the run's active and held time in proportion."""
    start_us, end_us = stretch
    elapsed = max(run.ended_us - run.started_us, 1)
    borders = [start_us + (end_us - start_us) * n // per_count for n in range(per_count + 1)]
    found = []
    for n, (a, b) in enumerate(pairwise(borders)):
        held = Held(run.holds, b - a, elapsed)
        active_us, held_us = run.active_us * (b - a) // elapsed, run.held_us * (b - a) // elapsed
        gap_us = run.gap_us if first and n == 0 else 0
        found.append(Part(a, b, active_us, held_us, (gap_us,), "A", "counter", held.programmed_us(steps), held))
    return found


def counts(runs: Iterable[Ran]) -> int | None:
    """When the counter was first seen to count; None: it is not counting, which is shown."""
    return next((run.counted[0][0] for run in runs if run.counted), None)


def _part(run: Ran, grade: Grade, rule: Rule, steps: Collection[str]) -> Part:
    """One run as one part."""
    alone = Chain()
    alone.add(run)
    return alone.part(grade, rule, steps)


def longest_gap_us(parts: Iterable[Part]) -> int:
    """Up to which a gap belongs to the next part: five minutes, or three times the median gap of the version."""
    gaps = gaps_of(parts)
    return longest_us(median(gaps)) if gaps else SHORT_GAP_US


def gaps_of(parts: Iterable[Part]) -> list[int]:
    """The gaps before parts, where they are known."""
    return [gap for part in parts if (gap := part.gaps_us[0]) is not None]


def longest_us(median_us: float) -> int:
    """The longest gap that belongs to a part, by the median of a version's gaps."""
    return max(SHORT_GAP_US, round(LONG_GAP_FACTOR * median_us))


def floor_us(part: Part, longest_us: int, borders_us: Sequence[int] = ()) -> int:
    """The machine's time for one part: the gap before it, held and active.

    A gap longer than `longest_us` is delay, and so is one across a border of a shift (`borders_us`, ascending; none
    where the shifts are not known). Of a stitched part only the first run's gap can be outside.
    """
    gaps = 0
    for number, gap in enumerate(part.gaps_us):
        across = number == 0 and gap is not None and _crosses(borders_us, part.started_us - gap, part.started_us)
        gaps += gap if gap is not None and gap <= longest_us and not across else 0
    return part.active_us + part.held_us + gaps


def _crosses(borders_us: Sequence[int], from_us: int, to_us: int) -> bool:
    at = bisect_left(borders_us, from_us)
    return at < len(borders_us) and borders_us[at] <= to_us and from_us < to_us
