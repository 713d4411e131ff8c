"""What people decided about program versions, on disk: an append-only list of one company. Times are microseconds."""

import msgspec

from hub.parts.decision_model import Decision, Kind
from hub.stores.company import Reader, Row, Writer

_COLUMNS = "number, machine, program, at, kind, signature, who, decided, why"
_signature: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])


def add(
    writer: Writer, machine: str, program: str, at_us: int, kind: Kind, signature: tuple[str, ...] | None,
    said: tuple[str, int, str | None],
) -> int:  # fmt: skip
    """Keeps a decision; its number. `said`: by whom, when, and why."""
    packed = None if signature is None else msgspec.json.encode(signature).decode()
    row = writer.one(
        "INSERT INTO decisions (machine, program, at, kind, signature, who, decided, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (machine, program, at_us, kind, packed, *said),
    )
    assert row is not None
    return int(row[0])


def decisions(reader: Reader, machine: str, program: str) -> list[Decision]:
    """Everything that was decided about a program of a machine, in the order it was said."""
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM decisions WHERE machine = ? AND program = ? ORDER BY number", (machine, program)
    )
    return [_decision(row) for row in rows]


def decisions_on(reader: Reader, machine_id: int, program: str) -> list[Decision]:
    """As `decisions`, by the machine's number."""
    row = reader.one("SELECT machine FROM machines WHERE machine_id = ?", (machine_id,))
    return [] if row is None else decisions(reader, row[0], program)


def take_news(writer: Writer) -> list[tuple[str, str]]:
    """(machine, program) decided about since the last time; they count as taken into the fold from now on."""
    rows = writer.all(
        "SELECT DISTINCT machine, program FROM decisions WHERE number > coalesce("
        "(SELECT number FROM decided WHERE name = 'parts'), 0) ORDER BY machine, program"
    )
    if rows:
        writer.run("INSERT OR REPLACE INTO decided SELECT 'parts', max(number) FROM decisions")
    return [(machine, program) for machine, program in rows]


def _decision(row: Row) -> Decision:
    return Decision(
        number=row[0], machine=row[1], program=row[2], at_us=row[3], kind=row[4],
        signature=None if row[5] is None else _signature.decode(row[5]), who=row[6], when_us=row[7], why=row[8],
    )  # fmt: skip
