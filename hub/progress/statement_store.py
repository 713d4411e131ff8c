"""All that was said about some of a machine's runs: the company's books, reports, the machine's own signals; on disk.

Read is only what can hold for runs that start within a window, so that a step costs the same after a year. Times are
microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from hub.orders import store as orders
from hub.progress import binding_store, store
from hub.progress.work_model import Key, Line, Open, Ran, Statements, TakenUp, Tap, under_way
from hub.stores.company import Reader, Writer

FOLD_ON_AFTER = 16
"""So many reports are folded again rather than kept apart."""
Window: TypeAlias = tuple[int, int]
_START = -(2**62)
_taken_up: msgspec.json.Decoder[TakenUp] = msgspec.json.Decoder(TakenUp)


def statements(writer: Writer, machine_id: int, rule: str | None, runs: Sequence[Ran]) -> Statements:
    """All that was said about these runs of a machine, which are by start; at least one."""
    row = writer.one("SELECT machine FROM machines WHERE machine_id = ?", (machine_id,))
    machine = "" if row is None else str(row[0])
    window = (runs[0].started_us, runs[-1].started_us)
    programs = {run.program for run in runs if run.program is not None}
    bindings = binding_store.concerning(writer, machine, programs, *window)
    lines = {program: found for program in programs if (found := _lines(writer, machine, program, window))}
    named = _signal(writer, machine_id, "order", window)
    taken_up = _under_way(writer, machine, window)
    concerned = {key[0] for each in bindings if (key := each.key) is not None}
    concerned |= {line.order for of_program in lines.values() for line in of_program}
    concerned |= {key[0] for _, state in taken_up for key, _ in state}
    concerned |= {value for _, value in named if value is not None}
    return Statements(
        rule=rule, bindings=bindings, orders=named, operations=_signal(writer, machine_id, "operation", window),
        under_way=taken_up, lines=lines, known=_known(writer, concerned, window),
    )  # fmt: skip


def _under_way(writer: Writer, machine: str, window: Window) -> list[tuple[int, TakenUp]]:
    """What was taken up at a machine as `window` began, and each change within it."""
    row = writer.one(
        "SELECT at, state FROM taken_up WHERE machine = ? AND at < ? ORDER BY at DESC LIMIT 1", (machine, window[0])
    )
    since_us, before = (_START, ()) if row is None else (row[0], _taken_up.decode(row[1]))
    rows = writer.all(
        "SELECT at, epoch_no, seq, order_id, operation, action FROM progress_reports WHERE machine = ? AND at > ?"
        " AND at <= ? AND action <> 'report' ORDER BY at, epoch_no, seq",
        (machine, since_us, window[1]),
    )
    taps = [
        Tap(at, (epoch_no, seq), (order, operation), action) for at, epoch_no, seq, order, operation, action in rows
    ]
    found = under_way(taps, before)
    earlier = sum(at < window[0] for at, _ in found)
    if earlier >= FOLD_ON_AFTER:
        at, state = found[earlier - 1]
        writer.run("INSERT OR REPLACE INTO taken_up VALUES (?, ?, ?)", (machine, at, msgspec.json.encode(state)))
    return [(since_us, before), *found][earlier:]


def _signal(reader: Reader, machine_id: int, signal: str, window: Window) -> list[tuple[int, str | None]]:
    """(when, value) of the signal `order` or `operation`, as it stood when `window` began and within it."""
    asked = (
        "SELECT at, value FROM changes INDEXED BY changes_naming WHERE machine_id = ? AND signal = ?"
        " AND signal IN ('order', 'operation') AND at"
    )
    before = reader.all(f"{asked} < ? ORDER BY at DESC LIMIT 1", (machine_id, signal, window[0]))
    within = reader.all(f"{asked} BETWEEN ? AND ? ORDER BY at", (machine_id, signal, *window))
    return [(at, _name(value)) for at, value in before + within]


def _name(value: str | float | None) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else store.key_of(str(value)) or None


def _lines(reader: Reader, machine: str, program: str, window: Window) -> list[Line]:
    """The lines of a program's table that held for a run within the window."""
    rows = reader.all(
        "SELECT order_id, operation, quantity, cut_mm, pierces, from_at, until_at FROM program_lines WHERE machine = ?"
        " AND program = ? AND from_at <= ? AND (until_at IS NULL OR until_at >= ?) ORDER BY order_id, operation",
        (machine, program, window[1], window[0]),
    )
    return [Line(*row) for row in rows]


def _known(reader: Reader, concerned: Iterable[str], window: Window) -> dict[Key, Open]:
    """The operations there are of some orders, with what tells when work on them could be expected."""
    found: dict[Key, Open] = {}
    for name in sorted(concerned):
        order = orders.find_order(reader, name)
        if order is None:
            continue
        for step in orders.operations_of(reader, name):
            turns = _turns(reader, (name, step.operation), window)
            found[name, step.operation] = Open(order.closed_us, step.bends, turns)
    return found


def _turns(reader: Reader, key: Key, window: Window) -> tuple[tuple[int, bool], ...]:
    """When an operation was taken up or finished (True) within a window, and the last time before."""
    asked = (
        "SELECT at, action = 'finish' FROM progress_reports INDEXED BY progress_turns WHERE order_id = ?"
        " AND operation = ? AND action IN ('start', 'resume', 'finish') AND at"
    )
    before = reader.all(f"{asked} < ? ORDER BY at DESC, epoch_no DESC, seq DESC LIMIT 1", (*key, window[0]))
    within = reader.all(f"{asked} BETWEEN ? AND ? ORDER BY at, epoch_no, seq", (*key, *window))
    return tuple((at, bool(finished)) for at, finished in before + within)
