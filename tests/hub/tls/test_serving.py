"""A hub that speaks TLS, as its commands start it, and agents that know it from a stranger. All are processes."""

import json
import re
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from edge_agent import credential
from tests.support.agent import AgentProcess, agent_toml
from tests.support.hub import ADMIN, COMPANY, HubProcess, hub_process
from tests.support.processes import Process, run
from tests.support.servers import wait_until


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_process(tmp_path_factory.mktemp("hub"), tls=True) as made:
        yield made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """Another hub with an authority of its own, of the same names."""
    with hub_process(tmp_path_factory.mktemp("stranger"), "--log", "json", tls=True) as made:
        yield made


def agent_for(folder: Path, agent: str, url: str) -> AgentProcess:
    """An agent's file, not enrolled, not started."""
    config = folder / f"{agent}.toml"
    config.write_text(agent_toml(agent, folder / agent, url), "utf-8")
    return AgentProcess(agent, config, Process(["tsunagu-agent", "run", "--config", config], folder / f"{agent}.log"))


def enrol(agent: AgentProcess, url: str, code: str, *options: str):
    return run("tsunagu-agent", "enrol", url, code, *options, "--config", agent.config, check=False)


def point_to(agent: AgentProcess, url: str) -> None:
    """As if somebody else had taken the hub's address."""
    text = agent.config.read_text("utf-8")
    agent.config.write_text(re.sub(r'url = "[^"]+"', f'url = "{url}"', text), "utf-8")


def check_hub(agent: AgentProcess) -> dict[str, object]:
    said = run("tsunagu-agent", "check", "--config", agent.config, "--json", check=False).stdout
    found: dict[str, object] = json.loads(said)["hub"]
    return found


def test_pages_api_and_events_over_tls(hub: HubProcess) -> None:
    assert hub.process.said().count("Tsunagu hub: https://127.0.0.1:") == 1
    assert hub.get("/me")["company"] == COMPANY
    page = hub.http.get(f"{hub.url}/login")
    assert (page.status_code, "strict-transport-security" in page.headers) == (200, False)
    form = {"email": ADMIN, "password": hub.password}
    signed_in = hub.http.post(f"{hub.url}/login", data=form, headers={"Origin": hub.url})
    cookie = signed_in.headers["set-cookie"]
    assert cookie.startswith("__Host-tsunagu_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert hub.http.get(f"{hub.url}/").status_code == 200
    plain_page = {"Origin": hub.url.replace("https", "http")}
    assert hub.http.post(f"{hub.url}/language", data={"lang": "en"}, headers=plain_page).status_code == 403
    with hub.http.stream("GET", f"{hub.url}/live/agents") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert next(stream.iter_lines())
    hub.http.cookies.clear()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_and_plain_http_are_refused(hub: HubProcess) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", hub.port), 10) as plain:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain)
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"http://127.0.0.1:{hub.port}/healthz", trust_env=False)


def test_the_authority_is_there_to_fetch_and_its_key_is_not(hub: HubProcess) -> None:
    shown = hub.cli_json("tls", "show")
    answer = hub.http.get(f"{hub.url}/ca.pem")
    assert answer.text == Path(shown["ca_file"]).read_text()
    assert "PRIVATE" not in answer.text
    assert shown["names"][:1] == ["hub.example"]
    assert shown["ca_in_code"].replace("-", "") in hub.agent_code("pi-shown").replace("-", "")
    assert "certutil" in hub.cli("tls", "show")


def test_an_agent_enrols_runs_and_rotates_over_tls(hub: HubProcess, tmp_path: Path) -> None:
    agent = agent_for(tmp_path, "pi-1", hub.url)
    done = enrol(agent, hub.url, hub.agent_code("pi-1"))
    assert done.returncode == 0, done.stderr
    path = tmp_path / "pi-1" / credential.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = credential.read(path.parent, "pi-1", "main")
    assert first.ca_pem is not None
    agent.process.start()
    try:
        wait_until(lambda: (hub.agent("pi-1") or {}).get("last_seen"), what="a batch of pi-1")
        hub.cli("agent", "rotate", "pi-1", "--company", COMPANY)
        wait_until(lambda: "the credential was replaced" in agent.process.said(), what=agent.process.tail())
        second = credential.read(path.parent, "pi-1", "main")
        assert second.credential != first.credential == second.previous
        assert hub.deliver(first.credential, b"").status_code == 401
        assert hub.deliver(second.credential, b"").status_code == 400
        hub.cli("agent", "revoke", "pi-1", "--company", COMPANY)
        assert hub.deliver(second.credential, b"").status_code == 401
    finally:
        assert agent.process.stop() == 0


