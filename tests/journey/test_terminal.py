"""The terminal as people use it: real agent, real hub, a browser; the hub away for an afternoon, the agent killed.

What the page said is what the hub tells afterwards: everything once, in order, with its own times.
"""

import contextlib
import random
import secrets
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.hub import HubProcess, hub_process
from tests.support.processes import run
from tests.support.servers import wait_until
from tests.support.terminal import Device, Terminal, enrolled_terminal, text_of
from tests.support.work import order, plan_item

PHONE = {"width": 390, "height": 844}
TABLET = {"width": 1024, "height": 768}
SMALL = """
[...document.querySelectorAll("button, a.button, .work, nav a, .person, select, .pick, input")]
  .filter((one) => !["hidden", "radio", "checkbox"].includes(one.type) && one.offsetParent && one.offsetHeight < 64)
  .map((one) => one.outerHTML.slice(0, 120))
"""
"""What is to be tapped and is lower than a glove needs."""
LASER = """[[machines]]
id = "laser-1"
name = "laser"
driver = "mqtt"
state_model = "tower"
[machines.mqtt]
url = "mqtt://127.0.0.1:1"
[machines.signals]
tower_green = { topic = "shop/laser-1/tower" }
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with hub_process(tmp_path / "hub") as made:
        plan_item(made)
        order(made, "A-100")
        order(made, "2026/B-7", quantity=3)
        yield made


@pytest.fixture
def terminal(tmp_path: Path, hub: HubProcess) -> Iterator[Terminal]:
    made = enrolled_terminal(tmp_path, hub, LASER)
    made.start()
    try:
        made.knows("A-100/10")
        yield made
    finally:
        made.agent.process.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


def reports(hub: HubProcess, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.get("/progress/reports", order=number)["reports"]
    return found


def all_there(hub: HubProcess, device: Device) -> None:
    """Waits until the terminal says that the hub has everything, and the hub has folded it."""
    wait_until(lambda: "Everything is at the hub" in text_of(device.get("/records")), 60, "everything at the hub")
    wait_until(hub.is_folded, 30, "the hub to fold it")


def english(terminal: Terminal, operator: str | None = "07") -> Device:
    device = terminal.device(operator)
    device.http.headers["Accept-Language"] = "en"
    return device


def opened(browser: Browser, terminal: Terminal, size: dict[str, int], lang: str = "en-GB") -> Page:
    page = browser.new_context(viewport=size, locale=lang).new_page()
    page.goto(terminal.url)
    page.fill("#code", terminal.device_code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(terminal.url + "/")
    return page


def scan(page: Page, code: str) -> None:
    """What a keyboard scanner does: types fast, ends with Enter; nothing has the focus."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def recorded(page: Page, words: str) -> None:
    try:
        page.wait_for_selector(f".message.good:has-text('{words}')", timeout=15_000)
    except PlaywrightTimeout:
        pytest.fail(f"{words!r} is not recorded at {page.url}:\n{page.inner_text('body')}")


def measure_and_name_lots(page: Page) -> None:
    """One value out of limits and corrected, one check, a lot in and a lot out."""
    page.click("a:has-text('Measure')")
    page.fill(".value", "100.5")
    assert page.inner_text("output.out") == "OUT"
    page.fill(".value", "100.1")
    assert page.inner_text("output.in") == "In"
    page.click(".pick.ok")
    page.click("button:has-text('Record')")
    recorded(page, "Measure")
    page.click("a:has-text('Lot in')")
    page.fill("[name=lot]", "C-778")
    page.fill("[name=quantity]", "12.5")
    page.fill("[name=unit]", "kg")
    page.click("button:has-text('Record')")
    recorded(page, "Lot in")
    page.click("a:has-text('Lot out')")
    page.fill("[name=lot]", "P-1")
    page.fill("[name=quantity]", "3")
    page.click("button:has-text('Record')")
    recorded(page, "Lot out")


def assert_the_hub_has_it(hub: HubProcess, begun: datetime, ended: datetime) -> None:
    """The afternoon's taps, each once, in order and with its own time."""
    told = reports(hub, "A-100")
    assert [(one["action"], one["good"], one["reason"]) for one in told] == [
        ("start", None, None), ("first_ok", None, None), ("report", 3, None), ("pause", None, "material"),
        ("resume", None, None), ("finish", None, None),
    ]  # fmt: skip
    times = [datetime.fromisoformat(one["at"]) for one in told]
    assert times == sorted(times)
    assert begun < times[0]
    assert times[-1] < ended
    assert hub.agent("pi-1")["lost"] == 0
    standing = hub.get("/progress", order="A-100")["operations"][0]
    assert (standing["status"], standing["good"]) == ("finished", 3)
    trace = hub.get("/lots/P-1/trace", direction="back")
    assert {one["lot"] for one in trace["lots"]} == {"P-1", "C-778"}
    measured = hub.get("/measurements", characteristic="PN-1-L")["measurements"]
    assert [one["value"] for one in measured] == [100.1]


