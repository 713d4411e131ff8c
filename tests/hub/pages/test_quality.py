"""The quality pages: charts with their broken rules, what waits for a decision, forms, files, in both languages."""

import pytest

from hub.quality.pages import characteristic_path
from tests.hub.pages.conftest import PHONE, WALL, Visiting
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import PASSWORD, RunningHub
from tests.support.quality import QUIET, a_characteristic, measured, some_quality

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
KEY = "PN-1-10-D1"


async def a_shop_that_measures(hub: RunningHub) -> None:
    await some_quality(hub, "aoba", "main/laser-1")
    pool = {"process": "turning", "gauge": "gauge-laser-1"}
    await a_characteristic(hub, "aoba", KEY, "PN-1", name="外径 Φ10", rules="nelson", every=5, first=True, **pool)
    await measured(hub, "aoba", KEY, [*QUIET * 4, 10.09], lot="L-1", instrument="gauge-laser-1")


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_usable_by_everybody(
    visit: Visiting, hub: RunningHub, admin: str, lang: str, size: tuple[int, int], theme: str
) -> None:
    await a_shop_that_measures(hub)
    async with visit(lang, size, theme) as window:
        await window.sign_in(admin)
        found: list[str] = []
        for path in (
            "/quality", "/characteristics", characteristic_path(KEY), f"{characteristic_path(KEY)}?pooled=deviation",
            f"{characteristic_path(KEY)}?pooled=z", f"{characteristic_path(KEY)}/edit", "/characteristics/new",
            "/quality/gauges", "/quality/import",
        ):  # fmt: skip
            await window.go(path)
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)


async def test_a_broken_rule_is_named_at_its_point_and_comes_by_itself(
    visit: Visiting, hub: RunningHub, admin: str
) -> None:
    await a_shop_that_measures(hub)
    async with visit("en") as window:
        await window.sign_in(admin, path=characteristic_path(KEY))
        await window.live()
        assert await window.page.locator("#chart .broken").count() == 2, "the value and the moving range"
        assert "Beyond 3 σ" in (await window.page.text_content("#chart svg >> nth=0") or "")
        assert "provisional" in await window.page.inner_text("#chart .basis")
        await measured(hub, "aoba", KEY, [9.9], ago_s=60)
        await window.page.locator("#chart .broken").nth(3).wait_for(state="attached", timeout=10_000)
        await window.page.goto(f"{window.url}/quality")
        assert "外径 Φ10" in await window.page.inner_text("#violations")


async def test_somebody_decides(visit: Visiting, hub: RunningHub, admin: str) -> None:
    await a_shop_that_measures(hub)
    async with visit("ja", PHONE) as window:
        page = window.page
        await window.sign_in(admin, path="/quality")
        assert "校正期限切れ" in await page.inner_text("#open")
        await page.click("#open summary")
        await page.select_option("#open select", "accept")
        await page.fill("#open [name=cause]", "工具の摩耗")
        await page.click("#open .primary")
        await page.wait_for_url("**/quality#open")
        assert "処置待ちはありません" in await page.inner_text("#open")
        assert "工具の摩耗" in await page.inner_text("main")


async def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(visit: Visiting, hub: RunningHub, admin: str) -> None:
    await hub.do("aoba", "orders.save_item", item="PN-7")
    async with visit("ja", expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path="/characteristics/new")
        for name, value in {
            "item": "PN-7", "operation": "10", "name": "幅", "nominal": "５", "lower": "5.1", "upper": "4.9",
            "unit": "mm",
        }.items():  # fmt: skip
            await page.fill(f"[name={name}]", value)
        await page.click("form.fields .primary")
        assert "規格の上下が逆です" in await page.inner_text("#f_lower_e")
        assert await page.input_value("[name=name]") == "幅"
        await page.fill("[name=lower]", "4.9")
        await page.fill("[name=upper]", "5.1")
        await page.click("form.fields .primary")
        await page.wait_for_url("**/characteristics/PN-7-10-*")
        assert "4.9 – 5.1 mm" in await page.inner_text(".charthead")


