"""Which column of a sheet means what, and its rows as checked values with every bad cell named. Pure.

A `Column` says what a column is called in both languages and how its cells are read. The heading row is found by what
stands in it, so that a title above it does no harm; a heading may say its unit: 「加工時間(分)」 counts in minutes.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from hub.sheets.fault import CellFault, Refused, column_name
from hub.sheets.reading import Cell, Sheet
from hub.sheets.values import ReadCell, day, plain

MOST_FAULTS: Final = 500
_HEADING_ROWS: Final = 20
_DAYS_TO_1904: Final = 1462
_UNIT: Final = re.compile(r"[(\[【]([^)\]】]*)[)\]】]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that a kind of sheet may have. `units`: by which factor a unit in its heading multiplies."""

    key: str
    en: str
    ja: str
    read: ReadCell
    synonyms: tuple[str, ...] = ()
    required: bool = False
    units: Mapping[str, float] = field(default_factory=dict)

    def name(self, lang: str) -> str:
        """What it is called."""
        return self.ja if lang == "ja" else self.en


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a file: its letters, what stands at its top, an example from below, and what it is taken to mean."""

    column: str
    heading: str
    example: str
    field: str | None


class Line(msgspec.Struct, frozen=True):
    """A row of a sheet as checked values by column key; a column that the sheet does not have is not among them."""

    row: int
    values: dict[str, Any]


class Extract(msgspec.Struct, frozen=True):
    """What a sheet says. `faults` holds at most MOST_FAULTS; where there is one, nothing may be written."""

    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    faults: tuple[CellFault, ...]


def folded(heading: str) -> str:
    """A heading without what does not matter: case, spaces, dashes, a unit in brackets.

    >>> folded("板厚 (mm)"), folded("Due-Date"), folded("customer_order")
    ('板厚', 'duedate', 'customerorder')
    """
    text = _UNIT.sub("", plain(heading)).casefold()
    return "".join(char for char in text if unicodedata.category(char)[0] in "LN" or char == "#")


def heading_row(sheet: Sheet, columns: Sequence[Column], remembered: Mapping[str, str]) -> int:
    """The number of the row, among the first ones, in which the most headings are known; the first filled one else."""
    known = _known(columns) | {folded(heading): "" for heading in remembered}
    best, found = 0, 0
    for number, row in enumerate(sheet.rows[:_HEADING_ROWS], start=1):
        score = sum(folded(_shown(cell)) in known for cell in row if cell.value is not None)
        if score > best:
            best, found = score, number
    if found:
        return found
    return next(number for number, row in enumerate(sheet.rows, start=1) if any(cell.value is not None for cell in row))


def _known(columns: Sequence[Column]) -> dict[str, str]:
    return {
        folded(name): column.key for column in columns for name in (column.key, column.en, column.ja, *column.synonyms)
    }


def propose(
    sheet: Sheet, row: int, columns: Sequence[Column], remembered: Mapping[str, str], chosen: Mapping[str, str] | None
) -> tuple[Heading, ...]:
    """What each column of the file is taken to mean: as `chosen` (by letters), else as last time, else by its name.

    Each field is taken by at most one column, the first that claims it. `chosen` None: nobody has chosen yet.
    """
    known, keys = _known(columns), {column.key for column in columns}
    taken: set[str] = set()
    headings = []
    for index in range(max(len(cells) for cells in sheet.rows)):
        letters, text = column_name(index), _shown(sheet.cell(row, index))
        example = next((_shown(cells[index]) for cells in sheet.rows[row:] if index < len(cells)), "")
        if not text and not example:
            continue
        wanted = remembered.get(text, known.get(folded(text))) if chosen is None else chosen.get(letters)
        meant = wanted if wanted in keys and wanted not in taken else None
        if meant:
            taken.add(meant)
        headings.append(Heading(column=letters, heading=text, example=example, field=meant))
    return tuple(headings)


def _shown(cell: Cell) -> str:
    if cell.value is None:
        return ""
    value = cell.value
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return " ".join(text.split())[:60]


def extract(
    sheet: Sheet, columns: Sequence[Column], remembered: Mapping[str, str], chosen: Mapping[str, str] | None = None
) -> Extract:
    """The rows below the heading row; empty rows are passed over."""
    row = heading_row(sheet, columns, remembered)
    headings = propose(sheet, row, columns, remembered, chosen)
    by_key = {column.key: column for column in columns}
    mapped = [(_index(each.column), each, by_key[each.field]) for each in headings if each.field is not None]
    faults = list(_missing(columns, {each.field for each in headings}, row))
    lines = []
    for number in range(row + 1, len(sheet.rows) + 1):
        cells = sheet.rows[number - 1]
        if not any(index < len(cells) and cells[index] != Cell() for index, _, _ in mapped):
            continue
        values, bad = _line(sheet, number, mapped)
        faults += bad
        lines.append(Line(number, values))
        if len(faults) >= MOST_FAULTS:
            break
    if not lines and not faults:
        faults.append(
            CellFault(
                row=row, column="A", heading=None, en="no row follows the headings", ja="見出しの下に行がありません"
            )
        )
    return Extract(headings, tuple(lines), tuple(faults[:MOST_FAULTS]))


def _missing(columns: Iterable[Column], found: set[str | None], row: int) -> Iterable[CellFault]:
    for column in columns:
        if column.required and column.key not in found:
            yield CellFault(
                row=row, column="A", heading=None,
                en=f"no column is taken for {column.en!r}; choose one",
                ja=f"「{column.ja}」の列がありません。列を選んでください",
            )  # fmt: skip


def _line(
    sheet: Sheet, number: int, mapped: Sequence[tuple[int, Heading, Column]]
) -> tuple[dict[str, Any], list[CellFault]]:
    values: dict[str, Any] = {}
    faults = []
    for index, heading, column in mapped:
        cell = sheet.cell(number, index)
        try:
            values[column.key] = _value(sheet, cell, heading, column)
        except Refused as refused:
            faults.append(
                CellFault(row=number, column=heading.column, heading=heading.heading, en=refused.message, ja=refused.ja)
            )
    return values, faults


def _value(sheet: Sheet, cell: Cell, heading: Heading, column: Column) -> object:
    if cell.trouble is not None:
        raise Refused(f"the cell {cell.trouble.en}", f"セルが{cell.trouble.ja}")
    value: Any = cell.value
    if sheet.from_1904 and column.read is day and isinstance(value, float):
        value += _DAYS_TO_1904
    found = column.read(value, _factor(heading.heading, column))
    if found is None and column.required:
        raise Refused(f"{column.en} is missing", f"「{column.ja}」がありません")
    return found


def _factor(heading: str, column: Column) -> float:
    """What a number without a unit is multiplied by."""
    for unit in _UNIT.findall(plain(heading)):
        if unit.strip().lower() in column.units:
            return column.units[unit.strip().lower()]
    return 1.0


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
