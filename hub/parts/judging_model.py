"""Judging one version of a program: its reference, by what parts are told, and the parts (DESIGN §6.3). Pure.

From a version's runs on; times are microseconds.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from hub.parts.decision_model import UNDECIDED, Ruling
from hub.parts.model import (
    Chain,
    Part,
    Ran,
    Reference,
    Signature,
    by_counter,
    by_run,
    by_signature,
    by_strokes,
    longest_gap_us,
    recurring,
    reference_of,
)  # fmt: skip

_NEVER: Final = 2**62


class How(msgspec.Struct, frozen=True):
    """By what parts are told in a version: other than this, nothing of earlier runs says what a run made.

    `counted_from_us`: runs that end then or later are judged by their counts. `bare`: no run has a step, and a person
    said that each is a part.
    """

    rule: str
    signature: Signature | None
    verdict: str | None
    counted_from_us: int = _NEVER
    bare: bool = False


class Judged(msgspec.Struct, frozen=True):
    """One version of a program, judged; `programmed`: steps whose holds belong to the work."""

    runs: tuple[Ran, ...]
    reference: Reference | None
    parts: tuple[Part, ...]
    longest_gap_us: int
    how: How
    programmed: frozenset[str] = frozenset()
    ruling: Ruling = UNDECIDED


def how_judged(
    rule: str | None, reference: Reference | None, counting_since_us: int | None, verdict: str | None, *, steps: bool
) -> How:
    """By what parts are told; `steps`: some run had one. For the rules see `judge`."""
    rule = rule or "signature"
    counted = rule.partition(":")[0] == "counter" and counting_since_us is not None
    return How(
        rule, None if reference is None else reference.signature, verdict,
        counting_since_us if counted and counting_since_us is not None else _NEVER,
        verdict == "confirmed" and reference is None and not steps,
    )  # fmt: skip


def made_by(how: How, runs: Iterable[Ran], steps: Collection[str], chain: Chain) -> list[Part]:
    """What runs that follow one another made; `chain` is what is unfinished before them, and after them."""
    name, _, number = how.rule.partition(":")
    if how.verdict == "rejected":
        return []
    if name == "nest":
        return by_run(runs, "nest", "B", steps)
    if name == "strokes" and number:
        return by_strokes(runs, int(number), steps, chain)
    if name not in ("signature", "counter"):
        return []
    runs, parts = list(runs), list[Part]()
    before = [run for run in runs if run.ended_us < how.counted_from_us]
    if how.signature is not None:
        parts = by_signature(before, Reference(how.signature, 0), steps, chain)
    elif how.bare:
        parts = by_run(before, "run", "C", steps)
    return parts + by_counter((run for run in runs if run.ended_us >= how.counted_from_us), int(number or 1), steps)


def judge(runs: Sequence[Ran], rule: str | None, counting_since_us: int | None, ruling: Ruling = UNDECIDED) -> Judged:
    """Judges one version's runs by the machine's part rule, and by what a person decided about the version.

    `counter` or `counter:N` (N parts a count) holds from the first count that was ever seen on the machine
    (`counting_since_us`) on; before that, and without a rule, the signature says. `nest`: a finished run is one sheet.
    `strokes:N`: one part every N counts. Other rules need a person. A person's reference stands in for the rule's.
    """
    reference = _reference(runs, rule, ruling)
    steps = recurring(run for run in runs if reference is None or run.signature == reference.signature)
    had_steps = any(run.signature for run in runs)
    how = how_judged(rule, reference, counting_since_us, ruling.verdict, steps=had_steps)
    parts = made_by(how, runs, steps, Chain())
    return Judged(tuple(runs), reference, tuple(parts), longest_gap_us(parts), how, steps, ruling)


def needs_reference(rule: str | None) -> bool:
    """Whether parts are told by what a full run looks like, at least until a counter counts."""
    return (rule or "signature").partition(":")[0] in ("signature", "counter")


def _reference(runs: Sequence[Ran], rule: str | None, ruling: Ruling) -> Reference | None:
    if not needs_reference(rule):
        return None
    if ruling.signature is not None:
        seen = sum(run.complete and not run.test and run.signature == ruling.signature for run in runs)
        return Reference(ruling.signature, seen)
    return reference_of(runs)