async def test_a_baseline_is_stated_and_a_wrong_one_refused(visit: Visiting, hub: RunningHub, admin: str) -> None:
    await a_shop_that_measures(hub)
    async with visit("en", expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path=characteristic_path(KEY))
        day = hub.clock.now().date().isoformat()
        await page.fill("[name=since]", f"{day}T12:00:00")
        await page.fill("[name=until]", f"{day}T11:00:00")
        await page.click("#baseline .primary")
        assert "later end" in await page.inner_text("#baseline [role=alert]")
        await page.fill("[name=since]", f"{day}T00:00:01")
        await page.fill("[name=until]", f"{day}T23:59:00")
        await page.click("#baseline .primary")
        await page.wait_for_url(f"**{characteristic_path(KEY)}#baseline")
        assert "41 points (41 values)" in await page.inner_text("#chart .basis")


async def test_a_point_with_a_known_cause_is_left_out_and_drawn_hollow(
    visit: Visiting, hub: RunningHub, admin: str
) -> None:
    await a_shop_that_measures(hub)
    async with visit("ja", PHONE, expect=("422",)) as window:
        page = window.page
        await window.sign_in(admin, path=characteristic_path(KEY))
        await page.click("text=基準から除く >> nth=-1")
        assert "除外する理由" in await page.inner_text("#reason_e")
        await page.fill("[name=reason]", "切りくずの噛み込み")
        await page.click("form[action*=exclude] .primary")
        await page.wait_for_url(f"**{characteristic_path(KEY)}#baseline")
        assert "切りくずの噛み込み" in await page.inner_text(".leftout")
        assert await page.locator("#chart .broken.out").count() == 2, "the value and its moving range"
        assert not await faults(window, PHONE)
        await page.goto(f"{window.url}/quality")
        assert "外径 Φ10" not in await page.inner_text("#violations")
        await page.goto(f"{window.url}{characteristic_path(KEY)}")
        await page.click(".leftout button")
        await page.wait_for_url(f"**{characteristic_path(KEY)}#baseline")
        assert await page.locator("#chart .broken.out").count() == 0


async def test_a_file_is_looked_at_then_kept(visit: Visiting, hub: RunningHub, admin: str) -> None:
    await a_characteristic(hub, "aoba", "W1", "PN-8")
    bad = "特性,寸,単位\nW1,10.02,mm\nW1,ten,mm\n".encode("cp932")
    async with visit("ja") as window:
        page = window.page
        await window.sign_in(admin, path="/quality/import")
        await page.set_input_files("[name=file]", {"name": "三次元.csv", "mimeType": "text/csv", "buffer": bad})
        await page.click("text=内容を確かめる")
        await page.select_option("[name=map_B]", "value")
        await page.click("text=この割り当てで確かめ直す")
        assert "B3" in await page.inner_text(".faults")
        good = bad.replace(b"ten", b"10.05")
        await page.set_input_files("[name=file]", {"name": "三次元.csv", "mimeType": "text/csv", "buffer": good})
        await page.click("text=内容を確かめる")
        await page.select_option("[name=map_B]", "value")
        await page.click("text=この割り当てで確かめ直す")
        await page.click("[name=commit]")
        assert "2 件を取り込みました" in await page.inner_text("[role=status].good")


async def test_operators_look_but_do_not_change(visit: Visiting, hub: RunningHub) -> None:
    await a_shop_that_measures(hub)
    await hub.do("aoba", "companies.add_user", email="o@aoba.example", roles=["operator"], password=PASSWORD)
    async with visit("en") as window:
        await window.sign_in("o@aoba.example", path="/quality")
        assert await window.page.locator("#open form").count() == 0
        await window.go("/characteristics/new")
        assert await window.page.locator("form.fields").count() == 0
        await window.go(characteristic_path(KEY))
        assert await window.page.locator("#baseline form").count() == 0
