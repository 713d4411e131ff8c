"""How `check` and `status` look to a person: rich tables on standard output. Says nothing but what it is given."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract.records import Time
from edge_agent.checking import HubCheck, MachineCheck
from edge_agent.health import Health


def checks(console: Console, machines: list[MachineCheck], hub: HubCheck) -> None:
    """What works, the value now, its quality and age; where not, why and what to do."""
    for machine in machines:
        word = "[green]ok[/]" if machine.ok else "[red]not ok[/]"
        console.print(f"[bold]{machine.machine}[/] ({machine.driver}): {word}", highlight=False)
        if machine.reason is not None:
            console.print(f"  {escape(machine.reason)}", highlight=False, soft_wrap=True)
        if machine.signals:
            table = Table(box=None, pad_edge=True, header_style="dim")
            for heading in ("", "signal", "value", "quality", "age", "what to do"):
                table.add_column(heading, overflow="fold")
            for signal in machine.signals:
                table.add_row(
                    "[green]✓[/]" if signal.ok else "[red]✗[/]",
                    signal.name,
                    escape(signal.value) if signal.value is not None else "–",
                    signal.quality,
                    span(signal.age_s),
                    escape(signal.advice or ""),
                )
            console.print(table)
    word = "[green]ok[/], takes this agent's credential" if hub.ok else "[red]not ok[/]"
    console.print(f"[bold]hub[/] {escape(hub.url)}: {word}", highlight=False)
    if hub.reason is not None:
        console.print(f"  {escape(hub.reason)}", highlight=False, soft_wrap=True)


def status(console: Console, health: Health, *, running: bool, age_s: float) -> None:
    """The agent as it last was."""
    word = "[green]running[/]" if running else f"[red]not running[/], as it was {span(age_s)} ago"
    console.print(f"[bold]{health.agent}[/] at {health.site}: {word}", highlight=False)
    hub, buffer = health.hub, health.buffer
    word = "[green]connected[/]" if hub.connected and running else "[yellow]not connected[/]"
    console.print(f"hub {escape(hub.url)}: {word}, last contact {moment(hub.last_contact)}", highlight=False)
    if hub.reason:
        console.print(f"  {escape(hub.reason)}", highlight=False, soft_wrap=True)
    if hub.clock_offset_s is not None:
        console.print(f"  hub's clock is {hub.clock_offset_s:+.3f} s from ours", highlight=False)
    lasts = "" if buffer.survives_days is None else f", lasts {buffer.survives_days:.1f} days at the current rate"
    used = f"{buffer.used_bytes / 2**20:.1f} of {buffer.limit_bytes / 2**20:.0f} MB"
    console.print(
        f"buffer: {buffer.backlog_records} records wait ({span(buffer.backlog_s)}), acknowledged up to {buffer.acked}, "
        f"{used}{lasts}",
        highlight=False,
        soft_wrap=True,
    )
    notes = [(buffer.given_up, "given up since the start"), (buffer.refused, "not taken by the hub"),
             (buffer.rescued, "rescued from a damaged file")]  # fmt: skip
    for count, what in notes:
        if count:
            console.print(f"  [yellow]{count} records {what}[/]", highlight=False)
    if buffer.trouble:
        console.print(f"  [red]{escape(buffer.trouble)}[/]", highlight=False, soft_wrap=True)
    table = Table(box=None, header_style="dim")
    for heading in ("machine", "driver", "", "known until", "bad signals", "reason"):
        table.add_column(heading, overflow="fold")
    for machine in health.machines:
        up = machine.connected and running
        table.add_row(
            machine.machine,
            machine.driver,
            "[green]connected[/]" if up else "[red]not connected[/]",
            moment(machine.known_until),
            escape(", ".join(machine.bad_signals[:8]) + ("…" if len(machine.bad_signals) > 8 else "")),
            escape(machine.reason or "; ".join(machine.faults.values())),
        )
    if health.machines:
        console.print(table)


def span(seconds: float | None) -> str:
    """A duration as people say it.

    >>> span(0.25), span(90), span(7200), span(None)
    ('0.2 s', '1.5 min', '2.0 h', '–')
    """
    if seconds is None:
        return "–"
    for limit, size, word in ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h")):
        if abs(seconds) < limit:
            return f"{seconds / size:.1f} {word}"
    return f"{seconds / 86_400:.1f} days"


def moment(time: Time | None) -> str:
    """A time, UTC."""
    return "never" if time is None else time.strftime("%Y-%m-%d %H:%M:%S") + " UTC"
