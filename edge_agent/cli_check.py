"""The command `tsunagu-agent check`: tries everything once before (or while) the agent runs."""

import asyncio
import time
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from edge_agent import checking, logs, showing
from edge_agent.cli_parts import AsJson, Config, settings_of
from edge_agent.settings import Settings


def check(
    config: Config,
    timeout: Annotated[float, typer.Option(min=0.5, max=120, help="Seconds to wait for each machine.")] = 5.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Try every address of every machine, the hub and this computer; say what does not work and what to do.

    Example: tsunagu-agent check --config agent.toml
    """
    settings = settings_of(config)
    logs.set_up("text", quiet=True)
    machines, hub = asyncio.run(_check(settings, timeout))
    own = [*checking.check_own(settings), *filter(None, [checking.check_clock(hub)])]
    ok = hub.ok and all(machine.ok for machine in machines) and all(check.ok for check in own)
    if as_json:
        typer.echo(msgspec.json.encode({"ok": ok, "machines": machines, "hub": hub, "own": own}).decode())
    else:
        showing.checks(Console(), machines, hub, own)
    if not ok:
        raise typer.Exit(1)


async def _check(settings: Settings, timeout_s: float) -> tuple[list[checking.MachineCheck], checking.HubCheck]:
    with Console(stderr=True).status("asking machines and hub …"):
        machines = await checking.check_machines(settings, timeout_s)
        return machines, await checking.check_hub(settings, lambda: time.time_ns() // 1000)
