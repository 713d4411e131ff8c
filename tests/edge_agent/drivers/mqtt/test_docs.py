"""What the page about connecting machines says of MQTT is true: its settings can be read, its messages exist."""

import re
from pathlib import Path

from edge_agent.drivers.mqtt import addresses, advice, driver, quirks, settings
from edge_agent.settings_file import read_settings

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs/connect.md").read_text("utf-8").split("\n## MQTT\n")[1].split("\n## ")[0]
HEAD = '[agent]\nid = "a"\nsite = "main"\ndata_dir = "d"\n[hub]\nurl = "http://hub.example"\n'
BROKER_ONLY = '[[machines]]\nid = "x"\ndriver = "mqtt"\n{}[machines.signals]\nload = {{ topic = "load" }}\n'


def test_its_settings_can_be_read(tmp_path: Path):
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 3
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.toml"
        path.write_text(HEAD + (block if "[[machines]]" in block else BROKER_ONLY.format(block)), encoding="utf-8")
        assert read_settings(path, {}).machines


def test_its_examples_of_addresses_are_ones():
    told = [line.split("|")[2] for line in PAGE.splitlines() if line.startswith("|")]
    names = {name for cell in told for name in re.findall(r"(\w+) = ", cell)}
    assert {"partial", "where", "each", "good", "topic", "level", "path", "time"} <= names
    assert names <= set(addresses.SignalSettings.model_fields) | set(settings.ConnectionSettings.model_fields)


def test_its_messages_are_said():
    said = "".join(Path(module.__file__).read_text("utf-8") for module in (advice, quirks, driver))
    said = re.sub(r'"\s*f?"', "", said)
    told = [line.split("|")[1] for line in PAGE.split("| message |")[1].splitlines()[2:] if line.startswith("|")]
    for cell in told:
        for part in re.split(r"…|;", cell):
            assert part.strip() in said, part
