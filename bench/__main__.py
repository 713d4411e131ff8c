"""`python -m bench`: measures, prints the table, and writes it where it is asked to."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench import chart_rows, edge_rows, fault_rows, hub_rows, journey_rows, order_rows, step_rows, trace_rows
from bench.measure import Row

ROWS: dict[str, Callable[[], Iterator[Row]]] = {
    "opcua": edge_rows.opcua,
    "mqtt": edge_rows.mqtt,
    "buffer": edge_rows.buffer,
    "uplink": journey_rows.uplink,
    "ledger": hub_rows.ledger,
    "ingest": hub_rows.ingest,
    "fold": hub_rows.fold,
    "step": step_rows.step,
    "telemetry": hub_rows.telemetry,
    "latency": journey_rows.latency,
    "memory": journey_rows.memory,
    "tags": fault_rows.tags,
    "reconnect": fault_rows.reconnect,
    "day": fault_rows.day,
    "orders": order_rows.order_page,
    "trace": trace_rows.trace,
    "chart": chart_rows.chart,
}
README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
console = Console()


def main(
    only: Annotated[list[str] | None, typer.Argument(help="Rows to measure; all where none is named.")] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write the table here as JSON too.")] = None,
    readme: Annotated[bool, typer.Option("--readme", help="Put the table into README.md.")] = False,
) -> None:
    """Measures and prints. Example: make bench ARGS="ingest fold --json bench.json"."""
    unknown = [name for name in only or [] if name not in ROWS]
    if unknown:
        console.print(f"there is no row {unknown[0]!r}; there are: {', '.join(ROWS)}")
        raise typer.Exit(2)
    rows: list[Row] = []
    for name in only or ROWS:
        with console.status(f"measuring {name}"):
            rows += ROWS[name]()
    console.print(_table(rows))
    console.print(machine())
    if to_json is not None:
        to_json.write_text(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}, indent=1))
    if readme:
        _into_readme(rows)


def machine() -> str:
    """What this was measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.processor()
    )
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {cpu}, {platform.system()}, Python {platform.python_version()}, load {load:.1f}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _table(rows: list[Row]) -> Table:
    table = Table("what", "median [range]", "unit", "target", "beside it, same run")
    for row in rows:
        table.add_row(row.what, str(row.figure), row.unit, row.target, _beside(row))
    return table


def _beside(row: Row) -> str:
    parts = [f"{name} {figure}" for name, figure in row.beside]
    return "; ".join([*parts, row.note] if row.note else parts)


def _into_readme(rows: list[Row]) -> None:
    lines = ["| what | median [range] | unit | target | beside it, same run |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.figure} | {r.unit} | {r.target} | {_beside(r)} |" for r in rows]
    text = README.read_text()
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    README.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n\nMeasured on {machine()}.\n{END}{tail}")


if __name__ == "__main__":
    typer.run(main)
