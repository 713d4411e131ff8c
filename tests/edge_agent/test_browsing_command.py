"""`tsunagu-agent browse` as a person uses it: against real servers, and what it writes is fed to `check`."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from asyncua import ua
from typer.testing import CliRunner

from edge_agent import credential
from edge_agent.cli import app
from tests.support.node_opcua import node_server
from tests.support.opcua import opcua_server
from tests.support.servers import free_port, wait_until
from tests.support.stand_in import StandIn

ROOT = Path(__file__).parents[2]
STRING, DOUBLE, BOOLEAN, UINT32 = (
    ua.VariantType.String, ua.VariantType.Double, ua.VariantType.Boolean, ua.VariantType.UInt32
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_place(tmp_path, monkeypatch):
    """Walks are kept in the test's folder; commands set up logging, what runs after them must not notice."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def lathe():
    with node_server("browsed.js") as peer:
        yield peer


@pytest.fixture(scope="module")
def tools():
    machines = [
        {"name": "MC-01", "version": "1.02", "channel": True},
        {"name": "MC-02", "version": "1.01", "channel": False},
    ]
    with node_server("machinetool.js", machines=machines) as peer:
        yield peer


def test_a_tree_with_values_types_units_and_flags(lathe):
    found = invoke("browse", lathe.endpoint)
    assert found.exit_code == 0, found.stderr
    for words in (
        '運転状態  "加工中"  → execution',
        "42.5 %  → spindle_load",
        "Setpoint",
        "Double w",
        "1 (Open)",
        "Double h",
    ):
        assert " ".join(words.split()) in " ".join(found.stdout.split())
    assert "write this down" in found.stdout
    assert "Aliases" not in found.stdout, "the standard's own folders are no machine"


def test_the_second_look_is_from_the_cache_and_says_so(lathe, tmp_path):
    assert "walked" not in invoke("browse", lathe.endpoint).stdout
    (kept,) = (tmp_path / "cache" / "tsunagu").glob("walk-*.jsonl")
    before = kept.read_bytes()
    assert "values are of now; walk anew with --refresh" in invoke("browse", lathe.endpoint).stdout
    assert kept.read_bytes() == before
    assert "walked" not in invoke("browse", lathe.endpoint, "--refresh").stdout


def test_filter_and_under_look_closer(lathe):
    found = invoke("browse", lathe.endpoint, "--filter", "加工")
    assert "加工数" in found.stdout.split("nodes")[0]
    assert "プログラム" not in found.stdout.split("nodes")[0]
    under = invoke("browse", lathe.endpoint, "--under", f"nsu={lathe.told['uri']};s=lathe.主軸負荷")
    assert under.exit_code == 0
    assert "加工数" not in under.stdout
    wrong = invoke("browse", lathe.endpoint, "--under", "lathe")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (1, 1)
    assert "--under lathe: write nsu=" in wrong.stderr


def test_json_has_all_and_the_block(lathe):
    answer = json.loads(invoke("browse", lathe.endpoint, "--json", "--machine", "lathe-1").stdout)
    nodes = {node["id"].rpartition("=")[2]: node for node in answer["nodes"]}
    assert answer["complete"] is True
    load = nodes["lathe.主軸負荷"]
    assert (load["value"], load["unit"], load["history"], load["writable"]) == (42.5, "%", True, False)
    assert load["path"] == ["旋盤1", "主軸負荷"]
    (machine,) = answer["machines"]
    assert (machine["id"], machine["state_model"]) == ("lathe-1", "mtconnect")
    assert machine["block"].startswith('[[machines]]\nid = "lathe-1"\n')


async def test_what_is_written_passes_check(tmp_path):
    config = tmp_path / "agent.toml"
    async with opcua_server() as machine, StandIn(script=[400]) as hub:
        for name, value, kind in (
            ("Execution", "ACTIVE", STRING), ("Mode", "自動", STRING), ("ProgramName", "O1201", STRING),
            ("EmergencyStop", False, BOOLEAN), ("PartCount", 12, UINT32), ("SpindleLoad", 41.5, DOUBLE),
            ("AlarmText", "", STRING),
        ):  # fmt: skip
            await machine.add(name, value, kind)
        wrote = await asyncio.to_thread(invoke, "browse", machine.endpoint, "--save", config, "--machine", "lathe-1")
        assert wrote.exit_code == 0, wrote.stderr
        assert f"next: tsunagu-agent check --config {config}" in wrote.stdout
        text = config.read_text().replace("http://localhost:8000", hub.url)
        config.write_text(text.replace(text.split('id = "')[1].split('"')[0], "pi-1", 1))
        kept = credential.Credential(credential="secret", agent="pi-1", site="main", company="aoba", hub=hub.url)
        credential.write(tmp_path / "tsunagu-data", kept)
        checked = await asyncio.to_thread(invoke, "check", "--config", config, "--timeout", "20", "--json")
    answer = json.loads(checked.stdout)
    assert (checked.exit_code, answer["ok"]) == (0, True), checked.stdout
    values = {signal["name"]: (signal["value"], signal["raw"]) for signal in answer["machines"][0]["signals"]}
    assert values == {
        "execution": ("ACTIVE", None), "mode": ("AUTOMATIC", "自動"), "program": ("O1201", None),
        "estop": ("ARMED", "false"), "part_count": ("12", None), "spindle_load": ("41.5", None),
        "alarm_text": ("", None),
    }  # fmt: skip


