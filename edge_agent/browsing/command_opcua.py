"""The OPC UA side of `browse`: progress while walking, then the tree, the proposals, the block. See `command.py`."""

import asyncio
import time
from typing import Any, Final, cast

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from edge_agent.browsing import tree
from edge_agent.browsing.look import Look, Who, look
from edge_agent.browsing.opcua import Bounds
from edge_agent.browsing.saving import keep
from edge_agent.browsing.suggesting import Suggestion, suggest
from edge_agent.browsing.wish import Wish
from edge_agent.cli_parts import fail
from edge_agent.drivers.opcua.addresses import split_node
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.showing import span

WALK_S: Final = 120.0


class _SystemClock:
    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


def look_at_server(wish: Wish) -> None:
    """Walks, shows, writes. Raises ConnectionLost, Misconfigured, OSError."""
    extent = wish.extent
    try:
        split_node(extent.under)
    except ValueError as error:
        fail(f"--under {extent.under}: {error}")
    bounds = Bounds(extent.max_nodes, extent.seconds or WALK_S, extent.depth)
    who = Who(wish.client_name, wish.data_dir, wish.cache)
    connection = cast("ConnectionSettings", wish.connection.settings)
    clock = _SystemClock()
    with Console(stderr=True).status(f"connecting to {connection.endpoint} …") as status:

        def told(nodes: int, waiting: int) -> None:
            status.update(f"{nodes} nodes found, {waiting} wait to be asked; Ctrl-C keeps them")

        seen = asyncio.run(look(connection, who, extent.under, bounds, clock, told, anew=extent.anew))
    made = suggest(seen.found, seen.values, seen.machines, wish.connection.table, wish.machine)
    if wish.as_json:
        typer.echo(msgspec.json.encode(_json(seen, made, clock.now_us())).decode())
    else:
        _show(seen, made, wish, age_s=(clock.now_us() - seen.walked_us) / 1e6)
    if wish.save is not None:
        keep(wish, made)


def _show(seen: Look, made: list[Suggestion], wish: Wish, *, age_s: float) -> None:
    console = Console()
    signals = {
        proposal.candidate.key: proposal.signal
        for suggestion in made
        if suggestion.mapping is not None
        for proposal in (*suggestion.mapping.signals, *suggestion.mapping.conditions)
    }
    only = tree.matching(seen.found, wish.text) if wish.text else None
    drawing = tree.Drawing(seen.found, seen.values, signals, only)
    console.print(drawing.tree())
    count = len(seen.found.nodes)
    console.print(f"{escape(seen.server)} at {escape(seen.endpoint)}: {count} nodes", highlight=False)
    if drawing.hidden:
        console.print(f"{drawing.hidden} not shown; look closer with --under NODE or --filter TEXT", style="dim")
    if seen.resumed:
        console.print(f"walked {span(age_s)} ago, values are of now; walk anew with --refresh", style="dim")
    if seen.stopped:
        console.print(f"[yellow]{escape(seen.stopped)}[/]", highlight=False)
    if seen.offline:
        console.print(f"[red]no values: {escape(seen.offline)}[/]", highlight=False, soft_wrap=True)
    console.print()
    for suggestion in made:
        tree.proposals(console, suggestion)
    if not made:
        console.print("nothing here looks like a signal of ours; name nodes yourself, see docs/connect.md")
    elif wish.save is None:
        console.print("write this down: add --save agent.toml --machine ID", style="dim", highlight=False)


def _json(seen: Look, made: list[Suggestion], now_us: int) -> dict[str, Any]:
    nodes = []
    for node in seen.found.nodes.values():
        value = seen.values.get(node.id)
        row: dict[str, Any] = {"id": node.id, "path": seen.found.path(node), "kind": node.kind}
        if node.about is not None:
            row |= {
                "type": node.about.type,
                "array": node.about.array,
                "writable": node.about.writable,
                "history": node.about.history,
                "unit": seen.found.units.get(node.id),
            }
        if value is not None:
            age_s = None if value.at_us is None else (now_us - value.at_us) / 1e6
            row |= {"value": value.value, "quality": value.quality, "code": value.code, "age_s": age_s}
        nodes.append(row)
    return {
        "endpoint": seen.endpoint,
        "server": seen.server,
        "complete": seen.stopped is None and seen.offline is None,
        "stopped": seen.stopped or seen.offline,
        "nodes": nodes,
        "machines": made,
    }
