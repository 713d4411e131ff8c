"""Joins machines' runs with the operations they were for, at the end of each step, and keeps the result as `work`.

Joined anew are only machines of which runs were judged, of which somebody reported, or about which the books changed,
each from the first run on that this can concern. Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable

import msgspec

from hub.machines import store as machines
from hub.orders import store as orders
from hub.parts import store as parts
from hub.progress import binding_store, store
from hub.progress.work_model import HOLDS_US, Key, Line, Open, Ran, Share, Statements, Tap, shares, under_way
from hub.stores.company import Reader, Writer
from hub.timeline.run_model import Evidence

_START = -(2**62)
_KEPT_MARKS = 10_000
_evidence: msgspec.json.Decoder[Evidence] = msgspec.json.Decoder(Evidence)


def settle(writer: Writer) -> set[tuple[str, str]]:
    """Brings `work` up to date; the (room, key)s of which pages are to hear."""
    due = dict(parts.take_judged(writer))
    for machine, from_us in _take_due(writer):
        known = machines.find(writer, machine)
        if known is not None:
            due[known.machine_id] = min(from_us, due.get(known.machine_id, from_us))
    touched: set[tuple[str, str]] = set()
    for machine_id, from_us in sorted(due.items()):
        touched |= _join(writer, machine_id, from_us)
    return touched


def _take_due(writer: Writer) -> list[tuple[str, int]]:
    """(machine, from when on) of reports and of the books' changes since the last step."""
    due = writer.all("SELECT machine, from_at FROM work_due")
    writer.run("DELETE FROM work_due")
    rows = writer.all(
        "SELECT machine, program, order_id, number FROM marks WHERE number > coalesce("
        "(SELECT number FROM decided WHERE name = 'work'), 0)"
    )
    if rows:
        last = max(row[3] for row in rows)
        writer.run("INSERT OR REPLACE INTO decided (name, number) VALUES ('work', ?)", (last,))
        writer.run("DELETE FROM marks WHERE number <= ?", (last - _KEPT_MARKS,))
    for machine, program in {(row[0], row[1]) for row in rows if row[0] is not None}:
        due += [(machine, from_us) for from_us in _first_run(writer, machine, program)]
    for order in {row[2] for row in rows if row[2] is not None}:
        due += _concerned(writer, order)
    return [(machine, from_us) for machine, from_us in due]


def _first_run(reader: Reader, machine: str, program: str | None) -> list[int]:
    """Start of a machine's first run of a program (None: of any); empty where it never ran."""
    row = reader.one(
        "SELECT min(started) FROM runs JOIN machines USING (machine_id) WHERE machine = ?1"
        " AND (?2 IS NULL OR program = ?2)",
        (machine, program),
    )
    return [] if row is None or row[0] is None else [int(row[0])]


def _concerned(reader: Reader, order: str) -> list[tuple[str, int]]:
    """Machines whose runs may be for an order, from when on each."""
    found = [
        (machine, from_us)
        for machine, program in reader.all(
            "SELECT DISTINCT machine, program FROM program_lines WHERE order_id = ?", (order,)
        )
        for from_us in _first_run(reader, machine, program)
    ]
    found += reader.all("SELECT machine, min(from_at) FROM bindings WHERE order_id = ? GROUP BY machine", (order,))
    found += reader.all(
        "SELECT machine, min(at) FROM progress_reports WHERE order_id = ? AND machine IS NOT NULL GROUP BY machine",
        (order,),
    )
    found += reader.all(
        "SELECT machine, min(started) FROM work JOIN machines USING (machine_id) WHERE named = ?1 OR order_id = ?1"
        " GROUP BY machine",
        (order,),
    )
    return [(machine, from_us) for machine, from_us in found]


def _join(writer: Writer, machine_id: int, from_us: int) -> set[tuple[str, str]]:
    """Joins one machine's runs that end at `from_us` or later."""
    rule = machines.part_rule(writer, machine_id)
    runs = _runs(writer, machine_id, from_us, counts_strokes=rule == "strokes")
    first = min([from_us, *(run.started_us for run in runs[:1])])
    before = writer.all("SELECT DISTINCT order_id FROM work WHERE machine_id = ? AND started >= ?", (machine_id, first))
    writer.run("DELETE FROM work WHERE machine_id = ? AND started >= ?", (machine_id, first))
    touched = {order for (order,) in before}
    if runs:
        said = _statements(writer, machine_id, rule, (first, runs[-1].started_us))
        for run in runs:
            found = shares(run, said)
            _write(writer, machine_id, run, found)
            touched |= {share.key[0] if share.key else None for share in found}
    return {("progress", order or "") for order in touched}