def test_machines_of_a_standard_need_no_mapping(tools, tmp_path):
    config = tmp_path / "agent.toml"
    tools.ask(
        machine="MC-01",
        set={"job": "J-7", "jobState": 3, "itemState": 3, "operationMode": 3, "machineMode": 1, "channelState": 0,
             "channelMode": 0},
    )  # fmt: skip
    found = invoke("browse", tools.endpoint, "--save", config)
    assert found.exit_code == 0, found.stderr
    assert "speaks OPC 40501-1" in found.stdout
    text = config.read_text()
    assert text.count('state_model = "machinetool"') == 2
    assert 'machine = "MC-01"' in text
    assert "[machines.signals]" not in text
    checked = json.loads(invoke("check", "--config", config, "--timeout", "20", "--json").stdout)
    wrong = [signal for machine in checked["machines"] for signal in machine["signals"] if not signal["ok"]]
    assert wrong == []
    assert [machine["machine"] for machine in checked["machines"]] == ["main/mc-01", "main/mc-02"]
    assert any(signal["name"] == "program" for signal in checked["machines"][0]["signals"])


def test_a_machine_of_the_settings_lends_its_connection(lathe, tmp_path):
    config = tmp_path / "agent.toml"
    assert invoke("browse", lathe.endpoint, "--save", config, "--machine", "lathe-1").exit_code == 0
    again = invoke("browse", "--config", config, "--machine", "lathe-1", "--json")
    assert json.loads(again.stdout)["endpoint"] == lathe.endpoint
    twice = invoke("browse", lathe.endpoint, "--save", config, "--machine", "lathe-1")
    assert twice.exit_code == 1
    assert "'lathe-1' is machine 1 already" in twice.stderr
    second = invoke("browse", lathe.endpoint, "--save", config, "--machine", "lathe-2", "--set", "queue_size=50")
    assert second.exit_code == 0
    assert config.read_text().count("[[machines]]") == 2
    assert "queue_size = 50\n" in config.read_text()


def test_a_secured_server_by_set_and_config(tmp_path):
    config = tmp_path / "agent.toml"
    config.write_text('[agent]\nid = "pi-1"\nsite = "main"\ndata_dir = "data"\n[hub]\nurl = "http://hub.example"\n')
    (tmp_path / "word").write_text("secret-word\n")
    policies = {"policies": ["Basic256Sha256"], "modes": ["SignAndEncrypt"]}
    with node_server("secured.js", pki=str(tmp_path / "pki"), users={"edge": "secret-word"}, **policies) as peer:
        plain = invoke("browse", peer.endpoint)
        options = ("security=Basic256Sha256", "username=edge", f"password_file={tmp_path / 'word'}")
        sets = [word for option in options for word in ("--set", option)]
        found = invoke("browse", peer.endpoint, "--config", config, "--json", *sets)
    assert plain.exit_code == 1
    assert "Basic256Sha256" in plain.stderr
    assert found.exit_code == 0, found.stderr
    assert any(node["id"].endswith("s=Value") and node["value"] == 7 for node in json.loads(found.stdout)["nodes"])
    assert "secret-word" not in found.output


def test_ctrl_c_keeps_what_was_found(tmp_path):
    command = [sys.executable, "-m", "edge_agent.cli", "browse"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with node_server("browsed.js", folders=20, each=100, nodesPerBrowse=4) as peer:
        going = subprocess.Popen(
            [*command, peer.endpoint], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            wait_until(lambda: sum(path.stat().st_size for path in tmp_path.rglob("walk-*.jsonl")) > 40_000)
            going.send_signal(signal.SIGINT)
            _, told = going.communicate(timeout=20)
        finally:
            going.kill()
            going.wait()
        assert (going.returncode, told.count("\n")) == (1, 1), told
        assert "the same command goes on there" in told
        again = invoke("browse", peer.endpoint, "--filter", "旋盤")
    assert "walk anew with --refresh" in again.stdout
    count = int(again.stdout.split(" nodes\n")[0].rpartition(" ")[2])
    assert count > 20 * 101, "all is there in the end"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say where to look"),
        (["http://x"], "nothing here can read that"),
        (["opc.tcp://"], "endpoint: write opc.tcp://HOST:PORT"),
        (["opc.tcp://127.0.0.1:9", "--set", "x"], "write KEY=VALUE"),
        (["opc.tcp://127.0.0.1:9", "--set", "colour=red"], "colour: "),
        (["opc.tcp://127.0.0.1:9", "--set", "security=Basic256Sha256"], "give --config FILE"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_1(arguments, says):
    found = invoke("browse", *arguments)
    assert (found.exit_code, found.stderr.count("\n")) == (1, 1)
    assert found.stderr.startswith("error: ")
    assert says in found.stderr


def test_a_server_that_is_not_there_says_what_to_look_at():
    found = invoke("browse", f"opc.tcp://127.0.0.1:{free_port()}")
    assert found.exit_code == 1
    assert "nothing listens there; is the machine on" in found.stderr


async def test_nothing_recognised_is_said_and_not_written(tmp_path):
    async with opcua_server() as machine:
        await machine.add("Remark", "text", STRING)
        found = await asyncio.to_thread(invoke, "browse", machine.endpoint, "--save", tmp_path / "a.toml")
    assert found.exit_code == 1
    assert "no signal was recognised" in found.stderr
    assert not (tmp_path / "a.toml").exists()
