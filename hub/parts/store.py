"""Parts and program versions of one company on disk, and the step that judges a machine's runs anew.

Judged again are the versions of the programs of which runs were folded, from the version that stood then on: a late
run can change what the reference is, and with it what of that version was a part. Where runs only go on and the
reference stays, they are judged on from what is remembered of the earlier ones. Times are microseconds.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from hub.machines import store as machines
from hub.parts import decision_store, ongoing_store
from hub.parts.decision_model import Decision, begun, ruling
from hub.parts.judging_model import Judged, judge
from hub.parts.model import Held, Part, Ran, counts, versions
from hub.parts.ongoing_model import Outcome, Settled, go_on, outcome_of
from hub.stores.company import Reader, Row, Writer
from hub.timeline.run_model import Evidence

_evidence: msgspec.json.Decoder[Evidence] = msgspec.json.Decoder(Evidence)
_signature: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_holds: msgspec.json.Decoder[Held] = msgspec.json.Decoder(Held)
_gaps: msgspec.json.Decoder[tuple[int | None, ...]] = msgspec.json.Decoder(tuple[int | None, ...])
_START = -(2**62)
_END = 2**62
SLOW_SHARE = 10
"""A run with its feed held back for over a tenth of its active time is a test."""


class Version(msgspec.Struct, frozen=True):
    """One version of a program on one machine, from its first run's start to its last one's end.

    `reference` None: no signature was seen often enough. `programmed`: steps at which holds belong to the work.
    """

    program: str
    version: int
    since_us: int
    until_us: int
    comment: str | None
    runs: int
    complete: int
    parts: int
    reference: tuple[str, ...] | None
    times: int
    counting_since_us: int | None
    longest_gap_us: int
    verdict: str | None
    programmed: tuple[str, ...]


class Made(msgspec.Struct, frozen=True):
    """A part and what it is a part of."""

    program: str
    version: int
    part: Part
    longest_gap_us: int


def settle(writer: Writer) -> list[tuple[str, str]]:
    """Judges anew the programs that people decided about since the last step; what pages are to hear of."""
    found = []
    for machine, program in decision_store.take_news(writer):
        known = machines.find(writer, machine)
        if known is not None:
            counting = _counting_since(writer, known.machine_id)
            rule = machines.part_rule(writer, known.machine_id)
            _judge_program(writer, known.machine_id, program, rule, _START, counting)
            found.append(("parts", machine))
    return found


def mark_judged(writer: Writer, machine_id: int, from_us: int) -> None:
    """Runs of this machine were judged anew from here on: what is built on parts is to follow."""
    writer.run(
        "INSERT INTO judged (machine_id, from_at) VALUES (?, ?) ON CONFLICT (machine_id)"
        " DO UPDATE SET from_at = min(from_at, excluded.from_at)",
        (machine_id, from_us),
    )


def take_judged(writer: Writer) -> list[tuple[int, int]]:
    """(machine number, from_us) of what was judged anew since the last time."""
    rows = writer.all("SELECT machine_id, from_at FROM judged ORDER BY machine_id")
    writer.run("DELETE FROM judged")
    return [(machine_id, from_at) for machine_id, from_at in rows]


def judge_machine(writer: Writer, machine_id: int, rule: str | None, from_us: int) -> None:
    """Judges every program of which a run ended at `from_us` or later, in the caller's transaction."""
    counting = _counting_since(writer, machine_id)
    mark_judged(writer, machine_id, from_us)
    for program in _programs(writer, machine_id, from_us):
        _judge_program(writer, machine_id, program, rule, from_us, counting)
    if rule is not None and rule.startswith("counter") and _counting_since(writer, machine_id) != counting:
        counting = _counting_since(writer, machine_id)
        for program in _programs(writer, machine_id, _START):
            _judge_program(writer, machine_id, program, rule, _START, counting)


def _programs(reader: Reader, machine_id: int, from_us: int) -> list[str]:
    """Programs of which a run ended at `from_us` or later, or did so until now. Runs do not overlap."""
    rows = reader.all(
        "SELECT program FROM runs WHERE machine_id = ?1 AND started >= coalesce((SELECT max(started) FROM runs"
        " WHERE machine_id = ?1 AND started < ?2), ?2) AND closed >= ?2 AND program IS NOT NULL"
        " UNION SELECT program FROM versions WHERE machine_id = ?1 AND until >= ?2",
        (machine_id, from_us),
    )
    return [program for (program,) in rows]


def _counting_since(reader: Reader, machine_id: int) -> int | None:
    row = reader.one(
        "SELECT min(counting_since) FROM versions WHERE machine_id = ? AND counting_since IS NOT NULL", (machine_id,)
    )
    return None if row is None else row[0]


