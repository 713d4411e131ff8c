"""Parts and decisions over HTTP: the names that other people's scripts use, what is kept and what is refused."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio

from tests.support.hubs import RunningHub, bearer, running_hub
from tests.support.shop import LASER, a_shop

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = {
    "program", "version", "started_at", "ended_at", "grade", "stitched", "active_s", "held_s", "floor_s", "gap_s",
}  # fmt: skip
PLACE = f"/machines/{LASER}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    """A shop whose laser ran O2231 eleven times, held at its second step every time."""
    path: Path = tmp_path_factory.mktemp("parts")
    async with running_hub(path / "data") as running:
        await a_shop(running)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    return await hub.token("aoba", "manager", name="planner")


async def decide(hub: RunningHub, token: str, kind: str, **more: Any) -> httpx2.Response:
    body = {"site": "main", "machine": "laser-1", "program": "O2231", "version": 1, "kind": kind} | more
    return await hub.http.post("/api/v1/programs/decisions", json=body, headers=bearer(token))


async def test_the_names_are_kept_and_programmed_holds_are_told_apart(hub: RunningHub, token: str) -> None:
    body = (await hub.get(f"{PLACE}/parts", token)).json()
    assert body["parts"][0].keys() >= NAMES
    assert "next_cursor" in body
    assert len(body["parts"]) == 11
    assert {(part["programmed_held_s"], part["disturbance_s"]) for part in body["parts"]} == {(120.0, 0.0)}


async def test_a_break_between_two_runs_is_not_the_next_parts_time(hub: RunningHub, token: str) -> None:
    before = (await hub.get(f"{PLACE}/parts", token)).json()["parts"]
    assert before[5]["gap_s"] == 420.0
    assert before[5]["floor_s"] == before[5]["active_s"] + before[5]["held_s"] + 420.0
    middle = datetime.fromisoformat(before[5]["started_at"]).astimezone(ZoneInfo("Asia/Tokyo")) - timedelta(minutes=3)
    pause = {"start": f"{middle:%H:%M}", "end": f"{middle + timedelta(minutes=1):%H:%M}"}
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    shift = {"name": "all day", "weekdays": week, "start": "00:00", "end": "00:00", "breaks": [pause]}
    await hub.do("aoba", "calendars.set_plan", scope=LASER, shifts=[shift], holidays=False)
    after = (await hub.get(f"{PLACE}/parts", token)).json()["parts"]
    assert [a["floor_s"] - b["floor_s"] for a, b in zip(before, after, strict=True)][4:7] == [0.0, 420.0, 0.0]


async def test_a_decision_is_kept_with_who_and_why(hub: RunningHub, token: str) -> None:
    made = await decide(hub, token, "reject", why="proving")
    assert made.status_code == 201, made.text
    assert (await hub.get(f"{PLACE}/parts", token)).json()["parts"] == []
    (version,) = (await hub.get(f"{PLACE}/programs", token)).json()["programs"]
    assert (version["verdict"], version["parts"], version["rule"]) == ("rejected", 0, None)
    (said,) = (await hub.get(f"{PLACE}/programs/decisions", token, program="O2231")).json()["decisions"]
    assert (said["kind"], said["why"]) == ("reject", "proving")
    assert (await decide(hub, token, "withdraw")).status_code == 201
    assert len((await hub.get(f"{PLACE}/parts", token)).json()["parts"]) == 11
    rows = (await hub.get("/audit", await hub.token("aoba", "admin", name="reading"))).json()["audit"]
    assert {"parts.decide"} <= {row["name"] for row in rows}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "guess"}, 422),
        ({"kind": "reference"}, 422),
        ({"kind": "reference", "signature": ["never", "seen"]}, 422),
        ({"kind": "begins"}, 422),
        ({"kind": "begins", "run_us": 5}, 422),
        ({"kind": "confirm", "version": 9}, 404),
        ({"kind": "confirm", "machine": "laser-9"}, 404),
    ],
)
async def test_a_decision_about_what_is_not_there_is_refused(
    hub: RunningHub, token: str, body: dict[str, Any], status: int
) -> None:
    assert (await decide(hub, token, **body)).status_code == status


async def test_an_operator_may_not_decide(hub: RunningHub) -> None:
    operator = await hub.token("aoba", "operator", name="floor")
    assert (await decide(hub, operator, "confirm")).status_code == 403
