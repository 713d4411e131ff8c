"""Machines of one company on disk: rows in, newest values, changes, conditions and proof of life out.

Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias

import msgspec

from contract.batch import Batch
from contract.keys import split_machine_key
from contract.records import Machine, Value
from contract.times import to_us
from hub.machines.clock_model import Correction
from hub.machines.fold import QUALITIES, MachineRows
from hub.stores.company import Reader, Row, Writer

_machine_decoder: msgspec.json.Decoder[Machine] = msgspec.json.Decoder(Machine)
_names: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_reasons: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])


Rules: TypeAlias = tuple[tuple[tuple[int, str], ...], str | None]
"""(from_us, state model) ascending, and the part rule."""


class Life(msgspec.Struct, frozen=True):
    """What the agent last said about a machine's link. `known_until_us` is the last proof of life."""

    agent: str
    known_until_us: int | None
    connected: bool
    reason: str | None
    bad_signals: tuple[str, ...]
    faults: dict[str, str]
    """Why signals cannot be read, by name."""
    received_us: int


class Known(msgspec.Struct, frozen=True):
    """A machine the hub has heard of; `record` is its newest description, None where none came."""

    machine_id: int
    machine: str
    record: Machine | None
    life: Life | None


class Newest(msgspec.Struct, frozen=True):
    """The newest value of a signal."""

    signal: str
    at_us: int
    value: Value
    quality: str
    code: str | None
    seen_us: int
    unit: str | None
    telemetry: bool


class ConditionChange(msgspec.Struct, frozen=True):
    """A condition from one change to the next; `end_us` None while it stands. `level` None: not known."""

    id: str
    level: str | None
    code: str | None
    text: str | None
    start_us: int
    end_us: int | None


def ids_of(writer: Writer, machines: Iterable[str]) -> dict[str, int]:
    """The numbers of some machines, given to those that are new."""
    found: dict[str, int] = {}
    for machine in machines:
        row = writer.one("SELECT machine_id FROM machines WHERE machine = ?", (machine,))
        if row is None:
            writer.run("INSERT INTO machines (machine) VALUES (?)", (machine,))
            row = writer.one("SELECT machine_id FROM machines WHERE machine = ?", (machine,))
            assert row is not None
        found[machine] = int(row[0])
    return found


_STANDS = "(excluded.epoch_no, excluded.seq) > ({0}.epoch_no, {0}.seq)"


def write(writer: Writer, rows: MachineRows) -> dict[str, int]:
    """Writes one segment's rows; of several records for one fact the highest (epoch_no, seq) stands.

    Returns the machine numbers of every machine named.
    """
    every = (rows.machines, rows.changes, rows.conditions, rows.newest)
    ids = ids_of(writer, dict.fromkeys(row[0] for kind in every for row in kind))
    for machine, at, model, record, epoch_no, seq in rows.machines:
        _write_machine(writer, ids[machine], (at, model, record, epoch_no, seq))
    changes = [(ids[row[0]], *row[1:]) for row in rows.changes]
    writer.many(
        "INSERT INTO changes (machine_id, at, signal, value, quality, code, seen, wrong_clock, epoch_no, seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,"
        " quality = excluded.quality, code = excluded.code, seen = excluded.seen, wrong_clock = excluded.wrong_clock,"
        f" epoch_no = excluded.epoch_no, seq = excluded.seq WHERE {_STANDS.format('changes')}",
        changes,
    )
    writer.many(
        "INSERT INTO conditions (machine_id, at, id, level, code, text, epoch_no, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET level = excluded.level, code = excluded.code, text = excluded.text,"
        f" epoch_no = excluded.epoch_no, seq = excluded.seq WHERE {_STANDS.format('conditions')}",
        [(ids[row[0]], *row[1:]) for row in rows.conditions],
    )
    _write_newest(writer, _newest_changes(changes) + [(ids[row[0]], *row[1:8], 1, *row[8:]) for row in rows.newest])
    return ids


