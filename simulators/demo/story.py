"""The order in which the demo happens: hub, companies, broker, machines, agents; then it is watched, or judged."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from simulators.demo.children import Child, Children, DemoError, answers, free_port, installed
from simulators.demo.day import Pass, WorkDay
from simulators.demo.floor import COMPANIES, SITE, Company, Wires, agent_toml, factory_toml
from simulators.demo.hub import Hub, is_ready
from simulators.demo.verdict import Verdict
from simulators.work.group import SITE as SECOND_SITE

START_S = 60.0
PAST_S = 240.0
DRAIN_S = 90.0
BEAT_S = 10.0
SEED = 20261120

T = TypeVar("T")
R = TypeVar("R")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked on the command line."""

    port: int
    data: Path
    history_h: float
    for_s: float | None


@dataclass(frozen=True, slots=True)
class Access:
    """How people and programs get into one company."""

    company: Company
    password: str
    token: str
    code: str
    second: Pass


@dataclass(frozen=True, slots=True)
class Machines:
    """The running machines of one company, and where their truth will be."""

    child: Child
    truth: Path


@dataclass(frozen=True, slots=True)
class Floor:
    """A company at work on this computer."""

    access: Access
    wires: Wires
    machines: Machines


class Demo:
    """The demo while it runs; every process belongs to `children`."""

    def __init__(self, wish: Wish, children: Children, say: Say) -> None:
        self._wish = wish
        self._children = children
        self._say = say
        self._hub_dir = wish.data / "hub"
        self._url = f"http://127.0.0.1:{wish.port}"
        self._day = WorkDay(self._url, datetime.now(UTC))

    def open(self) -> list[Floor]:
        """Start everything; return when every machine has played its past and is live."""
        if answers(self._wish.port):
            raise DemoError(f"port {self._wish.port} is in use; choose another with --port")
        broker_port = self._broker()
        self._say(f"starting the machines and setting up {len(COMPANIES)} companies in {self._wish.data}")
        wires = [Wires(free_port(), broker_port) for _ in COMPANIES]
        machines = [self._machines(company, wire) for company, wire in zip(COMPANIES, wires, strict=True)]
        accesses = self._found_companies()
        self._say("starting the hub")
        serve = [installed("tsunagu-hub"), "serve", "--data", str(self._hub_dir), "--port", str(self._wish.port)]
        self._children.start("hub", "hub", serve)
        self._children.wait_for(lambda: is_ready(self._url), f"the hub at {self._url} is not ready", START_S)
        floors = [Floor(*each) for each in zip(accesses, wires, machines, strict=True)]
        for floor in floors:
            self._await_said(floor.machines, "ready", START_S)
        self._say("enrolling and starting the agents")
        _side_by_side(self._agent, floors)
        self._say(f"playing {self._wish.history_h:g} hours of past")
        for floor in floors:
            self._await_said(floor.machines, "live", PAST_S)
        self._say("telling a day's orders, stops, quality and lots of the second sites")
        self._day.give({floor.access.company.slug: floor.access.second for floor in floors})
        return floors

    def _found_companies(self) -> list[Access]:
        first, *_ = COMPANIES
        names = ["--company", first.slug, "--company-name", first.name, "--admin", first.admin]
        made = self._children.ask([installed("tsunagu-hub"), "init", "--data", str(self._hub_dir), *names, "--json"])
        return _side_by_side(lambda c: self._found(c, made["password"] if c is first else None), COMPANIES)

    def _found(self, company: Company, password: str | None) -> Access:
        hub, data = installed("tsunagu-hub"), ["--data", str(self._hub_dir)]
        of = ["--company", company.slug, *data, "--json"]
        if password is None:
            self._children.run([hub, "company", "add", company.slug, "--name", company.name, *data])
            password = self._children.ask([hub, "user", "add", company.admin, "--role", "admin", *of])["password"]
        token = self._children.ask([hub, "token", "add", "--role", "manager", *of])["token"]
        code = self._children.ask([hub, "agent", "add", company.agent, "--site", SITE, *of])["code"]
        second = f"{company.slug}-{SECOND_SITE}-1"
        second_code = self._children.ask([hub, "agent", "add", second, "--site", SECOND_SITE, *of])["code"]
        return Access(company, str(password), token, code, Pass(token, second, second_code))

    def _broker(self) -> int | None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            self._say("Mosquitto is not installed: the demo runs its OPC UA machines only")
            return None
        port, folder = free_port(), self._wish.data / "mosquitto"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nmax_queued_messages 0\nuser root\n"
        )
        self._say("starting Mosquitto")
        self._children.start("broker", "mosquitto", [program, "-c", str(config)])
        self._children.wait_for(lambda: answers(port), f"Mosquitto does not listen at {port}", START_S)
        return port

    def _machines(self, company: Company, wires: Wires) -> Machines:
        folder = self._wish.data / "machines"
        folder.mkdir(parents=True, exist_ok=True)
        file, truth = folder / f"{company.slug}.toml", folder / f"{company.slug}-truth.json"
        file.write_text(factory_toml(company, SEED + COMPANIES.index(company), wires), encoding="utf-8")
        options = ["--history", str(self._wish.history_h), "--wait", "--truth", str(truth)]
        if self._wish.for_s is not None:
            options += ["--for", str(self._wish.for_s)]
        command_line = [installed("tsunagu-sim"), "factory", str(file), *options]
        return Machines(self._children.start("machines", f"machines-{company.slug}", command_line), truth)

    def _agent(self, floor: Floor) -> None:
        company = floor.access.company
        folder = self._wish.data / "agents" / company.agent
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "agent.toml"
        config.write_text(agent_toml(company, self._url, folder / "data", floor.wires), encoding="utf-8")
        agent = installed("tsunagu-agent")
        self._children.run([agent, "enrol", self._url, floor.access.code, "--config", str(config)])
        self._children.start("agents", company.agent, [agent, "run", "--config", str(config)])

    def _await_said(self, machines: Machines, word: str, limit_s: float) -> None:
        log = machines.child.log
        what = f"{machines.child.name} do not say {word!r}"
        self._children.wait_for(lambda: word in log.read_text(encoding="utf-8").splitlines(), what, limit_s)

    def watch(self) -> None:
        """Until Ctrl-C: see that every process lives.

        Raises:
            DemoError: one died.
        """
        beaten_s = 0.0
        while True:
            self._children.check()
            if time.monotonic() - beaten_s >= BEAT_S:
                self._day.beat()
                beaten_s = time.monotonic()
            time.sleep(1.0)

    def judge(self, floors: Sequence[Floor]) -> Verdict:
        """Wait until the machines stand still and the agents have delivered, then compare the hub with the truth."""
        for floor in floors:
            self._children.wait_for(
                partial(_is_written, floor.machines.child.said),
                f"{floor.machines.child.name} do not come to a stand",
                (self._wish.for_s or 0) + START_S,
            )
        verdict = Verdict()
        for floor in floors:
            hub = Hub(self._url, floor.access.token)
            truth = json.loads(floor.machines.truth.read_text(encoding="utf-8"))
            name = floor.access.company.name
            self._children.wait_for(
                partial(_is_delivered, hub, truth["until"]),
                f"the agent of {name} has not delivered everything",
                DRAIN_S,
            )
            verdict.deliver(hub.agents())
            for machine in truth["machines"]:
                asked = SITE, machine["machine"], truth["from"], truth["until"]
                label = f"{floor.access.company.slug}/{machine['machine']}"
                verdict.machine(label, machine, truth["from"], hub.intervals(*asked), hub.runs(*asked))
        verdict.day(self._day.judge().told())
        return verdict


