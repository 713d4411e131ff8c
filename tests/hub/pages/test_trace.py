"""Lots in a browser: the list, a report that is refused and mended, the genealogy, files, the recall and its papers."""

import asyncio
import io
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import RunningHub
from tests.support.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def some_work(hub: RunningHub) -> None:
    """One coil becomes two slits, brackets and boxes that go to two customers."""
    work = {"order": "A-100", "operation": "10", "machine": "main/laser-1"}
    for report in [
        {"action": "receive", "lot": "COIL-1", "item": "SPCC 1.2", "quantity": 500, "unit": "kg"},
        {"action": "split", "lot": "COIL-1A", "quantity": 200, "unit": "kg", "parents": ["COIL-1"]},
        {"action": "split", "lot": "COIL-1B", "quantity": 180, "unit": "kg", "parents": ["COIL-1"]},
        {"action": "consume", "lot": "COIL-1A", "quantity": 150, "unit": "kg", **work},
        {"action": "produce", "lot": "P-1", "item": "PN-1001", "quantity": 300, "unit": "pcs", **work},
        {"action": "produce", "lot": "P-2", "quantity": 90, "unit": "pcs", "parents": ["COIL-1B"], "taken": [120]},
        {"action": "merge", "lot": "BOX/7", "quantity": 390, "unit": "pcs", "parents": ["P-1", "P-2"]},
        {"action": "ship", "lot": "BOX/7", "quantity": 200, "unit": "pcs", "customer": "見本工業"},
        {"action": "ship", "lot": "BOX/7", "quantity": 100, "unit": "pcs", "customer": "Example Works"},
    ]:
        await hub.do("aoba", "trace.report", **report)


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_every_page_of_lots_is_for_everybody(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int], theme: str
) -> None:
    await some_work(shop.hub)
    shop.add("lot", shop.hub.clock(), action="merge", lot="odd")
    await shop.post()
    async with visit(lang, size, theme) as window:
        await window.sign_in(admin)
        found: list[str] = []
        for path in (
            "/lots",
            "/lots?show=odd",
            "/lots/BOX%2F7",
            "/lots/COIL-1",
            "/recall",
            "/recall?lots=COIL-1",
            "/handovers",
            "/lots/COIL-1/across",
        ):
            await window.go(path)
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)


async def test_a_slip_is_shown_at_its_field_and_what_was_typed_stays(visit: Visiting, shop: Shop, admin: str) -> None:
    await some_work(shop.hub)
    async with visit("en", expect=("422",)) as window:
        await window.sign_in(admin)
        await window.go("/lots")
        form = window.page.locator(".reportform")
        await form.locator("[name=action]").select_option("consume")
        await form.locator("[name=lot]").fill("COIL-1A")
        await form.locator("[name=quantity]").fill("５０.５")
        await form.locator("[name=unit]").fill("kg")
        await form.locator("button").click()
        said = await window.page.locator("#quantity-fault").inner_text()
        assert said == "lot COIL-1A has 50 kg left, 50.5 cannot be taken"
        assert await form.locator("[name=lot]").input_value() == "COIL-1A"
        assert await form.locator("[name=action]").input_value() == "consume"
        await form.locator("[name=quantity]").fill("20")
        await form.locator("button").click()
        await window.page.wait_for_url("**/lots/COIL-1A#lot-h")
        assert "30 kg" in await window.page.locator(".facts").first.inner_text()


async def test_from_lot_to_lot_through_the_drawing(visit: Visiting, shop: Shop, admin: str) -> None:
    await some_work(shop.hub)
    async with visit("ja") as window:
        await window.sign_in(admin)
        await window.go("/lots/COIL-1")
        drawing = window.page.locator("svg.genealogy")
        assert sorted(await drawing.locator("title").all_text_contents()) == [
            "BOX/7", "COIL-1", "COIL-1A", "COIL-1B", "P-1", "P-2",
        ]  # fmt: skip
        assert set(await drawing.locator(".amounts text").all_text_contents()) == {
            "200 kg", "180 kg", "150 kg", "120 kg", "300 pcs", "90 pcs",
        }  # fmt: skip
        await drawing.locator("a", has=window.page.locator("title", has_text="BOX/7")).click()
        await window.page.wait_for_url("**/lots/BOX%2F7")
        assert await window.page.locator("h1").inner_text() == "BOX/7"
        shipped = await window.page.locator(".steps").inner_text()
        assert "見本工業" in shipped


