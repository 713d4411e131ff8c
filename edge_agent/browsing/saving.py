"""Puts blocks into a settings file: appended, or into a new file; never leaves a file that is wrong."""

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from edge_agent.browsing.suggesting import Suggestion
from edge_agent.browsing.wish import Wish
from edge_agent.browsing.wording import slug
from edge_agent.cli_parts import fail
from edge_agent.settings_file import SettingsError, read_settings

_HEAD: Final = """\
# Settings of a Tsunagu agent. Everything that may be said: tsunagu-agent sample-config
[agent]
id = "{agent}"               # as the hub knows it: tsunagu-hub agent add {agent} --company … --site main
site = "main"
data_dir = "tsunagu-data"    # beside this file; or an absolute path
[hub]
url = "http://localhost:8000"
"""


def new_head(host: str) -> str:
    """The tables of an agent for a file that is not there yet."""
    return _HEAD.format(agent=slug(host) or "agent-1")


def save(path: Path, blocks: list[str], environment: Mapping[str, str]) -> bool:
    """Writes the file if our own reader takes it, else leaves it as it was; whether it is new.

    Raises SettingsError with the faults the file would have, OSError where it cannot be written.
    """
    new = not path.exists()
    before = new_head(socket.gethostname()) if new else path.read_text(encoding="utf-8")
    text = "\n".join([before.rstrip("\n") + "\n", *blocks])
    trial = path.with_name(f".{path.name}.new")
    try:
        trial.write_text(text, encoding="utf-8")
        if not new:
            shutil.copymode(path, trial)
        read_settings(trial, environment)
        trial.replace(path)
    except SettingsError as error:
        raise SettingsError([fault.replace(str(trial), str(path)) for fault in error.faults]) from None
    finally:
        trial.unlink(missing_ok=True)
    return new


def keep(wish: Wish, made: list[Suggestion]) -> None:
    """Writes the blocks into --save's file, and says what comes next."""
    assert wish.save is not None
    if not made:
        fail(f"{wish.save}: nothing to write, no signal was recognised; name nodes yourself, see docs/connect.md")
    try:
        new = save(wish.save, [suggestion.block for suggestion in made], os.environ)
    except SettingsError as error:
        fail(error.faults)
    names = ", ".join(suggestion.id for suggestion in made)
    typer.echo(f"wrote {names} to {wish.save}; next: tsunagu-agent check --config {wish.save}", err=wish.as_json)
    if new:
        typer.echo(f"{wish.save} is new: look at [agent] and [hub] in it before you enrol", err=True)
