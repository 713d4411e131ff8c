"""Row of the orders: a page with fifty operations, as a browser asks for it over HTTP, among 2,000 other orders."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from bench.measure import Row, Spread, spread
from bench.scenes import START
from contract.times import to_us
from hub.access.viewer import console
from hub.bootstrap import build_hub
from hub.directory.company import add_company, open_desk
from hub.directory.database import create_directory
from hub.directory.users import add_user, open_session
from hub.office import Office, build_office
from hub.web.server import Wire, bind, build_server

OPERATIONS, ORDERS, ASKED = 50, 2_000, 40
SLUG, EMAIL, ORDER = "bench", "bench@bench.example", "A-0"
NOW_US = to_us(START)


def order_page() -> Iterator[Row]:
    """Milliseconds from asking to the last byte, one at a time; beside it the same order by API."""
    with tempfile.TemporaryDirectory() as folder:
        page, api = asyncio.run(_measured(Path(folder)))
    what = f"order page with {OPERATIONS} operations, {ORDERS:,} orders"
    yield Row("orders", what, page, "ms", "≤ 50 ms", (("by API", api),))


async def _measured(folder: Path) -> tuple[Spread, Spread]:
    office = build_office(create_directory(folder), folder, lambda: NOW_US)
    office.directory.change(lambda writer: add_company(writer, SLUG, "Bench", NOW_US))
    office.stores.create(SLUG)
    await _fill(office)
    session = office.directory.change(_signed_in)
    hub = build_hub(office)
    listener = bind("127.0.0.1", 0)
    server = build_server(hub.app, hub.live.end, Wire(), office.now_us, grace_s=1)
    serving = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 - on a socket that is bound already
    while not server.started:  # noqa: ASYNC110 - the server tells by this alone
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=url, cookies={"tsunagu_session": session}, trust_env=False) as client:
            return await _asked(client, f"/orders/{ORDER}"), await _asked(client, f"/api/v1/orders/{ORDER}")
    finally:
        hub.live.end()
        server.should_exit = True
        await serving


async def _asked(client: httpx2.AsyncClient, path: str) -> Spread:
    taken = []
    for _ in range(ASKED):
        start = time.perf_counter()
        answer = await client.get(path)
        taken.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    return spread(taken[5:])


def _signed_in(writer) -> str:
    add_user(open_desk(writer, SLUG), EMAIL, ["manager"], "bench bench bench", NOW_US)
    return open_session(writer, EMAIL, NOW_US)


async def _fill(office: Office) -> None:
    """One item of fifty steps; the orders come as a file."""
    viewer = console(SLUG)
    for item, steps in (("PN-50", OPERATIONS), ("PN-3", 3)):
        await office.gate.do(viewer, "orders.save_item", {"item": item, "name": "bracket", "customer": "Example"})
        routing = [
            {"operation": str(10 * n), "process": "bending", "setup_s": 600, "cycle_s": 30, "note": "as drawn"}
            for n in range(1, steps + 1)
        ]
        await office.gate.do(viewer, "orders.save_routing", {"item": item, "steps": routing})
    lines = [f"A-{n},{'PN-3' if n else 'PN-50'},{n + 1},2026-05-{n % 28 + 1:02}" for n in range(ORDERS)]
    data = "\n".join(["order,item,quantity,due", *lines]).encode()
    await office.gate.do(viewer, "orders.import", {"kind": "orders", "data": data})