def _write(writer: Writer, machine_id: int, run: Ran, found: Iterable[Share]) -> None:
    writer.many(
        "INSERT INTO work (machine_id, started, line, ended, program, order_id, operation, source, quantity, strokes,"
        " parts, active, named) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                machine_id, run.started_us, number, run.ended_us, run.program, *(share.key or (None, None)),
                share.source, share.quantity, share.strokes, run.parts, share.active_us, share.named,
            )
            for number, share in enumerate(found)
        ],
    )  # fmt: skip


def _runs(reader: Reader, machine_id: int, from_us: int, *, counts_strokes: bool) -> list[Ran]:
    """Runs that end at `from_us` or later, by start, each with the parts that began in it."""
    rows = reader.all(
        "SELECT started, ended, program, active, evidence, (SELECT count(*) FROM parts p WHERE p.machine_id = ?1"
        " AND p.started >= r.started AND p.started < r.ended AND p.program = r.program) FROM runs r"
        " WHERE machine_id = ?1 AND started >= coalesce((SELECT max(started) FROM runs WHERE machine_id = ?1"
        " AND started < ?2), ?2) AND ended >= ?2 ORDER BY started",
        (machine_id, from_us),
    )
    return [
        Ran(
            started, ended, program, made,
            sum(by for _, by in _evidence.decode(evidence).counted if by > 0) if counts_strokes else 0, active,
        )
        for started, ended, program, active, evidence, made in rows
    ]  # fmt: skip


def _statements(reader: Reader, machine_id: int, rule: str | None, window: tuple[int, int]) -> Statements:
    """All that was said about a machine's runs that start within `window`, both ends included."""
    row = reader.one("SELECT machine FROM machines WHERE machine_id = ?", (machine_id,))
    machine = "" if row is None else str(row[0])
    bindings = binding_store.bindings(reader, machine)
    lines = _lines(reader, machine)
    taps = [
        Tap(each.at_us, (each.epoch_no, each.seq), (each.order, each.operation), each.action)
        for each in store.reports_at(reader, machine, window[0] - HOLDS_US)
    ]
    named = _signal(reader, machine_id, "order", window)
    concerned = {key[0] for each in bindings if (key := each.key) is not None}
    concerned |= {line.order for of_program in lines.values() for line in of_program}
    concerned |= {tap.key[0] for tap in taps} | {value for _, value in named if value is not None}
    return Statements(
        rule=rule, bindings=bindings, orders=named, operations=_signal(reader, machine_id, "operation", window),
        under_way=under_way(taps), lines=lines, known=_known(reader, concerned),
    )  # fmt: skip


def _signal(reader: Reader, machine_id: int, signal: str, window: tuple[int, int]) -> list[tuple[int, str | None]]:
    """(when, value) of a signal whose values are names, as it stood when `window` began and within it."""
    if reader.one("SELECT 1 FROM newest WHERE machine_id = ? AND signal = ?", (machine_id, signal)) is None:
        return []  # changes are not kept by signal: do not look through them for one that never came
    before = reader.all(
        "SELECT at, value FROM changes WHERE machine_id = ? AND signal = ? AND at < ? ORDER BY at DESC LIMIT 1",
        (machine_id, signal, window[0]),
    )
    within = reader.all(
        "SELECT at, value FROM changes WHERE machine_id = ? AND signal = ? AND at BETWEEN ? AND ? ORDER BY at",
        (machine_id, signal, *window),
    )
    return [(at, _name(value)) for at, value in before + within]


def _name(value: str | float | None) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else store.key_of(str(value)) or None


def _lines(reader: Reader, machine: str) -> dict[str, list[Line]]:
    rows = reader.all(
        "SELECT program, order_id, operation, quantity, cut_mm, pierces, from_at, until_at FROM program_lines"
        " WHERE machine = ? ORDER BY program, order_id, operation",
        (machine,),
    )
    found: dict[str, list[Line]] = {}
    for program, *line in rows:
        found.setdefault(program, []).append(Line(*line))
    return found


def _known(reader: Reader, concerned: Iterable[str]) -> dict[Key, Open]:
    """The operations there are of some orders, with what tells when work on them could be expected."""
    found: dict[Key, Open] = {}
    for name in sorted(concerned):
        order = orders.find_order(reader, name)
        if order is None:
            continue
        turns: dict[str, list[tuple[int, bool]]] = {}
        for each in store.reports_of(reader, name):
            if each.action in ("start", "resume", "finish"):
                turns.setdefault(each.operation, []).append((each.at_us, each.action == "finish"))
        for step in orders.operations_of(reader, name):
            found[name, step.operation] = Open(order.closed_us, step.bends, tuple(turns.get(step.operation, ())))
    return found
