"""Judging on from where a version's runs were judged before: one more run costs the same after a year. Pure.

`Settled` is what must be remembered of a version's earlier runs, a `Memory` beside it what can grow with them: how
often each signature was seen, and the gaps before parts. Going on from them is exact, or it is refused (None): where
the later runs change by what parts are told, the version is to be judged from its beginning. Times are microseconds.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

import msgspec

from hub.parts.decision_model import Ruling
from hub.parts.judging_model import How, Judged, how_judged, made_by, needs_reference
from hub.parts.model import (
    MIN_COMPLETE,
    SHORT_GAP_US,
    Chain,
    Part,
    Ran,
    Reference,
    Signature,
    counts,
    gaps_of,
    longest_us,
)  # fmt: skip


class Seen(msgspec.Struct, frozen=True):
    """How many full runs (complete, no test) had one signature, the start of the first one.

    `holds`: at which steps how many of them were held.
    """

    times: int
    first_us: int
    holds: dict[str, int]

    def plus(self, later: "Seen") -> "Seen":
        """Both together."""
        holds = dict(Counter(self.holds) + Counter(later.holds))
        return Seen(self.times + later.times, min(self.first_us, later.first_us), holds)


class Memory(Protocol):
    """What is remembered of the signatures and gaps of the settled runs."""

    def seen(self, signature: Signature) -> Seen | None:
        """Of one signature; None where no full run had it."""

    def leading(self, steps: int) -> tuple[Signature, Seen] | None:
        """Of the signatures with so many different steps the most frequent one, of two the one seen first."""

    def gaps(self, from_us: int, reach: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """(gap, how often), ascending: the `reach` next ones below a gap, and so many from it on."""


class Gaps(msgspec.Struct, frozen=True):
    """Where the middle of the settled gaps is: so many there are, `below` of them under `middle_us`."""

    count: int = 0
    middle_us: int = 0
    below: int = 0


class Settled(msgspec.Struct, kw_only=True):
    """What is remembered of a version's settled runs. `next_us`: start of the first run after them.

    `steps` of all runs, `taught` without tests; `full` runs are complete and no tests, `holds` says at which steps how
    many of them were held.
    """

    version: int
    since_us: int
    last_us: int = 0
    until_us: int = 0
    next_us: int = 0
    how: How
    comment: str | None = None
    steps: set[str] = set()
    taught: set[str] = set()
    runs: int = 0
    complete: int = 0
    full: int = 0
    holds: dict[str, int] = {}
    counting_since_us: int | None = None
    parts: int = 0
    chain: Chain = msgspec.field(default_factory=Chain)
    gaps: Gaps = Gaps()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One version, judged: what is kept of it. `parts`: those made after the settled runs, of `made` in all."""

    since_us: int
    until_us: int
    comment: str | None
    runs: int
    complete: int
    made: int
    reference: Reference | None
    counting_since_us: int | None
    longest_gap_us: int
    verdict: str | None
    programmed: frozenset[str]
    parts: tuple[Part, ...]


def outcome_of(judged: Judged) -> Outcome:
    """What is kept of a version that was judged as a whole."""
    runs = judged.runs
    return Outcome(
        since_us=runs[0].started_us, until_us=runs[-1].ended_us, comment=_comment(runs), runs=len(runs),
        complete=sum(run.complete for run in runs), made=len(judged.parts), reference=judged.reference,
        counting_since_us=counts(runs), longest_gap_us=judged.longest_gap_us, verdict=judged.ruling.verdict,
        programmed=judged.programmed, parts=judged.parts,
    )  # fmt: skip


def go_on(
    settled: Settled, memory: Memory, runs: Sequence[Ran], counting_since_us: int | None, ruling: Ruling
) -> Outcome | None:
    """The version with these further runs; None where it is to be judged from its beginning."""
    rule = settled.how.rule
    later = tally(runs)
    reference = _reference(settled, memory, runs, later, ruling)
    steps = settled.steps.union(*(run.signature for run in runs))
    how = how_judged(rule, reference, counting_since_us, ruling.verdict, steps=bool(steps))
    if how != settled.how:
        return None
    programmed = _programmed(settled, memory, later, reference)
    chain = msgspec.json.decode(msgspec.json.encode(settled.chain), type=Chain)
    parts = made_by(how, runs, programmed, chain)
    return Outcome(
        since_us=settled.since_us, until_us=runs[-1].ended_us if runs else settled.until_us,
        comment=settled.comment if settled.comment is not None else _comment(runs), runs=settled.runs + len(runs),
        complete=settled.complete + sum(run.complete for run in runs), made=settled.parts + len(parts),
        reference=reference,
        counting_since_us=settled.counting_since_us if settled.counting_since_us is not None else counts(runs),
        longest_gap_us=_longest_gap_us(settled.gaps, memory, gaps_of(parts)), verdict=ruling.verdict,
        programmed=programmed, parts=tuple(parts),
    )  # fmt: skip