def _side_by_side(work: Callable[[T], R], all_of: Iterable[T]) -> list[R]:
    """What each gives, in order; most of the time is spent waiting for commands to load."""
    pool = ThreadPoolExecutor(max_workers=len(COMPANIES))
    try:
        return list(pool.map(work, all_of))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _is_written(file: Path) -> bool:
    return file.stat().st_size > 0


def _is_delivered(hub: Hub, until: str) -> bool:
    """Whether agents have nothing left and every machine is known beyond the moment it stood still."""
    still = datetime.fromisoformat(until)
    known = [machine["known_until"] for machine in hub.machines() if machine["site"] == SITE]
    return all(agent["backlog"] == 0 for agent in hub.agents()) and all(
        at is not None and datetime.fromisoformat(at) >= still for at in known
    )


def show(wish: Wish, say: Say) -> Verdict | None:
    """Run the demo: for ever, or for a while and judge it. Every process is ended on the way out.

    Raises:
        DemoError: something did not start, died, or did not deliver in time.
        KeyboardInterrupt: somebody ended it.
    """
    with Children(wish.data / "logs") as children:
        demo = Demo(wish, children, say)
        floors = demo.open()
        say(f"open http://localhost:{wish.port}/ and log in:")
        for floor in floors:
            access = floor.access
            say(f"  {access.company.name}: {access.company.admin}  {access.password}")
        say(f"logs are in {wish.data / 'logs'}; Ctrl-C ends everything")
        if wish.for_s is None:
            demo.watch()
            return None
        verdict = demo.judge(floors)
        for difference in verdict.differences[:20]:
            say(difference)
        return verdict
