"""`serve` and where it listens: nothing beyond loopback in the clear unless told, given files, and named proxies."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from hub.tls.authority import key_pem_of, make_authority, pem_of, sign_server
from hub.tls.files import tls_files
from tests.hub.cli.hubs import init, run, run_process
from tests.support.hub import HubProcess, hub_process
from tests.support.processes import Process, started
from tests.support.servers import wait_until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("options") / "data"
    assert init(path).code == 0
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key as somebody's own authority would give them."""
    folder = tmp_path_factory.mktemp("given")
    now_us = int(folder.stat().st_mtime * 1e6)
    made = sign_server(make_authority(["hub.example"], now_us), ["hub.example"], now_us)
    (folder / "cert.pem").write_bytes(pem_of(made.certificate))
    (folder / "key.pem").write_bytes(key_pem_of(made.key))
    return folder / "cert.pem", folder / "key.pem"


@contextlib.contextmanager
def serving(hub: HubProcess, *options: str) -> Iterator[httpx2.Client]:
    """A stopped hub, served with other options for a while; a client that takes whoever answers for it."""
    words = ["tsunagu-hub", "serve", "--data", hub.data, "--port", str(hub.port), *options]
    scheme = "https" if "--tls-cert" in options else "http"
    with httpx2.Client(base_url=f"{scheme}://127.0.0.1:{hub.port}", verify=False, trust_env=False) as client:

        def answers() -> bool:
            try:
                return client.get("/readyz").status_code == 200
            except httpx2.TransportError:
                return False

        with started(Process(words, hub.process.log)):
            wait_until(answers, what="the hub with other options")
            yield client


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_beyond_loopback_without_tls_is_refused(data: Path, host: str) -> None:
    refused = run("serve", "--data", data, "--host", host, "--port", "0")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    for advice in ("tls init", "--tls-cert", "--insecure"):
        assert advice in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tls-cert", "cert.pem"), "together"),
        (("--tls-cert", "none.pem", "--tls-key", "key.pem"), "none.pem cannot be read"),
        (("--tls-cert", "key.pem", "--tls-key", "cert.pem"), "no certificate and its key"),
    ],
)
def test_files_that_are_no_pair(data: Path, pair: tuple[Path, Path], words: tuple[str, ...], said: str) -> None:
    folder = pair[0].parent
    given = [str(folder / word) if word.endswith(".pem") else word for word in words]
    refused = run_process("serve", "--data", data, "--port", "0", *given)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert said in refused.err


@pytest.mark.parametrize("words", [("tls", "show"), ("tls", "renew")])
def test_a_hub_without_an_authority_says_how_to_make_one(data: Path, words: tuple[str, ...]) -> None:
    refused = run(*words, "--data", data)
    assert (refused.code, "tls init" in refused.err) == (1, True)


def test_names_that_are_none_leave_nothing(data: Path) -> None:
    refused = run("tls", "init", "--data", data, "--name", "no name")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert not tls_files(data).folder.exists()


def test_given_files_are_served_with_hsts_and_codes_stay_plain(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with hub_process(tmp_path / "hub", tls=True) as hub:
        whole = hub.agent_code("pi-1")
        hub.process.stop()
        with serving(hub, "--tls-cert", str(pair[0]), "--tls-key", str(pair[1])) as client:
            answer = client.get("/healthz")
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            assert client.get("/ca.pem").status_code == 404
            assert (len(whole), len(hub.agent_code("pi-2"))) == (47, 23)
        hub.start()
        assert len(hub.agent_code("pi-3")) == 47


def test_a_named_proxy_is_believed_and_only_that_one(tmp_path: Path) -> None:
    with hub_process(tmp_path / "hub") as hub:
        form = {"email": "admin@aoba.example", "password": hub.password}
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1", "Host": "hub.example"}
        own = {"Origin": "https://hub.example"}
        hub.process.stop()
        with serving(hub, "--behind", "127.0.0.1") as client:
            answer = client.post("/login", data=form, headers=said | own)
            assert answer.headers["set-cookie"].startswith("__Host-tsunagu_session=")
            assert "Secure" in answer.headers["set-cookie"]
            wrong = form | {"password": "wrong"}
            for number in range(12):  # twelve visitors, one guess each: nobody waits
                told = said | {"X-Forwarded-For": f"198.51.100.{number}"} | own
                assert client.post("/login", data=wrong, headers=told).status_code == 401
        with serving(hub, "--behind", "192.0.2.1") as client:
            answer = client.post("/login", data=form, headers=said)
            assert answer.headers["set-cookie"].startswith("tsunagu_session=")
