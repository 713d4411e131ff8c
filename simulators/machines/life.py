"""What a machine does all day: an endless, seeded stream of changes, and its logbook beside it.

Pure: the seed, the first moment and the pace are given, and nothing else is looked at. Changes come in time order;
those of one moment belong together. Times are UTC with milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulators.machines.kinds import Alarm, Kind, Program, Step
from simulators.machines.logbook import Logbook, Run, Trouble
from simulators.recording import Change, Value

HEALTHY: dict[str, Value] = {
    "power": "ON",
    "availability": "AVAILABLE",
    "estop": "ARMED",
    "functional_mode": "PRODUCTION",
    "mode": "AUTOMATIC",
    "execution": "READY",
}
SHOWS: dict[str, dict[str, Value]] = {
    "running": {"execution": "ACTIVE"},
    "held": {},  # the kind knows the words
    "idle": {},
    "manual": {"mode": "MANUAL"},
    "setup": {"functional_mode": "SETUP", "mode": "MANUAL"},
    "maintenance": {"functional_mode": "MAINTENANCE", "mode": "MANUAL"},
    "alarm": {"estop": "TRIGGERED", "execution": "INTERRUPTED"},
    "off": {"power": "OFF"},
    "unknown": {},
}
DARK = ("off", "unknown")
"""States in which the control answers nothing (but that its power is off)."""
SHORT_DARK_S = (3.0, 40.0)
"""A loose plug: the program goes on meanwhile."""
LONG_DARK_S = 190.0
"""A line dead for longer than anyone would bridge."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Ordinary pace until `live_from`, brisk from then on, so that a watcher sees something happen."""

    live_from: datetime
    brisk: float = 0.15
    """Live durations, as a share of the ordinary ones."""
    past_s: float = 15.0
    live_s: float = 1.0
    """How far apart measures are."""


