"""Papers over HTTP: whoever may see an order gets its labels and its job sheet, in their language; nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.access.viewer import console
from hub.documents.render import render_png
from hub.orders.documents_api import order_data
from tests.hub.documents.papers import codes
from tests.support.hubs import RunningHub, bearer, running_hub

ITEM = "PN-1001"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path) as running:
        steps = [{"operation": "10", "process": "切断"}, {"operation": "20", "process": "曲げ", "note": "頁 2"}]
        await running.do("aoba", "orders.save_item", item=ITEM, name="ブラケット", material="SUS304", thickness_mm=3.0)
        await running.do("aoba", "orders.save_routing", item=ITEM, steps=steps)
        for order in ("SO-1", "SO-2", "A/7"):
            await running.do("aoba", "orders.save_order", order=order, item=ITEM, quantity=12, due="2026-12-04")
        yield running


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders/SO-1/traveller.pdf", "traveller-SO-1.pdf"),
        ("/orders/SO-1/job-sheet.pdf", "job-sheet-SO-1.pdf"),
        ("/orders/A/7/traveller.pdf", "traveller-A%2F7.pdf"),
        ("/travellers.pdf?order=SO-1&order=SO-2", "travellers.pdf"),
        ("/job-sheets.pdf?order=SO-1&order=SO-2&lang=en", "job-sheets.pdf"),
    ],
)
async def test_a_paper_is_a_pdf_with_a_name(hub: RunningHub, path: str, name: str):
    answer = await hub.http.get(f"/api/v1{path}", headers=bearer(await hub.token("aoba")))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''{name}"
    assert answer.content.startswith(b"%PDF-")


async def test_the_language_is_the_readers_own_unless_asked(hub: RunningHub):
    token = await hub.token("aoba")
    asked = {lang: await hub.get("/orders/SO-1/job-sheet.pdf", token, lang=lang) for lang in ("ja", "en")}
    japanese = {"Accept-Language": "ja"} | bearer(token)
    own = await hub.http.get("/api/v1/orders/SO-1/job-sheet.pdf", headers=japanese)
    assert own.status_code == 200
    assert abs(len(own.content) - len(asked["ja"].content)) < 100
    assert len(asked["ja"].content) != len(asked["en"].content)


async def test_an_order_of_another_company_is_not_there(hub: RunningHub):
    midori = await hub.token("midori")
    for path in ("/orders/SO-1/traveller.pdf", "/travellers.pdf?order=SO-1"):
        answer = await hub.http.get(f"/api/v1{path}", headers=bearer(midori))
        assert answer.status_code == 404
        assert answer.json()["detail"] == "there is no order SO-1"


async def test_nobody_without_a_name_prints(hub: RunningHub):
    assert (await hub.http.get("/api/v1/orders/SO-1/traveller.pdf")).status_code == 401


async def test_too_many_at_once_and_none_at_all(hub: RunningHub):
    token = bearer(await hub.token("aoba"))
    many = "&".join(f"order=SO-{n}" for n in range(101))
    answer = await hub.http.get(f"/api/v1/travellers.pdf?{many}", headers=token)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "101 orders at once; at most 100 are printed together"
    assert (await hub.http.get("/api/v1/travellers.pdf", headers=token)).status_code == 422
    assert (await hub.http.get("/api/v1/travellers.pdf?order=SO-1&lang=fr", headers=token)).status_code == 422


async def test_an_item_that_went_leaves_a_dash(hub: RunningHub):
    token = await hub.token("aoba")
    await hub.do("aoba", "orders.save_item", item="PN-2")
    await hub.do("aoba", "orders.save_order", order="SO-9", item="PN-2", quantity=1)
    assert (await hub.get("/orders/SO-9/job-sheet.pdf", token)).status_code == 200


async def test_the_inspection_plan_is_on_the_job_sheet(hub: RunningHub):
    viewer, gate = console("aoba"), hub.office.gate
    await hub.do(
        "aoba", "quality.save_characteristic", characteristic="D1", item=ITEM, operation="20", name="穴径", nominal=8.0,
        lower=7.95, upper=8.05, unit="mm", gauge="PG-1", every=5, first=True, last=True,
    )  # fmt: skip
    await hub.do("aoba", "quality.save_characteristic", characteristic="D2", item=ITEM, operation="20", active=False,
        nominal=1.0, lower=0.9, upper=1.1, unit="mm")  # fmt: skip
    data = await order_data(gate, viewer, "SO-1")
    assert [each["plan"] for each in data["operations"]] == [
        [],
        [
            {
                "characteristic": "D1", "name": "穴径", "nominal": 8.0, "lower": 7.95, "upper": 8.05, "unit": "mm",
                "gauge": "PG-1", "every": 5, "first": True, "last": True,
            }
        ],
    ]  # fmt: skip
    assert (await hub.get("/orders/SO-1/job-sheet.pdf", await hub.token("aoba"))).status_code == 200


async def test_every_code_of_every_order_is_on_the_paper(hub: RunningHub):
    data = [await order_data(hub.office.gate, console("aoba"), order) for order in ("SO-1", "A/7")]
    pages = render_png("traveller", {"lang": "ja", "company": "Aoba", "made": "", "orders": data})
    assert sorted(codes(pages)) == ["A/7/10", "A/7/20", "SO-1/10", "SO-1/20"]
