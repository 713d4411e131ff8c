"""What docs/connect.md says of messages and settings is true of the source: no message that nobody says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from edge_agent.browsing.saving import new_head
from edge_agent.settings_file import read_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connect.md").read_text("utf-8")
ROW = re.compile(r"^\| (?!message|---)([^|]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


@cache
def said() -> str:
    """Every text in the source; a value that is put in is `…`."""
    texts = []
    for path in [*(ROOT / "edge_agent").rglob("*.py"), *(ROOT / "hub").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


def fragments():
    tables = PAGE[PAGE.index("## What a message means") :]
    found = [part.strip(" …") for row in ROW.findall(tables) for part in re.split(r"…|; |\(|\)|: ", row)]
    return [part for part in found if len(part) > 7]


@pytest.mark.parametrize("fragment", fragments())
def test_every_message_is_one_that_is_said(fragment):
    assert fragment in said()


def test_every_table_has_rows():
    assert len(fragments()) > 60


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_every_example_is_read(block, tmp_path):
    if "[[machines]]" not in block:
        block = f'[[machines]]\nid = "m"\ndriver = "{"mqtt" if "mqtt" in block else "opcua"}"\n' + block + (
            '[machines.signals]\nprogram = { topic = "t" }\n' if "mqtt" in block else
            '[machines.signals]\nprogram = { node = "ns=2;s=P" }\n'
        )  # fmt: skip
    for name in re.findall(r'= "([a-z-]+(?:\.pem)?)" *(?:#.*)?$', block, re.MULTILINE):
        if name.endswith((".pem", "password")):
            (tmp_path / name).write_text("x")
    path = tmp_path / "agent.toml"
    path.write_text(new_head("pi-1") + block, "utf-8")
    assert read_settings(path, {}).machines
