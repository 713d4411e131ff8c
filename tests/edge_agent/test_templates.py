"""Several machines written once: what is taken over, what is filled in, and what is said of a wrong name."""

from pathlib import Path

import pytest

from edge_agent.settings_file import SettingsError, read_settings

HEAD = """
[agent]
id = "pi-1"
site = "main"
data_dir = "data"
[hub]
url = "http://hub.example:8000"
"""
PRESSES = """
[[machines]]
id = "press-1"
name = "First press"
maker = "Example"
driver = "mqtt"
[machines.mqtt]
url = "mqtt://192.0.2.5"
username = "edge"
password_file = "word"
[machines.signals]
program = { topic = "{line}/{machine}/state", path = "$.program" }
load = { topic = "{line}/{machine}/load", unit = "%" }
[machines.fill]
line = "a"
[[machines]]
id = "press-2"
like = "press-1"
fill = { machine = "P002" }
[machines.mqtt]
keepalive_s = 9
[machines.signals]
load = { topic = "other/{machine}", unit = "kN" }
[[machines]]
id = "press-3"
like = "press-2"
fill = { line = "b", machine = "P003" }
"""
MILLS = """
[[machines]]
id = "mill-1"
driver = "opcua"
opcua = { endpoint = "opc.tcp://{host}:4840" }
fill = { host = "192.0.2.11" }
[machines.signals]
execution = { node = "ns=2;s={machine}.Execution" }
[[machines]]
id = "mill-2"
like = "mill-1"
fill = { host = "192.0.2.12" }
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "agent.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return read_settings(path, {}).machines


def test_a_machine_takes_over_what_it_does_not_say_itself(tmp_path):
    first, second, third = read(tmp_path, PRESSES)
    assert [a.topic for a in first.addresses] == ["a/press-1/state", "a/press-1/load"]
    assert [a.topic for a in second.addresses] == ["a/P002/state", "other/P002"]
    assert [a.topic for a in third.addresses] == ["b/P003/state", "other/P003"]
    assert (second.signals["load"].unit, second.connection.keepalive_s, second.connection.username) == ("kN", 9, "edge")
    assert (second.table.name, second.table.maker, second.table.fill) == (
        None,
        "Example",
        {"line": "a", "machine": "P002"},
    )


def test_it_is_the_same_for_every_driver(tmp_path):
    _, second = read(tmp_path, MILLS)
    assert second.connection.endpoint == "opc.tcp://192.0.2.12:4840"
    assert second.addresses[0].node == "ns=2;s=mill-2.Execution"


def test_files_of_a_connection_are_taken_from_the_settings_folder(tmp_path):
    assert read(tmp_path, PRESSES)[2].connection.password_file == tmp_path / "word"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('like = "press-1"', 'like = "press-9"', "machines[2] (press-2).like: no machine 'press-9' stands above"),
        ('like = "press-1"', "like = 1", "machines[2] (press-2).like: must be a text in quotes"),
        ('line = "a"', "line = 1", "machines[1] (press-1).fill.line: must be a text in quotes"),
    ],
)
def test_mistakes_are_said_in_one_line(tmp_path, old, new, expected):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, PRESSES.replace(old, new, 1))
    assert any(expected in fault for fault in caught.value.faults), caught.value.faults
