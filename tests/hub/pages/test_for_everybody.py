"""Usable by everybody: axe-core finds nothing serious, nothing scrolls sideways, taps find their target."""

from importlib.resources import files

import pytest
from playwright.async_api import Page

from tests.hub.pages.conftest import PHONE, WALL, Visit, Visiting
from tests.support.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATHS = (
    "/",
    "/?wall=1",
    "/machines/main/laser-1",
    "/machines/main/mill-1",
    "/orders",
    "/orders/new",
    "/items",
    "/nests",
    "/operators",
    "/import",
    "/unassigned",
    "/stops",
    "/stops/settings",
    "/reject-reasons",
    "/calendar",
    "/lots",
    "/recall",
    "/handovers",
    "/quality",
    "/quality/gauges",
    "/quality/import",
    "/characteristics",
    "/characteristics/new",
    "/agents",
    "/account",
    "/login",
    "/nowhere",
)
SMALL = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden]), summary')]
  .filter(e => e.checkVisibility() && !e.matches('.skip, .facts a') && !e.closest('label'))
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, r]) => r.height < 43.5).map(([html, r]) => `${Math.round(r.width)}x${Math.round(r.height)} ${html}`)"""


async def axe(page: Page) -> list[str]:
    """What axe-core calls serious or critical, one line each."""
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_every_page(
    visit: Visiting, shop: Shop, admin: str, lang: str, size: tuple[int, int], theme: str
) -> None:
    shop.seq += 3
    shop.add("teleport", shop.hub.clock(), machine="main/laser-1")
    await shop.post()
    async with visit(lang, size, theme, expect=("404",)) as window:
        await window.sign_in(admin)
        found: list[str] = []
        for path in PATHS:
            await window.page.goto(window.url + path, wait_until="load")
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)


async def faults(window: Visit, size: tuple[int, int]) -> list[str]:
    """Everything that is wrong with the page shown."""
    found = await axe(window.page)
    wide = await window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        found.append(f"{wide} px wider than the window")
    if size == PHONE:
        found += await window.page.evaluate(SMALL)
    return found


async def test_the_menu_of_a_narrow_window_holds_every_page_and_needs_no_mouse(
    visit: Visiting, shop: Shop, admin: str
) -> None:
    for size in (PHONE, (900, 700)):
        async with visit("en", size) as window:
            page = window.page
            await window.sign_in(admin)
            assert await page.locator(".nav > ul > li:visible").count() == 4
            await page.focus(".nav summary")
            await page.keyboard.press("Enter")
            found = await page.locator(".nav .navmore a:visible").all_inner_texts()
            assert [text.strip() for text in found] == ["Trace", "Agents", "Settings"]
            assert not await faults(window, size)
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_url(window.url + "/lots")
            assert await page.locator(".navmore[data-here]").count() == 1
            for path in ("/orders", "/stops", "/calendar", "/quality"):
                await window.go(path)
                tops = (
                    "() => [...document.querySelectorAll('.nav > ul a, .nav summary')].filter(e => e.checkVisibility())"
                )
                found = await page.evaluate(tops + ".map(e => Math.round(e.getBoundingClientRect().top))")
                assert len(set(found)) == 1, f"{path}: the menu's entries do not stand in one line: {found}"


async def test_the_menu_of_a_wide_window_shows_every_page_at_once(visit: Visiting, shop: Shop, admin: str) -> None:
    for lang in ("ja", "en"):
        async with visit(lang, (1180, 800)) as window:
            await window.sign_in(admin)
            assert await window.page.locator(".nav a:visible").count() == 7
            assert not await window.page.locator(".nav summary:visible").count()
            await window.no_sideways_scroll()
