"""Files as they come from accounting programs and people's desks: read, or refused with what to do."""

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.orders.column_model import SHEETS
from hub.sheets import reading
from hub.sheets.columns import Extract, extract
from hub.sheets.fault import Refused
from hub.sheets.reading import read_sheet
from tests.support.sheets import xlsx

ORDERS = SHEETS["orders"]
HEADINGS = ["注番", "品番", "数量", "納期"]
ROW = ["A-1", "PN-1", 3, "2026-04-01"]
UNSAVED = "has a formula without a saved result; open and save the file in a spreadsheet program, or type it"
UNKNOWN = "not known here (known: 個, 枚, 本, 台, 件, 式); write the number alone"
NO_SHEET = "this is neither an .xlsx file nor a CSV in UTF-8 or cp932 (Shift_JIS)"
CUT = "the .xlsx file cannot be read ({}); save it again from your spreadsheet program"
MEANT = {"order": "A-1", "item": "PN-1", "quantity": 3, "due": "2026-04-01"}


def read(data: bytes) -> Extract:
    return extract(read_sheet(data), ORDERS, {})


def faults(data: bytes) -> list[tuple[str, str]]:
    return [(fault.place, fault.en) for fault in read(data).faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_csv_in_every_coat(encoding: str, separator: str, ending: str) -> None:
    body = ending.join(separator.join(str(each) for each in row) for row in (HEADINGS, ROW)) + ending
    found = read(body.encode(encoding))
    assert not found.faults
    assert [(line.row, line.values) for line in found.lines] == [(2, MEANT)]


def test_a_title_above_and_empty_rows_between_do_no_harm() -> None:
    found = read(xlsx([["受注一覧", None, None], [], HEADINGS, [], ROW, [None], ["A-2", *ROW[1:]]]))
    assert not found.faults
    assert [line.row for line in found.lines] == [5, 7]


def test_dates_as_dates_and_as_numbers_formulas_with_their_result_and_numbers_as_numbers() -> None:
    def formula(book, sheet) -> None:
        sheet.write_formula(2, 2, "=1+2", None, 3)

    found = read(xlsx([HEADINGS, ["A-1", 1001.0, 3.0, date(2026, 4, 1)], ["A-2", "PN-1", None, 46113]], formula))
    assert not found.faults
    assert [line.values for line in found.lines] == [
        {"order": "A-1", "item": "1001", "quantity": 3, "due": "2026-04-01"},
        {"order": "A-2", "item": "PN-1", "quantity": 3, "due": "2026-04-01"},
    ]


def test_days_of_a_file_that_counts_from_1904() -> None:
    found = read(xlsx([HEADINGS, ["A-1", "P", 1, 46113 - 1462], ["A-2", "P", 1, date(2026, 4, 1)]], date_1904=True))
    assert [line.values["due"] for line in found.lines] == ["2026-04-01", "2026-04-01"]


def test_bad_cells_are_named_by_place() -> None:
    def more(book, sheet) -> None:
        sheet.merge_range(2, 1, 3, 1, "PN-1")
        sheet.write_formula(4, 2, "=B9", None, "")
        sheet.write_formula(5, 2, "=1/0", None, "#DIV/0!")

    rows = [
        HEADINGS,
        ROW,
        ["A-2", None, 1],
        ["A-3", None, 1],
        ["A-4", "PN-1"],
        ["A-5", "PN-1"],
        ["A-6", "PN-1", "3個位"],
    ]
    merged = "the cell is one of the merged cells B3:B4; unmerge them and fill each in"
    assert faults(xlsx(rows, more)) == [
        ("B3", merged),
        ("B4", merged),
        ("C5", f"the cell {UNSAVED}"),
        ("C6", "the cell shows the error #DIV/0!"),
        ("C7", f"'3個位': the unit '個位' is {UNKNOWN}"),
    ]  # fmt: skip


def test_missing_columns_and_missing_values() -> None:
    assert faults("注番,数量\nA-1,\n".encode()) == [
        ("A1", "no column is taken for 'Item'; choose one"), ("B2", "Quantity is missing"),
    ]  # fmt: skip
    assert faults("注番,品番,数量\n".encode()) == [("A1", "no row follows the headings")]


def test_a_heading_with_a_unit() -> None:
    steps = SHEETS["routings"]
    found = extract(
        read_sheet("品番,工程番号,工程,加工時間（分）\nP,10,曲げ,1.5\nP,20,曲げ,90秒\n".encode()), steps, {}
    )
    assert [line.values["cycle_s"] for line in found.lines] == [90.0, 90.0]


def test_what_was_chosen_goes_before_what_was_remembered_before_names() -> None:
    sheet = read_sheet("番号,手配,品番,数量\n1,A-1,PN-1,3\n".encode())
    assert [each.field for each in extract(sheet, ORDERS, {}).headings] == [None, None, "item", "quantity"]
    remembered = {"手配": "order", "番号": ""}
    assert [each.field for each in extract(sheet, ORDERS, remembered).headings] == [None, "order", "item", "quantity"]
    chosen = {"A": "order", "C": "item", "D": "quantity"}
    assert [each.field for each in extract(sheet, ORDERS, remembered, chosen).headings] == [
        "order", None, "item", "quantity",
    ]  # fmt: skip


def nested(data: bytes, name: str, content: bytes) -> bytes:
    """A zip with one of its files replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return out.getvalue()


GOOD = xlsx([HEADINGS, ROW])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b" \n\n", "the file has no rows", id="blank"),
        pytest.param(b"x" * 700_001, "the file has 700,001 bytes; at most 700,000 are taken: split it", id="large"),
        pytest.param(b"a\n" * 20_001, "the sheet has 20,001 rows; at most 20,000 are taken: split it", id="long"),
        pytest.param(b"a," * 201, "the sheet has 202 columns; at most 200 are taken", id="wide"),
        pytest.param(b"\x00\x01\x02", NO_SHEET, id="bytes"),
        pytest.param(b"\x81", NO_SHEET, id="half"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "this is an old or password-protected Excel file; save it as .xlsx without a password", id="xls",
        ),
        pytest.param(
            GOOD[: len(GOOD) // 2],
            CUT.format("BadZipFile"), id="cut",
        ),
        pytest.param(
            nested(GOOD, "xl/worksheets/sheet1.xml", b"0" * (61 * 2**20)),
            "the file unpacks to far too much", id="bomb",
        ),
        pytest.param(
            nested(GOOD, "xl/workbook.xml", b"<a>"),
            CUT.format("CalamineError"), id="no sheet",
        ),
    ],
)  # fmt: skip
def test_what_is_no_sheet(data: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sheet(data)
    assert refused.value.message == said
    assert refused.value.field == "file"


def field_of_refusal(data: bytes) -> str | None:
    """The field that a refusal names; "file" too where there was none."""
    try:
        read(data)
    except Refused as refused:
        return refused.field
    return "file"


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda more: b"PK\x03\x04" + more)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert field_of_refusal(data) == "file"


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_damaged_workbook_is_read_or_refused(at: int, byte: int) -> None:
    assert field_of_refusal(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]) == "file"


def test_limits_are_those_that_the_page_says() -> None:
    assert (reading.MOST_BYTES, reading.MOST_ROWS) == (700_000, 20_000)
