"""Whatever a client sends to any route of the API or to any page: an answer as described, in time, never a 500.

The API's cases come from its own OpenAPI document (schemathesis), fitting and not fitting; pages and the ingest route
get bytes and words that nobody would type (Hypothesis). The hub is a process of its own, asked over loopback. A few
cases each in `make test`, many under the marker `soak`.
"""

import gzip
from collections.abc import Callable, Iterator

import httpx2
import pytest
import requests
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.hub import ADMIN, COMPANY, HubProcess, hub_process

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
ENDLESS = r"/live$"
"""Events are told until the client leaves; `test_live_stream` listens to them."""
AGENTS = ("/api/v1/batches", "/api/v1/credential")
PATIENCE_S = 15.0
FEW = 5
MANY = 300


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_process(tmp_path_factory.mktemp("hub"), "--log", "json") as made:
        made.token = made.cli_json("token", "add", "--company", COMPANY, "--role", "admin", "--role", "manager")[
            "token"
        ]
        yield made
        assert "unforeseen error" not in made.process.said()


@pytest.fixture(scope="module")
def credential(hub: HubProcess) -> str:
    return hub.credential("pi-1")


@pytest.fixture(scope="module")
def cookies(hub: HubProcess) -> Iterator[httpx2.Client]:
    """A browser in which the admin is signed in."""
    with httpx2.Client(base_url=hub.url, timeout=PATIENCE_S, trust_env=False, headers={"Origin": hub.url}) as client:
        client.post("/login", data={"email": ADMIN, "password": hub.password})
        assert client.get("/api/v1/me").status_code == 200
        yield client


def tried(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        database=None,
    )


def fuzz_api(hub: HubProcess, credential: str, count: int) -> int:
    """Tries every operation of the document; how many there were."""
    session = requests.Session()
    session.trust_env = False
    schema = from_dict(hub.http.get(f"{hub.url}/api/v1/openapi.json").json()).exclude(path_regex=ENDLESS)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        secret = credential if operation.path in AGENTS else hub.token
        for mode in GenerationMode:
            tried(count)(given(case=operation.as_strategy(mode))(_attempt(session, hub.url, secret)))()
    return len(operations)


def _attempt(session: requests.Session, url: str, secret: str) -> Callable[[Case], None]:
    def attempt(case: Case) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = case.call(base_url=url, session=session, headers=headers, timeout=PATIENCE_S)
        case.validate_response(answer, checks=CHECKS)

    return attempt


def test_every_route_of_the_api(hub: HubProcess, credential: str) -> None:
    assert fuzz_api(hub, credential, FEW) > 25


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_route_of_the_api_at_length(hub: HubProcess, credential: str) -> None:
    assert fuzz_api(hub, credential, MANY) > 25


ODD_BODY = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(gzip.compress),
    st.binary(max_size=300).map(zstandard.compress),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)).map(
        lambda value: repr(value).encode("utf-8", "surrogatepass")
    ),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"\x00" * 1000, b"\xff\xfe", zstandard.compress(bytes(10**8))]),
)
ODD_ENCODING = st.sampled_from(["identity", "gzip", "zstd", "br", "", "gzip, zstd", "ZSTD", "deflate", "x" * 300])


def fuzz_ingest(hub: HubProcess, credential: str, count: int) -> None:
    """Bytes that are no batch, said to be packed in ways they are not."""

    def attempt(body: bytes, encoding: str) -> None:
        answer = hub.deliver(credential, body, **{"Content-Encoding": encoding})
        assert answer.status_code in (400, 413), (answer.status_code, answer.text)

    tried(count)(given(body=ODD_BODY, encoding=ODD_ENCODING)(attempt))()
    assert hub.http.get(f"{hub.url}/readyz").json()["ready"] is True


def test_the_ingest_route(hub: HubProcess, credential: str) -> None:
    fuzz_ingest(hub, credential, 40)


@pytest.mark.soak
def test_the_ingest_route_at_length(hub: HubProcess, credential: str) -> None:
    fuzz_ingest(hub, credential, 20 * MANY)


ODD_WORD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["\x00", "../../etc", "<script>", "🙂" * 200, "x" * 3000, "main", "laser-1", "pi-1", "//evil.example"]
    ),
    st.sampled_from(["2026-02-30", "0001-01-01", "9999-12-31T23:59:59Z", "1e308", "-1", "NaN", "%00", "%ff"]),
)
PAGES = ["/", "/login", "/agents", "/account", "/machines/main/laser-1", "/machines/{}/{}", "/static/{}", "/{}"]
PAGES += [
    "/orders",
    "/orders/new",
    "/orders/{}",
    "/items",
    "/items/{}",
    "/nests",
    "/operators",
    "/import",
    "/export/{}.csv",
]
FORMS = ["/login", "/language", "/agents", "/agents/{}/code", "/account", "/logout/{}"]
FORMS += ["/orders/new", "/orders/{}/change", "/orders/{}/close", "/orders/{}/remove", "/items", "/items/{}/routing"]
FORMS += ["/items/{}/remove", "/nests", "/operators", "/import"]
ORDERED = [
    "q",
    "cursor",
    "show",
    "kind",
    "order",
    "item",
    "quantity",
    "due",
    "machine",
    "program",
    "code",
    "kept",
    "map_A",
]
ROWS = ["steps[0].operation", "steps[0].process", "steps[99999].cycle_s", "lines[0].order", "more", "remove", "commit"]
NAMES = st.sampled_from(
    ["next", "sort", "size", "day", "from", "to", "wall", "saved", "company", "lang", "agent", "site", *ORDERED, *ROWS]
)
FIELDS = st.dictionaries(NAMES | st.sampled_from(["theme", "email", "password", "current"]), ODD_WORD, max_size=4)


def fuzz_pages(cookies: httpx2.Client, count: int) -> None:
    """Odd addresses and forms, as a signed-in person's browser sends them."""

    def get(path: str, word: str, fields: dict[str, str]) -> None:
        _is_answered(cookies.get(_filled(path, word), params=fields, headers={"Accept": "text/html"}))

    def post(path: str, word: str, fields: dict[str, str]) -> None:
        _is_answered(cookies.post(_filled(path, word), data=fields, headers={"Accept": "text/html"}))

    tried(count)(given(path=st.sampled_from(PAGES), word=ODD_WORD, fields=FIELDS)(get))()
    tried(count)(given(path=st.sampled_from(FORMS), word=ODD_WORD, fields=FIELDS)(post))()


def _filled(path: str, word: str) -> str:
    quoted = httpx2.QueryParams({"w": word})
    return path.replace("{}", str(quoted).removeprefix("w=") or "x")


def _is_answered(answer: httpx2.Response) -> None:
    assert answer.status_code < 500, (str(answer.request.url), answer.status_code, answer.text[:300])


def test_pages_and_forms(cookies: httpx2.Client) -> None:
    fuzz_pages(cookies, 40)


@pytest.mark.soak
def test_pages_and_forms_at_length(cookies: httpx2.Client) -> None:
    fuzz_pages(cookies, 10 * MANY)
