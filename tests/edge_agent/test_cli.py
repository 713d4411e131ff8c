"""The command `tsunagu-agent`: exit codes, one-line errors, JSON. Run as a process where that matters."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from edge_agent import credential
from edge_agent.cli import app
from tests.support.servers import wait_until

ROOT = Path(__file__).parents[2]
CONFIG = """
[agent]
id = "pi-1"
site = "main"
data_dir = "data"
[hub]
url = "http://127.0.0.1:9"
[[machines]]
id = "laser-1"
driver = "opcua"
[machines.opcua]
endpoint = "opc.tcp://127.0.0.1:9"
[machines.signals]
execution = { node = "ns=2;s=X" }
"""


@pytest.fixture(autouse=True)
def _own_logs():
    """Commands set up logging; what runs after them must not notice."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG)
    return path


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def keep_credential(config, agent="pi-1"):
    kept = credential.Credential(credential="s", agent=agent, site="main", company="aoba", hub="http://127.0.0.1:9")
    return credential.write(config.parent / "data", kept)


@pytest.mark.parametrize("command", ["browse", "enrol", "check", "run", "status", "sample-config"])
def test_every_command_has_help_with_an_example(command):
    found = invoke(command, "--help")
    assert found.exit_code == 0
    assert "Example: tsunagu-agent" in found.output


@pytest.mark.parametrize("command", [["check"], ["run"], ["status"], ["enrol", "http://127.0.0.1:9", "CODE"]])
def test_a_missing_file_is_one_line_and_exit_code_1(tmp_path, command):
    found = invoke(*command, "--config", tmp_path / "nix.toml")
    assert found.exit_code == 1
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith("error: ")
    assert "Traceback" not in found.output


def test_wrong_usage_is_exit_code_2(config):
    assert invoke("run").exit_code == 2
    assert invoke("nonsense").exit_code == 2


def test_run_without_a_credential_says_how_to_get_one(config):
    found = invoke("run", "--config", config)
    assert found.exit_code == 1
    assert "enrol first" in found.stderr


def test_run_with_another_agents_credential_refuses(config):
    keep_credential(config, agent="pi-2")
    found = invoke("run", "--config", config)
    assert found.exit_code == 1
    assert "is of agent 'pi-2'" in found.stderr


def test_enrol_says_that_the_hub_cannot_be_reached(config):
    found = invoke("enrol", "http://127.0.0.1:9", "CODE", "--config", config)
    assert found.exit_code == 1
    assert "cannot be reached" in found.stderr
    assert not (config.parent / "data" / credential.FILE_NAME).exists()


def test_the_credential_is_for_its_owner_only(config):
    path = keep_credential(config)
    assert path.stat().st_mode & 0o777 == 0o600


def test_status_before_the_first_run_says_so(config):
    found = invoke("status", "--config", config, "--json")
    assert found.exit_code == 1
    assert "does not exist yet" in found.stderr


def test_check_says_what_does_not_work_and_exits_1(config):
    found = invoke("check", "--config", config, "--timeout", "2", "--json")
    assert found.exit_code == 1
    answer = json.loads(found.stdout)
    assert answer["machines"][0]["ok"] is False
    assert answer["machines"][0]["reason"]
    assert "enrol first" in answer["hub"]["reason"]
    keep_credential(config)
    found = invoke("check", "--config", config, "--timeout", "2")
    assert found.exit_code == 1
    assert "cannot be reached" in found.stdout


def test_run_status_and_stop_as_processes(config, tmp_path):
    keep_credential(config)
    command = [sys.executable, "-m", "edge_agent.cli"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (tmp_path / "log").open("wb") as log:
        agent = subprocess.Popen([*command, "run", "--config", str(config)], stderr=log, env=environment)
    try:
        status_file = tmp_path / "data" / "status.json"
        wait_until(lambda: status_file.exists() and b"cannot be reached" in status_file.read_bytes(), 20)
        found = invoke("status", "--config", config, "--json")
        answer = json.loads(found.stdout)
        assert answer["running"] is True
        assert answer["hub"]["connected"] is False
        assert answer["buffer"]["backlog_records"] == 1  # the machine's own record
        second = subprocess.run(
            [*command, "run", "--config", str(config)], env=environment, capture_output=True, text=True, check=False
        )
        assert (second.returncode, second.stderr.count("\n")) == (1, 1)
        assert "used by another agent" in second.stderr
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(5) == 0
    finally:
        agent.kill()
        agent.wait()
    assert json.loads(invoke("status", "--config", config, "--json").stdout)["running"] is False
    assert "not running" in invoke("status", "--config", config).stdout
    assert b"Traceback" not in (tmp_path / "log").read_bytes()
