"""A whole journey with real processes, and every secret made on the way: none is in a log, an answer or a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import credential
from tests.support.agent import AgentProcess, enrolled
from tests.support.hub import ADMIN, COMPANY, HubProcess, hub_process
from tests.support.processes import run
from tests.support.servers import wait_until

MISTYPED = "my-bank-password-by-mistake"
OWN_FILES = {credential.FILE_NAME, "ca.key", "server.key"}
"""Where a secret belongs, each with mode 0600."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with hub_process(tmp_path / "hub", tls=True) as made:
        yield made


def people(hub: HubProcess, said: list[str]) -> set[str]:
    """Signs in, wrongly and rightly, changes a password, signs out; their secrets."""
    own = {"Origin": hub.url}
    wrong = hub.http.post(f"{hub.url}/api/v1/session", json={"email": ADMIN, "password": MISTYPED}, headers=own)
    form = {"email": ADMIN, "password": MISTYPED}
    page = hub.http.post(f"{hub.url}/login", data=form, headers=own | {"Accept": "text/html"})
    right = hub.http.post(f"{hub.url}/api/v1/session", json={"email": ADMIN, "password": hub.password}, headers=own)
    session = right.cookies["__Host-tsunagu_session"]
    changed = {"current": MISTYPED, "password": "x"}
    refused = hub.http.post(f"{hub.url}/api/v1/me/password", json=changed, headers=own)
    odd = hub.http.post(f"{hub.url}/api/v1/session", content=f'{{"email":"{MISTYPED}","password":7', headers=own)
    said += [answer.text for answer in (wrong, page, right, refused, odd, hub.http.get(f"{hub.url}/account"))]
    hub.http.post(f"{hub.url}/logout", headers=own)
    added = hub.cli_json("user", "add", "mari@aoba.example", "--company", COMPANY, "--role", "manager")
    reset = hub.cli_json("user", "passwd", "mari@aoba.example")
    return {session, added["password"], reset["password"], MISTYPED}


def programs(hub: HubProcess, said: list[str]) -> set[str]:
    """Makes a token, uses it, revokes it, uses it again, and another that is nobody's."""
    made = hub.cli_json("token", "add", "--company", COMPANY, "--role", "admin")
    token, nobodys = made["token"], "tsu_nobodys_secret_at_all"
    said += [hub.ask("/agents", token).text, hub.ask("/audit", token).text]
    hub.cli("token", "revoke", made["id"], "--company", COMPANY)
    said += [hub.ask("/agents", token).text, hub.ask("/agents", nobodys).text]
    said += [hub.cli("token", "list", "--company", COMPANY, "--json")]
    return {token, nobodys}


def agents(hub: HubProcess, folder: Path, said: list[str]) -> tuple[AgentProcess, set[str]]:
    """Enrols, delivers, rotates, is revoked, tries again with a used code; the agent and its secrets."""
    agent = enrolled(folder, hub, "pi-1")
    held = [credential.read(folder / "pi-1", "pi-1", "main").credential]
    agent.process.start()
    wait_until(lambda: (hub.agent("pi-1") or {}).get("last_seen"), what="a batch")
    hub.cli("agent", "rotate", "pi-1", "--company", COMPANY)
    wait_until(lambda: "the credential was replaced" in agent.process.said(), what=agent.process.tail())
    held.append(credential.read(folder / "pi-1", "pi-1", "main").credential)
    code = hub.cli_json("agent", "code", "pi-1", "--company", COMPANY)["code"]
    said += [run("tsunagu-agent", *words, "--config", agent.config, check=False).stdout for words in
             (["check", "--json"], ["check"], ["status", "--json"])]  # fmt: skip
    hub.cli("agent", "revoke", "pi-1", "--company", COMPANY)
    wait_until(lambda: "refuses this agent" in agent.process.said(), 60, what=agent.process.tail())
    late = run("tsunagu-agent", "enrol", hub.url, code, "--config", agent.config, check=False)
    assert late.returncode == 1
    said += [late.stderr, hub.cli("agent", "list", "--company", COMPANY, "--json")]
    return agent, {*held, code, code.replace("-", ""), code[:23], code[:23].replace("-", "")}


def keys(hub: HubProcess) -> set[str]:
    """The middle of each private key."""
    return {(hub.data / "tls" / name).read_text().splitlines()[2][:40] for name in ("ca.key", "server.key")}


def test_no_secret_is_seen_outside_of_its_file(hub: HubProcess, tmp_path: Path) -> None:
    said: list[str] = []
    secrets = {hub.password, hub.token} | people(hub, said) | programs(hub, said)
    agent, more = agents(hub, tmp_path, said)
    agent.process.stop()
    hub.process.stop()
    secrets |= more | keys(hub)
    assert len(secrets) == 16
    assert all(len(secret) > 15 for secret in secrets)
    places = {f"answer {number}": text.encode() for number, text in enumerate(said)}
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in OWN_FILES]
    places |= {str(path.relative_to(tmp_path)): path.read_bytes() for path in files}
    assert {"hub/hub.log", "pi-1.log", "hub/hub-data/directory.db", "pi-1/status.json"} <= places.keys()
    seen = [(where, secret) for where, content in places.items() for secret in secrets if secret.encode() in content]
    assert seen == []
    for path in tmp_path.rglob("*"):
        assert path.name not in OWN_FILES or path.stat().st_mode & 0o077 == 0, path