def settle(settled: Settled, runs: Sequence[Ran], next_us: int) -> list[int]:
    """Takes runs into `settled` but for its gaps' middle; the gaps before the parts they made.

    Their signatures (`tally`) and these gaps are for the memory to keep.
    """
    parts = made_by(settled.how, runs, (), settled.chain)
    settled.last_us, settled.until_us, settled.next_us = runs[-1].started_us, runs[-1].ended_us, next_us
    settled.comment = settled.comment if settled.comment is not None else _comment(runs)
    if settled.counting_since_us is None:
        settled.counting_since_us = counts(runs)
    settled.steps.update(*(run.signature for run in runs))
    settled.taught.update(*(run.signature for run in runs if not run.test))
    settled.runs += len(runs)
    settled.complete += sum(run.complete for run in runs)
    for seen in tally(runs).values():
        settled.full += seen.times
        settled.holds = dict(Counter(settled.holds) + Counter(seen.holds))
    settled.parts += len(parts)
    return gaps_of(parts)


def tally(runs: Iterable[Ran]) -> dict[Signature, Seen]:
    """How often each signature was seen in full runs, by the first of them."""
    of: dict[Signature, list[Ran]] = {}
    for run in runs:
        if run.complete and not run.test:
            of.setdefault(run.signature, []).append(run)
    return {signature: Seen(len(full), full[0].started_us, _held(full)) for signature, full in of.items()}


def middle_of(gaps: Gaps, memory: Memory, more: Sequence[int]) -> Gaps:
    """Where the middle is once `memory` holds these gaps as well."""
    count = gaps.count + len(more)
    if not count:
        return gaps
    start = Gaps(count, min(more), 0) if not gaps.count else gaps
    below = start.below + (sum(gap < start.middle_us for gap in more) if gaps.count else 0)
    under, above = memory.gaps(start.middle_us, len(more) + 2)
    first = below - sum(times for _, times in under)
    ends = list(accumulate((times for _, times in under + above), initial=first))
    at = bisect_right(ends, (count - 1) // 2) - 1
    return Gaps(count, (under + above)[at][0], ends[at])


def _longest_gap_us(gaps: Gaps, memory: Memory, more: Sequence[int]) -> int:
    """As the median of all gaps says, those of the memory and `more`."""
    count = gaps.count + len(more)
    if not count:
        return SHORT_GAP_US
    under, above = memory.gaps(gaps.middle_us, len(more) + 2) if gaps.count else ([], [])
    near = sorted([*under, *above, *((gap, 1) for gap in more)])
    ends = list(accumulate((times for _, times in near), initial=gaps.below - sum(times for _, times in under)))
    low, high = (near[bisect_right(ends, rank) - 1][0] for rank in ((count - 1) // 2, count // 2))
    return longest_us(low if low == high else (low + high) / 2)


def _reference(
    settled: Settled, memory: Memory, runs: Sequence[Ran], later: dict[Signature, Seen], ruling: Ruling
) -> Reference | None:
    if not needs_reference(settled.how.rule):
        return None
    if ruling.signature is not None:
        before, after = memory.seen(ruling.signature), later.get(ruling.signature)
        return Reference(ruling.signature, sum(seen.times for seen in (before, after) if seen is not None))
    taught = settled.taught.union(*(run.signature for run in runs if not run.test))
    known = [] if not taught else [memory.leading(len(taught))]
    full = dict(filter(None, known))
    full |= {
        signature: _both(memory.seen(signature), seen) for signature, seen in later.items() if taught <= {*signature}
    }
    if not taught or not full:
        return None
    signature, seen = min(full.items(), key=lambda each: (-each[1].times, each[1].first_us))
    return Reference(signature, seen.times) if seen.times >= MIN_COMPLETE else None


def _programmed(
    settled: Settled, memory: Memory, later: dict[Signature, Seen], reference: Reference | None
) -> frozenset[str]:
    """Steps at which holds recur in the full runs that are like the reference, or in all where there is none."""
    if reference is not None:
        none = Seen(0, 0, {})
        seen = (memory.seen(reference.signature) or none).plus(later.get(reference.signature, none))
        full, holds = seen.times, seen.holds
    else:
        full = settled.full + sum(seen.times for seen in later.values())
        holds = dict(sum((Counter(seen.holds) for seen in later.values()), Counter(settled.holds)))
    return frozenset(step for step, count in holds.items() if 2 * count >= full)


def _both(before: Seen | None, after: Seen) -> Seen:
    return after if before is None else before.plus(after)


def _held(runs: Iterable[Ran]) -> dict[str, int]:
    return dict(Counter(step for run in runs for step in {step for step, _ in run.holds}))


def _comment(runs: Iterable[Ran]) -> str | None:
    return next((run.comment for run in runs if run.comment is not None), None)