def _newest_changes(changes: list[Row]) -> list[Row]:
    """The newest change of each signal, as rows of `newest`."""
    newest: dict[tuple[int, str], Row] = {}
    for row in changes:
        key = (row[0], row[2])
        last = newest.get(key)
        if last is None or row[1] > last[1] or (row[1] == last[1] and row[8:] > last[8:]):
            newest[key] = row
    return [
        (machine_id, signal, at, value, quality, code, seen, None, 0, epoch_no, seq)
        for machine_id, at, signal, value, quality, code, seen, _wrong, epoch_no, seq in newest.values()
    ]


def _write_newest(writer: Writer, rows: list[Row]) -> None:
    writer.many(
        "INSERT INTO newest (machine_id, signal, at, value, quality, code, seen, unit, telemetry, epoch_no, seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at,"
        " value = excluded.value, quality = excluded.quality, code = excluded.code, seen = excluded.seen,"
        " unit = excluded.unit, telemetry = excluded.telemetry, epoch_no = excluded.epoch_no, seq = excluded.seq"
        " WHERE (excluded.at, excluded.epoch_no, excluded.seq) > (newest.at, newest.epoch_no, newest.seq)",
        rows,
    )


def _write_machine(writer: Writer, machine_id: int, row: tuple[int, str, bytes, int, int]) -> None:
    at, model, record, epoch_no, seq = row
    writer.run(
        "UPDATE machines SET at = ?, record = ?, epoch_no = ?, seq = ?"
        " WHERE machine_id = ? AND (epoch_no, seq) < (?, ?)",
        (at, record, epoch_no, seq, machine_id, epoch_no, seq),
    )
    writer.run(
        "INSERT INTO state_models (machine_id, at, model, epoch_no, seq) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET model = excluded.model, epoch_no = excluded.epoch_no, seq = excluded.seq"
        f" WHERE {_STANDS.format('state_models')}",
        (machine_id, at, model, epoch_no, seq),
    )


def corrections(reader: Reader, epoch_no: int, first: int, last: int) -> list[Correction]:
    """What an epoch's agent found out about its clock that touches the numbers from `first` to `last`."""
    rows = reader.all(
        "SELECT from_seq, seq, offset_us FROM clocks WHERE epoch_no = ? AND seq > ? AND from_seq <= ?",
        (epoch_no, first, last),
    )
    return [Correction(*row) for row in rows]


def keep_corrections(writer: Writer, epoch_no: int, found: Iterable[Correction]) -> list[Correction]:
    """Keeps corrections; those that were not known before."""
    return [
        one
        for one in found
        if writer.run(
            "INSERT INTO clocks (epoch_no, from_seq, seq, offset_us) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (epoch_no, one.from_seq, one.before_seq, one.offset_us),
        )
    ]


def remove(writer: Writer, rows: MachineRows) -> None:
    """Takes a segment's rows out again, where they stand; `write` puts them elsewhere."""
    ids = ids_of(writer, dict.fromkeys(row[0] for row in (*rows.machines, *rows.changes, *rows.conditions)))
    writer.many(
        "DELETE FROM changes WHERE machine_id = ? AND at = ? AND signal = ? AND epoch_no = ? AND seq = ?",
        [(ids[row[0]], row[1], row[2], *row[8:]) for row in rows.changes],
    )
    writer.many(
        "DELETE FROM conditions WHERE machine_id = ? AND at = ? AND id = ? AND epoch_no = ? AND seq = ?",
        [(ids[row[0]], row[1], row[2], *row[6:]) for row in rows.conditions],
    )
    writer.many(
        "DELETE FROM state_models WHERE machine_id = ? AND at = ? AND epoch_no = ? AND seq = ?",
        [(ids[row[0]], row[1], *row[4:]) for row in rows.machines],
    )
    writer.many(
        "UPDATE machines SET epoch_no = 0, seq = 0 WHERE machine_id = ? AND epoch_no = ? AND seq = ?",
        [(ids[row[0]], *row[4:]) for row in rows.machines],
    )
    for machine, signal, epoch_no, seq in dict.fromkeys((row[0], row[2], *row[8:]) for row in rows.changes):
        gone = "DELETE FROM newest WHERE machine_id = ? AND signal = ? AND epoch_no = ? AND seq = ?"
        if writer.run(gone, (ids[machine], signal, epoch_no, seq)):
            writer.run(
                "INSERT INTO newest (machine_id, signal, at, value, quality, code, seen, telemetry, epoch_no, seq)"
                " SELECT machine_id, signal, at, value, quality, code, seen, 0, epoch_no, seq FROM changes"
                " WHERE machine_id = ? AND signal = ? ORDER BY at DESC LIMIT 1",
                (ids[machine], signal),
            )


