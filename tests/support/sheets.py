"""Spreadsheets as people make them: XLSX with formulas, merged cells, dates, errors."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import xlsxwriter


def xlsx(rows: list[list[Any]], more: Callable[[Any, Any], None] | None = None, **options: Any) -> bytes:
    """A workbook of one sheet; `more(book, sheet)` adds what plain values cannot say."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True} | options)
    sheet = book.add_worksheet("Sheet & <1>")
    as_day = book.add_format({"num_format": "yyyy/mm/dd"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, as_day)
            elif value is not None:
                sheet.write(number, column, value)
    if more is not None:
        more(book, sheet)
    book.close()
    return out.getvalue()
