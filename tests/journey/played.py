"""One recording played from a real wire to the hub's answers, and those beside the file itself.

simulator ══ OPC UA or MQTT ══► agent ══ HTTP ══► hub ◄── asked over its API. Each is a process of its own.
Times are microseconds since 1970, UTC, as in the oracle.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from contract.times import rfc3339, to_us
from tests.journey import oracle
from tests.support.agent import Address, AgentProcess, machine_toml
from tests.support.hub import HubProcess
from tests.support.processes import Process
from tests.support.servers import wait_until

TELEMETRY_ITEMS = 20
ARRIVAL_S = 120.0
STATE_TOLERANCE_S = 0.1
SPAN_TOLERANCE_S = 0.010
NEVER = 4_102_444_800_000_000  # the year 2100

Rows = list[tuple[int, str, str]]


@dataclass(frozen=True)
class Expected:
    """What a recording, or a slice of it, must come out as; `machine` is the name it is given at the site `main`."""

    machine: str
    rows: Rows
    telemetry: dict[str, str]
    """Signal name by item of the file."""
    units: dict[str, str]
    """Unit by item of the file, for those whose settings say one."""

    @property
    def key(self) -> str:
        return f"main/{self.machine}"

    @property
    def window(self) -> tuple[int, int]:
        start, end = oracle.window(self.rows)
        return start, end

    def points(self, item: str, *, repeats: bool) -> set[tuple[int, float | None]]:
        """The distinct samples; without `repeats` only those that differ from the one before."""
        told = [(at, None if text == "UNAVAILABLE" else float(text)) for at, name, text in self.rows if name == item]
        return set(told) if repeats else {next(same) for _, same in groupby(told, key=itemgetter(1))}


def expected(path: Path, machine: str = "mazak") -> Expected:
    """What the rules say of a recording, with the twenty numeric items that changed most."""
    rows = oracle.read(path)
    items = numeric_items(rows)
    return Expected(machine, rows, {item: item.lower() for item in items}, dict.fromkeys(items[::2], "1"))


def numeric_items(rows: Rows) -> list[str]:
    """The items that are numbers whenever they are known, without those of the machine's state, busiest first."""
    counts: Counter[str] = Counter()
    texts = set(oracle.SIGNALS)
    for _, item, text in rows:
        if text != "UNAVAILABLE":
            counts[item] += 1
            try:
                float(text)
            except ValueError:
                texts.add(item)
    return [item for item, _ in counts.most_common() if item not in texts][:TELEMETRY_ITEMS]


def opcua_machine(port: int, told: Expected) -> str:
    """The agent's table of a machine that `tsunagu-sim replay --as opcua` serves."""
    connection = {"endpoint": f"opc.tcp://127.0.0.1:{port}"}
    return machine_toml(told.machine, "opcua", connection, addresses(told, lambda item: {"node": f"ns=2;s={item}"}))


def mqtt_machine(url: str, told: Expected) -> str:
    """The same for `--as mqtt`, with the machine's name as prefix."""

    def address(item: str) -> Address:
        return {"topic": f"{told.machine}/{item}", "path": "$.value", "time": "$.at"}

    return machine_toml(told.machine, "mqtt", {"url": url}, addresses(told, address))


def addresses(told: Expected, of: Callable[[str], Address]) -> dict[str, Address]:
    """Every signal's address, with its unit."""
    units = {item: {"unit": unit} for item, unit in told.units.items()}
    return {signal: {**of(item), **units.get(item, {})} for item, signal in (oracle.SIGNALS | told.telemetry).items()}


def is_connected(agent: AgentProcess) -> bool:
    """Whether the agent's status file says that it reads every machine."""
    health = agent.health()
    return health is not None and all(machine["connected"] for machine in health["machines"])


def played(replay: Process) -> dict[str, Any] | None:
    """What the replay says at its end; None while it plays."""
    last = replay.tail(1)
    return json.loads(last) if last.startswith("{") else None


def wait_played(replay: Process, timeout_s: float) -> dict[str, Any]:
    """Waits for the replay's end."""

    def ended() -> bool:
        assert played(replay) is not None or replay.runs, f"the replay ended:\n{replay.tail()}"
        return played(replay) is not None

    wait_until(ended, timeout_s, "the replay's end")
    told = played(replay)
    assert told is not None
    return told


