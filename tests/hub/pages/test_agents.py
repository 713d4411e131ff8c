"""The agents page: deliveries, what is missing, quarantine, and adding an agent."""

import pytest

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.support.hubs import PASSWORD, RunningHub
from tests.support.shop import S, Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(("lang", "size"), [("ja", PHONE), ("en", WALL)])
async def test_an_agent_and_its_deliveries(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int]
) -> None:
    async with visit(lang, size) as window:
        await window.sign_in(admin, path="/agents")
        await window.live()
        card = window.page.locator("#a_pi-1")
        assert await card.get_attribute("data-health") == "good"
        said = await card.inner_text()
        assert f"{shop.acked:,}" in said
        assert ("約 41 日" if lang == "ja" else "about 41 days") in said
        assert "レーザー1号機" in said
        await window.no_sideways_scroll()


async def test_loss_and_quarantine_are_told_by_themselves(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en", PHONE) as window:
        await window.sign_in(admin, path="/agents")
        await window.live()
        shop.seq += 5
        shop.add("teleport", shop.hub.clock(), machine="main/laser-1")
        receipt = await shop.post()
        assert receipt["rejected"]
        await window.page.wait_for_selector('#a_pi-1[data-health="bad"]', timeout=10_000)
        assert "5" in await window.page.inner_text("#a_pi-1 .facts .warn")
        await window.page.reload()
        assert "teleport" in await window.page.inner_text("#quarantine")
        await window.no_sideways_scroll()


async def test_a_silent_agent_is_told(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    async with visit("ja") as window:
        await window.sign_in(admin, path="/agents")
        await window.live()
        hub.clock.ahead_us += 60 * S
        await window.page.wait_for_selector('#a_pi-1[data-health="silent"]', timeout=10_000)
        assert "応答なし" in await window.page.inner_text("#a_pi-1 .health")


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_an_admin_adds_an_agent_and_gets_the_command(
    visit: Visiting, hub: RunningHub, admin: str, lang: str
) -> None:
    async with visit(lang, PHONE, expect=("409", "422")) as window:
        page = window.page
        await window.sign_in(admin, path="/agents")
        await page.fill("[name=agent]", "aoba-pi-9")
        await page.fill("[name=site]", "second")
        await page.click("#add .primary")
        said = await page.inner_text(".added")
        assert f"tsunagu-agent enrol {window.url} " in said
        assert "aoba-pi-9" in said
        await window.no_sideways_scroll()
        await page.fill("[name=agent]", "aoba-pi-9")
        await page.click("#add .primary")
        assert await page.locator("#add [role=alert]").count() == 1


async def test_others_may_look_but_not_add(visit: Visiting, hub: RunningHub, shop: Shop) -> None:
    await hub.do("aoba", "companies.add_user", email="m@aoba.example", roles=["manager"], password=PASSWORD)
    async with visit("en") as window:
        await window.sign_in("m@aoba.example", path="/agents")
        assert await window.page.locator("#a_pi-1").count() == 1
        assert await window.page.locator("#add form").count() == 0
