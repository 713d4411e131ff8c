"""`tsunagu-agent trust` as people use it, against a real server; and no secret in anything an agent writes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from edge_agent.drivers.opcua import certificate, pins
from tests.support.node_opcua import Peer
from tests.support.opcua_certificates import self_signed
from tests.support.processes import Process, started
from tests.support.secured import POLICIES, USER, WORD, secured_server
from tests.support.servers import wait_until

POLICY = POLICIES[0]


@dataclass
class Agent:
    """A settings file beside its data folder, and the commands run on it."""

    folder: Path
    endpoint: str

    @property
    def config(self) -> Path:
        return self.folder / "agent.toml"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def write(self, uri: str, **connection: str) -> None:
        given = {"endpoint": self.endpoint, **connection}
        lines = [f'{name} = "{value}"' for name, value in given.items()]
        self.config.write_text(
            '[agent]\nid = "pi-1"\nsite = "main"\ndata_dir = "data"\n[hub]\nurl = "http://127.0.0.1:9"\n'
            '[[machines]]\nid = "laser-1"\ndriver = "opcua"\n[machines.opcua]\n'
            + "\n".join(lines)
            + f'\n[machines.signals]\npart_count = {{ node = "nsu={uri};s=Value" }}\n',
            "utf-8",
        )

    def trust(self, *words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, ["trust", *words, "--config", str(self.config)], input=answer)

    def machine(self) -> dict[str, object]:
        """The machine as `check` sees it."""
        done = CliRunner().invoke(app, ["check", "--config", str(self.config), "--json"])
        found: dict[str, object] = json.loads(done.stdout)["machines"][0]
        return found


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with secured_server(tmp_path_factory.mktemp("trusting")) as running:
        yield running


@pytest.fixture
def agent(peer: Peer, tmp_path: Path) -> Agent:
    made = Agent(tmp_path, peer.endpoint)
    made.write(peer.told["uri"], security=POLICY)
    return made


def test_show_gives_what_to_carry_to_the_server_before_anything_was_connected(agent: Agent):
    shown = agent.trust("show")
    assert shown.exit_code == 0, shown.output
    own = certificate.read(agent.data_dir)
    assert own is not None
    assert own.thumbprint in shown.stdout
    assert str(agent.data_dir / "opcua" / "certificate.der") in shown.stdout
    assert "not known yet" in shown.stdout
    assert max(map(len, shown.stdout.replace(str(agent.folder), "").splitlines())) <= 80


def test_a_server_is_known_from_the_first_secure_connection_on(agent: Agent):
    assert agent.machine()["ok"] is True
    server = json.loads(agent.trust("show", "--json").stdout)["servers"][0]
    assert server["machines"] == ["laser-1"]
    assert server["known"]["sha256"] == server["shows"]["sha256"]
    assert server["changed"] is False
    assert "nothing to do" in agent.trust("accept", "laser-1").stdout


def test_a_changed_certificate_is_read_again_only_when_a_person_accepts_it(agent: Agent, tmp_path: Path):
    with secured_server(tmp_path / "first") as first:
        agent.endpoint = first.endpoint
        agent.write(first.told["uri"], security=POLICY)
        assert agent.machine()["ok"] is True
    with secured_server(tmp_path / "second", port=first.port):
        before = agent.machine()
        assert before["ok"] is False
        assert f"tsunagu-agent trust accept {agent.endpoint}" in str(before["reason"])
        assert "CHANGED" in agent.trust("show").stdout
        refused = agent.trust("accept", "laser-1", answer="n\n")
        assert refused.exit_code == 1
        assert "nothing was changed" in refused.stderr
        assert agent.machine()["ok"] is False
        assert agent.trust("accept", agent.endpoint, answer="y\n").exit_code == 0
        assert agent.machine()["ok"] is True


def test_an_expired_certificate_can_be_accepted_by_a_person(agent: Agent, tmp_path: Path):
    made = self_signed(tmp_path, "server", begins_days=-30, ends_days=-2)
    with secured_server(tmp_path, certificate=str(made.certificate), key=str(made.key)) as old:
        agent.endpoint = old.endpoint
        agent.write(old.told["uri"], security=POLICY)
        assert "expired on" in str(agent.machine()["reason"])
        accepted = agent.trust("accept", "laser-1", "--yes")
        assert accepted.exit_code == 0, accepted.output
        assert "WARNING: it has expired" in accepted.stdout
        assert agent.machine()["ok"] is True


def test_a_damaged_pin_is_accepted_anew(agent: Agent):
    assert agent.machine()["ok"] is True
    pins.path_of(agent.data_dir, agent.endpoint).write_text("{")
    assert "trust accept" in str(agent.machine()["reason"])
    assert agent.trust("accept", "laser-1", "--yes").exit_code == 0
    assert agent.machine()["ok"] is True


def test_forgetting_and_renewing(agent: Agent):
    assert agent.machine()["ok"] is True
    first = certificate.read(agent.data_dir)
    assert "is forgotten" in agent.trust("forget", "laser-1").stdout
    assert "was not known" in agent.trust("forget", "laser-1").stdout
    assert agent.trust("renew", answer="n\n").exit_code == 1
    assert agent.trust("renew", "--yes").exit_code == 0
    second = certificate.read(agent.data_dir)
    assert first is not None
    assert second is not None
    assert first.der != second.der
    assert agent.machine()["ok"] is True


def test_an_unknown_machine_lists_those_there_are(agent: Agent):
    told = agent.trust("forget", "laser-2")
    assert told.exit_code == 1
    assert "no machine 'laser-2' is read over OPC UA; there are: laser-1" in told.stderr


@pytest.mark.parametrize("right", [True, False])
def test_no_secret_is_in_anything_that_an_agent_writes(agent: Agent, peer: Peer, right: bool):
    word = WORD if right else "wrong battery staple"
    given = {"username": USER, "password_env": "MACHINE_PASSWORD"}
    agent.write(peer.told["uri"], security=POLICY, **given)
    (agent.data_dir).mkdir()
    credential = {
        "credential": "c" * 40,
        "agent": "pi-1",
        "site": "main",
        "company": "aoba",
        "hub": "http://127.0.0.1:9",
    }
    (agent.data_dir / "credential.json").write_text(json.dumps(credential))
    command = ["tsunagu-agent", "run", "--config", agent.config]
    with started(Process(command, agent.folder / "log", {"MACHINE_PASSWORD": word})) as process:
        wanted = "opcua connected" if right else "refuses user"
        wait_until(lambda: wanted in process.said() or not process.runs, 60, what=wanted)
        assert wanted in process.said(), process.tail()
        process.stop()
        assert "ServiceFault" not in process.said(), "a refusal is told once, in our own words"
    own = certificate.read(agent.data_dir)
    assert own is not None
    key = "".join((agent.data_dir / "opcua" / "certificate.pem").read_text().splitlines()[1:3])
    secrets = (word, key[:64])
    for path in [agent.folder / "log", *(one for one in agent.data_dir.rglob("*") if one.is_file())]:
        if path.name == "certificate.pem":
            continue
        data = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in data], path
