"""What is said of time in which nobody looked: `unknown` from the last proof of life on, and never anything wrong.

OPC UA keeps nothing for a client that is away, so what live machines did while the agent was dead is lost to it. The
machines are simulated and wrote down what they really did.
"""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contract.times import rfc3339, to_us
from tests.support.agent import AgentProcess, agent_process
from tests.support.factory import factory_process
from tests.support.hub import HubProcess, hub_process
from tests.support.servers import wait_until

KINDS = {"laser-1": "laser", "laser-2": "laser", "mc-1": "machining-centre", "robot-1": "welding-robot"}
PROOF_S = 6.0
"""A proof of life is kept at least every 5 s; a kill makes blind at most so much time before it."""
SILENT_WITHIN_S = 45.0


class Piece(NamedTuple):
    """A stretch of time with one state, µs since 1970."""

    start: int
    end: int
    state: str
    program: str | None


def now_us() -> int:
    return to_us(datetime.now(UTC))


def pieces(rows: list[dict[str, Any]], until: int) -> list[Piece]:
    return [
        Piece(
            to_us(datetime.fromisoformat(row["start"])),
            to_us(datetime.fromisoformat(row["end"])) if row["end"] else until,
            row["state"],
            row["program"],
        )
        for row in rows
    ]


def overlaps(said: list[Piece], true: list[Piece]) -> list[tuple[Piece, Piece]]:
    """(what is said, what was) for every stretch of time that both cover, cut to it."""
    found = []
    for one in said:
        for other in true:
            start, end = max(one.start, other.start), min(one.end, other.end)
            if start < end:
                found.append((one._replace(start=start, end=end), other._replace(start=start, end=end)))
    return found


def is_reading(hub: HubProcess, agent: AgentProcess) -> bool:
    """Whether the agent is connected to every machine and has delivered all it has."""
    health, row = agent.health(), hub.agent(agent.name)
    return (
        agent.process.runs
        and health is not None
        and row is not None
        and to_us(datetime.fromisoformat(health["at"])) > now_us() - 10_000_000
        and all(machine["connected"] for machine in health["machines"])
        and health["buffer"]["backlog_records"] == 0
        and row["acked"] == health["buffer"]["last_seq"]
        and hub.is_folded()
    )


def kill_and_return(agent: AgentProcess, blind_s: float) -> tuple[int, int]:
    """kill -9, dark for a while, started again and connected again; from when to when it was away."""
    killed = now_us()
    agent.process.kill()
    until = time.monotonic() + blind_s
    wait_until(lambda: time.monotonic() >= until, blind_s + 5, "the end of the dark")
    agent.process.start()

    def connected() -> bool:
        said = agent.process.said().rpartition("--- start")[2]
        return said.count("connected machine=") >= len(KINDS)

    wait_until(connected, 30, "the agent at its machines")
    return killed, now_us()


def check(hub: HubProcess, truth: dict[str, Any], dark: list[tuple[int, int]]) -> None:
    start, until = (to_us(datetime.fromisoformat(truth[name])) for name in ("from", "until"))
    unknown_us = 0
    for machine in truth["machines"]:
        window = {"from": rfc3339(start), "to": rfc3339(until)}
        rows = hub.pages(f"/machines/main/{machine['machine']}/states", "intervals", **window)
        said, true = pieces(rows, until), pieces(machine["intervals"], until)
        assert [one.end for one in said[:-1]] == [one.start for one in said[1:]]
        for one, other in overlaps(said, true):
            if one.state == "unknown" != other.state:
                unknown_us += one.end - one.start
                excused = [(a, b) for a, b in dark if a - PROOF_S * 1e6 <= one.start and one.end <= b + 1_000_000]
                first = one.start == said[0].start
                assert excused or first, f"{machine['machine']}: unknown without a reason: {one}, it was {other}"
            else:
                assert (one.state, one.program) == (other.state, other.program), f"{machine['machine']}: wrong"
    away_us = sum(b - a for a, b in dark)
    assert unknown_us >= 0.5 * away_us, "somebody was blind, and it shows"


def live_through(folder: Path, kills: int, seed: int) -> None:
    """Kills the agent again and again, judges what is said, and in the end lets it be silent for good."""
    dice = random.Random(seed)
    with hub_process(folder) as hub, factory_process(folder, KINDS, seed=seed, for_s=12 * kills) as factory:
        with agent_process(folder, hub, "pi-1", *factory.machines_toml()) as agent:
            dark = []
            for _ in range(kills):
                wait_until(lambda: is_reading(hub, agent), 60, "the agent reading")
                until = time.monotonic() + dice.uniform(0.5, 4)
                wait_until(lambda until=until: time.monotonic() >= until, 10, "the next moment")
                dark.append(kill_and_return(agent, dice.uniform(0.3, 6)))
            truth = factory.truth(60 + 12 * kills)
            wait_until(lambda: is_reading(hub, agent), 60, "the agent reading")
            row = hub.agent("pi-1")
            assert row is not None
            assert (row["lost"], row["holes"], row["quarantined"]) == (0, [], 0)
            check(hub, truth, dark)
            fall_silent(hub, agent)


def fall_silent(hub: HubProcess, agent: AgentProcess) -> None:
    """A silent agent's machines turn unknown by themselves, from the last proof of life on, within 45 s of it."""
    known = {row["machine"] for row in hub.get("/machines")["machines"] if row["state"] != "unknown"}
    assert known, "somebody must have something to lose"
    agent.process.kill()
    killed = datetime.now(UTC)
    wait_until(lambda: all_unknown(hub), SILENT_WITHIN_S + 15, "silence")
    found = datetime.now(UTC)
    rows = hub.get("/machines")["machines"]
    assert {row["machine"] for row in rows} == set(KINDS)
    for row in rows:
        known_until = datetime.fromisoformat(row["known_until"])
        assert killed - timedelta(seconds=10 + PROOF_S) <= known_until <= killed
        assert found - known_until <= timedelta(seconds=SILENT_WITHIN_S)
        assert (row["program"], row["silent"]) == (None, True)
        if row["machine"] in known:
            assert row["since"] == row["known_until"]


def test_blind_seconds_and_silence_are_unknown(tmp_path: Path):
    live_through(tmp_path, kills=3, seed=3)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_many_blind_moments(tmp_path: Path, seed: int):
    live_through(tmp_path, kills=15, seed=seed)


def all_unknown(hub: HubProcess) -> bool:
    return all(row["state"] == "unknown" for row in hub.get("/machines")["machines"])
