"""`tsunagu-agent trust`: the agent's own certificate, and the certificates of the machines' servers as first seen.

Only OPC UA servers are known one by one; a broker's or hub's certificate is vouched for by an authority.
"""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Protocol, cast

import msgspec
import typer

from edge_agent import logs
from edge_agent.cli_parts import AsJson, Config, fail, settings_of
from edge_agent.drivers.port import ConnectionLost, Misconfigured
from edge_agent.settings import Settings

if TYPE_CHECKING:
    from edge_agent.drivers.opcua.settings import ConnectionSettings
    from edge_agent.drivers.opcua.trust import OwnSeen, Seen, ServerSeen

DRIVER: Final = "opcua"
Machine = Annotated[str, typer.Argument(metavar="MACHINE", help="Its id in the settings, or its endpoint.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

app = typer.Typer(
    help="Certificates: this agent's own, and those of the machines' OPC UA servers.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.command()
def show(config: Config, *, as_json: AsJson = False) -> None:
    """Show this agent's certificate, and of each server the one known and the one it shows now.

    Example: tsunagu-agent trust show --config agent.toml
    """
    settings = _settings(config)
    trust = _trust()
    data_dir = settings.agent.data_dir
    try:
        own = trust.own(data_dir, settings.agent.id)
        servers = asyncio.run(_look(settings, data_dir))
    except Misconfigured as error:
        fail(str(error))
    if as_json:
        listed = [{"machines": names, **msgspec.to_builtins(seen), "changed": seen.changed} for names, seen in servers]
        typer.echo(msgspec.json.encode({"own": own, "servers": listed}).decode())
        return
    typer.echo("\n".join(_own_lines(own)))
    for names, seen in servers:
        typer.echo("\n".join(["", *_server_lines(names, seen)]))


@app.command()
def accept(machine: Machine, config: Config, *, yes: Yes = False) -> None:
    """Know a server by the certificate that it shows now, in place of the one known so far.

    Compare the fingerprint with the one shown at the server before you say yes.

    Example: tsunagu-agent trust accept laser-1 --config agent.toml
    """
    settings = _settings(config)
    trust = _trust()
    connection, data_dir = _connection(settings, machine), settings.agent.data_dir
    try:
        seen = asyncio.run(trust.look(connection, data_dir))
        if seen.shows is None:
            fail(seen.why or f"{connection.endpoint} shows no certificate")
        if seen.known is not None and not seen.changed:
            typer.echo(f"{connection.endpoint} is known by this certificate already; nothing to do")
            return
        typer.echo("\n".join(_server_lines([machine], seen)))
        if not yes and not typer.confirm("Is this the certificate of the machine's server?"):
            fail("nothing was changed")
        made = asyncio.run(trust.accept(connection, data_dir, seen.shows.sha256))
    except (ConnectionLost, Misconfigured) as error:
        fail(str(error))
    typer.echo(f"{connection.endpoint} is known by SHA-256 {made.sha256} from now on")


@app.command()
def forget(machine: Machine, config: Config) -> None:
    """Forget a server's certificate; the next one it shows will be the one known.

    Example: tsunagu-agent trust forget laser-1 --config agent.toml
    """
    settings = _settings(config)
    connection = _connection(settings, machine)
    try:
        known = _trust().forget(connection, settings.agent.data_dir)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; run as the user of the agent")
    typer.echo(f"{connection.endpoint} {'is forgotten' if known else 'was not known; nothing to do'}")


@app.command()
def renew(config: Config, *, yes: Yes = False) -> None:
    """Make a new certificate for this agent. Every server must trust it anew, so do this only when you must.

    Example: tsunagu-agent trust renew --config agent.toml
    """
    settings = _settings(config)
    if not yes and not typer.confirm("Servers will refuse this agent until they trust the new certificate. Go on?"):
        fail("nothing was changed")
    try:
        own = _trust().renew(settings.agent.data_dir, settings.agent.id)
    except Misconfigured as error:
        fail(str(error))
    typer.echo("\n".join(_own_lines(own)))


def _settings(config: Path) -> Settings:
    logs.set_up("text", quiet=True)
    return settings_of(config)


class _Trust(Protocol):
    """What drivers/opcua/trust.py shows; it costs its library, and is imported only when it is asked for."""

    def own(self, data_dir: Path, agent: str) -> "OwnSeen": ...
    def renew(self, data_dir: Path, agent: str) -> "OwnSeen": ...
    async def look(self, settings: "ConnectionSettings", data_dir: Path) -> "ServerSeen": ...
    async def accept(self, settings: "ConnectionSettings", data_dir: Path, sha256: str) -> "Seen": ...
    def forget(self, settings: "ConnectionSettings", data_dir: Path) -> bool: ...


def _trust() -> _Trust:
    return cast("_Trust", import_module("edge_agent.drivers.opcua.trust"))


def _connections(settings: Settings) -> dict[str, "ConnectionSettings"]:
    """The OPC UA machines' connections, by machine."""
    found = {one.id: one.connection for one in settings.machines if one.driver == DRIVER}
    return cast("dict[str, ConnectionSettings]", found)


def _connection(settings: Settings, machine: str) -> "ConnectionSettings":
    known = _connections(settings)
    found = [connection for name, connection in known.items() if machine in {name, connection.endpoint}]
    if not found:
        fail(f"no machine {machine!r} is read over OPC UA; there are: {', '.join(known) or 'none'}")
    return found[0]


async def _look(settings: Settings, data_dir: Path) -> list[tuple[list[str], "ServerSeen"]]:
    """Each server once, with the machines that are read from it; all asked at the same time."""
    machines: dict[str, list[str]] = {}
    connections: dict[str, ConnectionSettings] = {}
    for name, connection in _connections(settings).items():
        machines.setdefault(connection.endpoint, []).append(name)
        connections.setdefault(connection.endpoint, connection)
    seen = await asyncio.gather(*(_trust().look(connection, data_dir) for connection in connections.values()))
    return list(zip(machines.values(), seen, strict=True))


def _own_lines(own: "OwnSeen") -> list[str]:
    lines = [
        f"this agent: {own.name} ({own.uri})",
        f"  file to give to servers  {own.file}",
        f"  thumbprint (SHA-1)       {own.thumbprint}",
        *_fingerprint("  SHA-256                  ", own.sha256),
        f"  valid until              {own.ends}",
    ]
    return lines if own.warning is None else [*lines, f"  warning: {own.warning}"]


def _server_lines(machines: list[str], seen: "ServerSeen") -> list[str]:
    lines = [f"{', '.join(machines)}: {seen.endpoint} (security {seen.security})"]
    for label, one in (("known", seen.known), ("shows now", seen.shows)):
        if one is None:
            continue
        if label == "shows now" and seen.known is not None and not seen.changed:
            lines.append("  shows now  the same")
            continue
        since = f", known since {one.since[:10]}" if one.since else ""
        lines.append(f"  {label:9}  {one.subject}")
        lines.append(f"             valid {one.begins} to {one.ends}{since}")
        if one.dated is not None:
            lines.append(f"             WARNING: it {one.dated}")
        lines.append(f"             thumbprint (SHA-1)  {one.thumbprint}")
        lines += _fingerprint("             SHA-256             ", one.sha256)
    if seen.damaged is not None:
        lines.append(f"  known      {seen.damaged}")
    elif seen.known is None:
        lines.append("  not known yet: it will be, when the agent first connects securely")
    if seen.changed:
        lines.append("  CHANGED: the agent refuses this server until you accept the new certificate")
    if seen.why is not None:
        lines.append(f"  shows nothing now: {seen.why}")
    return lines


def _fingerprint(label: str, text: str) -> list[str]:
    """A fingerprint in two lines of half its length, that eyes can follow."""
    half = len(text) // 2 + 1
    return [f"{label}{text[:half]}", f"{' ' * len(label)}{text[half:]}"]