@pytest.mark.browser
def test_an_afternoon_with_the_hub_away(browser: Browser, terminal: Terminal, hub: HubProcess):
    page = opened(browser, terminal, PHONE)
    scan(page, "07")
    page.wait_for_selector(".person.now")
    scan(page, "A-100/10")
    page.wait_for_url("**/work?*")
    begun = datetime.now(UTC)
    page.select_option("[name=machine]", "main/laser-1")
    page.click("button:has-text('Start')")
    recorded(page, "Start")
    hub.process.kill()

    page.click("button:has-text('First piece OK')")
    recorded(page, "First piece OK")
    assert "Not yet at the hub" in page.inner_text(".message.good")
    page.click("a:has-text('Report quantity')")
    page.fill("[name=good]", "２")
    page.click("[data-for=good][data-step='1']")
    page.dblclick("button:has-text('Record')")
    recorded(page, "Report quantity")
    page.reload()
    page.click("a:has-text('Pause')")
    page.click("button:has-text('Waiting for material')")
    recorded(page, "Pause")
    page.click("button:has-text('Resume')")
    recorded(page, "Resume")

    measure_and_name_lots(page)

    terminal.agent.process.kill()
    page.click("a.button:has-text('Finish')", no_wait_after=True, timeout=5000)
    terminal.start()
    page.goto(f"{terminal.url}/work?order=A-100&operation=10")
    page.click("a.button:has-text('Finish')")
    terminal.agent.process.kill()
    page.click("button:has-text('Finish')")
    page.wait_for_selector(".trying")
    terminal.start()
    recorded(page, "Finish")
    page.goto(f"{terminal.url}/machine?machine=main/laser-1")
    page.check("[name=minutes][value='10']")
    page.click("button:has-text('Waiting for material')")
    recorded(page, "Stop reason")
    assert "not yet at the hub" in page.inner_text("#strip")
    ended = datetime.now(UTC)

    hub.start()
    page.wait_for_selector("#strip .sent", timeout=60_000)
    wait_until(hub.is_folded, 30, "the hub to fold it")
    assert_the_hub_has_it(hub, begun, ended)
    page.context.close()


def test_killed_between_tap_and_answer_each_tap_is_there_once(terminal: Terminal, hub: HubProcess):
    device, chance = english(terminal), random.Random(4)
    assert device.tap("start", order="A-100", operation="10").status_code == 200
    for number in range(6):
        tap = secrets.token_hex(16)

        def send(tap: str = tap, number: int = number) -> None:
            with contextlib.suppress(httpx2.HTTPError):  # killed before it answered; the same form is sent again below
                device.tap("report", tap=tap, order="A-100", operation="10", good="1", reason=f"r{number}")

        sending = threading.Thread(target=send)
        sending.start()
        sending.join(chance.uniform(0, 0.02))
        terminal.agent.process.kill()
        sending.join()
        terminal.start()
        again = device.tap("report", tap=tap, order="A-100", operation="10", good="1", reason=f"r{number}")
        assert again.status_code == 200, text_of(again)
    all_there(hub, device)
    told = [one for one in reports(hub, "A-100") if one["action"] == "report"]
    assert [one["reason"] for one in told] == [f"r{number}" for number in range(6)]
    assert hub.get("/progress", order="A-100")["operations"][0]["good"] == 6


def test_a_terminal_shows_the_work_of_its_own_site_alone(tmp_path: Path, terminal: Terminal, hub: HubProcess):
    north = enrolled_terminal(tmp_path, hub, agent="pi-2", site="north")
    north.start()
    try:
        north.knows("A-100/30")
        device = english(north, None)
        assert device.get("/scan", code="A-100/10").status_code == 404
        home = text_of(device.get("/"))
        assert "paint" in home
        assert "bend" not in home
        assert "laser" not in home
        assert "佐藤" not in text_of(device.get("/people"))
    finally:
        north.agent.process.stop()
    assert english(terminal).get("/scan", code="A-100/30").status_code == 404


def test_what_the_office_changes_is_on_the_terminal_soon(terminal: Terminal, hub: HubProcess):
    order(hub, "N-1", quantity=2)
    terminal.knows("N-1/20")
    headers = {"Authorization": f"Bearer {hub.token}"}
    closed = hub.http.post(f"{hub.url}/api/v1/orders/N-1/close", json={}, headers=headers)
    assert closed.status_code < 300, closed.text
    device = english(terminal)
    wait_until(lambda: device.get("/scan", code="N-1/20").status_code == 404, 40, "the closed order to go")


def test_a_device_is_let_in_by_the_newest_code_alone(terminal: Terminal):
    old = terminal.device_code
    terminal.device_code = run("tsunagu-agent", "terminal", "code", "--config", terminal.agent.config).stdout.split()[0]
    stranger = Device(terminal.url)
    assert stranger.enter(old).status_code == 403
    assert stranger.enter(terminal.device_code).status_code == 200
    assert [stranger.enter("AAAAA-AAAAA").status_code for _ in range(7)][-1] == 429
    assert text_of(Device(terminal.url).get("/records")).startswith("本文へ Tsunagu")


@pytest.mark.browser
def test_pages_are_for_everybody_and_for_gloves(browser: Browser, terminal: Terminal):
    english(terminal).tap("start", order="A-100", operation="10")
    work = "order=A-100&operation=10"
    paths = ["/", f"/work?{work}", "/machines", "/machine?machine=main/laser-1", "/people", "/records"]
    paths += [f"/work/{form}?{work}" for form in ("report", "pause", "measure", "lot_in")]
    for size, lang in ((PHONE, "ja-JP"), (TABLET, "en-GB"), (PHONE, "en-GB")):
        page = opened(browser, terminal, size, lang)
        scan(page, "07")
        page.wait_for_selector(".person.now")
        for path in paths:
            page.goto(terminal.url + path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the screen"
            assert page.evaluate(SMALL) == [], f"{path}: under 64 px"
            found = Axe().run(page).response["violations"]
            assert found == [], f"{path}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"
        page.context.close()
