"""States and runs read off a machine's signals by the rules of DESIGN §6.1 and §6.2, to set beside its logbook."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from simulators.recording import Change, Value

HELD = {"INTERRUPTED", "FEED_HOLD", "OPTIONAL_STOP", "PROGRAM_STOPPED", "PROGRAM_OPTIONAL_STOP", "WAIT"}
READ = {"power", "availability", "estop", "functional_mode", "mode", "execution", "program", "step"}
BRIDGED = timedelta(seconds=180)


def state_of(signals: dict[str, Value]) -> str:
    """DESIGN §6.1, state model mtconnect, first match wins."""
    if signals["power"] == "OFF":
        return "off"
    if signals["availability"] == "UNAVAILABLE" or signals["execution"] is None:
        return "unknown"
    if signals["estop"] == "TRIGGERED":
        return "alarm"
    if signals["functional_mode"] in {"MAINTENANCE", "SETUP"}:
        return str(signals["functional_mode"]).lower()
    if signals["mode"] in {"MANUAL", "MANUAL_DATA_INPUT"}:
        return "manual"
    if signals["execution"] == "ACTIVE":
        return "running"
    return "held" if signals["execution"] in HELD else "idle"


def moments(changes: Iterable[Change]) -> list[tuple[datetime, str, Value, Value]]:
    """(at, state, program, step) after each moment of change."""
    signals: dict[str, Value] = {}
    seen = []
    changes = [change for change in changes if change.address.partition("/")[2] in READ]
    for at, group in groupby(changes, key=lambda change: change.at):
        for change in group:
            signals[change.address.partition("/")[2]] = change.value
        seen.append((at, state_of(signals), signals["program"], signals["step"]))
    return seen


def intervals(changes: list[Change], until: datetime) -> list[tuple[datetime, datetime, str, Value]]:
    """(start, end, state, program), equal neighbours joined."""
    starts: list[tuple[datetime, str, Value]] = []
    for at, state, program, _ in moments(changes):
        if not starts or starts[-1][1:] != (state, program):
            starts.append((at, state, program))
    ends = [*(at for at, _, _ in starts[1:]), until]
    return [(at, end, state, program) for (at, state, program), end in zip(starts, ends, strict=True)]


def runs(changes: list[Change], until: datetime) -> list[dict[str, Any]]:
    """Closed runs, DESIGN §6.2."""
    found: list[dict[str, Any]] = []
    run: dict[str, Any] | None = None
    before = ""
    stretches = intervals(changes, until)
    for (start, end, state, program), following in pairwise([*stretches, (until, until, "", None)]):
        working = state in {"running", "held"}
        bridge = state == "unknown" and end - start <= BRIDGED and following[2] in {"running", "held"}
        same = run is not None and run["program"] in {program, None} | ({following[3]} if bridge else set())
        if run is not None and not ((working or bridge) and same):
            run |= {"ended_at": start, "complete": run.pop("clean") and state == "idle"}
            found.append(run)
            chained, run = working, None
        else:
            chained = False
        if working and run is None:
            run = {"program": program, "started_at": start, "clean": before != "unknown" and not chained}
        if run is not None:
            run[state] = run.get(state, 0.0) + (end - start).total_seconds()
        before = state
    steps = [(at, step) for at, _, _, step in moments(changes) if step]
    for each in found:
        within = [step for at, step in steps if each["started_at"] <= at < each["ended_at"]]
        each["steps"] = [step for step, _ in groupby(within) if step != "0"]
    return found
