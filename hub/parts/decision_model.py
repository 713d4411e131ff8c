"""What a person decided about a program version: does it count, what does a full run look like. Pure.

Decisions are kept one after another, never changed; what holds is read from all of them. A decision names a version
by the start of a run (`at_us`), since version numbers shift when a late run comes in between. Times are microseconds.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

import msgspec

Kind: TypeAlias = Literal["confirm", "reference", "begins", "reject", "withdraw"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Verdict: TypeAlias = Literal["confirmed", "corrected", "rejected"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, numbered as they came; `who` decided it at `when_us`, and `why`.

    confirm: its parts count; where no run has steps, each full run is a part (grade C). reference: `signature` is
    what a full run looks like. begins: a new version begins with the run at `at_us`. reject: no part comes from it.
    withdraw: nothing of what was decided about that version before holds, also that it begins there.
    """

    number: int
    machine: str
    program: str
    at_us: int
    kind: Kind
    signature: tuple[str, ...] | None = None
    who: str
    when_us: int
    why: str | None = None


class Ruling(msgspec.Struct, frozen=True):
    """What holds for one version; `verdict` None: nobody decided."""

    verdict: Verdict | None = None
    signature: tuple[str, ...] | None = None


UNDECIDED: Final = Ruling()


def begun(decisions: Iterable[Decision]) -> frozenset[int]:
    """Starts of runs with which a person said that a new version begins."""
    found: set[int] = set()
    for each in _in_order(decisions):
        if each.kind == "begins":
            found.add(each.at_us)
        elif each.kind == "withdraw":
            found.discard(each.at_us)
    return frozenset(found)


def ruling(decisions: Iterable[Decision], from_us: int, to_us: int) -> Ruling:
    """What holds for the version whose runs start in ``[from_us, to_us)``: the latest word on each matter."""
    held = UNDECIDED
    for each in _in_order(decisions):
        if not from_us <= each.at_us < to_us:
            continue
        match each.kind:
            case "confirm":
                held = Ruling("corrected" if held.signature is not None else "confirmed", held.signature)
            case "reference":
                held = Ruling("corrected", each.signature)
            case "reject":
                held = Ruling("rejected", held.signature)
            case "withdraw":
                held = UNDECIDED
            case "begins":
                pass
    return held


def _in_order(decisions: Iterable[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda each: each.number)
