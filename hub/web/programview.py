"""What the pages about a machine's programs show, made of the gate's rows. Pure; times local only in texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from contract.times import to_us
from hub.web.layout import Reading

STEPS_SHOWN: Final = 8
BAR_STEPS: Final = 60
"""A bar shows so many steps; of a longer run the rest is named in words."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of a program, in the list of a machine."""

    path: str
    program: str
    version: int
    comment: str | None
    since: str
    until: str
    runs: int
    complete: int
    parts: int
    reference: str | None
    steps: int
    times: int
    counting: str | None
    counts: bool
    verdict: str | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as a row: its steps as two SVG paths (`same` as in the reference, `other`), on a canvas `width` wide."""

    start_us: int
    start: str
    width: int
    same: str
    other: str
    text: str
    active: str
    held: str
    parts: int
    grade: str | None
    outcome: str
    may_begin: bool


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature; `packed` is what a form sends back."""

    text: str
    steps: int
    packed: str
    runs: int
    complete: int
    reference: bool


def version_path(site: str, machine: str, program: str, version: int) -> str:
    """The address of a version's page; a program's name may hold anything."""
    return f"/machines/{site}/{machine}/programs/{quote(program, safe='')}/{version}"


def steps_text(steps: Sequence[str], reading: Reading) -> str:
    """A signature in words, its first steps."""
    if not steps:
        return reading.words("programs.signature.none")
    shown = " → ".join(steps[:STEPS_SHOWN])
    more = f" … {reading.words('programs.signature.more', n=len(steps))}" if len(steps) > STEPS_SHOWN else ""
    return shown + more


def version_line(row: Any, site: str, machine: str, reading: Reading) -> VersionLine:
    """A row of `parts.programs`."""
    clock = reading.clock
    return VersionLine(
        path=version_path(site, machine, row.program, row.version), program=row.program, version=row.version,
        comment=row.comment, since=clock.full(row.since), until=clock.full(row.until), runs=row.runs,
        complete=row.complete, parts=row.parts,
        reference=None if row.reference is None else steps_text(row.reference, reading),
        steps=len(row.reference or ()), times=row.reference_times,
        counting=clock.full(row.counting_since) if row.counting_since else None,
        counts=(row.rule or "").startswith("counter"), verdict=row.verdict,
    )  # fmt: skip


def run_lines(rows: Sequence[Any], reference: Sequence[str] | None, reading: Reading) -> list[RunLine]:
    """Rows of `parts.runs`, the newest first; all bars on one scale."""
    width = min(BAR_STEPS, max([1, len(reference or ()), *(len(row.signature) for row in rows)]))
    lines = [_run_line(row, reference or (), width, reading, first=number == 0) for number, row in enumerate(rows)]
    return lines[::-1]


def _run_line(row: Any, reference: Sequence[str], width: int, reading: Reading, *, first: bool) -> RunLine:
    begins = _begins(row.signature, reference)
    same: list[str] = []
    other: list[str] = []
    for place, step in enumerate(row.signature[:width]):
        at = begins + place
        fits = at < len(reference) and reference[at] == step
        left = at if fits and at < width else place
        (same if fits else other).append(f"M{left + 0.06:g} 1h.88v8h-.88z")
    return RunLine(
        start_us=to_us(row.started_at), start=reading.clock.full(row.started_at), width=width, same="".join(same),
        other="".join(other), text=steps_text(row.signature, reading), active=reading.clock.exact(row.active_s),
        held=reading.clock.exact(row.held_s), parts=row.parts, grade=row.grade, outcome=_outcome(row),
        may_begin=not first,
    )  # fmt: skip


def _begins(signature: Sequence[str], reference: Sequence[str]) -> int:
    """At which step of the reference a run goes on; 0 where it does not."""
    for at in range(len(reference)):
        if signature and tuple(signature) == tuple(reference[at : at + len(signature)]):
            return at
    return 0


def _outcome(row: Any) -> str:
    if row.parts:
        return "n"
    if row.joins:
        return "joins"
    if row.test:
        return "test"
    return "none" if row.complete else "incomplete"


def signature_lines(rows: Sequence[Any], reading: Reading) -> list[SignatureLine]:
    """Rows of `parts.signatures`."""
    return [
        SignatureLine(
            text=steps_text(row.signature, reading), steps=len(row.signature),
            packed=msgspec.json.encode(row.signature).decode(), runs=row.runs, complete=row.complete,
            reference=row.reference,
        )
        for row in rows
    ]  # fmt: skip
