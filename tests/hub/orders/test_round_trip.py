"""What is exported is what an import takes: in every form the same file again changes nothing, whatever the texts."""

import string
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import projector
from hub.access.catalogue import Books
from hub.access.viewer import console
from hub.directory.company import CompanyView, Site
from hub.errors import HubError
from hub.orders import import_questions, store
from hub.orders.column_model import SHEETS, Kind, checked
from hub.orders.commands import COMMANDS
from hub.orders.model import Item
from hub.schema import COMPANY_MIGRATIONS
from hub.sheets.columns import extract
from hub.sheets.reading import read_sheet
from hub.sheets.writing import write_csv, write_xlsx
from hub.stores.company import CompanyStore, Writer
from tests.support.company import T0

REGISTRY = CompanyView("aoba", "Aoba", (Site("main", "Main", T0),))
WORDS = st.text(st.sampled_from(string.ascii_letters + string.digits + "-=+@'\"/;,\t 　ｱア品番③㈱\u00a0"), max_size=20)
AMOUNTS = st.none() | st.floats(0.001, 1e6, allow_nan=False) | st.integers(1, 1000)
THICK = st.none() | st.floats(0.001, 10_000, allow_nan=False)
ITEMS = st.fixed_dictionaries(
    {
        "item": WORDS, "name": WORDS, "revision": WORDS, "material": WORDS, "thickness_mm": THICK,
        "mass_kg": AMOUNTS, "customer": WORDS, "unit": WORDS,
    }
)  # fmt: skip
ORDERS = st.fixed_dictionaries(
    {
        "order": WORDS, "item": WORDS, "quantity": st.integers(1, 10**9), "due": st.none() | st.dates().map(str),
        "customer": WORDS, "customer_order": WORDS, "revision": WORDS, "priority": st.integers(1, 5),
    }
)  # fmt: skip
FORMS = ("ja csv", "en csv", "ja xlsx", "en xlsx")


def kept(kind: Kind, given_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The things that would be kept of these, as they would be kept."""
    columns, found = SHEETS[kind], {}
    for one in given_:
        try:
            values = checked(columns, one)
        except HubError:
            continue
        found.setdefault(values[columns[0].key], values)
    return list(found.values())


def written(kind: Kind, form: str, rows: list[dict[str, Any]]) -> bytes:
    lang, ending = form.split()
    headings = [column.name(lang) for column in SHEETS[kind]]
    cells = [[row.get(column.key) for column in SHEETS[kind]] for row in rows]
    return write_csv(headings, cells) if ending == "csv" else write_xlsx(kind, headings, cells)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(things=st.lists(ITEMS, min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_items_are_read_as_they_were_written(things: list[dict[str, Any]], form: str) -> None:
    rows = kept("items", things)
    found = extract(read_sheet(written("items", form, rows)), SHEETS["items"], {})
    assert [line.values for line in found.lines] == rows


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(things=st.lists(ORDERS, min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_orders_are_read_as_they_were_written(things: list[dict[str, Any]], form: str) -> None:
    rows = kept("orders", things)
    found = extract(read_sheet(written("orders", form, rows)), SHEETS["orders"], {})
    assert [line.values for line in found.lines] == rows


def change(company: CompanyStore, command_name: str, /, **params: Any) -> Any:
    command = next(each for each in COMMANDS if each.name == f"orders.{command_name}")
    asked = msgspec.convert(params, command.params)
    return company.write_now(lambda writer: command.run(Books(writer, REGISTRY, console("aoba"), T0), asked))


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_company_again_is_the_same(tmp_path: Path, form: str) -> None:
    company = CompanyStore("aoba", tmp_path / "company.db", COMPANY_MIGRATIONS)
    try:
        change(company, "save_item", item="=PN-1", name="'=1+1", thickness_mm=0.1 + 0.2)
        steps = [
            {"operation": "10", "process": "-切断", "setup_s": 1 / 3},
            {"operation": "A", "process": "@曲げ", "position": 7},
        ]
        change(company, "save_routing", item="=PN-1", steps=steps)
        change(company, "save_order", order="+81", item="=PN-1", quantity=3, due="2026-04-01")
        change(company, "save_operator", code="007", name='=HYPERLINK("x")', active=False)
        for kind, rows in exported(company).items():
            made = company.read_now(
                lambda reader, kind=kind, rows=rows: import_questions.plan(
                    reader, REGISTRY, kind, written(kind, form, rows), None, T0
                )
            )
            assert (made.faults, made.things, made.same) == ([], [], len(rows)), kind
    finally:
        company.close()


def exported(company: CompanyStore) -> dict[Kind, list[dict[str, Any]]]:
    """What the company has, as the export says it."""

    def read(reader: Any) -> dict[Kind, list[dict[str, Any]]]:
        as_dict = msgspec.structs.asdict
        return {
            "items": [as_dict(each) for each in store.items(reader, None, 9)],
            "routings": [{"item": item} | as_dict(step) for item, step in store.routings(reader, None, 9)],
            "orders": [as_dict(each) for each in store.orders(reader, None, 9)],
            "operators": [as_dict(each) for each in store.operators(reader)],
        }

    return company.read_now(read)


def test_a_rebuild_keeps_the_books(tmp_path: Path) -> None:
    company = CompanyStore("aoba", tmp_path / "company.db", COMPANY_MIGRATIONS)
    try:
        company.write_now(fill)
        before = exported(company)
        projector.rebuild(company, T0)
        assert exported(company) == before
    finally:
        company.close()


def fill(writer: Writer) -> None:
    store.save_item(writer, Item(item="PN-1"))
