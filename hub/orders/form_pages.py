"""Forms as the pages of this room show them: fields with what was typed and, where it cannot be taken, why.

A form that is refused is shown again (422, 409 where something else is there, 404 where nothing is) with everything
that was typed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from hub.errors import Conflict, Invalid, NotFound
from hub.orders.column_model import checked, priority
from hub.sheets.columns import Column
from hub.sheets.values import day

MOST_TYPED: Final = 500
_ROW: Final = re.compile(r"(?:steps|lines)\[(\d+)\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `fault` None: nothing is wrong with it."""

    name: str
    id: str
    label: str
    value: str
    fault: str | None
    required: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a form was refused: at a field, or as a whole (`field` None), with the status of the answer."""

    field: str | None
    text: str
    status: int


def fault_of(error: Invalid | Conflict | NotFound, lang: str) -> Fault:
    """A refusal as a form shows it."""
    if isinstance(error, Invalid):
        return Fault(error.field, error.text(lang), 422)
    return Fault(None, error.text(lang), 409 if isinstance(error, Conflict) else 404)


async def typed_in(request: Request) -> dict[str, str]:
    """The texts of a form, as they were typed."""
    form = await request.form(max_fields=10_000)
    return {name: value[:MOST_TYPED] for name, value in form.items() if isinstance(value, str)}


def values_of(columns: Sequence[Column], typed: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """What was typed, read; Refused names the field."""
    given = {column.key: typed.get(prefix + column.key, "") for column in columns}
    return checked(columns, given, prefix)


def rows_of(typed: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The rows of a form's table (``steps[0].process``), without those in which nothing was typed."""
    rows: dict[int, dict[str, str]] = {}
    for key, value in typed.items():
        if key.startswith(name) and (found := _ROW.fullmatch(key)):
            rows.setdefault(int(found.group(1)[:6]), {})[found.group(2)] = value
    return [row for _, row in sorted(rows.items()) if any(value.strip() for value in row.values())]


def fields_of(
    columns: Iterable[Column], typed: Mapping[str, str], lang: str, fault: Fault | None = None, prefix: str = ""
) -> list[Field]:
    """The fields of a form."""
    return [
        Field(
            name=prefix + column.key,
            id="f_" + re.sub(r"\W+", "_", prefix + column.key),
            label=column.name(lang),
            value=typed.get(column.key, ""),
            fault=fault.text if fault is not None and fault.field == prefix + column.key else None,
            required=column.required,
            kind=_kind(column),
        )
        for column in columns
    ]


def _kind(column: Column) -> str:
    if column.read is day:
        return "date"
    return "priority" if column.read is priority else "text"


def table_of(
    columns: Sequence[Column], rows: Sequence[Mapping[str, str]], name: str, lang: str, fault: Fault | None, empty: int
) -> list[list[Field]]:
    """The rows of a form's table, with `empty` ones to fill in."""
    shown = [*rows, *({} for _ in range(empty))]
    return [fields_of(columns, row, lang, fault, f"{name}[{index}].") for index, row in enumerate(shown)]


def texts(columns: Iterable[Column], row: Any) -> dict[str, str]:
    """A row of a question as a form's texts."""
    return {column.key: as_text(getattr(row, column.key)) for column in columns}


def as_text(value: Any) -> str:
    """A value as a form shows it: whole numbers without a point, nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
