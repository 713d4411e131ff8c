"""A machine's programs, one version with its runs and decisions; and unassigned work, bound with one tap."""

import pytest

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import RunningHub
from tests.support.shop import LASER, Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
LIST, VERSION = f"/machines/{LASER}/programs", f"/machines/{LASER}/programs/O2231/1"


async def an_order(hub: RunningHub) -> None:
    """The order A-1 of ten pieces, operation 10 at the laser."""
    await hub.do("aoba", "orders.save_item", item="PN-1")
    steps = [{"operation": "10", "process": "laser", "machine": LASER}, {"operation": "20", "process": "deburring"}]
    await hub.do("aoba", "orders.save_routing", item="PN-1", steps=steps)
    await hub.do("aoba", "orders.save_order", order="A-1", item="PN-1", quantity=10, due="2026-01-31")


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_every_page_is_for_everybody(
    visit: Visiting, shop: Shop, hub: RunningHub, admin: str, lang: str, size: tuple[int, int], theme: str
) -> None:
    await an_order(hub)
    await hub.do("aoba", "progress.report", order="A-1", operation="20", action="start")
    await hub.do("aoba", "progress.report", order="A-1", operation="20", action="finish", good=3, reject=1)
    async with visit(lang, size, theme) as window:
        await window.sign_in(admin)
        found: list[str] = []
        for path in (LIST, VERSION, "/unassigned", "/orders/A-1"):
            await window.go(path)
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)


async def test_a_person_confirms_and_rejects_a_version(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en") as window:
        page = window.page
        await window.sign_in(admin, path=LIST)
        assert "10 → 20" in await page.inner_text(".versions")
        await page.click(".versions h2 a")
        assert await page.locator(".runs tbody tr").count() == 11
        assert await page.locator(".runs svg path.same[d^='M']").count() == 11
        assert "Does not count" not in await page.inner_text("main")
        await page.fill("[name=why]", "looked at it")
        await page.click("button[value=reject]")
        await page.wait_for_url(f"**{VERSION}")
        assert await page.get_attribute("section.card", "data-verdict") == "rejected"
        assert "looked at it" in await page.inner_text(".history")
        assert await page.locator("[data-outcome=n]").count() == 0
        await page.click("button[value=withdraw]")
        await page.wait_for_selector("section.card[data-verdict='']")
        assert await page.locator("[data-outcome=n]").count() == 11


async def test_a_new_version_begins_at_a_run(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja") as window:
        page = window.page
        await window.sign_in(admin, path=VERSION)
        await page.locator("button[value=begins]").nth(3).click()
        await page.wait_for_url("**/programs/O2231/2")
        assert await page.locator(".runs tbody tr").count() == 4
        await page.click(".others a")
        assert await page.locator(".runs tbody tr").count() == 7


async def test_one_tap_binds_what_belongs_to_nothing(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    await an_order(hub)
    async with visit("en", PHONE, expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path="/unassigned")
        await window.live()
        assert "O2231" in await page.inner_text("#unassigned")
        await page.click("#unassigned summary")
        await page.fill("[name=order][required]", "A-2")
        await page.fill("[name=operation][required]", "10")
        await page.click(".other button")
        assert "no order A-2" in await page.inner_text("[role=alert]")
        await window.live()
        assert await page.input_value("[name=order][required]") == "A-2"
        await page.fill("[name=order][required]", "A-3")
        shop.observe(LASER, hub.clock(), execution="READY")
        await shop.post()
        await page.wait_for_selector(".unassigned .facts dd:text-is('12')")
        assert await page.input_value("[name=order][required]") == "A-3"
        await page.click(".suggestions .primary")
        await page.wait_for_selector("[role=status]")
        assert "Every run belongs to an order" in await page.inner_text("#unassigned")
        await window.go("/orders/A-1")
        assert "11 of 10" in await page.inner_text("#operations")
        await window.no_sideways_scroll()


async def test_an_operator_may_look_but_not_decide(visit: Visiting, shop: Shop, hub: RunningHub) -> None:
    made = await hub.do("aoba", "companies.add_user", email="op@aoba.example", roles=["operator"])
    async with visit("ja", PHONE) as window:
        await window.sign_in("op@aoba.example", made.password, path=VERSION)
        assert await window.page.locator("form[action$=programs]").count() == 0
        await window.go("/unassigned")
        assert await window.page.locator("#unassigned form").count() == 0
