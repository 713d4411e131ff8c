"""What people said afterwards about which order a machine's runs were for: an append-only list, on disk."""

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
    writer.run("INSERT INTO marks (machine, program) VALUES (?, ?)", (machine, said.program))
    assert row is not None
    return int(row[0])


def bindings(reader: Reader, machine: str) -> list[Binding]:
    """Everything that was said about a machine's runs, in that order."""
    rows = reader.all(f"SELECT {_COLUMNS} FROM bindings WHERE machine = ? ORDER BY number", (machine,))
    return [_binding(row) for row in rows]


def history(reader: Reader, machine: str) -> list[Bound]:
    """As `bindings`, with who, when and why."""
    rows = reader.all(
        f"SELECT {_COLUMNS}, who, decided, why FROM bindings WHERE machine = ? ORDER BY number", (machine,)
    )
    return [Bound(_binding(row[:7]), *row[7:]) for row in rows]


def _binding(row: Row) -> Binding:
    number, program, from_us, until_us, kind, order, operation = row
    return Binding(number, program, from_us, until_us, kind, None if order is None else (order, operation))
