"""Writes rows as a spreadsheet that `reading` takes back unchanged: CSV (UTF-8 with its mark, cp932) and XLSX.

A text that a spreadsheet would take for a formula gets an apostrophe in front in CSV (and loses it when it is read),
and is written as text in XLSX: nothing that somebody typed into the hub runs on somebody else's computer.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from hub.sheets.fault import Refused

Encoding = Literal["utf-8-sig", "cp932"]
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE: Final = "text/csv"
_FORMULA_LIKE: Final = re.compile(r"'*[=+\-@\t]")


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]], encoding: Encoding = "utf-8-sig") -> bytes:
    """A CSV file; Refused where a character has no place in the encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    try:
        return out.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        char = error.object[error.start]
        raise Refused(
            f"the character {char!r} does not exist in {encoding}; ask for UTF-8 or XLSX",
            f"文字「{char}」は {encoding} にありません。UTF-8 か XLSX で書き出してください",
            "encoding",
        ) from None


def _csv_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case str():
            return f"'{value}" if _FORMULA_LIKE.match(value) else value
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)


def write_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An XLSX file with one sheet: headings fixed at the top, texts as texts and numbers as numbers."""
    import xlsxwriter  # noqa: PLC0415 - 6 MB that few hubs need every day

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True})
    as_text = book.add_format({"num_format": "@"})
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(headings) - 1, 0), 16)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            match value:
                case None | "":
                    pass
                case bool():
                    sheet.write_boolean(number, column, value)
                case int() | float():
                    sheet.write_number(number, column, value)
                case _:
                    sheet.write_string(number, column, str(value), as_text)
    book.close()
    return out.getvalue()
