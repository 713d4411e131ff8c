# ruff: noqa: INP001 - a script that is run, not a package
"""Takes the pictures of the README from a running demo, with Debian's Chromium.

    make demo                                                  (in another terminal; it prints e-mail and password)
    .venv/bin/python docs/pictures/take.py http://localhost:8000 EMAIL PASSWORD

Writes board.png, machine.png, agents.png, wall.png and phone.png beside this file.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def to_first_running(page: Page) -> None:
    """Opens the first running machine and zooms into its last hours."""
    page.locator('.tile[data-s="running"], .tile').first.click()
    page.wait_for_selector('#live[data-live="on"]')
    page.evaluate("""() => {
      const chart = document.querySelector('.chart').dataset, now = Math.min(chart.now, chart.next);
      const here = new URL(location.href);
      const day = document.querySelector('[name=day]').value;
      here.search = new URLSearchParams({ day, from: now - 4 * 36e5, to: now });
      location.href = here;
    }""")
    page.wait_for_selector(".plot canvas", timeout=15_000)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, where it is taken, how wide and high, in which language and light."""

    name: str
    path: str
    size: tuple[int, int]
    lang: str = "en"
    theme: str = "light"
    before: Callable[[Page], None] | None = None


PICTURES = (
    Picture("board", "/", (1440, 900)),
    Picture("machine", "/", (1440, 1500), before=to_first_running),
    Picture("agents", "/agents", (1440, 900)),
    Picture("wall", "/?wall=1", (1920, 1080), lang="ja", theme="dark"),
    Picture("phone", "/", (390, 844), lang="ja"),
)


def take(browser: Browser, url: str, email: str, password: str, picture: Picture) -> None:
    """Signs in, goes there, and takes one picture."""
    width, height = picture.size
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1)
    kept = {"tsunagu_lang": picture.lang, "tsunagu_theme": picture.theme}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in kept.items()])
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click(".primary")
    page.wait_for_url(f"{url}/")
    page.goto(url + picture.path)
    page.wait_for_selector('#live[data-live="on"]')
    if picture.before is not None:
        picture.before(page)
        page.wait_for_selector('#live[data-live="on"]')
    page.evaluate("document.fonts.ready")
    page.screenshot(path=HERE / f"{picture.name}.png")
    context.close()
    sys.stdout.write(f"{HERE / picture.name}.png\n")


def main() -> None:
    """Takes them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--only", help="one picture's name")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        parser.error("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in PICTURES:
            if asked.only in (None, picture.name):
                take(browser, asked.url.rstrip("/"), asked.email, asked.password, picture)
        browser.close()


if __name__ == "__main__":
    main()
