"""The OpenAPI document is true: every answer validates against what it says."""

import asyncio
from collections.abc import AsyncIterator

import jsonschema_rs
import pytest
import pytest_asyncio

from tests.support.hubs import RunningHub, a_day, batch, running_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    made = await hub.token("aoba", "admin")
    await hub.deliver(await hub.credential("aoba"), batch(a_day("main/laser-1", hub.clock.now()), upto=7))
    await hub.folded("aoba", made, "main/laser-1")
    return made


@pytest.mark.parametrize(
    "path", ["/machines", "/agents", "/sites", "/quarantine", "/me", "/users", "/tokens", "/audit"]
)
async def test_openapi_describes_what_is_answered(hub: RunningHub, token: str, path: str) -> None:
    await assert_as_described(hub, f"/api/v1{path}", await hub.get(path, token))


@pytest.mark.parametrize("what", ["states", "runs", "signals", "conditions", "series/load"])
async def test_openapi_describes_a_machine(hub: RunningHub, token: str, what: str) -> None:
    path = f"/machines/{{site}}/{{machine}}/{what.replace('load', '{signal}')}"
    answer = await hub.get(f"/machines/main/laser-1/{what}", token)
    await assert_as_described(hub, f"/api/v1{path}", answer)


async def assert_as_described(hub: RunningHub, path: str, answer) -> None:
    assert answer.status_code == 200, answer.text
    document = (await hub.http.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = schema | {"components": document["components"]}
    await asyncio.to_thread(jsonschema_rs.validator_for(whole).validate, answer.json())
    problem = document["paths"][path]["get"]["responses"]["401"]["content"]
    assert "application/problem+json" in problem
