"""Names that other people's scripts use: commands, their arguments and options, and what an answer is called.

They are kept exactly; a new name may be added here, none may go.
"""

import importlib
from typing import Any

import pytest
import typer

COMMANDS = {
    "hub.cli:app init": {"--data", "--company", "--company-name", "--admin", "--json"},
    "hub.cli:app serve": {
        "--data",
        "--host",
        "--port",
        "--tls-cert",
        "--tls-key",
        "--no-tls",
        "--insecure",
        "--behind",
    },
    "hub.cli:app tls init": {"--data", "--name", "--json"},
    "hub.cli:app tls renew": {"--data", "--name", "--json"},
    "hub.cli:app tls show": {"--data", "--json"},
    "hub.cli:app rebuild": {"--data", "--company"},
    "hub.cli:app company add": {"slug", "--name", "--data"},
    "hub.cli:app agent add": {"agent", "--company", "--site", "--data", "--json"},
    "hub.cli:app agent rotate": {"agent", "--company", "--data"},
    "hub.cli:app agent revoke": {"agent", "--company", "--data"},
    "hub.cli:app token add": {"--company", "--role", "--data", "--json"},
    "edge_agent.cli:app enrol": {"url", "code", "--config", "--insecure"},
    "edge_agent.cli:app check": {"--config", "--timeout", "--json"},
    "edge_agent.cli:app browse": {"url", "--config", "--machine", "--set", "--filter", "--save", "--refresh", "--json"},
    "edge_agent.cli:app sample-config": set(),
    "edge_agent.cli:app run": {"--config"},
    "edge_agent.cli:app terminal code": {"--config", "--sign-out", "--json"},
    "edge_agent.cli:app status": {"--config", "--json"},
    "simulators.cli:app replay": {"file", "--as", "--port", "--rate", "--wait", "--url", "--topic-prefix"},
    "simulators.cli:app demo": {"--port", "--for", "--json"},
}


def command(place: str) -> Any:
    where, *names = place.split()
    module, app = where.split(":")
    found = typer.main.get_command(getattr(importlib.import_module(module), app))
    for name in names:
        assert name in found.commands, f"{name} of {place} is gone"
        found = found.commands[name]
    return found


@pytest.mark.parametrize(("place", "names"), [pytest.param(*command, id=command[0]) for command in COMMANDS.items()])
def test_a_command_keeps_its_names(place: str, names: set[str]):
    found: set[str] = set()
    for param in command(place).params:
        found |= {str(param.name)} if param.param_type_name == "argument" else set(param.opts)
    assert names <= found


@pytest.mark.parametrize("place", COMMANDS, ids=str)
def test_a_command_shows_an_example(place: str):
    assert "xample" in (command(place).help or ""), f"{place} --help has no example"
