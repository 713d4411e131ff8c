"""Rows the hub keeps about its own doings: the audit, and rebuilds that a command asked of a serving hub."""

from collections.abc import Sequence
from typing import TypeAlias

from hub.directory.company import AuditRow
from hub.stores.company import Reader, Writer

AuditEntry: TypeAlias = tuple[int, str, str, str, str, str, str, str, str, int, int, str]
"""at_us, company, viewer_company, viewer_kind, viewer, verb, name, params, outcome, times, row_count, withheld"""


def write_audit(writer: Writer, entries: Sequence[AuditEntry]) -> None:
    """Appends rows to the audit."""
    writer.many(
        """INSERT INTO audit (at_us, company, viewer_company, viewer_kind, viewer, verb, name, params, outcome,
               times, row_count, withheld)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        entries,
    )


def begin_audit(writer: Writer, entry: AuditEntry) -> int:
    """Appends one row; its number."""
    write_audit(writer, [entry])
    row = writer.one("SELECT max(number) FROM audit")
    assert row is not None
    return int(row[0])


def end_audit(writer: Writer, number: int, outcome: str) -> None:
    """Says how it came out."""
    writer.run("UPDATE audit SET outcome = ? WHERE number = ?", (outcome, number))


def forget_reads(writer: Writer, before_us: int) -> None:
    """Drops the counts of answered questions about one's own company from before a time."""
    sql = "DELETE FROM audit WHERE at_us < ? AND verb = 'ask' AND outcome = 'answered' AND viewer_company = company"
    writer.run(sql, (before_us,))


def read_audit(reader: Reader, company: str, before: int | None, limit: int) -> list[AuditRow]:
    """Rows about this company, newest first, with numbers below `before` (None: from the newest)."""
    rows = reader.all(
        """SELECT number, at_us, viewer_company, viewer_kind, viewer, verb, name, params, outcome, times,
               row_count, withheld
           FROM audit WHERE company = ? AND number < ? ORDER BY number DESC LIMIT ?""",
        (company, 2**62 if before is None else before, limit),
    )
    return [AuditRow(*row) for row in rows]


def ask_rebuild(writer: Writer, company: str, now_us: int) -> int:
    """Asks the serving hub to rebuild a company's facts; the number to wait for."""
    writer.run("INSERT INTO rebuilds (company, asked_us) VALUES (?, ?)", (company, now_us))
    row = writer.one("SELECT max(id) FROM rebuilds")
    assert row is not None
    return int(row[0])


def next_rebuild(reader: Reader) -> tuple[int, str] | None:
    """Number and company of the oldest rebuild that is still to be done."""
    row = reader.one("SELECT id, company FROM rebuilds WHERE done_us IS NULL ORDER BY id LIMIT 1")
    return None if row is None else (row[0], row[1])


def finish_rebuild(writer: Writer, number: int, fault: str | None, now_us: int) -> None:
    """Says that a rebuild is over; `fault` says why where it failed."""
    writer.run("UPDATE rebuilds SET done_us = ?, fault = ? WHERE id = ?", (now_us, fault, number))


def rebuild_state(reader: Reader, number: int) -> tuple[bool, str | None]:
    """Whether a rebuild is over, and why it failed where it did."""
    row = reader.one("SELECT done_us, fault FROM rebuilds WHERE id = ?", (number,))
    return (True, "it was withdrawn") if row is None else (row[0] is not None, row[1])
