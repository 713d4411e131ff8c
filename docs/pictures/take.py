# ruff: noqa: INP001 - a script that is run, not a package
"""Takes the pictures of the README and of docs/ from a running demo, with Debian's Chromium.

    .venv/bin/python docs/pictures/take.py                    starts a demo of its own, and ends it
    .venv/bin/python docs/pictures/take.py --only chart lot   some of them
    .venv/bin/python docs/pictures/take.py --said demo.txt    of a demo that runs: what it printed, in a file

For the terminal an agent of its own is added to the first company's second site. Writes NAME.png beside this file, each
with at most 256 colours.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.error import URLError

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
COLOURS = 256
PATIENCE_S = 300
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
BEGUN = "A-2611-016/30"
"""What the phone begins: an operation that the day left over. Only once in a demo."""
SAID = re.compile(r"^ *\S+: (\S+@(\w+)\.example)  (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where its pages are, its folder, e-mail and password by company."""

    url: str
    data: Path
    logins: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Terminal:
    """The pages at the machines: where, and the code that lets a device in."""

    url: str
    code: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, where it is taken, how wide and high, in which language and light.

    `live`: the page says when it has begun to listen. `height` None: as high as the page.
    """

    name: str
    path: str
    width: int
    height: int | None
    company: str = "aoba"
    lang: str = "en"
    theme: str = "light"
    live: bool = True
    before: Callable[[Page], None] | None = None


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
    page.wait_for_selector('#live[data-live="on"]')


MACHINES = (
    Picture("board", "/", 1440, 900),
    Picture("machine", "/", 1440, 1500, before=to_first_running),
    Picture("agents", "/agents", 1440, 900),
    Picture("wall", "/?wall=1", 1920, 1080, lang="ja", theme="dark"),
    Picture("phone", "/", 390, 844, lang="ja"),
)
WORK = (
    Picture("order", "/orders/A-2611-016", 1280, 800),
    Picture("chart", "/characteristics/TK-500-D", 1280, 1120, company="takumi"),
    Picture("lot", "/lots/COIL-A1", 1280, 800, live=False),
    Picture("stops", "/stops", 1280, 900),
)


def take(browser: Browser, demo: Demo, picture: Picture) -> None:
    """Signs in, goes there, and takes one picture."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height or 900}, device_scale_factor=1
    )
    kept = {"tsunagu_lang": picture.lang, "tsunagu_theme": picture.theme}
    context.add_cookies([{"name": name, "value": value, "url": demo.url} for name, value in kept.items()])
    page = context.new_page()
    email, password = demo.logins[picture.company]
    page.goto(f"{demo.url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click(".primary")
    page.wait_for_url(f"{demo.url}/")
    page.goto(demo.url + picture.path)
    if picture.live:
        page.wait_for_selector('#live[data-live="on"]')
    if picture.before is not None:
        picture.before(page)
    keep(page, picture.name, whole=picture.height is None)
    context.close()


def take_terminal(browser: Browser, terminal: Terminal) -> None:
    """A phone at a press brake: signed in, an operation begun."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=1, locale="ja-JP")
    page = context.new_page()
    page.goto(terminal.url)
    page.fill("#code", terminal.code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{terminal.url}/")
    page.goto(f"{terminal.url}/people")
    page.click("button[value=A03]")
    page.wait_for_url(f"{terminal.url}/")
    page.goto(f"{terminal.url}/scan?code={BEGUN}")
    page.click("[value=start] ~ button")
    page.wait_for_selector("[value=first_ok]", state="attached")
    page.goto(page.url)
    keep(page, "terminal")
    context.close()


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """Writes what the page shows, with few colours."""
    page.evaluate("document.fonts.ready")
    shown = Image.open(BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    file = HERE / f"{name}.png"
    shown.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    sys.stdout.write(f"{file} {file.stat().st_size // 1000} kB\n")


def command(name: str, *given: object) -> str:
    """What one of our commands prints."""
    program = str(Path(sys.executable).with_name(name))
    return subprocess.run([program, *map(str, given)], check=True, capture_output=True, text=True).stdout


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Asks twice a second, with an end."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.5)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(url: str) -> bool:
    """Whether somebody serves there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address on loopback
            return bool(answer.status == 200)
    except URLError:
        return False


def read_demo(said: str) -> Demo:
    """The demo that printed this."""
    url = re.search(r"^open (\S+?)/ and log in", said, re.MULTILINE)
    logs = re.search(r"^logs are in (.+)/logs;", said, re.MULTILINE)
    if url is None or logs is None:
        raise SystemExit(f"the demo did not come up:\n{said}")
    logins = {company: (email, password) for email, company, password in SAID.findall(said)}
    return Demo(url[1].replace("localhost", "127.0.0.1"), Path(logs[1]), logins)


@contextlib.contextmanager
def running(program: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended in order."""
    with log.open("wb") as out, subprocess.Popen(program, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextlib.contextmanager
def own_demo() -> Iterator[Demo]:
    """A demo in a folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="tsunagu-pictures-") as folder:
        log = Path(folder) / "said.txt"
        program = str(Path(sys.executable).with_name("tsunagu-sim"))
        with running([program, "demo", "--port", str(free_port()), "--data", f"{folder}/demo"], log) as process:
            wait_until(lambda: process.poll() is not None or "logs are in" in log.read_text("utf-8"), "the demo")
            yield read_demo(log.read_text("utf-8"))


@contextlib.contextmanager
def own_terminal(demo: Demo) -> Iterator[Terminal]:
    """A terminal of the first company's second site, with its list of work."""
    with tempfile.TemporaryDirectory(prefix="tsunagu-terminal-") as folder:
        name, port, config = f"phone-{time.time_ns() % 10**9}", free_port(), Path(folder) / "agent.toml"
        config.write_text(
            f'[agent]\nid = "{name}"\nsite = "north"\ndata_dir = "data"\n[hub]\nurl = "{demo.url}"\n'
            f'[terminal]\nlisten = "127.0.0.1:{port}"\n',
            "utf-8",
        )
        of = ["--company", "aoba", "--site", "north", "--data", demo.data / "hub", "--json"]
        code = json.loads(command("tsunagu-hub", "agent", "add", name, *of))["code"]
        command("tsunagu-agent", "enrol", demo.url, code, "--config", config)
        device_code = command("tsunagu-agent", "terminal", "code", "--config", config).split()[0]
        program = str(Path(sys.executable).with_name("tsunagu-agent"))
        terminal = Terminal(f"http://127.0.0.1:{port}", device_code)
        with running([program, "run", "--config", str(config)], Path(folder) / "log"):
            wait_until(lambda: answers(f"{terminal.url}/enter"), "the terminal")
            wait_until(lambda: any((Path(folder) / "data").glob("worklist*")), "the list of work")
            yield terminal


def main() -> None:
    """Takes them all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*(picture.name for picture in (*MACHINES, *WORK)), "terminal"]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--said", type=Path, help="a file with what the running demo printed")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        parser.error("Chromium is not installed: apt-get install chromium")
    with contextlib.ExitStack() as stack:
        said = asked.said
        demo = stack.enter_context(own_demo()) if said is None else read_demo(said.read_text("utf-8"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        stack.callback(browser.close)
        for picture in (each for each in MACHINES if each.name in asked.only):
            take(browser, demo, picture)
        if "terminal" in asked.only:
            take_terminal(browser, stack.enter_context(own_terminal(demo)))
        for picture in (each for each in WORK if each.name in asked.only):
            take(browser, demo, picture)


if __name__ == "__main__":
    main()
