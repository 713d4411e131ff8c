"""States and runs of one company on disk, and the step that folds new changes into them.

Times are microseconds since 1970, UTC. A checkpoint is kept just before a machine's newest instant (another change
at that very instant may still come) and one for every CHECKPOINT_EVERY changes before that.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from hub.machines import store as machines
from hub.stores.company import Reader, Writer
from hub.timeline.fold import Change, Folded, Interval, Tail, copy_of, encoded, fold
from hub.timeline.run_model import Evidence, Run
from hub.timeline.state_model import SIGNALS

CHECKPOINT_EVERY = 256
_START = -(2**62)

_tails: msgspec.json.Decoder[Tail] = msgspec.json.Decoder(Tail)
_steps: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_evidence: msgspec.json.Decoder[Evidence] = msgspec.json.Decoder(Evidence)


def mark_due(writer: Writer, earliest: Mapping[int, int]) -> None:
    """Notes from when on machines are to be folded: {machine number: earliest new change}."""
    writer.many(
        "INSERT INTO due (machine_id, from_at) VALUES (?, ?) ON CONFLICT (machine_id)"
        " DO UPDATE SET from_at = min(from_at, excluded.from_at)",
        list(earliest.items()),
    )


def due(reader: Reader) -> list[tuple[int, int]]:
    """(machine number, from_us) of every machine whose timeline is behind."""
    return [(machine_id, from_at) for machine_id, from_at in reader.all("SELECT machine_id, from_at FROM due")]


def fold_machine(writer: Writer, machine_id: int, from_us: int) -> None:
    """Folds a machine's changes from the last checkpoint before `from_us` on, in the caller's transaction."""
    base, count = _checkpoint_before(writer, machine_id, from_us)
    after = base.at_us if base.at_us is not None else _START
    _remove_after(writer, machine_id, after)
    writer.run("DELETE FROM checkpoints WHERE machine_id = ? AND at > ?", (machine_id, after))
    changes = [c for c in machines.changes_after(writer, machine_id, base.at_us) if c[1] in SIGNALS]
    models = machines.state_models(writer, machine_id)
    chunks = list(_chunks(changes))
    for chunk in chunks:
        folded = fold(copy_of(base), chunk, models)
        _write_facts(writer, machine_id, folded)
        base, count = folded.tail, count + len(chunk)
        if chunk is not chunks[-1]:
            _write_checkpoint(writer, machine_id, base, count)
    writer.run("INSERT OR REPLACE INTO tails (machine_id, tail) VALUES (?, ?)", (machine_id, encoded(base)))
    writer.run("DELETE FROM due WHERE machine_id = ?", (machine_id,))


def _remove_after(writer: Writer, machine_id: int, after_us: int) -> None:
    """Facts that closed later. Neither intervals nor runs overlap: of those that began before, it can be the last."""
    writer.run(
        "DELETE FROM intervals WHERE machine_id = ?1 AND end > ?2 AND start >= coalesce((SELECT max(start)"
        " FROM intervals WHERE machine_id = ?1 AND start <= ?2), ?2)",
        (machine_id, after_us),
    )
    writer.run(
        "DELETE FROM runs WHERE machine_id = ?1 AND closed > ?2 AND started >= coalesce((SELECT max(started)"
        " FROM runs WHERE machine_id = ?1 AND started <= ?2), ?2)",
        (machine_id, after_us),
    )


def _chunks(changes: list[Change]) -> Iterable[list[Change]]:
    """Cuts changes between instants: every CHECKPOINT_EVERY changes or so, and before the newest instant."""
    chunk: list[Change] = []
    for _, instant in groupby(changes, key=itemgetter(0)):
        step = list(instant)
        if len(chunk) >= CHECKPOINT_EVERY or (chunk and step[-1] is changes[-1]):
            yield chunk
            chunk = []
        chunk.extend(step)
    if chunk:
        yield chunk


def _checkpoint_before(reader: Reader, machine_id: int, from_us: int) -> tuple[Tail, int]:
    row = reader.one(
        "SELECT tail, folded FROM checkpoints WHERE machine_id = ? AND at < ? ORDER BY at DESC LIMIT 1",
        (machine_id, from_us),
    )
    return (_tails.decode(row[0]), row[1]) if row is not None else (Tail(), 0)


def _write_checkpoint(writer: Writer, machine_id: int, tail: Tail, count: int) -> None:
    """Keeps this checkpoint and, of those before it, one for every CHECKPOINT_EVERY changes."""
    writer.run(
        f"DELETE FROM checkpoints WHERE machine_id = ?1 AND folded / {CHECKPOINT_EVERY} = ?2 / {CHECKPOINT_EVERY}"
        " AND at >= coalesce((SELECT at FROM checkpoints WHERE machine_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET 2), ?3)",
        (machine_id, count, _START),
    )
    writer.run(
        "INSERT OR REPLACE INTO checkpoints (machine_id, at, folded, tail) VALUES (?, ?, ?, ?)",
        (machine_id, tail.at_us, count, encoded(tail)),
    )


def _write_facts(writer: Writer, machine_id: int, folded: Folded) -> None:
    writer.many(
        "INSERT INTO intervals (machine_id, start, end, state, program) VALUES (?, ?, ?, ?, ?)",
        [(machine_id, i.start_us, i.end_us, i.state, i.program) for i in folded.intervals],
    )
    writer.many(
        "INSERT INTO runs (machine_id, started, ended, closed, program, active, held, blind, complete, signature,"
        " evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_run_row(machine_id, run) for run in folded.runs],
    )


def _run_row(machine_id: int, run: Run) -> tuple[Any, ...]:
    signature = msgspec.json.encode(run.signature).decode()
    return (
        machine_id, run.started_us, run.ended_us, run.closed_us, run.program, run.active_us, run.held_us,
        run.blind_us, run.complete, signature, msgspec.json.encode(run.evidence).decode(),
    )  # fmt: skip


def tail(reader: Reader, machine_id: int) -> Tail:
    """A machine's open interval and run; empty where nothing was folded yet."""
    row = reader.one("SELECT tail FROM tails WHERE machine_id = ?", (machine_id,))
    return _tails.decode(row[0]) if row is not None else Tail()


