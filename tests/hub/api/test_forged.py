"""Every change that a cookie allows, asked from a foreign page: refused, whatever the route. And answers' headers.

The routes are taken from the application itself, so that a new one is tried the day it is written.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from hub.web.shield import HEADERS
from tests.support.hubs import RunningHub

SAFE = {"GET", "HEAD", "OPTIONS"}
BY_CREDENTIAL = {"/api/v1/batches", "/api/v1/enrol", "/api/v1/credential"}
"""A browser's cookie is nothing to these."""
FOREIGN = ("https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example")
FIELDS = {"email": "admin@aoba.example", "password": "correct horse battery", "current": "x", "lang": "en"}


def filled_in(path: str) -> dict[str, Any]:
    """What a route wants to be told, as its callers send it."""
    return {"json": FIELDS} if path.startswith("/api/") else {"data": FIELDS}


def routes(found: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of every route below, with names filled in; included routers are opened."""
    for route in found:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from routes(inner.routes, prefix + route.include_context.prefix)
            continue
        path = prefix + getattr(route, "path", "")
        for name in ("agent", "key", "site", "machine", "signal"):
            path = path.replace(f"{{{name}}}", "x")
        for method in sorted(getattr(route, "methods", None) or ()):
            yield method, path


@pytest.fixture
def hub_routes(hub: RunningHub) -> list[tuple[str, str]]:
    return list(routes(hub.hub.app.routes))


def test_routes_are_found(hub_routes: list[tuple[str, str]]) -> None:
    changing = {path for method, path in hub_routes if method not in SAFE}
    assert {"/login", "/logout", "/agents", "/account/password", "/api/v1/tokens", "/api/v1/batches"} <= changing


async def test_no_route_takes_a_change_from_a_foreign_page(hub: RunningHub, hub_routes) -> None:
    email = await hub.admin("aoba")
    await hub.sign_in(email)
    before = hub.office.directory.read(lambda reader: reader.all("SELECT count(*) FROM audit"))
    for method, path in hub_routes:
        if method in SAFE:
            continue
        for origin in FOREIGN:
            answer = await hub.http.request(method, path, headers={"Origin": origin}, **filled_in(path))
            expected = (401, 422) if path in BY_CREDENTIAL else (403,)
            assert answer.status_code in expected, f"{method} {path} from {origin}: {answer.status_code}"
        if path not in BY_CREDENTIAL | {"/login", "/logout", "/api/v1/session"}:
            silent = await hub.http.request(method, path, **filled_in(path))
            assert silent.status_code == 403, f"{method} {path} without an Origin: {silent.status_code}"
    assert hub.office.directory.read(lambda reader: reader.all("SELECT count(*) FROM audit")) == before
    assert (await hub.http.get("/api/v1/me")).status_code == 200  # signed out by none of them


async def test_no_get_changes_anything(hub: RunningHub, hub_routes) -> None:
    email = await hub.admin("aoba")
    await hub.sign_in(email)
    tables = ("users", "sites", "agents", "tokens", "credentials", "enrolment_codes", "sessions")

    def count(reader):
        return [reader.one(f"SELECT count(*) FROM {table}") for table in tables]

    before = hub.office.directory.read(count)
    for method, path in hub_routes:
        if method == "GET" and "live" not in path:
            await hub.http.get(path, headers={"Origin": FOREIGN[0]})
    assert hub.office.directory.read(count) == before


async def test_every_answer_carries_the_headers(hub: RunningHub, hub_routes) -> None:
    paths = {path for method, path in hub_routes if method == "GET" and "live" not in path}
    for path in [*sorted(paths), "/nowhere", "/static/css/base.css", "/static/../x"]:
        for accept in ("text/html", "application/json"):
            answer = await hub.http.get(path, headers={"Accept": accept})
            for name, value in HEADERS.items():
                assert answer.headers.get(name) == value, f"{path}: {name}"
            assert "server" not in answer.headers
            assert answer.headers["cache-control"] in ("no-store", "public, no-cache"), path


def test_what_the_policy_allows() -> None:
    policy = {part.split()[0]: part.split()[1:] for part in HEADERS["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "script-src" not in policy, "scripts come from this hub's files alone, as everything does"
    assert [name for name, sources in policy.items() if "'unsafe-inline'" in sources] == ["style-src-attr"]
