"""GET /live: one's own company's changes, a heartbeat, and an end when the right or the hub is gone."""

import json
from collections.abc import AsyncIterator

import pytest

from hub.access.live import MachineChanged
from hub.web import live
from tests.support.hubs import RunningHub, a_day, batch, bearer
from tests.support.servers import eventually


async def lines(hub: RunningHub, token: str) -> AsyncIterator[str]:
    async with hub.http.stream("GET", "/api/v1/live", headers=bearer(token)) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            yield line


async def test_a_delivery_is_heard_by_its_company_alone(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    own, other = lines(hub, await hub.token("aoba")), lines(hub, await hub.token("midori"))
    assert await anext(own) == await anext(other) == "retry: 2000"
    assert hub.hub.live.subscribers == 2
    await hub.deliver(credential, batch(a_day("main/laser-1", hub.clock.now())))
    heard: list[dict[str, str]] = []
    async for line in own:
        if line.startswith("data: "):
            heard.append(json.loads(line.removeprefix("data: ")))
        if len(heard) == 2:
            break
    assert sorted(event["event"] for event in heard) == ["agent", "machine"]
    assert {"event": "machine", "site": "main", "machine": "laser-1"} in heard
    hub.hub.live.publish("midori", MachineChanged(site="north", machine="press-9"))
    async for line in other:
        if line.startswith("data: "):
            assert json.loads(line.removeprefix("data: "))["machine"] == "press-9"
            break


async def test_without_a_right_there_is_no_stream(hub: RunningHub) -> None:
    assert (await hub.http.get("/api/v1/live")).status_code == 401
    assert (await hub.http.get("/api/v1/live", headers=bearer("tsu_wrong"))).status_code == 401


async def test_a_closed_page_is_forgotten(hub: RunningHub) -> None:
    stream = lines(hub, await hub.token("aoba"))
    await anext(stream)
    assert hub.hub.live.subscribers == 1
    await stream.aclose()
    await eventually(lambda: hub.hub.live.subscribers == 0)


async def test_the_heartbeat_looks_at_the_right_again(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    router = live.build_router(hub.hub.live, heartbeat_s=0.05)
    hub.hub.app.include_router(router, prefix="/fast")
    made = await hub.do("aoba", "companies.add_token", roles=["manager"])
    async with hub.http.stream("GET", "/fast/live", headers=bearer(made.token)) as stream:
        arriving = stream.aiter_lines()
        async for line in arriving:
            if line == ": alive":
                break
        await hub.do("aoba", "companies.revoke_token", id=made.id)
        rest = [line async for line in arriving]
    assert len(rest) < 20


async def test_the_end_of_the_hub_ends_the_stream(hub: RunningHub) -> None:
    stream = lines(hub, await hub.token("aoba"))
    await anext(stream)
    hub.hub.live.end()
    assert [line async for line in stream][-1:] in ([], [""])
