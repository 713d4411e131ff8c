"""`tsunagu-agent browse`: looks at a server or broker, shows what is there, writes a block to read it with.

Reads only. The settings file is written with --save alone.
"""

import os
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from edge_agent import logs
from edge_agent.browsing.keeping import cache_folder
from edge_agent.browsing.wish import Extent, Wish, connection_of
from edge_agent.cli_parts import AsJson, fail, settings_of
from edge_agent.drivers.port import ConnectionLost, Misconfigured
from edge_agent.drivers.registry import DRIVERS
from edge_agent.machine import client_name

OBJECTS: Final = "i=85"

Url: TypeAlias = Annotated[str | None, typer.Argument(metavar="URL", help="opc.tcp://HOST:PORT or mqtt://HOST:PORT.")]
Config: TypeAlias = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The agent's settings.")]
Machine: TypeAlias = Annotated[
    str | None,
    typer.Option("--machine", metavar="ID", help="Name for the block; a machine of FILE lends its connection."),
]
Put: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Of the connection, such as security=Basic256Sha256."),
]
Under: TypeAlias = Annotated[str, typer.Option(metavar="NODE", help="OPC UA: begin at this node.")]
Depth: TypeAlias = Annotated[int, typer.Option(min=1, max=50, help="OPC UA: so many levels.")]
MaxNodes: TypeAlias = Annotated[int, typer.Option(min=1, max=1_000_000, help="OPC UA: so many nodes.")]
Seconds: TypeAlias = Annotated[
    float | None, typer.Option("--for", min=0.1, max=3600, help="Seconds: OPC UA at most (120), MQTT to listen (10).")
]
Filter: TypeAlias = Annotated[str | None, typer.Option("--filter", metavar="TEXT", help="Show only what is called so.")]
Topic: TypeAlias = Annotated[str, typer.Option(metavar="FILTER", help="MQTT: the topics to listen to.")]
Save: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the block here; appended where FILE exists.")
]
Refresh: TypeAlias = Annotated[bool, typer.Option("--refresh", help="OPC UA: walk anew, forget what is kept.")]


def browse(  # noqa: PLR0913, PLR0917  (a command's parameters are its options)
    url: Url = None,
    config: Config = None,
    machine: Machine = None,
    put: Put = None,
    under: Under = OBJECTS,
    depth: Depth = 12,
    max_nodes: MaxNodes = 20_000,
    seconds: Seconds = None,
    text: Filter = None,
    topic: Topic = "#",
    save: Save = None,
    *,
    refresh: Refresh = False,
    as_json: AsJson = False,
) -> None:
    """Look at a machine's server or broker, and write a [[machines]] block for it.

    Example: tsunagu-agent browse opc.tcp://192.0.2.10:4840 --save agent.toml --machine laser-1
    """
    logs.set_up("text", quiet=True)
    if config is None and save is not None and save.exists():
        config = save
    settings = settings_of(config) if config is not None else None
    asked = connection_of(url, settings, machine, put or [])
    cache = cache_folder(os.environ, Path.home())
    if settings is None and getattr(asked.settings, "security", "None") != "None":
        fail("a secured server must trust this agent's certificate; give --config FILE with [agent] in it")
    wish = Wish(
        connection=asked,
        client_name=client_name(settings.agent.id if settings is not None else "new", "browse"),
        data_dir=settings.agent.data_dir if settings is not None else cache / "agent",
        cache=cache,
        machine=machine,
        save=save,
        extent=Extent(under=under, depth=depth, max_nodes=max_nodes, seconds=seconds, topic=topic, anew=refresh),
        text=text,
        as_json=as_json,
    )
    try:
        _look(wish)
    except (ConnectionLost, Misconfigured) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("stopped; what was found is kept, the same command goes on there")
    except OSError as error:
        fail(f"{error.filename or cache}: {error.strerror or error}; check rights and room")


def _look(wish: Wish) -> None:
    """The driver's own part; imported only now, with its library."""
    driver = wish.connection.driver
    try:
        if driver == "opcua":
            from edge_agent.browsing.command_opcua import look_at_server  # noqa: PLC0415  (needs asyncua)

            look_at_server(wish)
        else:
            from edge_agent.browsing.command_mqtt import look_at_broker  # noqa: PLC0415  (needs paho)

            look_at_broker(wish)
    except ModuleNotFoundError as error:
        needs = DRIVERS[driver].needs
        fail(f"{driver} needs {needs} ({error.name} is not installed); pip install {needs}")
