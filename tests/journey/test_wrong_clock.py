"""An agent on a computer whose clock is wrong: the hub's times are true all the same, once the time is known.

Each case is a story of the clock, of the agent and of the way to the hub. Two machines change their state meanwhile:
`press-1` says no time of its own, `press-2` says it, and its clock is right.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.times import rfc3339, to_us
from tests.support.agent import AgentProcess, enrolled, machine_toml
from tests.support.false_clock import FalseClock
from tests.support.hub import HubProcess, hub_process
from tests.support.mqtt import publish
from tests.support.servers import Broker, mosquitto, wait_until

NEAR_US = 1_000_000
"""A message is there within so much of its being sent, on a busy computer."""
TEN_MINUTES_S = 600.0


def now_us() -> int:
    return to_us(datetime.now(UTC))


@dataclass
class World:
    """A broker with two presses, an agent that is not started yet, its computer's clock, and the hub."""

    broker: Broker
    hub: HubProcess
    agent: AgentProcess
    clock: FalseClock
    folder: Path
    truth: list[tuple[int, str]] = field(default_factory=list)

    def say(self, execution: str, state: str) -> None:
        """Both presses change now, and the agent has that on disk."""
        before, at = self.stored(), now_us()
        told = f'{{"value": "{execution}", "at": "{rfc3339(at)}"}}'
        publish(self.broker, [("press-1/execution", told), ("press-2/execution", told)])
        wait_until(lambda: self.stored() >= before + 2, 30, "both presses' records on disk")
        self.truth.append((at, state))

    def stored(self) -> int:
        with closing(sqlite3.connect(f"file:{self.folder / 'pi-1' / 'buffer.sqlite'}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM records WHERE kind = 1").fetchone()[0])

    def start(self) -> None:
        self.agent.process.start()
        last = lambda: self.agent.process.said().rpartition("--- start")[2]  # noqa: E731
        wait_until(lambda: last().count("connected machine=") == 2, 30, "the broker")

    def kill(self) -> None:
        """From the next second on nobody looks."""
        wait_until(lambda: now_us() > self.truth[-1][0] + 6_000_000, 30, "a proof of life after the last change")
        self.agent.process.kill()

    def restart_computer(self) -> None:
        """As if the computer had been switched off and on: its clock remembers nothing."""
        with closing(sqlite3.connect(self.folder / "pi-1" / "buffer.sqlite")) as db, db:
            db.execute("""UPDATE meta SET value = json_set(value, '$.boot', 'before') WHERE key = 'clock'""")

    def reach_hub(self) -> None:
        """The way to the hub is open, and all that waited has arrived."""
        if not self.hub.process.runs:
            self.hub.start()
        wait_until(self.is_delivered, 60, "everything delivered and folded")

    def is_delivered(self) -> bool:
        health, row = self.agent.health(), self.hub.agent("pi-1")
        return (
            health is not None
            and row is not None
            and health["hub"]["connected"]
            and row["acked"] == self.last_seq()
            and self.hub.is_folded()
        )

    def last_seq(self) -> int:
        with closing(sqlite3.connect(f"file:{self.folder / 'pi-1' / 'buffer.sqlite'}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT max(seq) FROM records").fetchone()[0])

    def states(self, press: str) -> list[tuple[int, str]]:
        """(start, state), those not known left out."""
        rows = self.hub.pages(f"/machines/main/{press}/states", "intervals")
        starts = [(to_us(datetime.fromisoformat(row["start"])), row["state"]) for row in rows]
        return [(start, state) for start, state in starts if state != "unknown"]

    def blind_s(self, press: str) -> list[tuple[int, int]]:
        rows = self.hub.pages(f"/machines/main/{press}/states", "intervals")
        return [
            (to_us(datetime.fromisoformat(row["start"])), to_us(datetime.fromisoformat(row["end"])))
            for row in rows
            if row["state"] == "unknown" and row["end"]
        ]

    def is_true(self) -> None:
        """What the hub says of both presses is what they did, when they did it."""
        wait_until(lambda: self.is_delivered() and len(self.states("press-1")) >= len(self.truth), 60, "all states")
        for press in ("press-1", "press-2"):
            said = self.states(press)
            assert [state for _, state in said] == [state for _, state in self.truth], self.agent.process.tail()
            late = [start - at for (start, _), (at, _) in zip(said, self.truth, strict=True)]
            assert all(-50_000 <= us < NEAR_US for us in late), (press, late, self.agent.process.tail())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = FalseClock(tmp_path)
    with mosquitto(tmp_path / "broker") as broker, hub_process(tmp_path) as hub:
        machines = [
            machine_toml(press, "mqtt", {"url": broker.url}, {"execution": {"topic": f"{press}/execution", **address}})
            for press, address in (
                ("press-1", {"path": "$.value"}),
                ("press-2", {"path": "$.value", "time": "$.at"}),
            )
        ]
        agent = enrolled(tmp_path, hub, "pi-1", *machines)
        agent.process.env = clock.env
        try:
            yield World(broker, hub, agent, clock, tmp_path)
        finally:
            agent.process.stop()