async def test_a_mill_sheet_is_attached_and_comes_back(visit: Visiting, shop: Shop, admin: str, tmp_path: Path) -> None:
    await some_work(shop.hub)
    sheet, program = tmp_path / "ミルシート.pdf", tmp_path / "program.pdf"
    sheet.write_bytes(b"%PDF-1.7\n" + b"x" * 1_500_000)
    program.write_bytes(b"MZ no paper")
    async with visit("en", expect=("422",)) as window:
        await window.sign_in(admin)
        await window.go("/lots/COIL-1")
        await window.page.set_input_files("[name=file]", program)
        await window.page.click(".attach button")
        assert "neither a PDF" in await window.page.locator("[role=alert]").inner_text()
        await window.page.set_input_files("[name=file]", sheet)
        await window.page.click(".attach button")
        link = window.page.locator(".files a")
        assert await link.inner_text() == "ミルシート.pdf"
        async with window.page.expect_download() as coming:
            await link.click()
        got = Path(await (await coming.value).path())
        assert await asyncio.to_thread(got.read_bytes) == sheet.read_bytes()
        await window.page.click(".files button")
        assert await window.page.locator(".files").count() == 0


async def test_a_recall_as_page_spreadsheet_and_paper(visit: Visiting, shop: Shop, admin: str) -> None:
    await some_work(shop.hub)
    async with visit("en") as window:
        await window.sign_in(admin)
        await window.go("/recall")
        await window.page.fill("[name=lots]", "COIL-1B\n")
        await window.page.click(".reportform button")
        assert "Lots concerned: 3. Shipped: 1, to 2 customers." in await window.page.inner_text("main")
        rows = await window.page.locator("tbody th").all_inner_texts()
        assert rows == ["COIL-1B", "P-2", "BOX/7"]
        sheet = await window.page.request.get(await _link(window.page, "Excel", window.url))
        (found,) = CalamineWorkbook.from_filelike(io.BytesIO(await sheet.body())).sheet_names
        table = CalamineWorkbook.from_filelike(io.BytesIO(await sheet.body())).get_sheet_by_name(found).to_python()
        assert [(row[0], row[5], row[6]) for row in table[1:]] == [
            ("COIL-1B", "", ""), ("P-2", "", ""), ("BOX/7", "見本工業", 200), ("BOX/7", "Example Works", 100),
        ]  # fmt: skip
        paper = await window.page.request.get(await _link(window.page, "PDF", window.url))
        assert (await paper.body()).startswith(b"%PDF-")


async def _link(page, words: str, url: str) -> str:
    return url + str(await page.get_by_role("link", name=words, exact=True).get_attribute("href"))


async def test_a_lot_is_handed_over_with_a_code_that_is_shown_once(visit: Visiting, shop: Shop, admin: str) -> None:
    await some_work(shop.hub)
    other = await shop.hub.admin("midori")
    async with visit("en", expect=("422", "404")) as window:
        await window.sign_in(admin)
        await window.go("/handovers?lot=COIL-1A")
        out = window.page.locator("form[action='/handovers']")
        await out.locator("[name=quantity]").fill("500")
        await out.locator("button").click()
        assert "500 cannot be taken" in await window.page.locator("#quantity-fault").inner_text()
        await out.locator("[name=quantity]").fill("20")
        await out.locator("[name=unit]").fill("kg")
        await out.locator("[name=company]").fill("midori")
        await out.locator("[name=consent]").check()
        await out.locator("button").click()
        token = await window.page.locator(".token code").inner_text()
        assert await window.page.locator(".token img").evaluate("image => image.complete && image.naturalWidth > 50")
        await window.go("/handovers")
        assert token not in await window.page.content()
    async with visit("ja", PHONE, expect=("404",)) as window:
        await window.sign_in(other)
        await window.go("/handovers")
        form = window.page.locator("form[action='/handovers/receive']")
        await form.locator("[name=token]").fill("lot.aoba_no")
        await form.locator("[name=lot]").fill("M-1")
        await form.locator("button").click()
        assert "打ち間違い" in await window.page.locator("[role=alert]").inner_text()
        assert await form.locator("[name=lot]").input_value() == "M-1"
        await form.locator("[name=token]").fill(token)
        await form.locator("button").click()
        await window.page.wait_for_url("**/lots/M-1#lot-h")
        await window.go("/lots/M-1/across")
        assert await window.page.locator(".files li").count() == 2, "the slit that came, and its coil"
        await window.no_sideways_scroll()