def move_newest(writer: Writer, epoch_no: int, moved: Iterable[Row]) -> None:
    """Telemetry was moved in time: (machine number, signal, at, value, quality, seq) of each block's newest value."""
    for machine_id, signal, at, value, quality, seq in moved:
        writer.run(
            "UPDATE newest SET at = ? WHERE machine_id = ? AND signal = ? AND epoch_no = ? AND seq = ?",
            (at, machine_id, signal, epoch_no, seq),
        )
        writer.run(
            "UPDATE newest SET at = ?, value = ?, quality = ?, code = NULL, epoch_no = ?, seq = ?"
            " WHERE machine_id = ? AND signal = ? AND telemetry = 1 AND (at, epoch_no, seq) < (?, ?, ?)",
            (at, value, quality, epoch_no, seq, machine_id, signal, at, epoch_no, seq),
        )


def part_rule(reader: Reader, machine_id: int) -> str | None:
    """How a machine's parts are counted, as its newest description says."""
    row = reader.one("SELECT record FROM machines WHERE machine_id = ?", (machine_id,))
    return _machine_decoder.decode(row[0]).part_rule if row is not None and row[0] is not None else None


def state_models(reader: Reader, machine_id: int) -> tuple[tuple[int, str], ...]:
    """(from_us, state model) of a machine, ascending, only where it changes."""
    rows = reader.all("SELECT at, model FROM state_models WHERE machine_id = ? ORDER BY at", (machine_id,))
    kept: list[tuple[int, str]] = []
    for at, model in rows:
        if not kept or kept[-1][1] != model:
            kept.append((at, model))
    return tuple(kept)


def rules_by_key(reader: Reader, keys: Iterable[str]) -> dict[str, Rules]:
    """State models and part rule of some machines by key: what their folds depend on beside their changes."""
    found = {}
    for key in keys:
        row = reader.one("SELECT machine_id FROM machines WHERE machine = ?", (key,))
        found[key] = (state_models(reader, row[0]), part_rule(reader, row[0])) if row is not None else ((), None)
    return found


def seeds(reader: Reader) -> tuple[list[Row], list[Row]]:
    """What a rebuild cannot fold from the ledger: machine numbers, and newest values of telemetry."""
    return (
        reader.all("SELECT machine_id, machine FROM machines ORDER BY machine_id"),
        reader.all("SELECT * FROM newest WHERE telemetry = 1"),
    )


def plant(writer: Writer, found: tuple[list[Row], list[Row]]) -> None:
    """Puts seeds into an empty store."""
    writer.many("INSERT INTO machines (machine_id, machine) VALUES (?, ?)", found[0])
    writer.many("INSERT INTO newest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", found[1])


def changes_after(reader: Reader, machine_id: int, at_us: int | None) -> Iterator[tuple[int, str, Value, str | None]]:
    """(at, signal, value, code) later than `at_us` (None: all) by source time; no value where quality is bad."""
    return reader.connection.execute(
        "SELECT at, signal, value, code FROM changes WHERE machine_id = ? AND at > ? ORDER BY at",
        (machine_id, at_us if at_us is not None else -(2**62)),
    )


