"""Pages as HTML: the templates, who reads them and how (language, theme, time zone), and the shipped files.

`build_pages()` makes the one `Pages` of a hub; page routes call `pages.page(...)` for a whole page and
`pages.part(...)` for a fragment. A template sees `t` (texts), `clock` (times), `asset` (addresses of shipped
files, with their content's hash, so that they may be kept for ever) and what the route gives it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hub.web import i18n
from hub.web.i18n import Words
from hub.web.times import DEFAULT_ZONE, Clock

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
TEMPLATES: Final = HERE / "templates"
LANG_COOKIE: Final = "tsunagu_lang"
THEME_COOKIE: Final = "tsunagu_theme"
YEAR_S: Final = 365 * 24 * 3600
Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Reading:
    """How one reader wants their pages."""

    words: Words
    clock: Clock
    theme: Theme


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a page is for: e-mail, and slug and name of their company."""

    name: str
    company_slug: str
    company: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main menu. `spare`: on a narrow screen it stands behind "more"."""

    icon: str
    href: str
    here: bool
    spare: bool = False


def reading_of(request: Request, zone: str = DEFAULT_ZONE) -> Reading:
    """How the sender of this request reads: cookies first, then what the browser asks for."""
    words = Words(i18n.choose(request.cookies.get(LANG_COOKIE), request.headers.get("accept-language")))
    theme = request.cookies.get(THEME_COOKIE)
    return Reading(
        words=words,
        clock=Clock(ZoneInfo(zone), words),
        theme=theme if theme in THEMES else "auto",
    )


class Pages:
    """The templates, ready to be filled in."""

    def __init__(self, environment: Environment, asset: Callable[[str], str]) -> None:
        self._environment = environment
        self._asset = asset

    def page(
        self, request: Request, template: str, who: Who | None, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A whole page. `who` is None where nobody is signed in."""
        reading = reading_of(request)
        path = request.url.path
        here = path + (f"?{request.url.query}" if request.url.query else "")
        common: dict[str, Any] = {
            "nav": _nav(path),
            "company": who.company if who else "",
            "company_slug": who.company_slug if who else "",
            "who": who,
            "here": here if request.method == "GET" else "/",
            "origin": str(request.base_url).rstrip("/"),
        }
        body = self.part(reading, template, **(common | values))
        return HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store", "Vary": "Cookie"})

    def part(self, reading: Reading, template: str, **values: Any) -> str:
        """A fragment, or a whole page whose common values are given."""
        return self._environment.get_template(template).render(
            t=reading.words,
            clock=reading.clock,
            lang=reading.words.lang,
            theme=reading.theme,
            zone=reading.clock.zone.key,
            asset=self._asset,
            command=lambda text: _command(reading.words, text),
            **values,
        )


def build_pages() -> Pages:
    """The pages of a hub, their templates compiled when first used."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return Pages(environment, asset_url)


@cache
def asset_url(name: str) -> str:
    """The address of a shipped file, ending in its content's hash; FileNotFoundError where there is none."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _nav(path: str) -> tuple[NavItem, ...]:
    return (
        NavItem("board", "/", path == "/" or path.startswith("/machines/")),
        NavItem(
            "orders",
            "/orders",
            path.startswith(("/orders", "/items", "/nests", "/operators", "/import", "/unassigned")),
        ),
        NavItem("stops", "/stops", path.startswith(("/stops", "/calendar", "/reject-reasons"))),
        NavItem("trace", "/lots", path.startswith(("/lots", "/recall", "/handovers")), spare=True),
        NavItem("quality", "/quality", path.startswith(("/quality", "/characteristics"))),
        NavItem("agents", "/agents", path.startswith("/agents"), spare=True),
        NavItem("account", "/account", path == "/account", spare=True),
    )


def _command(words: Words, text: str) -> Markup:
    """A command line to copy."""
    return Markup(
        '<div class="command"><pre tabindex="0"><code>{text}</code></pre>'
        '<button type="button" class="quiet" data-copy data-copied="{copied}">{copy}</button></div>'
    ).format(text=escape(text), copy=words("copy"), copied=words("copied"))
