"""A browser in front of a served hub; every visit checks that nothing left the host and nothing was complained of."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright

from contract.times import from_us
from tests.support.hubs import DAY_US, HOUR_US, PASSWORD, RunningHub, running_hub
from tests.support.shop import Shop, a_shop

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = (390, 844)
WALL = (1920, 1080)


# One event loop for all tests here, so that they may share one browser: each test file marks itself so.
shared = pytest_asyncio.fixture(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        await launched.close()


@shared
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "data") as running:
        running.clock.ahead_us = until_afternoon_us(running.clock())
        yield running


def until_afternoon_us(now_us: int) -> int:
    """How far 15:00 in Japan is away: a page of today needs a day behind it, at whatever hour the tests run."""
    local = from_us(now_us).astimezone(ZoneInfo("Asia/Tokyo"))
    into_day_us = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(microseconds=1)
    return (15 * HOUR_US - into_day_us) % DAY_US


@shared
async def shop(hub: RunningHub) -> Shop:
    return await a_shop(hub)


@shared
async def admin(hub: RunningHub) -> str:
    return await hub.admin("aoba")


@dataclass
class Visit:
    """One person's browser window."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        answer = await self.page.goto(self.url + path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    async def sign_in(self, email: str, password: str = PASSWORD, path: str = "/") -> None:
        await self.page.goto(f"{self.url}/login?next={path}", wait_until="load")
        await self.page.fill("[name=email]", email)
        await self.page.fill("[name=password]", password)
        await self.page.click(".primary")
        await self.page.wait_for_url(self.url + path)

    async def live(self) -> None:
        """Waits until the page says that it is live."""
        await self.page.wait_for_selector('#live[data-live="on"]', timeout=10_000)

    async def no_sideways_scroll(self) -> None:
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"


Visiting = Callable[..., AbstractAsyncContextManager[Visit]]


@pytest.fixture
def visit(browser: Browser, hub: RunningHub) -> Visiting:
    """`async with visit(lang="ja", size=PHONE) as window`: fails at its end on any complaint."""

    @contextlib.asynccontextmanager
    async def open_window(
        lang: str = "ja", size: tuple[int, int] = (1280, 900), theme: str = "light", expect: tuple[str, ...] = ()
    ) -> AsyncIterator[Visit]:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="ja-JP" if lang == "ja" else "en-GB",
            color_scheme=theme, timezone_id="Asia/Tokyo", has_touch=size == PHONE,
        )  # fmt: skip
        page = await context.new_page()
        window = Visit(context, page, hub.url)
        _listen(window, expect)
        yield window
        await context.close()
        assert not window.complaints, window.complaints

    return open_window


def _listen(window: Visit, expect: tuple[str, ...]) -> None:
    def complain(text: str) -> None:
        if not any(part in text for part in expect):
            window.complaints.append(text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((f"{window.url}/", "data:", "blob:")):
            complain(f"foreign request: {request.url}")

    window.page.on("request", on_request)
    window.page.on("pageerror", lambda error: complain(f"script: {error}"))
    window.page.on(
        "console", lambda said: complain(f"console: {said.text}") if said.type in {"error", "warning"} else None
    )
