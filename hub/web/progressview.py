"""What the page of unassigned work shows, made of the gate's rows. Pure; times local only in texts."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hub.web.layout import Reading
from hub.web.programview import version_path


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