def keep_life(writer: Writer, batch: Batch, site: str, received_us: int) -> None:
    """Keeps each machine's proof of life as the batch's status says it; an older batch changes nothing.

    Where two agents claim one machine, the word of the one who has seen it last stands.
    What the agent's clock puts later than now (it is wrong then) counts as of now.
    """
    rows = []
    sent_at = min(to_us(batch.sent_at), received_us)
    for status in batch.status.machines:
        try:
            if split_machine_key(status.machine)[0] != site:
                continue
        except ValueError:
            continue
        known = min(to_us(status.known_until), received_us) if status.known_until is not None else None
        bad = msgspec.json.encode(status.bad_signals[:1000])
        reason = status.reason[:500] if status.reason else None
        faults = msgspec.json.encode({name: why[:500] for name, why in islice(status.faults.items(), 100)})
        row = (status.machine, batch.agent, known, status.connected, reason, bad, faults, sent_at, received_us)
        rows.append(row)
    writer.many(
        "INSERT INTO life (machine, agent, known_until, connected, reason, bad_signals, faults, sent_at, received)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET agent = excluded.agent,"
        " known_until = coalesce(excluded.known_until, life.known_until), connected = excluded.connected,"
        " reason = excluded.reason, bad_signals = excluded.bad_signals, faults = excluded.faults,"
        " sent_at = excluded.sent_at, received = excluded.received WHERE excluded.sent_at >= life.sent_at"
        " AND (excluded.agent = life.agent OR life.known_until IS NULL OR excluded.known_until >= life.known_until)",
        rows,
    )


_KNOWN = (
    "SELECT m.machine_id, m.machine, m.record, l.agent, l.known_until, l.connected, l.reason, l.bad_signals,"
    " l.faults, l.received"
    " FROM machines m LEFT JOIN life l USING (machine)"
)


def all_machines(reader: Reader) -> list[Known]:
    """Every machine of the company, by key."""
    return [_known(row) for row in reader.all(f"{_KNOWN} ORDER BY m.machine")]


def find(reader: Reader, machine: str) -> Known | None:
    """One machine by its key, None where the company has none of that name."""
    row = reader.one(f"{_KNOWN} WHERE m.machine = ?", (machine,))
    return _known(row) if row is not None else None


def _known(row: tuple[Any, ...]) -> Known:
    machine_id, machine, record, agent, known_until, connected, reason, bad_signals, faults, received = row
    life = None
    if agent is not None:
        why = _reasons.decode(faults) if faults is not None else {}
        life = Life(agent, known_until, bool(connected), reason, _names.decode(bad_signals), why, received)
    return Known(machine_id, machine, _machine_decoder.decode(record) if record is not None else None, life)


def newest(reader: Reader, machine_id: int) -> list[Newest]:
    """The newest value of every signal of a machine, by name."""
    rows = reader.all(
        "SELECT signal, at, value, quality, code, seen, unit, telemetry FROM newest"
        " WHERE machine_id = ? ORDER BY signal",
        (machine_id,),
    )
    return [
        Newest(s, at, v, QUALITIES[q], code, seen, unit, bool(tele)) for s, at, v, q, code, seen, unit, tele in rows
    ]


def values_of(reader: Reader, machine_id: int, signals: tuple[str, ...]) -> dict[str, Value]:
    """The newest values of some signals, those not known left out."""
    marks = ", ".join("?" * len(signals))
    rows = reader.all(
        f"SELECT signal, value FROM newest WHERE machine_id = ? AND signal IN ({marks}) AND value IS NOT NULL",
        (machine_id, *signals),
    )
    return dict(rows)


def conditions(reader: Reader, machine_id: int, from_us: int, to_us_: int) -> list[ConditionChange]:
    """Conditions that stood at some time in ``[from, to)``, normal ones left out, by start."""
    rows = reader.all(
        "SELECT id, level, code, text, at, until FROM (SELECT *, lead(at) OVER (PARTITION BY id ORDER BY at) AS until"
        " FROM conditions WHERE machine_id = ? AND at < ?) WHERE (until IS NULL OR until > ?)"
        " AND (level IS NULL OR level <> 'normal') ORDER BY at, id",
        (machine_id, to_us_, from_us),
    )
    return [ConditionChange(*row) for row in rows]


def active_conditions(reader: Reader) -> dict[int, list[ConditionChange]]:
    """Warnings and faults that stand now, by machine number, the newest first."""
    rows = reader.all(
        "SELECT c.machine_id, c.id, c.level, c.code, c.text, c.at, NULL FROM conditions c JOIN"
        " (SELECT machine_id, id, max(at) AS at FROM conditions GROUP BY machine_id, id) USING (machine_id, id, at)"
        " WHERE c.level IN ('warning', 'fault') ORDER BY c.at DESC"
    )
    found: dict[int, list[ConditionChange]] = {}
    for machine_id, *rest in rows:
        found.setdefault(machine_id, []).append(ConditionChange(*rest))
    return found
