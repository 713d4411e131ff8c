"""Signing in and out, and going on to where one wanted to go."""

import pytest

from hub.directory.users import SESSION_US
from tests.hub.pages.conftest import PHONE, Visiting
from tests.support.hubs import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
WRONG = {"ja": "メールアドレスかパスワードが違います。", "en": "E-mail or password is not right."}


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_a_wrong_password_is_told_plainly_and_the_right_one_leads_on(
    visit: Visiting, admin: str, lang: str
) -> None:
    async with visit(lang, PHONE, expect=("401",)) as window:
        await window.page.goto(window.url + "/agents")
        assert window.page.url == f"{window.url}/login?next=/agents"
        await window.page.fill("[name=email]", admin)
        await window.page.fill("[name=password]", "not this one at all")
        await window.page.click(".primary")
        assert WRONG[lang] in await window.page.inner_text("[role=alert]")
        assert await window.page.input_value("[name=email]") == admin
        await window.no_sideways_scroll()
        await window.page.fill("[name=password]", "correct horse battery")
        await window.page.click(".primary")
        await window.page.wait_for_url(window.url + "/agents")


async def test_signing_out_ends_it(visit: Visiting, admin: str) -> None:
    async with visit() as window:
        await window.sign_in(admin, path="/account")
        await window.page.click('form[action="/logout"] button')
        await window.page.wait_for_url(window.url + "/login")
        await window.page.goto(window.url + "/")
        assert window.page.url.startswith(window.url + "/login")


async def test_a_foreign_address_is_not_gone_to(visit: Visiting, admin: str) -> None:
    async with visit() as window:
        await window.page.goto(window.url + "/login?next=https://evil.example/")
        await window.page.fill("[name=email]", admin)
        await window.page.fill("[name=password]", "correct horse battery")
        await window.page.click(".primary")
        await window.page.wait_for_url(window.url + "/")


async def test_a_session_that_is_over_leads_to_the_sign_in_page(visit: Visiting, hub: RunningHub, admin: str) -> None:
    async with visit() as window:
        await window.sign_in(admin)
        hub.clock.ahead_us += SESSION_US + 1
        await window.page.reload()
        assert window.page.url == f"{window.url}/login?next=/"


async def test_language_and_appearance_are_kept(visit: Visiting, admin: str) -> None:
    async with visit("ja", PHONE) as window:
        await window.sign_in(admin, path="/account")
        assert await window.page.inner_text("h1") == "設定"
        await window.page.check("input[type=radio][value=en]")
        await window.page.check("input[value=dark]")
        await window.page.click(".primary")
        await window.page.wait_for_selector(".message.good")
        assert await window.page.inner_text("h1") == "Settings"
        assert await window.page.get_attribute("html", "data-theme") == "dark"
        await window.page.click(".language button")
        await window.page.wait_for_selector("html[lang=ja]")
        await window.no_sideways_scroll()


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_an_address_that_is_not_there(visit: Visiting, lang: str, admin: str) -> None:
    async with visit(lang, expect=("404",)) as window:
        await window.sign_in(admin, path="/account")
        for path in ("/machines/main/nothing", "/nowhere"):
            answer = await window.page.goto(window.url + path)
            assert answer is not None
            assert answer.status == 404
            assert await window.page.locator("h1").inner_text() in {"ページが見つかりません", "There is no such page"}
