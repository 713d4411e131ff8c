"""How `check` and `status` look to a person: rich tables on standard output. Says nothing but what it is given."""

from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract.records import Time
from edge_agent.checking import HubCheck, MachineCheck, OwnCheck, SignalCheck
from edge_agent.health import Health

MOST_GOOD: Final = 40
"""Signals of one machine that are shown although they work."""


def checks(console: Console, machines: list[MachineCheck], hub: HubCheck, own: list[OwnCheck]) -> None:
    """What works, the value now, its quality and age; where not, why and what to do; the sum in the last line."""
    for machine in machines:
        _machine(console, machine)
    told = "ok, takes this agent's credential" if hub.ok else "not ok"
    _row(console, ok=hub.ok, text=f"[bold]hub[/] {escape(hub.url)}: {told}", advice=hub.reason)
    for check in own:
        _row(console, ok=check.ok, text=f"[bold]{check.what}[/]: {escape(check.told)}", advice=check.advice)
    console.print()
    _sum(console, machines, hub, own)


def _machine(console: Console, machine: MachineCheck) -> None:
    count, good = len(machine.signals), sum(signal.ok for signal in machine.signals)
    told = f"{good} of {count} signals" if machine.signals else "cannot be read"
    text = f"[bold]{escape(machine.machine)}[/] over {machine.driver}: {told}"
    _row(console, ok=machine.ok, text=text, advice=machine.reason)
    if machine.signals:
        console.print(_signals(machine.signals))
    hidden = max(good - MOST_GOOD, 0)
    if hidden:
        console.print(f"    … and {hidden} more that work", style="dim", highlight=False)
    for signal in machine.signals:
        if signal.advice is not None:
            _hint(console, f"{signal.name}: {signal.advice}", ok=signal.ok)
    if machine.advice is not None:
        _hint(console, machine.advice, ok=True)
    console.print()


def _signals(signals: tuple[SignalCheck, ...]) -> Table:
    """What failed first of all would be lost in a long list: of those that work only so many are shown."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("  ", no_wrap=True)
    table.add_column("signal", no_wrap=True, overflow="ellipsis")
    table.add_column("value", overflow="fold")
    table.add_column("quality", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    shown = 0
    for signal in signals:
        shown += signal.ok
        if signal.ok and shown > MOST_GOOD:
            continue
        value = escape(signal.value) if signal.value is not None else "–"
        if signal.raw is not None:
            value += f" [dim]({escape(signal.raw)})[/]"
        quality = signal.quality if signal.quality == "good" else f"[yellow]{signal.quality}[/]"
        table.add_row("  [green]✓[/]" if signal.ok else "  [red]✗[/]", signal.name, value, quality, span(signal.age_s))
    return table


def _row(console: Console, *, ok: bool, text: str, advice: str | None) -> None:
    console.print(f"{'[green]✓[/]' if ok else '[red]✗[/]'} {text}", highlight=False, soft_wrap=True)
    if advice is not None:
        _hint(console, advice, ok=ok)


def _hint(console: Console, text: str, *, ok: bool) -> None:
    """What to do, or to look at; wrapped below itself on a screen, one line where a program reads."""
    mark = "[yellow]•[/]" if ok else "[red]→[/]"
    if not console.is_terminal:
        console.print(f"  {mark} {escape(text)}", highlight=False, soft_wrap=True)
        return
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=3, justify="right")
    row.add_column(overflow="fold")
    row.add_row(mark, escape(text))
    console.print(row, highlight=False)


def _sum(console: Console, machines: list[MachineCheck], hub: HubCheck, own: list[OwnCheck]) -> None:
    signals = [signal for machine in machines for signal in machine.signals]
    good = sum(signal.ok for signal in signals)
    reached = sum(bool(machine.signals) for machine in machines)
    parts = [f"{reached} of {len(machines)} machines answer", f"{good} of {len(signals)} signals work"]
    parts.append("the hub is ready" if hub.ok else "the hub is not ready")
    parts += [f"{check.what} needs a look" for check in own if not check.ok]
    whole = hub.ok and all(machine.ok for machine in machines) and all(check.ok for check in own)
    console.print(f"[bold {'green' if whole else 'red'}]{'all well' if whole else 'not ready'}[/]: {', '.join(parts)}",
                  highlight=False, soft_wrap=True)  # fmt: skip


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
