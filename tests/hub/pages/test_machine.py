"""One machine's page: the timeline moves and zooms, what it says adds up, and it follows the machine."""

import pytest
from playwright.async_api import Page

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.support.hubs import RunningHub
from tests.support.servers import eventually
from tests.support.shop import LASER, MINUTE, S, Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
ADDRESS = "/machines/main/laser-1"
WIDTH = "document.querySelector('.chart').dataset.to - document.querySelector('.chart').dataset.from"
RUNS = "document.querySelectorAll('.runtable tbody tr').length"


def seconds(text: str) -> int:
    hours, minutes, rest = text.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


async def sums(page: Page) -> tuple[int, int]:
    """Seconds of all states together, and seconds elapsed."""
    states = [seconds(text) for text in await page.locator(".totals tbody td:nth-of-type(1)").all_inner_texts()]
    return sum(states), seconds(await page.inner_text(".totals tfoot td:nth-of-type(1)"))


async def becomes(page: Page, script: str, value: object) -> None:
    """Waits until the script's value is this (no eval in the page: its policy forbids it)."""

    async def is_so() -> bool:
        return await page.evaluate(script) == value

    await eventually(is_so, what=f"{script} = {value}")


@pytest.mark.parametrize(("lang", "size"), [("ja", PHONE), ("en", WALL)])
async def test_the_day_adds_up_and_zooms(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int]
) -> None:
    async with visit(lang, size) as window:
        page = window.page
        await window.sign_in(admin, path=ADDRESS)
        await window.live()
        total, elapsed = await sums(page)
        assert total == elapsed
        day = await page.evaluate(WIDTH)
        assert day == 24 * 3600 * 1000
        runs = await page.locator(".runtable tbody tr").count()
        assert runs >= 2
        for times in (2, 4, 8):
            async with page.expect_response("**/window?**"):
                await page.click('[data-move="in"]')
            await becomes(page, WIDTH, day / times)
        total, elapsed = await sums(page)
        assert total == elapsed
        assert elapsed <= day / 8 / 1000
        assert "from=" in page.url
        await page.reload()
        assert await page.evaluate(WIDTH) == day / 8
        await page.click('[data-move="all"]')
        await becomes(page, RUNS, runs)
        await window.no_sideways_scroll()


async def test_keys_walk_the_timeline_and_say_what_is_there(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en") as window:
        page = window.page
        await window.sign_in(admin, path=ADDRESS)
        await page.focus(".chart")
        await page.keyboard.press("]")
        said = await page.inner_text("#readout")
        assert "–" in said
        await page.keyboard.press("]")
        assert await page.inner_text("#readout") != said
        async with page.expect_response("**/window?**"):
            await page.keyboard.press("+")
        async with page.expect_response("**/window?**"):
            await page.keyboard.press("ArrowLeft")
        await becomes(page, WIDTH, 12 * 3600 * 1000)


async def test_a_run_is_shown_alone_and_lit_on_the_timeline(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja") as window:
        page = window.page
        await window.sign_in(admin, path=ADDRESS)
        row = page.locator(".runtable tbody tr").nth(1)
        await row.hover()
        assert await page.locator(".lane.runs i.lit").count() == 1
        assert await row.locator(".tag").inner_text() == "完了"
        assert await row.locator("td:nth-of-type(3)").inner_text() == "0:21:00"
        assert await row.locator("td:nth-of-type(4)").inner_text() == "0:02:00"
        assert "10 → 20" in await row.locator(".signature").inner_text()
        await row.locator("[data-zoom]").click()
        await becomes(page, RUNS, 1)


async def test_telemetry_is_drawn_and_chosen(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("en") as window:
        page = window.page
        async with page.expect_response("**/chart?signal=load**") as answer:
            await window.sign_in(admin, path=ADDRESS)
        columns = await (await answer.value).json()
        known = [value for value in columns["mean"] if value is not None]
        assert len(known) > 20
        assert all(40 <= value <= 70 for value in known)
        await page.wait_for_selector(".plot canvas")
        await page.uncheck(".picks input[name=load]")
        assert await page.locator(".plot").count() == 0


async def test_a_change_and_an_alarm_arrive_by_themselves(
    visit: Visiting, shop: Shop, hub: RunningHub, admin: str
) -> None:
    async with visit("en") as window:
        page = window.page
        await window.sign_in(admin, path=ADDRESS)
        await window.live()
        now = hub.clock() // S * S
        async with page.expect_response("**/window?**", timeout=10_000):
            shop.observe(LASER, now, estop="TRIGGERED")
            shop.condition(LASER, now, "fault", "Chiller over temperature")
            await shop.post()
            await page.wait_for_selector('.nowbox[data-s="alarm"]', timeout=5_000)
        await page.wait_for_selector(".conditions li")
        assert "Chiller over temperature" in await page.inner_text("#conditions")
        assert "TRIGGERED" in await page.inner_text("#signals")


async def test_days_can_be_chosen(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    async with visit("ja") as window:
        page = window.page
        await window.sign_in(admin, path=ADDRESS)
        shown = await page.input_value("[name=day]")
        await page.click("[rel=prev]")
        assert await page.input_value("[name=day]") < shown
        total, elapsed = await sums(page)
        assert total == elapsed
        assert elapsed == 24 * 3600
        await page.click("[rel=next]")
        assert await page.input_value("[name=day]") == shown


async def test_silence_is_told_with_its_last_proof_of_life(
    visit: Visiting, shop: Shop, hub: RunningHub, admin: str
) -> None:
    async with visit("en", PHONE) as window:
        await window.sign_in(admin, path=ADDRESS)
        await window.live()
        hub.clock.ahead_us += MINUTE
        await window.page.wait_for_selector('.nowbox[data-s="unknown"]', timeout=10_000)
        assert "last known" in await window.page.inner_text(".nowword")
