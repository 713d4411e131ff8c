"""The pages in a browser over TLS: signing in, live events, and the command that enrols an agent."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from contract.enrolment import split_code
from tests.hub.pages.conftest import FLAGS
from tests.support.hub import ADMIN, hub_process

pytestmark = pytest.mark.browser


def test_sign_in_live_board_and_a_whole_code(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    complaints: list[str] = []
    with hub_process(tmp_path / "hub", tls=True) as hub, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        # nobody imports an authority into the browser of a test; that its signatures hold is OpenSSL's to say
        context = browser.new_context(ignore_https_errors=True, locale="en-GB")
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{hub.url}/login?next=/agents")
        page.fill("[name=email]", ADMIN)
        page.fill("[name=password]", hub.password)
        page.click(".primary")
        page.wait_for_url(f"{hub.url}/agents")
        page.wait_for_selector('#live[data-live="on"]', timeout=15_000)
        (cookie,) = [each for each in context.cookies() if each["name"].endswith("tsunagu_session")]
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-tsunagu_session", True, True)
        assert page.evaluate("document.cookie") == ""
        page.fill("form[action^='/agents#'] [name=agent]", "pi-1")
        page.fill("form[action^='/agents#'] [name=site]", "main")
        page.click("form[action^='/agents#'] button")
        command = page.inner_text("code >> text=tsunagu-agent enrol").split()
        assert command[:3] == ["tsunagu-agent", "enrol", hub.url]
        assert split_code(command[3]).fingerprint is not None
        browser.close()
    assert complaints == []
