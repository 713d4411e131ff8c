"""The command `tsunagu-agent`. Errors are one line on stderr and exit code 1; wrong usage is exit code 2."""

import asyncio
import random
import secrets
import sys
import time
from typing import Final

import msgspec
import typer
from rich.console import Console

from edge_agent import computer, credential, health, logs, showing, supervisor
from edge_agent.browsing.command import browse
from edge_agent.buffer.model import StorageError
from edge_agent.cli_check import check
from edge_agent.cli_parts import AsJson, Config, fail, settings_of
from edge_agent.cli_service import install_service
from edge_agent.cli_terminal import app as terminal
from edge_agent.clocks import Clocks
from edge_agent.enrolling import enrol
from edge_agent.hub_client import HubError
from edge_agent.sample_config import sample
from edge_agent.settings import Settings
from edge_agent.trusting import app as trust

app = typer.Typer(
    name="tsunagu-agent",
    help="The agent beside the machines: reads them, keeps everything on disk until the hub has it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
CLOCKS: Final = Clocks(
    now_us=lambda: time.time_ns() // 1000, monotonic=time.monotonic, new_id=lambda: secrets.token_hex(12)
)


app.command()(browse)
app.command()(enrol)
app.command()(check)
app.command()(install_service)
app.add_typer(trust, name="trust")
app.add_typer(terminal, name="terminal")


@app.command()
def run(config: Config) -> None:
    """Read the machines and deliver to the hub until stopped (SIGTERM, Ctrl-C).

    Example: tsunagu-agent run --config agent.toml
    """
    computer.keep_memory_small()
    settings = settings_of(config)
    logs.set_up(settings.agent.log)
    try:
        held = credential.read(settings.agent.data_dir, settings.agent.id, settings.agent.site)
        outside = supervisor.Outside(CLOCKS, random.random, held)
        asyncio.run(_run(settings, outside))
    except (credential.CredentialError, HubError, computer.AlreadyRunning, StorageError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or settings.agent.data_dir}: {error.strerror or error}; check [agent] data_dir")


async def _run(settings: Settings, outside: supervisor.Outside) -> None:
    stop = asyncio.Event()
    computer.on_stop(stop.set)
    await supervisor.run(settings, outside, stop)


@app.command()
def status(config: Config, *, as_json: AsJson = False) -> None:
    """Show what is connected, the last proof of life, and what waits on disk.

    Example: tsunagu-agent status --config agent.toml --json
    """
    settings = settings_of(config)
    folder = settings.agent.data_dir
    found = health.read(folder)
    if found is None:
        fail(f"{folder / health.FILE_NAME} does not exist yet; start the agent: tsunagu-agent run --config {config}")
    running = computer.is_running(folder)
    if as_json:
        typer.echo(msgspec.json.encode({"running": running, **msgspec.to_builtins(found)}).decode())
        return
    age_s = health.age_s(folder, time.time())
    showing.status(Console(), found, running=running, age_s=age_s)


@app.command("sample-config")
def sample_config() -> None:
    """Print a settings file to begin with; every field with its help.

    Example: tsunagu-agent sample-config > agent.toml
    """
    sys.stdout.write(sample())


if __name__ == "__main__":
    app()
