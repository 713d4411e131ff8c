"""The agent needs none of the hub's libraries, and a driver's library only when a machine uses it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"fastapi", "uvicorn", "starlette", "jinja2", "argon2", "prometheus_client", "hub"}:
            raise ImportError(f"{name} is blocked")
        return None

sys.meta_path.insert(0, Blocker())
import edge_agent.cli, edge_agent.supervisor
"""
LAZY = """
import sys
import edge_agent.cli, edge_agent.supervisor
from edge_agent.sample_config import sample
sample()
assert "asyncua" not in sys.modules and "paho" not in sys.modules, "a driver's library was imported unasked"
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_of_the_hub_is_needed():
    run(BLOCKED)


def test_drivers_libraries_wait_until_a_machine_uses_them():
    run(LAZY)
