"""What people said afterwards about which order a machine's runs were for: an append-only list, on disk."""

from collections.abc import Iterable

import msgspec

from hub.progress.work_model import Binding
from hub.stores.company import Reader, Row, Writer

_COLUMNS = "number, program, from_at, until_at, kind, order_id, operation"


class Bound(msgspec.Struct, frozen=True):
    """A binding with who said it, when, and why."""

    binding: Binding
    who: str
    when_us: int
    why: str | None


def add(writer: Writer, machine: str, said: Binding, by: tuple[str, int, str | None]) -> int:
    """Keeps a word about a machine's runs and marks it for the next step; its number. `by`: who, when and why."""
    row = writer.one(
        "INSERT INTO bindings (machine, program, from_at, until_at, kind, order_id, operation, who, decided, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (machine, said.program, said.from_us, said.until_us, said.kind, *(said.key or (None, None)), *by),
    )
    writer.run("INSERT INTO marks (machine, program, from_at) VALUES (?, ?, ?)", (machine, said.program, said.from_us))
    assert row is not None
    return int(row[0])


def concerning(
    reader: Reader, machine: str, programs: Iterable[str | None], first_us: int, last_us: int
) -> list[Binding]:
    """Of what was said all that can hold for runs of these programs that start within ``[first_us, last_us]``.

    In the order it was said. A word that holds until its order is closed does not where that was before.
    """
    rows: list[Row] = []
    for program in {None, *programs}:
        asked = f"SELECT {_COLUMNS} FROM bindings b WHERE machine = ?1 AND program IS ?2 AND from_at <= ?4 AND until_at"
        rows += reader.all(
            f"{asked} > ?3 UNION ALL {asked} IS NULL AND (kind <> 'bind' OR NOT EXISTS (SELECT 1 FROM orders o"
            " WHERE o.order_id = b.order_id AND o.closed <= ?3))",
            (machine, program, first_us, last_us),
        )
    return [_binding(row) for row in sorted(rows)]


def history(reader: Reader, machine: str) -> list[Bound]:
    """Everything that was said about a machine's runs, in that order, with who, when and why."""
    rows = reader.all(
        f"SELECT {_COLUMNS}, who, decided, why FROM bindings WHERE machine = ? ORDER BY number", (machine,)
    )
    return [Bound(_binding(row[:7]), *row[7:]) for row in rows]


def _binding(row: Row) -> Binding:
    number, program, from_us, until_us, kind, order, operation = row
    return Binding(number, program, from_us, until_us, kind, None if order is None else (order, operation))
