"""A world: a hub, an agent, a broker and a plant, each a process of its own, with a proxy of ours on each of the wires.

plant ══ OPC UA ══ proxy ══► agent ══ HTTP ══ proxy ══► hub; plant ══► broker ══ MQTT ══ proxy ══► agent. Faults are
done to it one after the other; after each it is judged against the plant's own truth. Times µs since 1970, UTC.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.journey.faults import judge
from tests.journey.faults.judge import Outage, Wrong
from tests.journey.faults.ledger import LedgerWatch
from tests.support.agent import AgentProcess, agent_toml
from tests.support.hub import COMPANY, HubProcess, hub_process
from tests.support.plant.process import PlantProcess, plant_process
from tests.support.processes import Process, run
from tests.support.proxy import Proxy, proxies
from tests.support.servers import Broker, free_port, mosquitto, wait_until

MACHINES = {"laser-1": "laser", "mc-1": "machining-centre", "press-1": "press-brake", "robot-1": "welding-robot"}
OVER_MQTT = frozenset({"press-1", "robot-1"})
UNSAID_US = 400_000
"""A proof of life says nothing of the last moment before it."""
POLL_S = 0.1
START_S = 60.0
BLOCKS_S = 20.0
"""A block of telemetry closes 5 s after it began, and then travels."""
PATIENCE_S = 45.0
"""Correctness only: how fast it was is reported."""


def now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. `act` returns when it is over: the link is back, the process started again.

    Wires, "opcua" and "mqtt", by what the fault may cost: `blind`, nobody looks at their machines meanwhile, `surely`
    so in all the time; `lossy`, what is said meanwhile is kept by nobody; `repeats`, it may be said twice.
    """

    name: str
    act: Callable[["World"], None]
    blind: frozenset[str] = frozenset()
    surely: frozenset[str] = frozenset()
    lossy: frozenset[str] = frozenset()
    repeats: frozenset[str] = frozenset()
    retried: str | None = None
    """The wire whose cut is answered by a new connection: the wait until the first one is measured."""
    patience_s: float = PATIENCE_S


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one fault came to. `flow_s`: from the link's return until data of every machine was durable at the hub."""

    kind: str
    flow_s: float
    retry_s: float | None
    blind_s: float
    lost: int
    duplicated: int
    gaps: int


