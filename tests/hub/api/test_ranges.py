"""Times, ranges and pages in queries."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from hub.errors import Invalid
from hub.web.ranges import parse_time
from tests.support.hubs import RunningHub, a_day, batch, running_hub

STATES = "/machines/main/laser-1/states"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def laser(hub: RunningHub) -> tuple[RunningHub, str]:
    token = await hub.token("aoba")
    await hub.deliver(await hub.credential("aoba"), batch(a_day("main/laser-1", hub.clock.now())))
    await hub.folded("aoba", token, "main/laser-1")
    return hub, token


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.000001z", 1),
        ("1970-01-01T09:00:00+09:00", 0),
        ("1970-01-01T09:00:00 09:00", 0),
        ("1969-12-31T23:59:59-00:00", -1_000_000),
    ],
)
async def test_times_are_rfc_3339(text: str, us: int) -> None:
    assert parse_time(text, "from") == us


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-20", "2026-11-20T09:00:00", "2026-11-20 09:00:00Z", "2026-13-01T00:00:00Z",
     "2026-11-20T24:30:00Z", "1763629200", "2026-11-20T09:00:00+9", "٢٠٢٦-11-20T09:00:00Z", "0000-01-01T00:00:00Z",
     "9999-12-31T23:59:59-23:59", "2026-11-20T09:00:00Z; DROP TABLE"],
)  # fmt: skip
async def test_what_is_no_time_is_a_clear_422(hub: RunningHub, text: str) -> None:
    with pytest.raises(Invalid):
        parse_time(text, "from")
    answer = await hub.get(STATES, await hub.token("aoba"), **{"from": text})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "from"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-20T09:00:00Z", "to": "2026-11-19T09:00:00Z"}, "from"),
        ({"limit": "0"}, "limit"),
        ({"limit": "5001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "made-up"}, "cursor"),
        ({"cursor": "x" * 501}, "cursor"),
    ],
)
async def test_a_query_that_is_wrong_names_its_field(laser, query: dict[str, str], field: str) -> None:
    hub, token = laser
    answer = await hub.get(STATES, token, **query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_without_a_range_it_is_the_last_day(laser) -> None:
    hub, token = laser
    intervals = (await hub.get(STATES, token)).json()["intervals"]
    assert [row["state"] for row in intervals][:2] == ["running", "idle"]
    assert intervals[0]["program"] == "program of main/laser-1"
    assert intervals[0]["end"] == intervals[1]["start"]
    assert intervals[0]["start"].endswith("Z")
    hub.clock.ahead_us = 0
    before = (hub.clock.now() - timedelta(days=2)).isoformat()
    early = await hub.get(STATES, token, **{"from": before, "to": before})
    assert early.json() == {"intervals": [], "next_cursor": None}


async def test_pages_join_to_the_whole(laser) -> None:
    hub, token = laser
    whole = (await hub.get(STATES, token, to=hub.clock.now().isoformat())).json()["intervals"]
    rows, cursor = [], None
    while True:
        query = {"limit": "1", "to": whole[-1]["end"], "from": whole[0]["start"]}
        page = (await hub.get(STATES, token, **query, **({"cursor": cursor} if cursor else {}))).json()
        rows += page["intervals"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert rows == whole


@pytest.mark.parametrize(
    "path",
    ["main/nobody", "MAIN/laser-1", "main/laser 1", "main/%F0%9F%99%82", "main/" + "x" * 500, "..%2f..%2fetc/passwd"],
)
async def test_a_machine_that_is_not_there_is_404_whatever_it_is_called(laser, path: str) -> None:
    hub, token = laser
    for what in ("states", "runs", "signals", "conditions", "series/load"):
        answer = await hub.get(f"/machines/{path}/{what}", token)
        assert answer.status_code == 404, answer.text


async def test_runs_conditions_signals_and_series(laser) -> None:
    hub, token = laser
    (run,) = (await hub.get("/machines/main/laser-1/runs", token)).json()["runs"]
    assert run["complete"] is False
    assert run["program"] == "program of main/laser-1"
    assert run["elapsed_s"] == run["active_s"] == pytest.approx(1800, abs=0.01)
    none = await hub.get("/machines/main/laser-1/runs", token, complete="true")
    assert none.json()["runs"] == []
    assert (await hub.get("/machines/main/laser-1/runs", token, program="other")).json()["runs"] == []
    assert (await hub.get("/machines/main/laser-1/runs", token, complete="perhaps")).status_code == 422
    (alarm,) = (await hub.get("/machines/main/laser-1/conditions", token)).json()["conditions"]
    assert (alarm["id"], alarm["level"], alarm["end"]) == ("hydraulics", "fault", None)
    signals = (await hub.get("/machines/main/laser-1/signals", token)).json()["signals"]
    assert {row["signal"] for row in signals} == {"execution", "program", "load"}
    samples = (await hub.get("/machines/main/laser-1/series/load", token)).json()["samples"]
    assert [row["mean"] for row in samples] == [1.5, 2.5]
    assert (await hub.get("/machines/main/laser-1/series/Load%20!", token)).status_code == 404
    assert (await hub.get("/machines/main/laser-1/series/load", token, points="1")).status_code == 422