class Life:
    """One machine. Take its `changes`; read its `logbook` for what it did."""

    def __init__(self, name: str, kind: Kind, seed: int, start: datetime, pace: Pace) -> None:
        self.logbook = Logbook(name)
        self._name = name
        self._kind = kind
        self._dice = Random(f"{seed}/{name}")  # noqa: S311 - a seeded story, no secret
        self._pace = pace
        self._now = self._tick = start
        self._shown: dict[str, Value] = {}
        self._levels = {measure.signal: measure.at_rest for measure in kind.measures}
        self._program = kind.programs[0]
        self._step = "0"
        self._alarm: Alarm | None = None
        self._parts = 0
        self._override = 100.0

    def changes(self) -> Iterator[Change]:
        """What the machine's signals say, for ever."""
        yield from self._act("idle", self._span(20, 60))
        while True:
            yield from self._lot(self._dice.choice(self._kind.programs))
            yield from self._after_the_lot()

    def _lot(self, program: Program) -> Iterator[Change]:
        yield from self._prepare(program)
        for _ in range(self._dice.randint(*self._kind.lot)):
            yield from self._run(program)

    def _prepare(self, program: Program) -> Iterator[Change]:
        self._program = program
        state, span = self._kind.prepares_by, self._span(*self._kind.prepare_s)
        yield from self._act(state, span * 0.8)
        moving: dict[str, Value] = {"execution": "ACTIVE"}
        if state == "manual":
            moving["mode"] = "MANUAL_DATA_INPUT"
        yield from self._act(state, span * 0.2, **moving)
        yield from self._act("idle", self._span(5, 20))

    def _after_the_lot(self) -> Iterator[Change]:
        rest = self._dice.random()
        if rest < 0.04:
            yield from self._act("off", self._span(600, 1500))
        elif rest < 0.08:
            yield from self._act("maintenance", self._span(300, 900))
        else:
            yield from self._act("idle", self._span(60, 400))

    def _run(self, program: Program) -> Iterator[Change]:
        """A program from the start button to its end, or to what ends it early, and what comes after."""
        self._program = program
        self._override = self._dice.choice((100.0, 100.0, 100.0, 100.0, 80.0))
        run = self.logbook.begin(self._now, program.number)
        for step in program.steps:
            self._step = step.label
            run.steps.append(step.label)
            yield from self._spend(run, "running", self._span(step.seconds * 0.95, step.seconds * 1.05))
            if self._chance(0.012):
                yield from self._break_down(run)
                return
            yield from self._hold_up(run, step)
        self._parts += 1
        yield from self._spend(run, "running", 0.5)
        yield from self._go_on(run)

    def _go_on(self, run: Run) -> Iterator[Change]:
        """Mostly the next sheet is loaded; a robot may turn to its other table at once; a line may go dead."""
        if self._chance(self._kind.chain_odds):
            self.logbook.end(run, self._now, into="running")
            yield from self._run(self._dice.choice([p for p in self._kind.programs if p.number != run.program]))
        elif self._now < self._pace.live_from and self._chance(0.004):
            self.logbook.end(run, self._now, into="unknown")
            yield from self._act("unknown", self._dice.uniform(LONG_DARK_S, 2 * LONG_DARK_S))
        else:
            self.logbook.end(run, self._now, into="idle")
            yield from self._load()

    def _load(self) -> Iterator[Change]:
        self._step = "0"
        word = self._dice.choice(("PROGRAM_COMPLETED", "PROGRAM_COMPLETED", "READY", "STOPPED"))
        yield from self._act("idle", self._span(*self._kind.load_s), execution=word)

    def _hold_up(self, run: Run, step: Step) -> Iterator[Change]:
        if self._chance(self._kind.hold_odds):
            word = self._dice.choice(self._kind.holds)
            yield from self._spend(run, "held", self._span(*self._kind.hold_s), execution=word)
            yield from self._spend(run, "running", self._span(2, 6))
        if self._chance(0.01):
            yield from self._spend(run, "unknown", self._dice.uniform(*SHORT_DARK_S))
            yield from self._spend(run, "running", self._span(2, 6))
        if self._chance(0.01):
            self._alarm = self._trouble("warning")
            began = self._now
            yield from self._spend(run, "running", self._span(step.seconds * 0.5, step.seconds))
            self._write_down(began)

    def _break_down(self, run: Run) -> Iterator[Change]:
        """An emergency stop ends the run; or a person takes over by hand."""
        if self._chance(0.3):
            self.logbook.end(run, self._now, into="manual")
            yield from self._act("manual", self._span(60, 240))
        else:
            self.logbook.end(run, self._now, into="alarm")
            self._alarm = self._trouble("fault")
            began = self._now
            yield from self._act("alarm", self._span(60, 400))
            self._write_down(began)
        yield from self._load()

    def _trouble(self, level: str) -> Alarm:
        return self._dice.choice([alarm for alarm in self._kind.alarms if alarm.level == level])

    def _write_down(self, began: datetime) -> None:
        if self._alarm is not None:
            alarm, self._alarm = self._alarm, None
            self.logbook.troubles.append(Trouble(began, self._now, alarm.level, alarm.code, alarm.text))

    def _spend(self, run: Run, state: str, seconds: float, **shown: Value) -> Iterator[Change]:
        began = self._now
        yield from self._act(state, seconds, **shown)
        run.spend(state, self._now - began)

    def _act(self, state: str, seconds: float, **shown: Value) -> Iterator[Change]:
        """Be in a state for a while: the logbook says so, the signals show it, the measures go on."""
        program = None if state in DARK else self._program.number
        self.logbook.be(self._now, state, program)
        until = self._now + timedelta(milliseconds=max(1, round(seconds * 1000)))
        yield from self._show(self._signals(state) | shown)
        while self._tick < until:
            if state not in DARK:
                yield from self._measure(self._tick, working=state == "running")
            self._tick += timedelta(seconds=self._measure_s())
        self._now = until

    def _signals(self, state: str) -> dict[str, Value]:
        numbers = [measure.signal for measure in self._kind.measures]
        alarm = self._alarm
        rest: dict[str, Value] = {
            "program": self._program.number,
            "program_comment": self._program.comment,
            "step": self._step,
            "part_count": float(self._parts),
            "alarm": f"{alarm.level}|{alarm.code}|||{alarm.text}" if alarm else "normal||||",
        }
        if self._kind.override:
            rest["feed_override"] = self._override
        if state in DARK:
            return dict.fromkeys([*HEALTHY, *rest, *numbers]) | SHOWS[state]
        return HEALTHY | SHOWS[state] | rest

    def _show(self, signals: dict[str, Value]) -> Iterator[Change]:
        for signal, value in signals.items():
            if signal not in self._shown or self._shown[signal] != value:
                self._shown[signal] = value
                yield Change(self._now, f"{self._name}/{signal}", value)

    def _measure(self, at: datetime, *, working: bool) -> Iterator[Change]:
        for measure in self._kind.measures:
            goal = measure.at_work if working else measure.at_rest
            level = self._levels[measure.signal]
            level += (goal - level) * measure.follow + self._dice.gauss(0, measure.jitter * (1 if working else 0.05))
            self._levels[measure.signal] = level
            value = max(0.0, round(level, measure.digits))
            self._shown[measure.signal] = value
            yield Change(at, f"{self._name}/{measure.signal}", value)

    def _measure_s(self) -> float:
        return self._pace.live_s if self._tick >= self._pace.live_from else self._pace.past_s

    def _span(self, least: float, most: float) -> float:
        live = self._now >= self._pace.live_from
        return self._dice.uniform(least, most) * (self._pace.brisk if live else 1.0)

    def _chance(self, odds: float) -> bool:
        return self._dice.random() < odds


def signals(name: str, kind: Kind) -> dict[str, bool]:
    """The addresses of a machine of this kind, and for each whether it is a number."""
    texts = [*HEALTHY, "program", "program_comment", "step", "alarm"]
    numbers = ["part_count", *(["feed_override"] if kind.override else []), *(m.signal for m in kind.measures)]
    return {f"{name}/{signal}": signal in numbers for signal in [*texts, *numbers]}
