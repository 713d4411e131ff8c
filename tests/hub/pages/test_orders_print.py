"""Travellers and job sheets from the pages: of the order one looks at, and of several ticked in the list."""

import pytest

from tests.hub.pages.conftest import PHONE, WALL, Visiting, shared
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
FETCH = """async form => { const data = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action + '?' + data); return [data.getAll('order'), answer.status,
  answer.headers.get('content-type')]; }"""


@shared
async def office(hub: RunningHub) -> str:
    steps = [{"operation": "10", "process": "切断"}, {"operation": "20", "process": "曲げ"}]
    await hub.do("aoba", "orders.save_item", item="PN-1", name="ブラケット")
    await hub.do("aoba", "orders.save_routing", item="PN-1", steps=steps)
    for number in ("SO-1", "SO-2", "SO/3"):
        await hub.do("aoba", "orders.save_order", order=number, item="PN-1", quantity=5, due="2098-12-01")
    return await hub.admin("aoba")


@pytest.mark.parametrize("order", ["SO-1", "SO%2F3"])
async def test_an_order_has_its_papers(visit: Visiting, office: str, order: str) -> None:
    async with visit("ja") as window:
        await window.sign_in(office)
        await window.go(f"/orders/{order}")
        links = window.page.locator('.files a[href$=".pdf"]')
        assert await links.all_inner_texts() == ["現品票", "作業指示書", "検査成績書 (PDF)"]
        for link in await links.all():
            answer = await window.page.request.get(window.url + str(await link.get_attribute("href")))
            assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")


@pytest.mark.parametrize(("lang", "size"), [("ja", PHONE), ("en", WALL)])
async def test_several_orders_are_printed_together(
    visit: Visiting, office: str, lang: str, size: tuple[int, int]
) -> None:
    async with visit(lang, size) as window:
        page = window.page
        await window.sign_in(office, path="/orders")
        await page.click(".print summary")
        await page.check('.print input[value="SO/3"]')
        assert await faults(window, size) == []
        ticked, status, kind = await page.eval_on_selector(".print form", FETCH)
        assert (len(ticked), status, kind) == (2, 200, "application/pdf")
        assert "SO/3" in ticked