def test_a_stranger_learns_neither_code_nor_credential(hub: HubProcess, stranger: HubProcess, tmp_path: Path) -> None:
    agent, code = agent_for(tmp_path, "pi-2", hub.url), hub.agent_code("pi-2")
    before = stranger.http.get(f"{stranger.url}/metrics").text
    refused = enrol(agent, stranger.url, code)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "is not the hub that this code is from" in refused.stderr
    assert "Nothing was sent" in refused.stderr
    assert enrol(agent, hub.url, code).returncode == 0  # the code was not used up
    point_to(agent, stranger.url)
    found = check_hub(agent)
    assert found["ok"] is False
    assert "is not the hub this agent was enrolled at" in str(found["reason"])
    agent.process.start()
    try:
        wait_until(lambda: "is not the hub this agent" in agent.process.said(), what="the agent's refusal")
    finally:
        agent.process.stop()
    batches = re.compile(r"^tsunagu_batches_total.*$", re.MULTILINE)
    assert batches.findall(stranger.http.get(f"{stranger.url}/metrics").text) == batches.findall(before)


def test_a_hub_that_shows_our_authority_without_its_key_gets_nothing(
    hub: HubProcess, stranger: HubProcess, tmp_path: Path
) -> None:
    """The stranger serves our public certificate, so the fingerprint fits; its own certificate is not signed by it."""
    agent, code = agent_for(tmp_path, "pi-3", hub.url), hub.agent_code("pi-3")
    authority = Path(hub.cli_json("tls", "show")["ca_file"])
    pretending = tmp_path / "pretending"
    shutil.copytree(stranger.data, pretending / "hub-data", ignore=shutil.ignore_patterns("serving.lock"))
    (pretending / "hub-data" / "tls" / "ca.pem").write_bytes(authority.read_bytes())
    process = Process(["tsunagu-hub", "serve", "--data", pretending / "hub-data", "--port", "0"], pretending / "log")
    process.start()
    try:
        wait_until(lambda: "Tsunagu hub: " in process.said() or not process.runs, what="the pretender")
        url = re.findall(r"https://\S+:\d+", process.said())[0]
        refused = enrol(agent, url, code)
        assert refused.returncode == 1
        assert "Nothing was sent" in refused.stderr
    finally:
        process.stop()
    assert enrol(agent, hub.url, code).returncode == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "write https://"),
        ("https://127.0.0.1:9", "cannot be reached"),
        ("hub.example:8443", "no address"),
    ],
)
def test_wrong_addresses_are_one_line(hub: HubProcess, tmp_path: Path, url: str, said: str) -> None:
    agent = agent_for(tmp_path, "pi-4", hub.url)
    refused = enrol(agent, url, "-".join(["00000"] * 8))  # a whole code: its check letter is a zero, too
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert said in refused.stderr
    mistyped = enrol(agent, url, "-".join(["00000"] * 7 + ["00001"]))
    assert "typing mistake" in mistyped.stderr


def test_in_the_clear_only_where_told(tmp_path: Path) -> None:
    agent = agent_for(tmp_path, "pi-5", "http://hub.example:8000")
    refused = enrol(agent, "http://hub.example:8000", "ABCDE-ABCDE-ABCDE-ABCDE")
    assert (refused.returncode, "--insecure" in refused.stderr) == (1, True)


def test_a_plain_code_at_a_private_authority_says_what_to_do(hub: HubProcess, tmp_path: Path) -> None:
    agent, code = agent_for(tmp_path, "pi-6", hub.url), hub.agent_code("pi-6")
    plain = "-".join(code.split("-")[:4])
    refused = enrol(agent, hub.url, plain)
    assert (refused.returncode, "whole code of 40 letters" in refused.stderr) == (1, True)
    text = agent.config.read_text("utf-8")
    ca_file = hub.cli_json("tls", "show")["ca_file"]
    agent.config.write_text(text.replace("[hub]\n", f'[hub]\nca_file = "{ca_file}"\n'), "utf-8")
    assert enrol(agent, hub.url, plain).returncode == 0
    assert check_hub(agent)["ok"] is True