def intervals(reader: Reader, machine_id: int, from_us: int, to_us: int, limit: int | None) -> list[Interval]:
    """Closed intervals that touch ``[from, to)``, whole (not cut to the window), by start."""
    rows = reader.all(
        "SELECT start, end, state, program FROM intervals WHERE machine_id = ? AND start < ? AND start >= coalesce("
        "(SELECT max(start) FROM intervals WHERE machine_id = ? AND start <= ?), ?) AND end > ? ORDER BY start LIMIT ?",
        (machine_id, to_us, machine_id, from_us, _START, from_us, -1 if limit is None else limit),
    )
    return [Interval(*row) for row in rows]


def state_us(reader: Reader, machine_id: int, from_us: int, to_us: int) -> dict[str, int]:
    """Microseconds by state of closed intervals, cut to ``[from, to)``."""
    rows = reader.all(
        "SELECT state, sum(min(end, ?) - max(start, ?)) FROM intervals WHERE machine_id = ? AND start < ?"
        " AND start >= coalesce((SELECT max(start) FROM intervals WHERE machine_id = ? AND start <= ?), ?)"
        " AND end > ? GROUP BY state",
        (to_us, from_us, machine_id, to_us, machine_id, from_us, _START, from_us),
    )
    return {state: int(us) for state, us in rows}


def runs(
    reader: Reader, machine_id: int, from_us: int, to_us: int, limit: int, *,
    started_from_us: int | None = None, program: str | None = None, complete: bool | None = None,
) -> list[Run]:  # fmt: skip
    """Closed runs that touch ``[from, to)``, by start; `started_from_us` leaves out those that began before."""
    rows = reader.all(
        "SELECT started, ended, closed, program, active, held, blind, complete, signature, evidence FROM runs"
        " WHERE machine_id = ? AND started < ? AND started >= ? AND ended > ? AND (? IS NULL OR program = ?)"
        " AND (? IS NULL OR complete = ?) ORDER BY started LIMIT ?",
        (
            machine_id,
            to_us,
            _START if started_from_us is None else started_from_us,
            from_us,
            program,
            program,
            complete,
            complete,
            limit,
        ),
    )
    return [_run(*row) for row in rows]


def _run(  # noqa: PLR0913, PLR0917  (one parameter for each column)
    started: int, ended: int, closed: int, program: str | None, active: int, held: int, blind: int, complete: int,
    signature: str, evidence: str,
) -> Run:  # fmt: skip
    return Run(
        started, ended, closed, program, active, held, blind, bool(complete), _steps.decode(signature),
        _evidence.decode(evidence),
    )  # fmt: skip


def note_fault(writer: Writer, projection: str, machine_id: int, since_us: int, error: str) -> None:
    """A fold of this machine failed: shown, and tried again with the next step."""
    writer.run(
        "INSERT INTO faults (projection, machine_id, since, error) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET error = excluded.error",
        (projection, machine_id, since_us, error[:1000]),
    )


def clear_fault(writer: Writer, projection: str, machine_id: int) -> None:
    """The fold of this machine works again."""
    writer.run("DELETE FROM faults WHERE projection = ? AND machine_id = ?", (projection, machine_id))


def fault_count(reader: Reader) -> int:
    """How many machines' folds are stopped."""
    row = reader.one("SELECT count(*) FROM faults")
    return int(row[0]) if row else 0
