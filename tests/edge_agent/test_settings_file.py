"""Every fault of the settings file is one line: file, key, what, what to do."""

from pathlib import Path

import pytest

from edge_agent.sample_config import sample
from edge_agent.settings_file import SettingsError, read_settings

GOOD = """
[agent]
id = "pi-1"
site = "main"
data_dir = "data"
[hub]
url = "http://hub.example:8000"
[[machines]]
id = "laser-1"
driver = "opcua"
[machines.opcua]
endpoint = "opc.tcp://192.0.2.10:4840"
[machines.signals]
execution = { node = "ns=2;s=X" }
mode = { node = "nsu=urn:example:machine;s=Mode", map = { 1 = "AUTOMATIC" } }
load = { node = "ns=2;s=Load", unit = "%", dead_band = 0.5 }
[machines.conditions]
servo = { node = "ns=2;s=Servo", format = "mtconnect" }
[[machines]]
id = "press-1"
driver = "mqtt"
state_model = "tower"
[machines.mqtt]
url = "mqtt://192.0.2.5:1883"
[machines.signals]
tower_green = { topic = "shop/press-1/tower", path = "$.green", time = "$.ts" }
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(tmp_path, text, env=None):
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_settings(path, env or {})
    lines = caught.value.faults
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_a_good_file(tmp_path):
    settings = read_settings(write(tmp_path, GOOD), {})
    assert settings.agent.data_dir == tmp_path / "data"
    laser, press = settings.machines
    assert laser.names == ["execution", "mode", "load", "servo"]
    assert laser.addresses[1].node == "nsu=urn:example:machine;s=Mode"
    assert laser.addresses[1].map == {"1": "AUTOMATIC"}
    assert laser.signal_infos[2].unit == "%"
    assert (laser.connection.proof, press.connection.proof) == ("machine", "path")
    assert press.addresses[0].path == "$.green"


def test_the_sample_can_be_read_back(tmp_path):
    settings = read_settings(write(tmp_path, sample()), {})
    assert [machine.driver for machine in settings.machines] == ["opcua", "mqtt"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'site = "main"',
            'sight = "main"',
            ["agent.sight: unknown key; did you mean 'site'?", "agent.site: is missing"],
        ),
        ("[hub]", "[hug]", ["hug: unknown key; did you mean 'hub'?", "hub.url: is missing"]),
        ('driver = "opcua"', 'driver = "opc-ua"', ["no driver 'opc-ua'; did you mean 'opcua'?"]),
        ('driver = "opcua"', "", ["machines[1] (laser-1).driver: is missing"]),
        ('id = "press-1"', 'id = "laser-1"', ["machines[2] (laser-1).id: 'laser-1' is machine 1 already"]),
        ('id = "laser-1"', 'id = "Laser 1"', ["'Laser 1' is no name; use a-z, 0-9 and '-'"]),
        ('id = "pi-1"', 'id = "pi/1"', ["agent.id: 'pi/1' is no name"]),
        ("execution =", '"Spindle 😀" =', ["'Spindle 😀' is no signal name"]),
        ("execution =", f"{'x' * 500} =", ["is no signal name"]),
        ("servo =", "load =", ["machines[1] (laser-1).conditions.load: a signal has this name already"]),
        ('unit = "%", dead', 'units = "%", dead', ["signals.load.units: unknown key; did you mean 'unit'?"]),
        ("dead_band = 0.5", "dead_band = -1", ["signals.load.dead_band: Input should be greater than 0"]),
        ('format = "mtconnect"', 'format = "xml"', ["conditions.servo.format:"]),
        (
            'node = "ns=2;s=X"',
            'nod = "ns=2;s=X"',
            ["signals.execution.nod: unknown key; did you mean 'node'?"],
        ),
        ('url = "http://hub.example:8000"', 'url = "hub.example"', ["hub.url: String should match pattern"]),
        ('endpoint = "opc.tcp://192.0.2.10:4840"', "", ["machines[1] (laser-1).opcua.endpoint: is missing"]),
        ('endpoint = "opc.tcp://192.0.2.10:4840"', "endpoint = 7", ["opcua.endpoint: must be a text in quotes"]),
        ("execution = {", "execution = 7 #", ["signals.execution: must be a table"]),
    ],
)
def test_faults_say_where_and_what_to_do(tmp_path, old, new, expected):
    lines = faults(tmp_path, GOOD.replace(old, new, 1))
    assert len(lines) == len(expected), lines
    for part in expected:
        assert any(part in line for line in lines), lines


def test_a_wrong_table_kind_is_said(tmp_path):
    [line] = faults(tmp_path, GOOD.partition("[[machines]]")[0].replace("[agent]", "machines = 3\n[agent]"))
    assert "begin each with [[machines]]" in line


def test_broken_toml_says_the_line(tmp_path):
    [line] = faults(tmp_path, GOOD.replace('id = "pi-1"', 'id = "pi-1'))
    assert "line 3" in line


def test_missing_unreadable_and_binary_files_are_said(tmp_path):
    for path, part in ((tmp_path / "nix.toml", "there is no such file"), (tmp_path, "cannot be read")):
        with pytest.raises(SettingsError, match=part):
            read_settings(path, {})
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe[agent]")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(tmp_path / "b.toml", {})


def test_the_environment_overrides(tmp_path):
    env = {"TSUNAGU_AGENT__HUB__URL": "http://192.0.2.1:9", "TSUNAGU_AGENT__BUFFER__MAX_MB": "64", "OTHER": "x"}
    settings = read_settings(write(tmp_path, GOOD), env)
    assert (settings.hub.url, settings.buffer.max_mb) == ("http://192.0.2.1:9", 64)
    assert faults(tmp_path, GOOD, {"TSUNAGU_AGENT__HUB__URK": "x"}) == ["hub.urk: unknown key; did you mean 'url'?"]


def test_a_missing_ca_file_is_said(tmp_path):
    [line] = faults(tmp_path, GOOD.replace("[hub]", '[hub]\nca_file = "ca.pem"'))
    assert "hub.ca_file: ca.pem does not exist" in line


def test_a_machine_tool_is_read_without_writing_a_signal(tmp_path):
    opcua = '[[machines]]\nid = "mc-1"\ndriver = "opcua"\nstate_model = "machinetool"\n[machines.opcua]\n'
    endpoint = 'endpoint = "opc.tcp://192.0.2.10:4840"\nmachine = "MC-01"\n'
    head = GOOD[: GOOD.index("[[machines]]")]
    (machine,) = read_settings(write(tmp_path, head + opcua + endpoint), {}).machines
    assert {"program", "program_state", "channel_state", "part_count", "feed_override"} <= set(machine.names)
    own = '[machines.signals]\npart_count = { node = "ns=2;s=Count" }\nload = { node = "ns=2;s=Load", unit = "%" }\n'
    (machine,) = read_settings(write(tmp_path, head + opcua + endpoint + own), {}).machines
    signals = dict(zip(machine.names, machine.addresses, strict=True))
    assert signals["part_count"].place.node == "ns=2;s=Count"
    assert machine.names.count("part_count") == 1
    assert "load" in signals


def test_a_state_model_of_opc_ua_does_not_help_over_mqtt(tmp_path):
    text = GOOD.replace('state_model = "tower"', 'state_model = "machinetool"')
    text = text[: text.index("[machines.signals]\ntower_green")]
    assert faults(tmp_path, text) == ["machines[2] (press-1): reads nothing; add [machines.signals]"]
