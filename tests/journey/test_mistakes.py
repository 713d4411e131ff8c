"""Mistakes that people make at the command line: one line that says what, where and what to do; never a traceback.

Each part's own tests look at its commands one by one; here they run as installed, on files as people write them.
"""

import socket
from collections.abc import Iterator

import pytest

from tests.support.agent import agent_toml, machine_toml
from tests.support.processes import run

MACHINE = machine_toml(
    "laser-1", "opcua", {"endpoint": "opc.tcp://127.0.0.1:4840"}, {"execution": {"node": "ns=2;s=E"}}
)
RECORDING = "2016-12-06T08:00:00Z|execution|ACTIVE\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A hub's data, files right and wrong, and a port in use; by name, to be put into the words."""
    folder = tmp_path_factory.mktemp("mistakes")
    hub = folder / "hub"
    run(
        "tsunagu-hub", "init", "--data", hub, "--company", "aoba", "--company-name", "Aoba", "--admin", "a@aoba.example"
    )
    good = agent_toml("pi-1", folder / "pi-1", "http://127.0.0.1:9", MACHINE)
    files = {
        "good": good,
        "key": good.replace('driver = "opcua"', 'driver = "opcua"\nspeed = 9'),
        "signal_key": good.replace("{ node", "{ nodes"),
        "toml": good.replace("[agent]", "[agent"),
        "url": good.replace("http://127.0.0.1:9", "the hub in the cellar"),
        "name": good.replace('id = "pi-1"', f'id = "{"x" * 500}"'),
        "smile": good.replace('id = "laser-1"', 'id = "🙂/1"'),
        "nothing": "",
    }
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    (folder / "recording.txt").write_text(RECORDING)
    (folder / "broken.txt").write_text("yesterday|execution|ACTIVE\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {"dir": str(folder), "hub": str(hub), "port": str(taken.getsockname()[1])}


MISTAKES = [
    ("tsunagu-hub serve --data {hub} --port {port}", "{port}"),
    ("tsunagu-hub serve --data {dir}/nowhere", "nowhere"),
    ("tsunagu-hub init --data {dir}/new --company B/2 --company-name B --admin b@b.example", "B/2"),
    ("tsunagu-hub agent add 🙂 --company aoba --site main --data {hub} --json", "🙂"),
    ("tsunagu-agent run --config {dir}/missing.toml", "missing.toml"),
    ("tsunagu-agent run --config {dir}/key.toml", "speed"),
    ("tsunagu-agent check --config {dir}/signal_key.toml", "nodes"),
    ("tsunagu-agent check --config {dir}/toml.toml", "toml.toml"),
    ("tsunagu-agent run --config {dir}/url.toml", "url"),
    ("tsunagu-agent run --config {dir}/name.toml", "id"),
    ("tsunagu-agent run --config {dir}/smile.toml", "id"),
    ("tsunagu-agent status --config {dir}/nothing.toml", "agent"),
    ("tsunagu-sim replay {dir}/broken.txt --as opcua --port 4841", "line 1"),
    ("tsunagu-sim replay {dir}/recording.txt --as opcua --port {port}", "{port}"),
]


@pytest.mark.parametrize(("words", "named"), MISTAKES, ids=[words.split("--data")[0][:60] for words, _ in MISTAKES])
def test_a_mistake_is_one_clear_line(place: dict[str, str], words: str, named: str):
    done = run(*(word.format(**place) for word in words.split()), check=False)
    assert done.returncode in (1, 2), done
    said = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr + done.stdout
    assert said, done.stdout
    assert sum(line.startswith(("error:", "tsunagu-sim:")) for line in said) >= 1, done.stderr
    assert len(said) <= 4, "a line for each fault"
    assert named.format(**place) in done.stderr