@dataclass(eq=False)
class World:
    """`check` after every fault; `finish` in the end."""

    folder: Path
    dice: random.Random
    hub: HubProcess
    agent: AgentProcess
    broker: Broker
    plant: PlantProcess
    to_hub: Proxy
    to_opcua: Proxy
    to_broker: Proxy
    ledger: LedgerWatch
    checked: int = 0
    began: int = 0
    outages: dict[str, list[Outage]] = field(default_factory=lambda: {name: [] for name in MACHINES})
    expected_lost: int = 0

    # --- what faults use ---

    def pause(self, low_s: float, high_s: float) -> None:
        """Lets a random time pass."""
        until = time.monotonic() + self.dice.uniform(low_s, high_s)
        wait_until(lambda: time.monotonic() >= until, high_s + 60, "the next moment", POLL_S / 4)

    def machines_on(self, wire: str) -> frozenset[str]:
        return OVER_MQTT if wire == "mqtt" else MACHINES.keys() - OVER_MQTT

    def proxy_on(self, wire: str) -> Proxy:
        return {"hub": self.to_hub, "opcua": self.to_opcua, "mqtt": self.to_broker}[wire]

    # --- judging ---

    def wait_flow(self, since: int, timeout_s: float) -> dict[str, int]:
        """When the first serial that happened after `since` was durable at the hub, by machine."""
        flowing: dict[str, int] = {}

        def all_flow() -> bool:
            self._all_live()
            self.ledger.read()
            for machine, at in self.ledger.newest.items():
                if at >= since:
                    flowing.setdefault(machine, now_us())
            return len(flowing) == len(MACHINES)

        wait_until(all_flow, timeout_s, f"data of {len(MACHINES)} machines at the hub", POLL_S)
        return flowing

    def _all_live(self) -> None:
        for process in (self.hub.process, self.agent.process):
            assert process.runs, f"{process.words[0]} ended by itself:\n{process.tail()}"

    def suffer(self, kind: Kind) -> Recovered:
        """Does one fault to this world, waits until it has recovered, and judges it."""
        began, clock = now_us(), time.monotonic()
        kind.act(self)
        back = now_us()
        flowing = self.wait_flow(back, kind.patience_s)
        for wire in kind.blind | kind.lossy | kind.repeats:
            for machine in self.machines_on(wire):
                self.outages[machine].append(
                    Outage(
                        began, back, flowing[machine], blind=wire in kind.blind, surely=wire in kind.surely,
                        lossy=wire in kind.lossy, repeats=wire in kind.repeats,
                    )
                )  # fmt: skip
        retries = [at - clock for at in self.proxy_on(kind.retried).attempts if at > clock] if kind.retried else []
        unknown, lost, duplicated, gaps = self.check()
        flow_s = (max(flowing.values()) - back) / 1e6
        return Recovered(kind.name, flow_s, min(retries, default=None), unknown / 1e6, lost, duplicated, gaps)

    def check(self) -> tuple[int, int, int, int]:
        """(unknown µs, lost, duplicated, gaps) since the last check; raises Wrong where the hub is."""
        until = (
            min(self.ledger.newest[machine] for machine in MACHINES) - 400_000
        )  # a proof of life says nothing of the last moment before it
        wait_until(self._is_whole, 30, "everything folded, no hole", POLL_S)
        self.ledger.read()
        found = self._check((self.checked, until))
        self.checked = until
        return found

    def _is_whole(self) -> bool:
        """What a restored hub has forgotten may come after what is new: a hole until then."""
        row = self.hub.agent(self.agent.name)
        return row is not None and not row["holes"] and self.hub.is_folded()

    def _check(self, window: tuple[int, int]) -> tuple[int, int, int, int]:
        truth = self.plant.order("truth", since=window[0])["machines"]
        unknown = lost = duplicated = 0
        for machine, true in truth.items():
            outages = self.outages[machine]
            unknown += judge.states(self.hub, machine, true, window, outages)
            judge.runs(self.hub, machine, true, window, outages)
            missing, twice = judge.serials(self.ledger, machine, true, window, outages)
            lost, duplicated = lost + missing, duplicated + twice
        row = self.hub.agent(self.agent.name)
        assert row is not None
        if lost or duplicated or row["holes"] or row["quarantined"] or row["lost"] != self.expected_lost:
            raise Wrong(
                f"{lost} serials lost, {duplicated} twice; the hub counts {row['lost']} lost ({self.expected_lost} "
                f"expected), holes {row['holes']}, {row['quarantined']} in quarantine"
            )
        return unknown, lost, duplicated, row["lost"]

    def finish(self) -> None:
        """Everything once more from the beginning to the end, telemetry too; then an orderly end."""
        since = now_us()
        self.wait_flow(since, START_S)
        wait_until(self._all_arrived, 60, "everything at the hub", POLL_S)
        self.check()
        self._check((self.began, self.checked))
        self._check_telemetry()
        assert self.agent.process.stop() == 0, self.agent.process.tail()
        assert self.hub.process.stop() == 0, self.hub.process.tail()
        for process in (self.agent.process, self.hub.process):
            assert "Traceback" not in process.said(), process.said().partition("Traceback")[2][:3000]

    def _check_telemetry(self) -> None:
        """Every sample of every measure; what lies in a block that is still open is waited for."""
        left = dict(self.plant.order("samples"))
        last: list[Wrong] = []

        def all_right() -> bool:
            for address, true in list(left.items()):
                machine = address.partition("/")[0]
                window, outages = (self.began, self.checked), self.outages[machine]
                try:
                    judge.telemetry(self.hub, address, true, window, outages, repeats=machine in OVER_MQTT)
                except Wrong as wrong:
                    last[:] = [wrong]
                    return False
                del left[address]
            return True

        deadline = time.monotonic() + BLOCKS_S
        wait_until(lambda: all_right() or time.monotonic() > deadline, 2 * BLOCKS_S, "telemetry", 0.5)
        if left:
            raise last[0]

    def _all_arrived(self) -> bool:
        health = self.agent.health()
        return health is not None and health["buffer"]["backlog_records"] <= 200 and self.hub.is_folded()


@contextlib.contextmanager
def world(folder: Path, seed: int) -> Iterator[World]:
    """A world at work, its first data durable at the hub."""
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "broker"))
        hub = stack.enter_context(hub_process(folder))
        opcua = free_port()
        wires = stack.enter_context(proxies(hub.port, opcua, broker.port))
        over = {"opcua": opcua, "mqtt": broker.port}
        plant = stack.enter_context(plant_process(folder, MACHINES, OVER_MQTT, seed=seed, **over))
        agent = enrolled_through(folder, hub, wires[0].port, "pi-1", plant.tables(wires[1].port, wires[2].port))
        stack.callback(agent.process.stop)
        ledger = LedgerWatch(hub.data, COMPANY)
        stack.callback(ledger.close)
        made = World(folder, random.Random(seed), hub, agent, broker, plant, *wires, ledger)
        agent.process.start()
        made.checked = made.began = max(made.wait_flow(now_us(), START_S).values()) + judge.S
        made.wait_flow(made.began + judge.S, START_S)
        yield made


def enrolled_through(folder: Path, hub: HubProcess, port: int, name: str, tables: list[str]) -> AgentProcess:
    """An agent that reaches the hub through a proxy; not started."""
    config = folder / f"{name}.toml"
    url = f"http://127.0.0.1:{port}"
    config.write_text(agent_toml(name, folder / name, url, *tables), "utf-8")
    run("tsunagu-agent", "enrol", url, hub.agent_code(name), "--config", config)
    return AgentProcess(name, config, Process(["tsunagu-agent", "run", "--config", config], folder / f"{name}.log"))
