"""What every command of `tsunagu-agent` shares: its options, its errors (one line each on stderr, exit code 1)."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge_agent.settings import Settings
from edge_agent.settings_file import SettingsError, read_settings

Config = Annotated[Path, typer.Option("--config", metavar="FILE", envvar="TSUNAGU_AGENT_CONFIG", help="Its settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def fail(lines: str | Iterable[str]) -> NoReturn:
    """Says why, a line each, and ends with exit code 1."""
    for line in [lines] if isinstance(lines, str) else lines:
        typer.echo(f"error: {' '.join(line.split())}", err=True)
    raise typer.Exit(1)


def settings_of(config: Path) -> Settings:
    """The settings, or the end of the command with one line a fault."""
    try:
        return read_settings(config, os.environ)
    except SettingsError as error:
        fail(error.faults)
