"""Reads a spreadsheet file into rows of cells that know their place; says of a cell why it holds no value. No rule.

CSV is UTF-8 (with or without its mark), UTF-16 with its mark, or cp932, separated by comma, tab or semicolon; XLSX is
read from its first sheet that is shown. Rows count from 1 as spreadsheets show them, columns from 0.
"""

import csv
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from hub.sheets.fault import Refused, column_name

MOST_BYTES: Final = 700_000
"""A file travels twice, for its preview and for good; the second time inside a form of at most a megabyte."""
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 200
_MOST_UNPACKED: Final = 60 * 2**20
_ZIP: Final = b"PK\x03\x04"
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OverflowError, RuntimeError, NotImplementedError,
)  # fmt: skip
"""What zipfile raises, one or the other, where bytes are damaged or encrypted."""
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_HEAD_CHARS: Final = 10_000
_QUOTED: Final = re.compile(r'"[^"]*"')
_FORMULA_LIKE: Final = re.compile(r"'+[=+\-@\t]")


class Trouble(msgspec.Struct, frozen=True):
    """Why a cell that is not empty holds no value."""

    en: str
    ja: str


class Cell(msgspec.Struct, frozen=True):
    """What stands in a cell."""

    value: object = None
    trouble: Trouble | None = None


class Sheet(msgspec.Struct, frozen=True):
    """A sheet: its rows from the first one on, each as long as it is.

    `from_1904`: the file counts its days from 1904, as spreadsheets of old Macs do.
    """

    rows: list[list[Cell]]
    from_1904: bool = False

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a row (from 1) and a column (from 0); an empty one where the sheet ends."""
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column] if column < len(cells) else EMPTY


EMPTY: Final = Cell()


def read_sheet(data: bytes) -> Sheet:
    """The sheet in a file; Refused where it is none, too large, or cannot be read."""
    if not data:
        raise Refused("the file is empty", "ファイルが空です", "file")
    if len(data) > MOST_BYTES:
        raise Refused(
            f"the file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken: split it",
            f"ファイルが {len(data):,} バイトあります。{MOST_BYTES:,} バイトまでに分けてください",
            "file",
        )
    if data.startswith(_OLD_EXCEL):
        raise Refused(
            "this is an old or password-protected Excel file; save it as .xlsx without a password",
            "古い形式（.xls）かパスワード付きの Excel ファイルです。パスワードなしの .xlsx で保存してください",
            "file",
        )
    if data.startswith(_ZIP):
        return _xlsx(data)
    return Sheet(_bounded([[_of_csv(text) for text in row] for row in _csv(data)]))


def _bounded(rows: list[list[Cell]]) -> list[list[Cell]]:
    while rows and not any(cell != EMPTY for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise Refused("the file has no rows", "ファイルに行がありません", "file")
    if len(rows) > MOST_ROWS:
        raise Refused(
            f"the sheet has {len(rows):,} rows; at most {MOST_ROWS:,} are taken: split it",
            f"{len(rows):,} 行あります。{MOST_ROWS:,} 行までに分けてください",
            "file",
        )
    if max(map(len, rows)) > MOST_COLUMNS:
        raise Refused(
            f"the sheet has {max(map(len, rows))} columns; at most {MOST_COLUMNS} are taken",
            f"{max(map(len, rows))} 列あります。{MOST_COLUMNS} 列までにしてください",
            "file",
        )
    return rows


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise _no_sheet()
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    except csv.Error as error:
        raise Refused(f"the file is no CSV: {error}", f"CSV として読めません（{error}）", "file") from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_sheet()


def _no_sheet() -> Refused:
    return Refused(
        "this is neither an .xlsx file nor a CSV in UTF-8 or cp932 (Shift_JIS)",
        ".xlsx でも、UTF-8 または cp932（Shift_JIS）の CSV でもありません",
        "file",
    )


def _delimiter(text: str) -> str:
    """The separator that stands in most of the first lines, quoted texts apart; then the most often."""
    head = _QUOTED.sub("", text[:_HEAD_CHARS]).splitlines()[:10]
    return max((",", "\t", ";"), key=lambda mark: (sum(mark in line for line in head), "".join(head).count(mark)))


def _of_csv(text: str) -> Cell:
    if not text.strip():
        return EMPTY
    return Cell(text[1:] if _FORMULA_LIKE.match(text) else text)


def _xlsx(data: bytes) -> Sheet:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(info.file_size for info in packed.infolist()) > _MOST_UNPACKED:
                raise Refused("the file unpacks to far too much", "展開すると大きすぎるファイルです", "file")
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            index = _first_shown(book)
            sheet = book.get_sheet_by_index(index)
            if sheet.total_height > MOST_ROWS or sheet.total_width > 10 * MOST_COLUMNS:
                raise Refused(
                    f"the sheet has {sheet.total_height:,} rows and {sheet.total_width:,} columns; at most"
                    f" {MOST_ROWS:,} and {MOST_COLUMNS} are taken",
                    f"{sheet.total_height:,} 行 {sheet.total_width:,} 列あります。"
                    f"{MOST_ROWS:,} 行 {MOST_COLUMNS} 列までにしてください",
                    "file",
                )
            markup, from_1904 = _markup(packed, book.sheet_names[index])
            return Sheet(_bounded(_grid(sheet, markup)), from_1904)
    except PasswordError:
        raise Refused(
            "the file has a password; save it without", "パスワード付きのファイルです。外して保存してください", "file"
        ) from None
    except (*_DAMAGED, CalamineError) as error:
        raise Refused(
            f"the .xlsx file cannot be read ({type(error).__name__}); save it again from your spreadsheet program",
            f".xlsx ファイルを読めません（{type(error).__name__}）。表計算ソフトで保存し直してください",
            "file",
        ) from None


def _first_shown(book: CalamineWorkbook) -> int:
    for index, about in enumerate(book.sheets_metadata):
        if about.visible == SheetVisibleEnum.Visible and about.typ == SheetTypeEnum.WorkSheet:
            return index
    raise Refused("the file has no sheet that is shown", "表示されているシートがありません", "file")


def _grid(sheet: CalamineSheet, markup: str) -> list[list[Cell]]:
    values = sheet.to_python(skip_empty_area=False)
    rows = [[_of_xlsx(value) for value in row] for row in values]
    for row in rows:
        while row and row[-1] == EMPTY:
            row.pop()
    for number, column, trouble in (*_merged(sheet), *_without_value(markup)):
        while len(rows) < number:
            rows.append([])
        cells = rows[number - 1]
        cells.extend([EMPTY] * (column + 1 - len(cells)))
        cells[column] = Cell(cells[column].value, trouble)
    return rows


def _of_xlsx(value: object) -> Cell:
    return EMPTY if isinstance(value, str) and not value.strip() else Cell(value)


def _merged(sheet: CalamineSheet) -> Iterable[tuple[int, int, Trouble]]:
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        place = f"{column_name(left)}{top + 1}:{column_name(right)}{bottom + 1}"
        trouble = Trouble(
            f"is one of the merged cells {place}; unmerge them and fill each in",
            f"結合セル {place} の一部です。結合を解除して、それぞれに入力してください",
        )
        for row in range(top, min(bottom, top + MOST_ROWS) + 1):
            for column in range(left, min(right, left + MOST_COLUMNS - 1) + 1):
                yield row + 1, column, trouble


_CELL: Final = re.compile(
    r'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)', re.DOTALL
)
_FORMULA: Final = re.compile(r"<(?:\w+:)?f[\s/>]")
_VALUE: Final = re.compile(r"<(?:\w+:)?v[^>]*>([^<]*)</")


def _without_value(markup: str) -> Iterable[tuple[int, int, Trouble]]:
    """Formulas that were never computed, and cells that show an error, which the reader of sheets leaves empty."""
    for column, row, attributes, inside in _CELL.findall(markup):
        if _FORMULA.search(inside) is None and 't="e"' not in attributes:
            continue
        found = _VALUE.search(inside)
        value = "" if found is None else found.group(1)
        if 't="e"' in attributes:
            yield (
                int(row),
                _column_index(column),
                Trouble(f"shows the error {value or '#VALUE!'}", f"エラー {value or '#VALUE!'} になっています"),
            )
        elif not value and 't="str"' not in attributes:
            yield (
                int(row),
                _column_index(column),
                Trouble(
                    "has a formula without a saved result; open and save the file in a spreadsheet program, or type it",
                    "数式の計算結果が保存されていません。表計算ソフトで開いて保存し直すか、値を入力してください",
                ),
            )


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION: Final = re.compile(r"<Relationship\s[^>]*>")


def _markup(packed: zipfile.ZipFile, name: str) -> tuple[str, bool]:
    """The XML of a sheet, and whether the file counts its days from 1904."""
    book = packed.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = packed.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(relations)}
    for tag in _SHEET.findall(book):
        if html.unescape(_attribute(tag, "name")) == name:
            target = targets.get(_attribute(tag, "r:id"), "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return packed.read(path).decode("utf-8", "replace"), re.search(r'date1904="(1|true)"', book) is not None
    return "", False


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return "" if found is None else found.group(1)
