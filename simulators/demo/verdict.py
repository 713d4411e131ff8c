"""The hub's answers beside the truth: state seconds, runs, delivery. Times RFC 3339, durations in seconds.

State seconds may differ by 0.1 s in any state of any machine; a run matches when its program, start and end (to the
millisecond), active, held and blind seconds (to 10 ms), completeness and signature are the truth's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

STATE_TOLERANCE_S = 0.1
MOMENT_TOLERANCE_S = 0.001
SPAN_TOLERANCE_S = 0.010

Json = dict[str, Any]


@dataclass(slots=True)
class Verdict:
    """What was compared over all machines, and how far apart the two sides are."""

    machines: int = 0
    records: int = 0
    acknowledged: int = 0
    backlog: int = 0
    lost: int = 0
    holes: int = 0
    quarantined: int = 0
    duplicated: int = 0
    state_seconds: dict[str, dict[str, float]] = field(default_factory=lambda: {"truth": {}, "hub": {}})
    state_max_difference_s: float = 0.0
    state_worst: str | None = None
    runs: dict[str, int] = field(default_factory=lambda: {"truth": 0, "hub": 0, "matching": 0})
    differences: list[str] = field(default_factory=list)
    work: Json | None = None
    """What `simulators.work.judging` found of the day at the second sites; None where there was none."""

    @property
    def equal(self) -> bool:
        """Nothing lost, nothing twice, and the hub says what happened."""
        same_runs = self.runs["truth"] == self.runs["hub"] == self.runs["matching"]
        whole = not (self.lost or self.holes or self.duplicated or self.backlog)
        same_work = self.work is None or bool(self.work["equal"])
        return whole and same_runs and same_work and self.state_max_difference_s <= STATE_TOLERANCE_S

    def told(self) -> Json:
        """As JSON."""
        return asdict(self) | {"equal": self.equal}

    def summary(self) -> str:
        """One line for people."""
        runs = self.runs
        compared = self.work["compared"] if self.work else {}
        day = f"; of a day's work {compared['operations']} operations and all else match" if compared else ""
        if self.work and not self.work["equal"]:
            day = f"; OF A DAY'S WORK {self.work['differences']} ANSWERS DIFFER"
        return (
            f"{'The hub says what happened' if self.equal else 'THE HUB IS WRONG'}: {self.machines} machines, "
            f"{self.acknowledged} records, {self.lost} lost, {self.duplicated} twice; state seconds differ by at most "
            f"{self.state_max_difference_s:.3f} s; {runs['matching']} of {runs['truth']} runs match{day}"
        )

    def day(self, told: Json) -> None:
        """Count in the day of orders, stops, quality and lots."""
        self.work = {key: value for key, value in told.items() if key != "differences"} | {
            "differences": len(told["differences"])
        }
        self.differences += told["differences"]

    def deliver(self, agents: Sequence[Json]) -> None:
        """Count in what a company's agents have delivered."""
        for agent in agents:
            self.records += int(agent["records"])
            self.acknowledged += int(agent["acked"] or 0)
            self.backlog += int(agent["backlog"] or 0)
            self.lost += int(agent["lost"])
            self.holes += len(agent["holes"])
            self.quarantined += int(agent["quarantined"])

    def machine(self, name: str, truth: Json, start: str, intervals: Sequence[Json], runs: Sequence[Json]) -> None:
        """Count in one machine: its truth, and the hub's intervals and runs from `start` to the truth's end."""
        self.machines += 1
        self._states(name, truth, start, intervals)
        self._runs(name, truth, [run for run in runs if run["ended_at"] and run["started_at"] >= start])
        self.duplicated += _repeats(intervals, "start") + _repeats(runs, "started_at")

    def _states(self, name: str, truth: Json, start: str, intervals: Sequence[Json]) -> None:
        window = _moment(start), _moment(truth["until"])
        true, said = _seconds(truth["intervals"], window), _seconds(intervals, window)
        for side, seconds in (("truth", true), ("hub", said)):
            total = Counter(self.state_seconds[side])
            total.update(seconds)
            self.state_seconds[side] = {state: round(span, 3) for state, span in sorted(total.items())}
        for state in sorted({*true, *said}):
            difference = abs(true[state] - said[state])
            if difference > STATE_TOLERANCE_S:
                self.differences.append(f"{name} {state}: truth {true[state]:.3f} s, hub {said[state]:.3f} s")
            if difference > self.state_max_difference_s:
                self.state_max_difference_s, self.state_worst = round(difference, 6), f"{name} {state}"

    def _runs(self, name: str, truth: Json, said: Sequence[Json]) -> None:
        true = [run for run in truth["runs"] if run["ended_at"]]
        by_start = {round(_moment(run["started_at"]).timestamp(), 3): run for run in said}
        self.runs["truth"] += len(true)
        self.runs["hub"] += len(said)
        for run in true:
            found = by_start.get(round(_moment(run["started_at"]).timestamp(), 3))
            fault = "the hub has none" if found is None else _difference(run, found)
            if fault is None:
                self.runs["matching"] += 1
            else:
                self.differences.append(f"{name} run {run['program']} at {run['started_at']}: {fault}")


def _seconds(intervals: Sequence[Json], window: tuple[datetime, datetime]) -> Counter[str]:
    """Seconds in each state within the window; an interval without an end reaches its end."""
    spent: Counter[str] = Counter()
    for interval in intervals:
        start = max(_moment(interval["start"]), window[0])
        end = min(_moment(interval["end"]) if interval["end"] else window[1], window[1])
        if start < end:
            spent[interval["state"]] += (end - start).total_seconds()  # type: ignore[assignment]  # a Counter of floats
    return spent


def _difference(true: Json, said: Json) -> str | None:
    """What is wrong with the hub's run, None when nothing is."""
    if abs((_moment(true["ended_at"]) - _moment(said["ended_at"])).total_seconds()) > MOMENT_TOLERANCE_S:
        return f"ended_at {said['ended_at']} instead of {true['ended_at']}"
    for key in ("active_s", "held_s", "blind_s"):
        if abs(true[key] - said[key]) > SPAN_TOLERANCE_S:
            return f"{key} {said[key]} instead of {true[key]}"
    for key in ("program", "complete", "signature"):
        if true[key] != said[key]:
            return f"{key} {said[key]!r} instead of {true[key]!r}"
    return None


def _repeats(facts: Sequence[Json], key: str) -> int:
    return len(facts) - len({fact[key] for fact in facts})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
