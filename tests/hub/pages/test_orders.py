"""The pages of orders and master data in a browser: in both languages, on a phone and on a wall, and by axe-core."""

from pathlib import Path

import pytest

from hub.access.viewer import console
from tests.hub.pages.conftest import PHONE, WALL, Visiting, shared
from tests.hub.pages.test_for_everybody import faults
from tests.support.hubs import RunningHub
from tests.support.masters import a_laser, master_data

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATHS = (
    "/orders", "/orders?show=all&q=A", "/orders/new", "/orders/A-100", "/orders/L%2F1", "/items", "/items/PN-1001",
    "/nests", "/nests?machine=main/laser-1&program=N%205001", "/operators", "/operators?code=07", "/import",
    "/import?kind=routings&done=1,2,3",
)  # fmt: skip


@shared
async def office(hub: RunningHub) -> str:
    """Some orders, one late, one closed, and a nest; the admin's e-mail."""
    await a_laser(hub)
    await master_data(hub)
    for number, due in (("A-100", "2098-12-01"), ("L/1", "2020-01-01"), ("C-1", None)):
        await hub.do("aoba", "orders.save_order", order=number, item="PN-1001", quantity=1200, due=due)
    await hub.do("aoba", "orders.close_order", order="C-1")
    line = {"order": "A-100", "operation": "10", "quantity": 6}
    await hub.do("aoba", "orders.save_nest", machine="main/laser-1", program="N 5001", lines=[line])
    return await hub.admin("aoba")


@pytest.mark.parametrize(
    ("lang", "size", "theme"),
    [("ja", PHONE, "light"), ("en", PHONE, "dark"), ("ja", WALL, "dark"), ("en", WALL, "light")],
)
async def test_every_page(visit: Visiting, office: str, lang: str, size: tuple[int, int], theme: str) -> None:
    async with visit(lang, size, theme) as window:
        await window.sign_in(office)
        found: list[str] = []
        for path in PATHS:
            await window.go(path)
            found += [f"{path}: {line}" for line in await faults(window, size)]
        assert not found, "\n".join(found)


@pytest.mark.parametrize(("lang", "size"), [("ja", PHONE), ("en", WALL)])
async def test_adding_an_order(visit: Visiting, office: str, lang: str, size: tuple[int, int]) -> None:
    async with visit(lang, size, expect=("409", "422")) as window:
        page = window.page
        await window.sign_in(office, path="/orders/new")
        await page.fill("[name=order]", "Ｂ－７")
        await page.fill("[name=item]", "PN-9")
        await page.fill("[name=quantity]", "３枚")
        await page.click("main .primary")
        said = await page.inner_text("#f_item_e")
        assert said == (
            "品番「PN-9」は登録されていません。先に品目を登録または取り込んでください"
            if lang == "ja"
            else "there is no item PN-9; add it or import the items first"
        )
        assert await page.input_value("[name=quantity]") == "３枚"
        await page.fill("[name=item]", "PN-1001")
        await page.click("main .primary")
        await page.wait_for_url(window.url + "/orders/B-7")
        assert await page.locator(".operations tbody tr").count() == 2
        await window.go("/orders/new")
        await page.fill("[name=order]", "B-7")
        await page.fill("[name=item]", "PN-1001")
        await page.fill("[name=quantity]", "1")
        await page.click("main .primary")
        assert await page.locator("[role=alert]").count() == 1
        assert await page.get_attribute("main p > a.button", "href") == "/orders/B-7"


async def test_late_orders_come_first_and_say_so(visit: Visiting, office: str) -> None:
    async with visit("en") as window:
        await window.sign_in(office, path="/orders")
        rows = window.page.locator(".orderlist tbody tr")
        assert [await rows.nth(n).locator("th").inner_text() for n in range(2)] == ["L/1", "A-100"]
        assert await rows.nth(0).locator(".tag.late").count() == 1
        await window.page.click("th a")
        await window.page.wait_for_url(window.url + "/orders/L%2F1")


async def test_an_order_is_changed_closed_and_shown_as_it_is_now(visit: Visiting, hub: RunningHub, office: str) -> None:
    async with visit("en", PHONE) as window:
        page = window.page
        await window.sign_in(office, path="/orders/A-100")
        await window.live()
        await hub.do("aoba", "orders.change_order", order="A-100", quantity=77)
        await page.wait_for_selector("#operations td.num:has-text('77')", timeout=10_000)
        await page.fill("[name=quantity]", "78")
        await page.click("form[action*=change] .primary")
        await page.wait_for_selector("#operations td.num:has-text('78')")
        await page.click("form[action$=close] button")
        await page.wait_for_selector(".tag.complete")


async def test_a_routing_is_typed_in_and_a_bad_cell_shown_at_its_place(visit: Visiting, office: str) -> None:
    async with visit("ja", expect=("422",)) as window:
        page = window.page
        await window.sign_in(office, path="/items/SH-1")
        await page.fill("[name='steps[0].operation']", "10")
        await page.fill("[name='steps[0].process']", "切断")
        await page.fill("[name='steps[0].cycle_s']", "五分")
        await page.click("form[action*=routing] .primary")
        assert await page.inner_text("#f_steps_0_cycle_s_e") == "「五分」は数ではありません"
        assert await page.input_value("[name='steps[0].process']") == "切断"
        await page.fill("[name='steps[0].cycle_s']", "５分")
        await page.click("form[action*=routing] .primary")
        await page.wait_for_selector("[name='steps[0].cycle_s'][value='300']")


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_a_file_is_checked_mapped_and_imported_whole(
    visit: Visiting, hub: RunningHub, office: str, tmp_path: Path, lang: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes("受注一覧\n手配番号,品番,数量,納期\nX-1,PN-1001,3枚,R8.4.1\nX-2,PN-1001,0,4/1\n".encode("cp932"))
    async with visit(lang, PHONE) as window:
        page = window.page
        await window.sign_in(office, path="/import")
        await page.set_input_files("#file", path)
        await page.click("main .primary")
        places = page.locator(".faults tbody th")
        assert [await places.nth(n).inner_text() for n in range(await places.count())] == ["A2", "C4", "D4"]
        await page.select_option("#map_A", "order")
        await page.click("#map_A >> xpath=ancestor::section >> button")
        assert await page.locator(".faults tbody th").count() == 2
        assert not await faults(window, PHONE)
        path.write_bytes("手配番号,品番,数量,納期\nX-1,PN-1001,3枚,R8.4.1\nX-2,PN-1001,5,2026/4/2\n".encode())
        await page.set_input_files("#file", path)
        await page.click("main .primary")
        await page.select_option("#map_A", "order")
        await page.click("#map_A >> xpath=ancestor::section >> button")
        await page.click("[name=commit]")
        assert "2" in await page.inner_text(".message.good")
        await page.set_input_files("#file", path)
        await page.click("main .primary")
        assert await page.locator(".faults").count() == 0, "the column's meaning is remembered"
    rows = (await hub.office.gate.ask(console("aoba"), "orders.orders", {"containing": "X-"})).rows
    assert [(row.order, row.quantity, row.due) for row in rows] == [("X-1", 3, "2026-04-01"), ("X-2", 5, "2026-04-02")]
