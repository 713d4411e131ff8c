"""The command `tsunagu-agent install-service`: installs the agent as a service, or prints what does."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_agent import computer, service
from edge_agent.cli_parts import Config, fail, settings_of


def install_service(
    config: Config,
    user: Annotated[
        str | None, typer.Option(help="Account it runs as; otherwise the one that owns the data folder.")
    ] = None,
    *,
    only_print: Annotated[bool, typer.Option("--print", help="Print it, change nothing.")] = False,
) -> None:
    """Install the agent as a service that starts with the computer; print what does where that cannot be done.

    Example: sudo tsunagu-agent install-service --config /etc/tsunagu/agent.toml --user tsunagu
    """
    settings = settings_of(config)
    data_dir = settings.agent.data_dir.absolute()
    made = service.Service(
        command=_own_command(), config=config.absolute(), data_dir=data_dir, agent=settings.agent.id,
        user=user or computer.owner_of(data_dir),
    )  # fmt: skip
    if sys.platform == "win32":
        typer.echo(service.windows_recipe(made))
        return
    text = service.systemd_unit(made)
    if only_print or not computer.may_install_services():
        typer.echo(text)
        if not only_print:
            typer.echo("# not installed: that needs root and a running systemd. By hand:", err=True)
            for step in service.systemd_steps():
                typer.echo(f"#   {step}", err=True)
        return
    if not data_dir.is_dir():
        fail(f"{data_dir} does not exist yet; enrol the agent first: tsunagu-agent enrol URL CODE --config {config}")
    _install(text)


def _install(text: str) -> None:
    unit = Path(service.UNIT_FOLDER / f"{service.NAME}.service")
    try:
        unit.write_text(text, "utf-8")
        for words in (["daemon-reload"], ["enable", "--now", unit.name]):
            subprocess.run(["systemctl", *words], check=True, capture_output=True, encoding="utf-8", timeout=120)
    except OSError as error:
        fail(f"{unit}: {error.strerror or error}; run this as root")
    except subprocess.CalledProcessError as error:
        fail(f"systemctl {' '.join(error.cmd[1:])}: {error.stderr.strip()}; see journalctl -u {service.NAME}")
    typer.echo(f"installed and started {unit.name}; its log: journalctl -u {service.NAME} -f")


def _own_command() -> Path:
    """The installed `tsunagu-agent` that runs now."""
    beside = Path(sys.executable).parent / ("tsunagu-agent.exe" if sys.platform == "win32" else "tsunagu-agent")
    if beside.exists():
        return beside
    found = shutil.which("tsunagu-agent")
    return Path(found) if found else Path(sys.argv[0]).absolute()
