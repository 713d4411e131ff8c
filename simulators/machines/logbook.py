"""The truth: what one machine did, written down by the one who did it.

Nothing here reads signals. A state begins when the machine is told to be in it; a run is opened and closed by the
hand that starts and stops the program. Intervals are half-open and tile the time from the first entry on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulators.wires import rfc3339

NOTHING = timedelta()


@dataclass(slots=True)
class Run:
    """One stretch of a program, from the start button to whatever ended it."""

    program: str
    started_at: datetime
    opened_clean: bool
    """Not out of the dark, nor straight from another program."""
    ended_at: datetime | None = None
    into: str | None = None
    spent: dict[str, timedelta] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    def spend(self, state: str, span: timedelta) -> None:
        """Add time running, held or unknown."""
        self.spent[state] = self.spent.get(state, NOTHING) + span

    def is_over(self, last: Entry, until: datetime) -> bool:
        """Whether it had ended by then; one that went into the dark is over when the light is back."""
        if self.ended_at is None or self.ended_at >= until:
            return False
        return self.into != "unknown" or last.at > self.ended_at

    def told(self) -> dict[str, Any]:
        """As JSON: times RFC 3339, durations in seconds."""
        return {
            "program": self.program,
            "started_at": rfc3339(self.started_at),
            "ended_at": self.ended_at and rfc3339(self.ended_at),
            "active_s": self.spent.get("running", NOTHING).total_seconds(),
            "held_s": self.spent.get("held", NOTHING).total_seconds(),
            "blind_s": self.spent.get("unknown", NOTHING).total_seconds(),
            "complete": self.opened_clean and self.into == "idle",
            "signature": list(self.steps),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """From `at` on the machine is in `state` with `program` selected."""

    at: datetime
    state: str
    program: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alarm stood from `at` until `end`."""

    at: datetime
    end: datetime
    level: str
    code: str
    text: str


@dataclass(slots=True)
class Logbook:
    """All entries of one machine, in time order."""

    machine: str
    entries: list[Entry] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def be(self, at: datetime, state: str, program: str | None) -> None:
        """Enter a state; being in it already is no entry."""
        if not self.entries or (self.entries[-1].state, self.entries[-1].program) != (state, program):
            self.entries.append(Entry(at, state, program))

    def begin(self, at: datetime, program: str) -> Run:
        """The program starts."""
        before = self.runs[-1].ended_at if self.runs else None
        clean = before != at and bool(self.entries) and self.entries[-1].state != "unknown"
        self.runs.append(Run(program, at, opened_clean=clean))
        return self.runs[-1]

    def end(self, run: Run, at: datetime, *, into: str) -> None:
        """The run is over, and the machine goes on into a state or into another program."""
        run.ended_at, run.into = at, into

    def told(self, until: datetime) -> dict[str, Any]:
        """The truth up to `until` as JSON; a run that is open then has no end."""
        entries = [entry for entry in self.entries if entry.at < until]
        ends = [*(entry.at for entry in entries[1:]), until]
        runs = []
        for run in (run for run in self.runs if run.started_at < until):
            told = run.told()
            if not run.is_over(entries[-1], until):
                told |= {"ended_at": None, "complete": False}
            runs.append(told)
        return {
            "machine": self.machine,
            "until": rfc3339(until),
            "intervals": [
                {"start": rfc3339(e.at), "end": rfc3339(end), "state": e.state, "program": e.program}
                for e, end in zip(entries, ends, strict=True)
            ],
            "runs": runs,
            "alarms": [
                {
                    "from": rfc3339(t.at),
                    "to": rfc3339(min(t.end, until)),
                    "level": t.level,
                    "code": t.code,
                    "text": t.text,
                }
                for t in self.troubles
                if t.at < until
            ],
        }