def _judge_program(
    writer: Writer, machine_id: int, program: str, rule: str | None, from_us: int, counting: int | None
) -> None:
    settled = ongoing_store.find(writer, machine_id, program)
    goes_on = settled is not None and from_us > settled.next_us and settled.how.rule == (rule or "signature")
    if settled is not None and goes_on and _judge_on(writer, (machine_id, program), settled, counting):
        return
    base = writer.one(
        "SELECT version, since FROM versions WHERE machine_id = ? AND program = ? AND since <= ?"
        " ORDER BY version DESC LIMIT 1",
        (machine_id, program, from_us),
    )
    number, since = (int(base[0]), int(base[1])) if base is not None else (1, _START)
    ongoing_store.forget(writer, machine_id, program)
    runs = list(_runs(writer, machine_id, program, since))
    said = decision_store.decisions_on(writer, machine_id, program)
    found = versions(runs, begun(said))
    counting = counts(runs) if counting is None else counting
    judged = _judged(found, _START if number == 1 else since, said, (rule, counting))
    _replace(writer, (machine_id, program, number), _START, [outcome_of(each) for each in judged])
    if judged and len(found[-1]) > 2 * ongoing_store.KEPT_OPEN:
        last = Settled(version=number + len(found) - 1, since_us=found[-1][0].started_us, how=judged[-1].how)
        ongoing_store.keep(writer, machine_id, program, last, found[-1])


def _judged(
    found: Sequence[Sequence[Ran]], since_us: int, said: Sequence[Decision],
    by: tuple[str | None, int | None],
) -> list[Judged]:  # fmt: skip
    """Versions one after another, judged as a whole; `since_us`: from when on decisions are about the first of them."""
    starts = [*(runs[0].started_us for runs in found), _END][1:]
    windows = pairwise([since_us, *starts])
    return [judge(runs, *by, ruling(said, *window)) for runs, window in zip(found, windows, strict=True)]


def _judge_on(writer: Writer, key: tuple[int, str], settled: Settled, counting: int | None) -> bool:
    """Judges only what came after the settled runs; whether that was enough."""
    runs = list(_runs(writer, *key, settled.last_us + 1))
    if not runs:
        return False
    said = decision_store.decisions_on(writer, *key)
    ours, *later = versions(runs, begun(said), (settled.steps, settled.comment))
    if counting is None:
        counting = settled.counting_since_us if settled.counting_since_us is not None else counts(runs)
    since_us = _START if settled.version == 1 else settled.since_us
    until_us = later[0][0].started_us if later else _END
    kept = ongoing_store.Kept(writer, *key)
    first = go_on(settled, kept, ours, counting, ruling(said, since_us, until_us))
    if first is None:
        return False
    judged = _judged(later, until_us, said, (settled.how.rule, counting)) if later else []
    from_us = settled.chain.started_us if settled.chain.gaps_us else settled.next_us
    _replace(writer, (*key, settled.version), from_us, [first, *map(outcome_of, judged)])
    if len(runs) > 2 * ongoing_store.KEPT_OPEN:
        if later:
            ongoing_store.forget(writer, *key)
        else:
            ongoing_store.keep(writer, *key, settled, ours)
    return True


def _replace(writer: Writer, key: tuple[int, str, int], from_us: int, found: Sequence[Outcome]) -> None:
    """Writes versions in place of those there were from that number on, and their parts from `from_us` on."""
    before = _starts(writer, key, from_us)
    writer.run("DELETE FROM versions WHERE machine_id = ? AND program = ? AND version >= ?", key)
    writer.run(
        "DELETE FROM parts WHERE machine_id = ? AND program = ? AND version = ? AND started >= ?", (*key, from_us)
    )
    writer.run("DELETE FROM parts WHERE machine_id = ? AND program = ? AND version > ?", key)
    for version, outcome in enumerate(found, start=key[2]):
        _write(writer, *key[:2], version, outcome)
    changed = before ^ _starts(writer, key, from_us)
    if changed:
        mark_judged(writer, key[0], min(started for started, _, _ in changed))


def _starts(reader: Reader, key: tuple[int, str, int], from_us: int) -> set[Row]:
    """(start, end, rule) of the parts of a program from a version and a time on: what others count by."""
    rows = reader.all(
        "SELECT started, ended, rule FROM parts WHERE machine_id = ?1 AND program = ?2 AND version = ?3"
        " AND started >= ?4 UNION ALL SELECT started, ended, rule FROM parts WHERE machine_id = ?1 AND program = ?2"
        " AND version > ?3",
        (*key, from_us),
    )
    return set(rows)


