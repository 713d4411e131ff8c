"""PDFs: for keeping, from data only, with every character that can be printed and none that stops the paper."""

import re
import string
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.documents.codes import qr_svg
from hub.documents.glyphs import MISSING, characters, printable, printable_text
from hub.documents.render import TEMPLATES, pdf_response, render, render_png
from hub.errors import Invalid
from tests.hub.documents.papers import codes, operation, order, paper

MADE = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
HOSTILE = [
    '#import "/etc/passwd": *', '#read("/etc/hostname")', "$ x $ *b* _i_ `c` @ref <label> \\u{41} // no", "]#panic()",
    "\\", '"', "${jndi}", "<script>alert(1)</script>", "\x00\x07", "\u202egnp.exe", "𠮷野家 😀 עברית", "か\u3099",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("template", ["traveller", "job_sheet"])
def test_a_paper_is_a_pdf_for_keeping_with_our_fonts_only(template: str, lang: str):
    made = render(template, paper(order("SO-1", operation("SO-1", "10")), lang=lang), made_at=MADE)
    assert made.startswith(b"%PDF-1.")
    assert b"pdfaid:part>2<" in made
    assert b"pdfaid:conformance>B<" in made
    fonts = set(re.findall(rb"/FontName/\w+\+([\w-]+)", plain(made)) or re.findall(rb"BIZ[\w-]+", made))
    assert fonts
    assert all(b"BIZ" in font for font in fonts)


def plain(pdf: bytes) -> bytes:
    """The PDF's streams unpacked."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream.rstrip(b"\r\n")))
        except zlib.error:
            continue
    return b"".join(parts)


def test_the_same_data_and_time_make_the_same_bytes():
    data = paper(order("SO-1", operation("SO-1", "10")))
    assert render("traveller", data, made_at=MADE) == render("traveller", data, made_at=MADE)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_printed_and_never_obeyed(text: str):
    data = paper(order("SO-1", operation("SO-1", "10", note=text, process=text, place=text), name=text, item=text))
    data["company"] = text
    for template in ("traveller", "job_sheet"):
        assert render(template, data).startswith(b"%PDF")


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_no_text_stops_a_paper(text: str):
    data = paper(order("SO-1", operation("SO-1", "10", note=text), name=text, customer=text))
    assert render("job_sheet", data).startswith(b"%PDF")


def test_what_the_font_lacks_becomes_a_mark_and_what_it_has_stays():
    assert printable_text("髙﨑 ①㈱ φ8±0.05 ″") == "髙﨑 ①㈱ φ8±0.05 ″"
    assert printable_text("𠮷野家😀") == f"{MISSING}野家{MISSING}"
    assert printable_text("か\u3099") == "が"
    assert printable_text("a\x00b\u202ec\td\ne") == "abc d\ne"
    assert {ord(char) for char in string.printable if char.isprintable()} <= characters()


def test_data_of_any_depth_is_made_printable():
    assert printable({"a": ["😀", {"b": ("x", 1, None, 2.5, True)}]}) == {
        "a": [MISSING, {"b": ["x", 1, None, 2.5, True]}]
    }


def test_a_template_that_is_not_there():
    for name in ("nothing", "../render", "common/../traveller", ""):
        with pytest.raises(KeyError):
            render(name, paper())


def test_data_that_does_not_fit_is_said_in_one_line():
    with pytest.raises(Invalid, match=r"the document 'traveller' cannot be made: .*orders"):
        render("traveller", {"lang": "ja"})


def test_templates_read_nothing_but_their_data():
    for file in TEMPLATES.glob("*.typ"):
        text = file.read_text("utf-8")
        assert set(re.findall(r'#import "([^"]+)"', text)) <= {"common.typ"}, file.name
        assert not re.search(r"\b(read|csv|yaml|toml|xml|plugin|eval)\(", text), file.name


def test_papers_may_be_made_side_by_side():
    data = [paper(order(f"SO-{n}", operation(f"SO-{n}", "10"))) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda each: render_png("traveller", each), data))
    assert [codes(page) for page in pages] == [[f"SO-{n}/10"] for n in range(8)]


async def test_an_answer_carries_its_name_and_is_not_kept():
    data = paper(order("SO-1", operation("SO-1", "10")))
    response = await pdf_response("traveller", data, "現品票-SO-1.pdf")
    assert response.media_type == "application/pdf"
    assert response.headers["content-disposition"] == ("inline; filename*=UTF-8''%E7%8F%BE%E5%93%81%E7%A5%A8-SO-1.pdf")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("length", [0, 301])
def test_a_code_that_nobody_could_scan(length: int):
    with pytest.raises(ValueError, match=r"1 to 300"):
        qr_svg("A" * length)
