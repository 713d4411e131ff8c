"""The command `tsunagu-agent terminal`: which devices may use the terminal."""

import secrets
from typing import Annotated

import msgspec
import typer

from edge_agent.cli_parts import AsJson, Config, fail, settings_of
from edge_agent.terminal import access

app = typer.Typer(help="The terminal at the machines: which tablets and phones may use it.", no_args_is_help=True)


@app.callback()
def terminal() -> None:
    """The terminal at the machines: which tablets and phones may use it."""


@app.command()
def code(
    config: Config,
    *,
    sign_out: Annotated[bool, typer.Option("--sign-out", help="Also sign out every device that is in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new device code, shown once; it takes the place of the one before.

    Example: tsunagu-agent terminal code --config agent.toml
    """
    settings = settings_of(config)
    folder = settings.agent.data_dir
    try:
        made = access.make_code(folder, secrets.token_bytes, sign_out=sign_out)
    except OSError as error:
        fail(f"{folder / access.FILE_NAME}: {error.strerror or error}; run as the user the agent runs as")
    listen = settings.terminal.listen
    if as_json:
        typer.echo(msgspec.json.encode({"code": made, "listen": listen}).decode())
        return
    typer.echo(made)
    where = "its address" if listen is None else f"its address ({listen})"
    typer.echo(f"Type it once on each device, at {where}. It is not shown again.", err=True)
    if listen is None:
        typer.echo('The terminal is off: write [terminal] listen = "0.0.0.0:8080" and start the agent anew.', err=True)
