"""What pages show of progress and of unassigned work, made of the gate's rows. Pure; times local only in texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from hub.web.layout import Reading
from hub.web.programview import version_path

FEWER: Final = "fewer_than_ordered"


def said_once(rows: Iterable[Any]) -> list[Any]:
    """Rows of `progress.order` in the order of work; that pieces are missing is said where they were lost.

    An operation that finished as many as came to it lost none: its fault is left out here (rows elsewhere keep it).
    """
    shown, came = [], None
    for row in rows:
        faults = row.faults or ()
        if FEWER in faults and came is not None and row.good is not None and row.good >= came:
            row = msgspec.structs.replace(row, faults=tuple(one for one in faults if one != FEWER))  # noqa: PLW2901
        if row.status == "finished" and row.good is not None:
            came = row.good if came is None else min(came, row.good)
        shown.append(row)
    return shown


@dataclass(frozen=True, slots=True)
class SuggestionLine:
    """An operation that a program may have been for, and why."""

    order: str
    operation: str
    why: str


@dataclass(frozen=True, slots=True)
class UnassignedLine:
    """Runs of one program version that belong to nothing."""

    site: str
    machine: str
    machine_name: str
    machine_path: str
    program: str
    program_path: str
    version: int
    comment: str | None
    runs: int
    parts: int
    since: str
    until: str
    active: str
    named: str | None
    suggestions: list[SuggestionLine]

    @property
    def key(self) -> str:
        """What an element of the page is called by."""
        return "u-" + quote(f"{self.site}-{self.machine}-{self.version}-{self.program}", safe="").replace("%", "_")


def unassigned_line(row: Any, name: str, reading: Reading) -> UnassignedLine:
    """A row of `progress.unassigned`; `name` is the machine's."""
    clock = reading.clock
    return UnassignedLine(
        site=row.site, machine=row.machine, machine_name=name, machine_path=f"/machines/{row.site}/{row.machine}",
        program=row.program, program_path=version_path(row.site, row.machine, row.program, row.version),
        version=row.version, comment=row.comment, runs=row.runs, parts=row.parts, since=clock.full(row.started_at),
        until=clock.full(row.ended_at), active=clock.span(row.active_s), named=row.named,
        suggestions=[SuggestionLine(each.order, each.operation, each.why) for each in row.suggestions or ()],
    )  # fmt: skip