def _runs(reader: Reader, machine_id: int, program: str, since_us: int) -> Iterator[Ran]:
    """The runs of a program by start; the gap before each one where the run before it was of that program too."""
    rows = reader.connection.execute(
        "SELECT r.started, r.ended, r.active, r.held, r.complete, r.signature, r.evidence, b.ended, b.program"
        " FROM runs r LEFT JOIN runs b ON b.machine_id = ?1 AND b.started = (SELECT max(started) FROM runs"
        " WHERE machine_id = ?1 AND started < r.started) WHERE r.machine_id = ?1 AND r.program = ?3"
        " AND r.started >= ?2 ORDER BY r.started",
        (machine_id, since_us, program),
    )
    for started, ended, active, held, complete, signature, evidence, before_ended, before_program in rows:
        told = _evidence.decode(evidence)
        yield Ran(
            started_us=started, ended_us=ended, active_us=active, held_us=held, complete=bool(complete),
            signature=_signature.decode(signature), comment=told.comment, counted=tuple(told.counted),
            holds=tuple(told.holds), gap_us=started - before_ended if before_program == program else None,
            test=told.test or told.slow_us * SLOW_SHARE > active,
        )  # fmt: skip


def _write(writer: Writer, machine_id: int, program: str, version: int, found: Outcome) -> None:
    reference = found.reference
    writer.run(
        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            machine_id, program, version, found.since_us, found.until_us, found.comment, found.runs, found.complete,
            found.made, None if reference is None else msgspec.json.encode(reference.signature).decode(),
            0 if reference is None else reference.times, found.counting_since_us, found.longest_gap_us,
            found.verdict, msgspec.json.encode(sorted(found.programmed)).decode(),
        ),
    )  # fmt: skip
    writer.many(
        "INSERT OR REPLACE INTO parts (machine_id, started, ended, program, version, grade, rule, active, held, gaps,"
        " holds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                machine_id, part.started_us, part.ended_us, program, version, part.grade, part.rule, part.active_us,
                part.held_us, msgspec.json.encode(part.gaps_us).decode(), msgspec.json.encode(part.holds).decode(),
            )
            for part in found.parts
        ],
    )  # fmt: skip


def parts(
    reader: Reader, machine_id: int, from_us: int, to_us: int, limit: int, *,
    started_from_us: int | None = None, program: str | None = None,
) -> list[Made]:  # fmt: skip
    """Parts that touch ``[from, to)``, by start; `started_from_us` leaves out those that began before."""
    rows = reader.all(
        "SELECT p.started, p.ended, p.active, p.held, p.gaps, p.grade, p.rule, p.holds, p.program,"
        " p.version, v.longest_gap, v.programmed"
        " FROM parts p JOIN versions v USING (machine_id, program, version) WHERE p.machine_id = ? AND p.started < ?"
        " AND p.started >= ? AND p.ended > ? AND (? IS NULL OR p.program = ?) ORDER BY p.started LIMIT ?",
        (machine_id, to_us, _START if started_from_us is None else started_from_us, from_us, program, program, limit),
    )
    return [
        Made(program, version, _part(row, programmed), longest) for *row, program, version, longest, programmed in rows
    ]


def _part(row: Sequence[Any], programmed: str) -> Part:
    started, ended, active, held, gaps, grade, rule, holds = row
    where = _holds.decode(holds)
    ours = where.programmed_us(_signature.decode(programmed)) if where.at else 0
    return Part(started, ended, active, held, _gaps.decode(gaps), grade, rule, ours, where)


def find_version(reader: Reader, machine_id: int, program: str, version: int) -> Version | None:
    """One version of a program."""
    return next((v for v in program_versions(reader, machine_id, program) if v.version == version), None)


def runs_of(reader: Reader, machine_id: int, found: Version, newest: int | None = None) -> list[Ran]:
    """The runs of one version, by start; so many of the `newest` (None: all)."""
    row = (
        None
        if newest is None
        else reader.one(
            "SELECT started FROM runs WHERE machine_id = ? AND program = ? AND started BETWEEN ? AND ?"
            " ORDER BY started DESC LIMIT 1 OFFSET ?",
            (machine_id, found.program, found.since_us, found.until_us, newest - 1),
        )
    )
    runs = _runs(reader, machine_id, found.program, found.since_us if row is None else row[0])
    return [run for run in runs if run.started_us <= found.until_us]


def program_versions(reader: Reader, machine_id: int, program: str | None = None) -> list[Version]:
    """Versions of a machine's programs, the newest first."""
    rows = reader.all(
        "SELECT program, version, since, until, comment, runs, complete, parts, reference, times, counting_since,"
        " longest_gap, verdict, programmed FROM versions WHERE machine_id = ? AND (? IS NULL OR program = ?)"
        " ORDER BY since DESC",
        (machine_id, program, program),
    )
    return [_version(row) for row in rows]


def _version(row: Row) -> Version:
    reference = None if row[8] is None else _signature.decode(row[8])
    return Version(*row[:8], reference, *row[9:13], _signature.decode(row[13]))  # type: ignore[call-arg]  # a row has no length
