"""現品票 and 作業指示書: every operation's code can be scanned back, whatever the numbers are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.documents.render import render_png
from tests.hub.documents.papers import codes, operation, order, paper


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("template", ["traveller", "job_sheet"])
def test_each_operation_of_each_order_has_its_code(template: str, lang: str):
    orders = [order(f"SO-{n}", *(operation(f"SO-{n}", str(step)) for step in (10, 20, 30))) for n in range(1, 5)]
    pages = render_png(template, paper(*orders, lang=lang))
    assert len(pages) == (2 if template == "traveller" else 4)
    assert sorted(codes(pages)) == sorted(f"SO-{n}/{step}" for n in range(1, 5) for step in (10, 20, 30))


def test_an_order_of_many_operations_goes_on_over_pages():
    many = order("SO-1", *(operation("SO-1", str(step * 10)) for step in range(1, 31)))
    pages = render_png("job_sheet", paper(many))
    assert len(pages) > 3
    assert len(codes(pages)) == 30


def test_an_order_without_operations_says_so_and_has_no_code():
    for template in ("traveller", "job_sheet"):
        assert codes(render_png(template, paper(order("SO-1")))) == []


@pytest.mark.parametrize("number", ["¡", "注文7", "ｶﾅ", "é/ü", "𠮷😀"])
def test_letters_that_readers_mistake_are_marked(number: str):
    assert codes(render_png("traveller", paper(order(number, operation(number, "10"))), dpi=200)) == [f"{number}/10"]


@settings(max_examples=10, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=64))
def test_an_order_number_of_any_letters_is_scanned_back(number: str):
    pages = render_png("traveller", paper(order(number, operation(number, "10"))), dpi=200)
    assert codes(pages) == [f"{number}/10"]