def wait_arrived(hub: HubProcess, agent: AgentProcess, told: Expected) -> None:
    """Waits until the hub has everything: nothing waits at the agent, and the last sample of each item is there."""
    last = {item: max(at for at, _ in told.points(item, repeats=False)) for item in told.telemetry}

    def delivered() -> bool:
        assert agent.process.runs, f"the agent ended:\n{agent.process.tail()}"
        health, row = agent.health(), hub.agent(agent.name)
        return (
            health is not None
            and row is not None
            and health["buffer"]["backlog_records"] == 0 == row["backlog"]
            and row["acked"] == health["buffer"]["last_seq"]
        )

    def arrived() -> bool:
        if not delivered() or not hub.is_folded():
            return False
        for item in list(last):
            if not samples(hub, told, item, last[item], last[item] + 1):
                return False
            del last[item]
        return True

    try:
        wait_until(arrived, ARRIVAL_S, "everything at the hub")
    except BaseException:
        print(f"still missing: {last}\n{hub.agent(agent.name)}\n{agent.health()}\n{agent.process.tail()}")
        raise


def samples(hub: HubProcess, told: Expected, item: str, from_us: int = 0, to_us_: int = NEVER) -> list[dict[str, Any]]:
    """Every sample of an item in ``[from, to)``."""
    window = {"from": rfc3339(from_us), "to": rfc3339(to_us_), "limit": "5000"}
    return hub.pages(f"/machines/{told.key}/series/{told.telemetry[item]}", "samples", **window)


def moment(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


def check_facts(hub: HubProcess, told: Expected) -> None:
    """States and runs of the hub are those of the rules."""
    check_states(hub, told)
    check_runs(hub, told)


def check_states(hub: HubProcess, told: Expected) -> None:
    """Intervals tile the window, are those of the rules, and so are their seconds."""
    start, end = told.window
    window = {"from": rfc3339(start), "to": rfc3339(end), "limit": "97"}
    intervals = hub.pages(f"/machines/{told.key}/states", "intervals", **window)
    tiles = [(moment(row["start"]), moment(row["end"]), row["state"], row["program"]) for row in intervals]
    true = oracle.intervals(told.rows, start, end)
    assert (tiles[0][0], tiles[-1][1]) == (start, end)
    assert [tile[1] for tile in tiles[:-1]] == [tile[0] for tile in tiles[1:]]
    said, seconds = oracle.seconds_by_state(tiles), oracle.seconds_by_state(true)
    assert said == {state: pytest.approx(span, abs=STATE_TOLERANCE_S) for state, span in seconds.items()}
    assert tiles == true


def check_runs(hub: HubProcess, told: Expected) -> None:
    """The same runs; the one that is open where the file ends goes on at the hub until it knows better."""
    start, end = told.window
    window = {"from": rfc3339(start), "to": rfc3339(end), "limit": "7"}
    rows = hub.pages(f"/machines/{told.key}/runs", "runs", **window)
    rules = [run for run in oracle.runs(told.rows) if run["start"] < end]
    assert [
        (row["program"], moment(row["started_at"]), ended(row, end), row["complete"], row["signature"]) for row in rows
    ] == [(run["program"], run["start"], run["end"], run["complete"], run["signature"]) for run in rules]
    for row, run in zip(rows, rules, strict=True):
        if run["end"] is not None:
            spans = {name: row[name] for name in ("active_s", "held_s", "blind_s")}
            assert spans == {name: pytest.approx(run[name], abs=SPAN_TOLERANCE_S) for name in spans}, run
        assert row["elapsed_s"] == pytest.approx(row["active_s"] + row["held_s"] + row["blind_s"], abs=1e-5)


def ended(row: dict[str, Any], end: int) -> int | None:
    """When a run ended, None where that was after the end of the file."""
    at = moment(row["ended_at"]) if row["ended_at"] else None
    return at if at is not None and at <= end else None


def check_telemetry(hub: HubProcess, told: Expected, *, repeats: bool) -> None:
    """Each telemetry signal has the values of the file: none lost, none twice, none invented.

    An OPC UA server says a value again only where it changed (no `repeats`), a broker passes on all it is told. A
    signal without a unit is known to be a number once it says one; "not known" before that is no sample.
    """
    first, last = told.rows[0][0], told.rows[-1][0] + 1
    for item, signal in told.telemetry.items():
        rows = samples(hub, told, item, first, last)
        found = {(moment(row["t"]), row["mean"]) for row in rows}
        assert len(found) == len(rows), f"{signal} has samples twice"
        true = told.points(item, repeats=repeats)
        if item not in told.units:
            began = min(at for at, value in true if value is not None)
            true = {point for point in true if point[0] >= began}
        assert found == true, (
            f"{signal}: {len(true)} in the file, {len(found)} at the hub; "
            f"missing {sorted(true - found, key=str)[:5]}, too much {sorted(found - true, key=str)[:5]}"
        )


def check_delivery(hub: HubProcess, agent: str) -> dict[str, Any]:
    """Nothing lost, no hole, nothing in quarantine."""
    row = hub.agent(agent)
    assert row is not None
    assert (row["lost"], row["holes"], row["quarantined"], row["backlog"]) == (0, [], 0, 0), row
    return row
