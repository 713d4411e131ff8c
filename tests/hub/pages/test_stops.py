"""The stops page and the calendar: one tap gives a reason, a stop is split, the calendar decides what counts."""

import pytest
from playwright.async_api import Page

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import RunningHub
from tests.support.servers import eventually
from tests.support.shop import LASER, MINUTE, S, Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
UNEXPLAINED = '.stops li[data-kind="stop"]:has(.reason.none)'
OF_LASER = f"/stops?machine={LASER.replace('/', '%2F')}"


async def count(page: Page, selector: str) -> int:
    return await page.locator(selector).count()


async def test_one_tap_gives_a_reason_and_the_pareto_follows(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja") as window:
        page = window.page
        await window.sign_in(admin)
        await window.go(OF_LASER)
        await window.live()
        before = await count(page, UNEXPLAINED)
        assert before >= 4
        first = page.locator(UNEXPLAINED).first
        name = await first.get_attribute("id")
        await first.get_by_role("button", name="材料待ち").click()
        await page.wait_for_url(f"**#{name}")
        assert await page.locator(f"#{name} .reason").inner_text() == "材料待ち"
        assert await count(page, UNEXPLAINED) == before - 1
        assert "材料待ち" in await page.inner_text(".losses")
        assert await page.locator('.losses tr[data-kind="unexplained"]').count() == 1
        await page.get_by_role("link", name="機械ごと").click()
        assert "レーザー1号機" in await page.inner_text(".losses")


async def test_a_stop_is_split_reassigned_and_taken_back(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en", expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin)
        await window.go(OF_LASER)
        line = page.locator('.stops li[data-kind="stop"]').nth(1)
        name, long = await line.get_attribute("id"), await line.locator(".long").inner_text()
        assert name
        await line.locator(".edit").click()
        await page.fill("#picked [name=at]", "00:00:01")
        await page.click(".splitform button")
        assert "after the stop began" in await page.inner_text("#fault-at")
        assert await page.input_value("#picked [name=at]") == "00:00:01"
        start_us = int(name.rpartition("_")[2])
        middle = await page.evaluate(
            "ms => new Date(ms).toLocaleTimeString('en-GB', {timeZone: 'Asia/Tokyo'})", start_us // 1000 + 30_000
        )
        await page.fill("#picked [name=at]", middle)
        await page.select_option("#picked [name=before]", label="Setup")
        await page.select_option("#picked [name=after]", label="Breakdown")
        await page.click(".splitform button")
        await page.wait_for_url(f"**#{name}")
        pieces = page.locator(f'.stops li[id^="{name.rpartition("_")[0]}"]')
        texts = [text for text in await pieces.locator(".reason").all_inner_texts() if text in ("Setup", "Breakdown")]
        assert texts == ["Breakdown", "Setup"]
        await page.locator(f"#{name} .edit").click()
        await page.get_by_role("button", name="Take the reason back").click()
        await page.wait_for_url(f"**#{name}")
        assert await page.locator(f"#{name} .reason").inner_text() == "Unexplained"
        assert await page.locator(f"#{name} .long").inner_text() != long


async def test_a_stop_that_begins_arrives_by_itself(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    async with visit("en") as window:
        page = window.page
        await window.sign_in(admin)
        await window.go(OF_LASER)
        await window.live()
        assert await count(page, ".stops li[data-open]") == 0
        now = hub.clock() // S * S
        shop.observe(LASER, now - 3 * MINUTE, execution="FEED_HOLD")
        await shop.post()
        await page.wait_for_selector(".stops li[data-open]", timeout=10_000)
        await page.locator(".stops li[data-open]").get_by_role("button", name="Breakdown").click()
        await page.wait_for_selector('.stops li[data-open][data-group="breakdown"]')


async def test_the_calendar_decides_what_counts(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja", expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path="/calendar")
        assert "カレンダーがまだありません" in await page.inner_text(".message")
        await page.fill("[name=s0_name]", "日勤")
        await page.fill("[name=s0_start]", "８：３０")
        await page.fill("[name=s0_end]", "17:30")
        await page.fill("[name=s0_breaks]", "18:00-19:00")
        await page.click("#plan .primary")
        assert "休憩は勤務時間の中に" in await page.inner_text(".shift [role=alert]")
        assert await page.input_value("[name=s0_name]") == "日勤"
        await page.fill("[name=s0_breaks]", "12:00～13:00")
        await page.click("#plan .primary")
        await page.wait_for_url("**saved=1**")
        assert await count(page, "rect.shift") > 15
        assert await page.input_value("[name=s0_breaks]") == "12:00-13:00"
        today = await page.locator("td.today .number").get_attribute("href")
        assert today
        await page.goto(window.url + today)
        await page.fill("[name=name]", "棚卸し")
        await page.click("#differs .primary")
        await page.wait_for_url("**saved=1**")
        assert "棚卸し" in await page.inner_text("td.today")
        await window.go("/stops")
        assert await count(page, '.stops li[data-kind="stop"]') == 0


async def test_reasons_and_threshold_are_set(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en", expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path="/stops/settings")
        await page.locator("[name=en]").first.fill("")
        await page.locator(".reasonrows ~ div .primary").click()
        assert "name in both languages" in await page.inner_text("[role=alert]")
        await page.locator("[name=en]").first.fill("Set-up")
        await page.locator(".reasonrows ~ div .primary").click()
        await page.wait_for_url("**saved=1")
        await page.fill("[name=minutes]", "4")
        await page.locator("[name=minutes]").press("Enter")
        await page.wait_for_url("**saved=1")
        await window.go(OF_LASER)

        async def has_new_word() -> bool:
            return "Set-up" in await page.inner_text("#list")

        await eventually(has_new_word, what="the new word on the buttons")
        assert "4 min" in await page.inner_text(".pagehead")


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_usable_by_everybody(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int], theme: str
) -> None:
    async with visit(lang, size, theme) as window:
        await window.sign_in(admin, path="/stops")
        stop = await window.page.locator('.stops li[data-kind="stop"]').first.get_attribute("id")
        found: list[str] = []
        for path in ("/stops", f"/stops?stop={stop}", "/stops/settings", "/calendar", "/calendar?month=2026-05"):
            await window.go(path)
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)
