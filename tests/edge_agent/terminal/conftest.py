"""A terminal inside the test: its real application over a real buffer on disk, asked as a browser asks."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from contract.batch import MachineStatus
from contract.codec import decode_record
from contract.records import Record
from contract.worklist import (
    Check,
    Plan,
    ReasonWord,
    Worker,
    Worklist,
    WorkMachine,
    WorkOperation,
    encode_worklist,
)
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.terminal import access
from edge_agent.terminal.access import Guesses
from edge_agent.terminal.desk import open_desk
from edge_agent.terminal.pages import build_app
from edge_agent.terminal.rendering import Renderer
from edge_agent.terminal.site import Site
from edge_agent.terminal.worklist_copy import WorklistCopy
from tests.support.agents import NOON_US, clocks

URL = "http://terminal.example"
LIST = Worklist(
    v=1,
    site="main",
    made_at=datetime(2026, 11, 20, 11, 59, tzinfo=UTC),
    machines=(WorkMachine(machine="main/laser-1", name="laser"),),
    operators=(Worker(code="07", name="Sato"), Worker(code="08", name="Suzuki")),
    operations=(
        WorkOperation(order="A-1", operation="10", item="PN-1", quantity=5, due="2026-12-01", machine="main/laser-1"),
        WorkOperation(order="A-1", operation="20", item="PN-1", quantity=5),
        WorkOperation(order="2026/B", operation="10", item="PN-2", quantity=2),
    ),
    plans=(
        Plan(
            item="PN-1",
            operation="10",
            checks=(
                Check(characteristic="L", nominal=10.0, lower=9.9, upper=10.1, unit="mm", gauge="G-1"),
                Check(characteristic="B", kind="attribute"),
            ),
        ),
    ),
    stop_reasons=(ReasonWord(code="material", ja="材料待ち", en="Waiting for material"),),
    reject_reasons=(ReasonWord(code="burr", ja="バリ", en="Burr"),),
)


@dataclass
class Shop:
    """One terminal, its clock, and a device that is in, for operator 07."""

    folder: Path
    buffer: Buffer
    copy: WorklistCopy
    now: list[int]
    monotonic: list[float]
    http: httpx2.AsyncClient
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def new_id(self) -> str:
        return f"{next(self._ids):032x}"

    async def tap(self, action: str, *, tap: str | None = None, **fields: str) -> httpx2.Response:
        """A deed on A-1/10 unless told otherwise, by a new id unless told one."""
        known = {"order": "A-1", "operation": "10"} if action not in ("stop", "run") else {}
        form = {**known, **fields, "action": action, "tap": tap or self.new_id()}
        return await self.http.post("/tap", data=form)

    async def get(self, path: str, **query: str) -> httpx2.Response:
        return await self.http.get(path, params=query, follow_redirects=True)

    async def records(self) -> list[Record]:
        """Everything in the buffer."""
        taken = await self.buffer.take(0, 10_000, 2**24)
        return [decode_record(raw) for raw in taken.records]

    async def acknowledge(self) -> None:
        """The hub has it all."""
        await self.buffer.take(0, 10_000, 2**24)
        await self.buffer.settle(self.buffer.epoch, self.buffer.stats.last_seq, self.now[0])


async def open_shop(folder: Path, *, worklist: Worklist | None = LIST, limits: Limits | None = None) -> Shop:
    """A terminal over the folder's buffer, made where there is none."""
    now, monotonic = [NOON_US], [0.0]
    times = clocks(lambda: now[0])
    buffer = await Buffer.open(folder / "buffer.sqlite", limits or Limits(gather_s=0.0), times)
    copy = WorklistCopy(folder, "main")
    if worklist is not None:
        copy.take('"1"', encode_worklist(worklist), now[0])
    status = MachineStatus(machine="main/laser-1", connected=True)
    site = Site(
        site="main", folder=folder, desk=await open_desk(buffer, times, copy), machines=lambda: (status,),
        names={"main/laser-1": "laser"}, random=secrets.token_bytes, guesses=Guesses(lambda: monotonic[0]),
        renderer=Renderer(),
    )  # fmt: skip
    http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=build_app(site)), base_url=URL,
        headers={"Origin": URL, "Accept-Language": "en"},
    )  # fmt: skip
    shop = Shop(folder, buffer, copy, now, monotonic, http)
    code = access.make_code(folder, secrets.token_bytes, sign_out=False)
    assert (await http.post("/enter", data={"code": code})).status_code == 303
    assert (await http.post("/people", data={"code": "07"})).status_code == 303
    return shop


async def close_shop(shop: Shop) -> None:
    await shop.http.aclose()
    await shop.buffer.close()


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    made = await open_shop(tmp_path)
    yield made
    await close_shop(made)


@pytest.fixture
def opened() -> Callable[..., Any]:
    return open_shop
