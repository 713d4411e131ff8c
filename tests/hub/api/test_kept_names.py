"""Two answers that other people's scripts are written against: their names and kinds of value stay as they are."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from tests.support.hubs import RunningHub, running_hub
from tests.support.shop import LASER, a_shop

pytestmark = pytest.mark.asyncio(loop_scope="module")
PART = {
    "program": str, "version": int, "started_at": str, "ended_at": str, "grade": str, "stitched": bool,
    "active_s": float, "held_s": float, "floor_s": float, "gap_s": (float, type(None)),
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    """A laser that made parts, and a lot that was made from a coil."""
    async with running_hub(tmp_path_factory.mktemp("names") / "data") as running:
        await a_shop(running)
        await running.do("aoba", "trace.report", action="receive", lot="COIL-1", item="SPCC", quantity=100, unit="kg")
        made = {"parents": ["COIL-1"], "taken": [30]}
        await running.do("aoba", "trace.report", action="produce", lot="P-1", quantity=50, unit="pcs", **made)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    return await hub.token("aoba", "manager", name="script")


async def test_the_parts_of_a_machine(hub: RunningHub, token: str) -> None:
    body = (await hub.get(f"/machines/{LASER}/parts", token, limit="4")).json()
    assert body.keys() == {"parts", "next_cursor"}
    assert isinstance(body["next_cursor"], str)
    assert len(body["parts"]) == 4
    for part in body["parts"]:
        wrong = [name for name, kind in PART.items() if name not in part or not isinstance(part[name], kind)]
        assert wrong == []
        assert datetime.fromisoformat(part["started_at"]).utcoffset() is not None
        assert part["grade"] in {"A", "B", "C"}
    rest = (await hub.get(f"/machines/{LASER}/parts", token, cursor=body["next_cursor"])).json()
    assert rest["next_cursor"] is None
    nothing = (await hub.get(f"/machines/{LASER}/parts", token, program="never ran")).json()
    assert nothing == {"parts": [], "next_cursor": None}


@pytest.mark.parametrize(("lot", "direction"), [("P-1", "back"), ("COIL-1", "forward")])
async def test_the_trace_of_a_lot(hub: RunningHub, token: str, lot: str, direction: str) -> None:
    body = (await hub.get(f"/lots/{lot}/trace", token, direction=direction)).json()
    assert body.keys() == {"lots", "links"}
    items = {"P-1": None, "COIL-1": "SPCC"}
    assert body["lots"] == [{"lot": name, "item": items[name], "depth": int(name != lot)} for name in sorted(
        items, key=lambda name: name != lot)]  # fmt: skip
    assert body["links"] == [{"from": "COIL-1", "to": "P-1", "quantity": 30.0, "unit": "kg"}]


async def test_a_lot_without_relatives_and_one_that_is_not_there(hub: RunningHub, token: str) -> None:
    body = (await hub.get("/lots/COIL-1/trace", token, direction="back")).json()
    assert body == {"lots": [{"lot": "COIL-1", "item": "SPCC", "depth": 0}], "links": []}
    assert (await hub.get("/lots/COIL-9/trace", token)).status_code == 404
