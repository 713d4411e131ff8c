"""Errors as problem+json: the table is complete, the form is RFC 9457, and nothing unforeseen tells its secrets."""

import inspect
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from contract import codec
from hub import errors
from hub.web.errors import PROBLEM_JSON, STATUS, problem_of
from tests.support.hubs import RunningHub, running_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        yield running


OURS = [
    kind
    for module in (errors, codec)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == module.__name__ and kind is not errors.HubError
]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
async def test_every_error_has_a_status_of_its_own(kind: type[Exception]) -> None:
    assert kind in STATUS
    assert 400 <= STATUS[kind][0] <= 599
    assert STATUS[kind][0] != 500


async def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {line.split("──")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if "──" in line}
    assert drawn == {kind.__name__ for kind in OURS if kind.__module__ == "hub.errors"}


async def test_an_error_that_wraps_a_known_one_is_known() -> None:
    class Special(errors.Invalid):
        pass

    problem = problem_of(Special("wrong", "from"))
    assert problem is not None
    assert (problem.status, problem.errors[0].field) == (422, "from")
    assert problem_of(KeyError("x")) is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/api/v1/machines", 405),
        ("GET", "/api/v1/batches", 405),
        ("GET", "/api/v1/machines", 401),
        ("GET", "/api/v1/machines/", 404),
        ("GET", "/docs", 404),
    ],
)
async def test_what_the_router_refuses_is_a_problem_too(hub: RunningHub, method: str, path: str, status: int) -> None:
    answer = await hub.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM_JSON
    body = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()


async def test_an_unforeseen_error_is_an_id_and_no_more(hub: RunningHub, caplog: pytest.LogCaptureFixture) -> None:
    @hub.hub.app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("the secret of the house")

    answer = await hub.http.get("/boom")
    assert answer.status_code == 500
    body = answer.json()
    assert body["id"] in body["detail"]
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nowhere", "/api/v1/machines"])
async def test_every_answer_carries_the_shield(hub: RunningHub, path: str) -> None:
    headers = (await hub.http.get(path)).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


async def test_a_browser_that_is_not_signed_in_is_sent_to_sign_in(hub: RunningHub) -> None:
    answer = await hub.http.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/")
    part = await hub.http.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login")
