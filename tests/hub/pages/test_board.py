"""The live board, on a phone and on a wall, in both languages."""

import pytest

from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.support.hubs import RunningHub
from tests.support.shop import LASER, MILL, S, Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TILES = {"laser-1": "running", "press-1": "manual", "mill-1": "alarm"}
WORDS = {
    "ja": {"running": "加工中", "manual": "手動", "alarm": "異常"},
    "en": {"running": "Running", "manual": "Manual", "alarm": "Alarm"},
}


@pytest.mark.parametrize(("lang", "size"), [("ja", PHONE), ("en", WALL), ("en", PHONE), ("ja", WALL)])
async def test_every_machine_is_there_by_colour_word_and_shape(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int]
) -> None:
    async with visit(lang, size) as window:
        await window.sign_in(admin)
        await window.live()
        for machine, state in TILES.items():
            tile = window.page.locator(f"#m_main_{machine}")
            assert await tile.get_attribute("data-s") == state
            assert await tile.locator(".word").inner_text() == WORDS[lang][state]
            assert await tile.locator(".face use").get_attribute("href") == f"#g-{state}"
            assert await tile.locator(".strip path").count() >= 2
        assert "O2231" in await window.page.inner_text("#m_main_laser-1")
        assert "主軸オーバーロード" in await window.page.inner_text("#m_main_mill-1")
        assert "28" in await window.page.inner_text("#m_main_laser-1 .tick")
        await window.no_sideways_scroll()


async def test_a_change_arrives_by_itself_and_soon(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    async with visit() as window:
        await window.sign_in(admin)
        await window.live()
        shop.observe(LASER, hub.clock() // S * S, execution="FEED_HOLD")
        await shop.post()
        await window.page.wait_for_selector('#m_main_laser-1[data-s="held"]', timeout=5_000)
        assert await window.page.inner_text('[data-only="held"] b') == "1"
        assert await window.page.inner_text('[data-only="running"] b') == "0"


async def test_a_new_machine_appears_by_itself(visit: Visiting, shop: Shop, hub: RunningHub, admin: str) -> None:
    async with visit() as window:
        await window.sign_in(admin)
        await window.live()
        shop.machine("main/robot-1", "溶接ロボット", hub.clock())
        shop.observe("main/robot-1", hub.clock(), execution="READY")
        await shop.post()
        await window.page.wait_for_selector("#m_main_robot-1", timeout=10_000)


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_silence_turns_into_unknown_by_itself(
    visit: Visiting, shop: Shop, hub: RunningHub, admin: str, lang: str
) -> None:
    async with visit(lang, PHONE) as window:
        await window.sign_in(admin)
        await window.live()
        hub.clock.ahead_us += 60 * S
        await window.page.wait_for_selector('#m_main_laser-1[data-s="unknown"]', timeout=10_000)
        said = await window.page.inner_text("#m_main_laser-1")
        assert ("最後の確認" if lang == "ja" else "last known") in said
        assert "O2231" not in said


async def test_one_state_alone(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja", PHONE) as window:
        await window.sign_in(admin)
        await window.page.click('[data-only="alarm"]')
        assert await window.page.locator(".tile:visible").count() == 1
        assert await window.page.locator("#m_main_mill-1").is_visible()
        await window.page.click('[data-only=""]')
        assert await window.page.locator(".tile:visible").count() == 3


async def test_the_wall_has_no_chrome_and_shows_everything(visit: Visiting, shop: Shop, admin: str) -> None:
    async with visit("ja", WALL) as window:
        await window.sign_in(admin)
        await window.go("/?wall=1")
        await window.live()
        assert await window.page.locator("nav").count() == 0
        assert await window.page.evaluate("document.documentElement.scrollHeight") <= WALL[1]
        boxes = [await window.page.locator(f"#m_main_{machine}").bounding_box() for machine in TILES]
        assert all(box and box["width"] > 500 and box["height"] > 300 for box in boxes)
        assert ":" in await window.page.inner_text(".clock")


@pytest.mark.parametrize(("lang", "said"), [("ja", "から更新されていません"), ("en", "Not live since")])
async def test_a_lost_connection_is_told_and_mends_itself(
    visit: Visiting, shop: Shop, hub: RunningHub, admin: str, lang: str, said: str
) -> None:
    async with visit(lang, expect=("Failed to fetch", "ERR_", "sse:error", "network error")) as window:
        await window.sign_in(admin)
        await window.live()
        await window.page.route("**/live/board**", lambda route: route.abort())
        await window.page.evaluate("document.getElementById('board')._htmx.sse.reader.cancel()")
        await window.page.wait_for_selector('#live[data-live="lost"]', timeout=10_000)
        assert said in await window.page.inner_text("#lost")
        shop.condition(MILL, hub.clock(), "normal", "")
        shop.observe(MILL, hub.clock(), estop="ARMED")
        await shop.post()
        await window.page.unroute("**/live/board**")
        await window.live()
        await window.page.wait_for_selector('#m_main_mill-1[data-s="idle"]', timeout=5_000)
        assert not await window.page.locator("#lost").is_visible()


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_with_no_machine_it_says_what_to_do_first(visit: Visiting, admin: str, lang: str) -> None:
    async with visit(lang, PHONE) as window:
        await window.sign_in(admin)
        said = await window.page.inner_text(".empty")
        assert "tsunagu-hub agent add" in said
        assert f"tsunagu-agent enrol {window.url}" in said
        await window.live()
        assert "tsunagu-hub agent add" in await window.page.inner_text(".empty")
        await window.no_sideways_scroll()
