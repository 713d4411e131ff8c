"""A real hub on a free port of the loopback interface, with a clock that can be set on, and what a test says to it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from contract.batch import Batch, MachineStatus, Status
from contract.records import Condition, Machine, Observation, Record, Samples
from contract.times import from_us
from hub.access.viewer import console
from hub.bootstrap import Hub, build_hub
from hub.directory.agents import enrol
from hub.directory.company import add_company
from hub.directory.database import create_directory
from hub.office import Office, build_office
from hub.web.server import Wire, bind, build_server
from tests.support.servers import eventually

PASSWORD = "correct horse battery"
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class Clock:
    """The real clock, and as much ahead of it as a test wants."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us

    def now(self) -> datetime:
        return from_us(self())


@dataclass
class TestOffice:
    """A hub's files with two companies, `aoba` and `midori`."""

    __test__ = False
    office: Office
    clock: Clock

    async def do(self, company: str, command: str, /, **params: object) -> Any:
        return await self.office.gate.do(console(company), command, params)

    async def admin(self, company: str) -> str:
        """Adds the user `admin@SLUG.example` with PASSWORD (0.1 s)."""
        email = f"admin@{company}.example"
        await self.do(company, "companies.add_user", email=email, roles=["admin"], password=PASSWORD)
        return email

    async def token(self, company: str, *roles: str, **more: object) -> str:
        made = await self.do(company, "companies.add_token", roles=list(roles or ("manager",)), **more)
        return str(made.token)

    async def credential(self, company: str, agent: str = "pi-1", site: str = "main") -> str:
        invited = await self.do(company, "companies.add_agent", agent=agent, site=site)
        change = self.office.directory.change
        return change(lambda writer: enrol(writer, invited.code, agent, site, self.clock())).credential


def make_office(data_dir: Path, clock: Clock, *, max_pages: int | None = None) -> TestOffice:
    """A new hub with its two companies."""
    data_dir.mkdir(parents=True, exist_ok=True)
    office = build_office(create_directory(data_dir), data_dir, clock, max_pages=max_pages)
    for slug in ("aoba", "midori"):
        office.directory.change(lambda writer, slug=slug: add_company(writer, slug, slug.title(), clock()))
        office.stores.create(slug)
    return TestOffice(office, clock)


@dataclass
class RunningHub(TestOffice):
    """The same, served. `url` has no slash at its end."""

    hub: Hub
    url: str
    http: httpx2.AsyncClient

    async def get(self, path: str, token: str, **params: str) -> httpx2.Response:
        return await self.http.get(f"/api/v1{path}", headers=bearer(token), params=params)

    async def deliver(self, credential: str, body: bytes, **headers: str) -> httpx2.Response:
        return await self.http.post("/api/v1/batches", content=body, headers=bearer(credential) | headers)

    async def sign_in(self, email: str, password: str = PASSWORD, **headers: str) -> httpx2.Response:
        body = {"email": email, "password": password}
        return await self.http.post("/api/v1/session", json=body, headers=headers)

    async def folded(self, company: str, token: str, machine: str) -> None:
        """Waits until the machine is known to the board."""

        async def is_there() -> bool:
            rows = (await self.get("/machines", token)).json()["machines"]
            return any(f"{row['site']}/{row['machine']}" == machine and row["since"] for row in rows)

        await eventually(is_there, what=f"{machine} of {company} on the board")


@contextlib.asynccontextmanager
async def running_hub(data_dir: Path, *, max_pages: int | None = None) -> AsyncIterator[RunningHub]:
    """A served hub, stopped in good order at the end."""
    made = make_office(data_dir, Clock(), max_pages=max_pages)
    hub = build_hub(made.office)
    listener = bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = build_server(hub.app, hub.live.end, Wire(), made.clock, grace_s=2)
    serving = asyncio.create_task(server._serve([listener]))
    await eventually(lambda: server.started or serving.done())
    try:
        async with httpx2.AsyncClient(base_url=url, timeout=20) as http:
            yield RunningHub(made.office, made.clock, hub, url, http)
    finally:
        hub.live.end()
        server.should_exit = True
        await serving


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def batch(
    records: Sequence[Record], *, agent: str = "pi-1", epoch: str = "e1", after: int = 0, upto: int | None = None,
    sent_at: datetime | None = None, machine: str | None = "main/laser-1",
) -> bytes:  # fmt: skip
    """A batch as it travels, unpacked; the machine is alive until `sent_at`."""
    sent = sent_at or datetime.now(UTC)
    machines = () if machine is None else (MachineStatus(machine=machine, connected=True, known_until=sent),)
    last = upto if upto is not None else max([after, *(record.seq for record in records)])
    made = Batch(
        v=1, agent=agent, epoch=epoch, after=after, upto=last, sent_at=sent, status=Status(machines=machines),
        records=list(records),
    )  # fmt: skip
    return msgspec.json.encode(made)


def a_day(machine: str, until: datetime) -> list[Record]:
    """One record of every kind that has rows today: a running laser with a program, a load and an alarm."""
    at = from_us(round(until.timestamp() * 1e6) - HOUR_US)
    later = from_us(round(until.timestamp() * 1e6) - HOUR_US // 2)
    common = {"machine": machine, "seen": until}
    return [
        Machine(
            seq=1,
            at=at,
            driver="opcua",
            state_model="mtconnect",
            name=f"name of {machine}",
            part_rule="counter",
            **common,
        ),
        Observation(seq=2, at=at, signal="program", value=f"program of {machine}", **common),
        Observation(seq=3, at=at, signal="execution", value="ACTIVE", **common),
        Observation(seq=4, at=later, signal="execution", value="READY", **common),
        Condition(seq=5, at=later, id="hydraulics", level="fault", text=f"alarm of {machine}", **common),
        Samples(seq=6, signal="load", t0=at, dt_us=[0, 1_000_000], values=[1.5, 2.5], unit="%", **common),
    ]


def a_part(machine: str, until: datetime) -> list[Record]:
    """The part that the program of `a_day` made, by the machine's counter."""
    counted = [(7, HOUR_US, 4), (8, HOUR_US // 2, 5)]
    return [
        Observation(
            seq=seq, at=from_us(round(until.timestamp() * 1e6) - ago), signal="part_count", value=count,
            machine=machine, seen=until,
        )
        for seq, ago, count in counted
    ]  # fmt: skip