def test_the_hub_tells_a_computer_that_is_ten_minutes_behind_what_time_it_is(world: World):
    world.clock.set(-TEN_MINUTES_S)
    world.start()
    world.say("ACTIVE", "running")
    world.say("READY", "idle")
    world.is_true()
    row = world.hub.agent("pi-1")
    assert row is not None
    assert row["clock_offset_s"] == pytest.approx(TEN_MINUTES_S, abs=1)  # people are told that it is wrong


def test_a_start_in_1970_without_the_hub_is_put_right_when_the_computer_learns_the_time(world: World):
    world.hub.process.stop()
    world.clock.set_to(20.0)
    world.start()
    world.say("ACTIVE", "running")
    world.say("READY", "idle")
    world.clock.set(0)
    wait_until(lambda: "clock was corrected" in world.agent.process.said(), 30, "the step noticed")
    world.say("ACTIVE", "running")
    world.reach_hub()
    world.is_true()


def test_a_start_in_1970_with_the_agent_killed_in_between_is_put_right_by_the_hub(world: World):
    world.hub.process.stop()
    world.clock.set_to(20.0)
    world.start()
    world.say("ACTIVE", "running")
    world.kill()
    died = now_us()
    world.start()
    world.say("READY", "idle")
    world.reach_hub()
    world.say("ACTIVE", "running")
    world.is_true()
    (blind,) = world.blind_s("press-1")
    assert world.truth[0][0] < blind[0] < died + NEAR_US
    assert abs(blind[1] - world.truth[1][0]) < NEAR_US


@pytest.mark.parametrize("wakes", ["in 1970", "when it was switched off", "an hour ahead"])
def test_a_power_cut_is_unknown_from_the_last_proof_of_life_on(world: World, wakes: str):
    world.start()
    world.say("ACTIVE", "running")
    world.reach_hub()
    world.kill()
    died, off_s = now_us(), 9.0
    world.hub.process.stop()
    world.restart_computer()
    wait_until(lambda: now_us() > died + off_s * 1e6, 30, "the power to return")
    if wakes == "in 1970":
        world.clock.set_to(20.0)
    else:
        world.clock.set(-off_s + 1 if wakes == "when it was switched off" else 3600.0)
    world.start()
    world.say("READY", "idle")
    world.reach_hub()
    world.say("ACTIVE", "running")
    world.is_true()
    for press in ("press-1", "press-2"):
        (blind,) = world.blind_s(press)
        assert world.truth[0][0] < blind[0] < died + NEAR_US, (press, (died - blind[0]) / 1e6)
        assert abs(blind[1] - world.truth[1][0]) < NEAR_US


def test_nobody_at_the_computer_moves_time_once_the_hub_was_heard(world: World):
    world.start()
    world.say("ACTIVE", "running")
    world.reach_hub()
    world.clock.set(-9 * 3600.0)
    world.say("READY", "idle")
    world.clock.set(5 * 3600.0)
    world.say("ACTIVE", "running")
    world.clock.set(0)
    world.say("READY", "idle")
    world.is_true()
