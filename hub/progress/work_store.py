"""Joins machines' runs with the operations they were for, at the end of each step, and keeps the result as `work`.

Joined anew are only machines of which runs were judged, of which somebody reported, or about which the books changed,
each from the first run on that this can concern. Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable

import msgspec

from hub.machines import store as machines
from hub.parts import store as parts
from hub.progress.statement_store import statements
from hub.progress.work_model import Ran, Share, shares
from hub.stores.company import Reader, Writer
from hub.timeline.run_model import Evidence

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
        "SELECT machine, program, order_id, number, from_at FROM marks WHERE number > coalesce("
        "(SELECT number FROM decided WHERE name = 'work'), 0)"
    )
    if rows:
        last = max(row[3] for row in rows)
        writer.run("INSERT OR REPLACE INTO decided (name, number) VALUES ('work', ?)", (last,))
        writer.run("DELETE FROM marks WHERE number <= ?", (last - _KEPT_MARKS,))
    changed: dict[tuple[str, str | None], int] = {}
    for machine, program, _, _, from_us in rows:
        if machine is not None:
            changed[machine, program] = min(from_us, changed.get((machine, program), from_us))
    for (machine, program), from_us in changed.items():
        due += _first_run(writer, machine, program, from_us)
    for order in {row[2] for row in rows if row[2] is not None}:
        due += _concerned(writer, order)
    return [(machine, from_us) for machine, from_us in due]


def _first_run(reader: Reader, machine: str, program: str | None, from_us: int) -> list[tuple[str, int]]:
    """The machine with the start of its first run of a program (None: of any) from a time on; empty without one."""
    of_program = "" if program is None else " AND program = ?3"
    row = reader.one(
        "SELECT min(started) FROM runs WHERE machine_id = (SELECT machine_id FROM machines WHERE machine = ?1)"
        f" AND started >= ?2{of_program}",
        (machine, from_us) if program is None else (machine, from_us, program),
    )
    return [] if row is None or row[0] is None else [(machine, int(row[0]))]


def _concerned(reader: Reader, order: str) -> list[tuple[str, int]]:
    """Machines whose runs may be for an order, from when on each."""
    found: list[tuple[str, int]] = []
    for line in reader.all(
        "SELECT machine, program, min(from_at) FROM program_lines WHERE order_id = ? GROUP BY machine, program",
        (order,),
    ):
        found += _first_run(reader, *line)
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
        said = statements(writer, machine_id, rule, runs)
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
