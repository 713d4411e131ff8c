"""Templates → pages of the terminal, with what every page has: language, operator, the strip that says what waits.

Times on the page are in the zone of the agent's computer, which stands where the people do.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from contract.times import from_us
from contract.worklist import Check, ReasonWord
from edge_agent.terminal.words import Language, age, say

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
LANGUAGE_COOKIE: Final = "tsunagu_language"


def language_of(request: Request) -> Language:
    """The language chosen, else the browser's: Japanese unless it asks for something else first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("ja", "en"):
        return "ja" if chosen == "ja" else "en"
    first = request.headers.get("accept-language", "ja").split(",")[0].strip().lower()
    return "ja" if first.startswith("ja") or not first else "en"


class Renderer:
    """Renders templates; made once."""

    def __init__(self) -> None:
        self._env = Environment(
            loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, cache_size=50,
        )  # fmt: skip
        digest = hashlib.blake2b(digest_size=6)
        for file in sorted(STATIC.glob("*.*")):
            digest.update(file.read_bytes())
        self._env.globals["version"] = digest.hexdigest()

    def html(self, name: str, language: Language, context: Mapping[str, Any]) -> str:
        """One page."""
        words = {
            "lang": language,
            "t": partial(say, language),
            "age": partial(age, language),
            "clock": _clock,
            "moment": _moment,
            "word": partial(_word, language),
            "limits": _limits,
        }
        return self._env.get_template(name).render(**words, **context)


def _local(us: int) -> datetime:
    return from_us(us).astimezone()


def _clock(us: int) -> str:
    return _local(us).strftime("%H:%M:%S")


def _moment(us: int, now_us: int) -> str:
    """The time of today, else with its day."""
    local = _local(us)
    return local.strftime("%H:%M") if local.date() == _local(now_us).date() else local.strftime("%m-%d %H:%M")


def today(now_us: int) -> str:
    """The day where the computer stands, YYYY-MM-DD."""
    return _local(now_us).date().isoformat()


def _word(language: Language, reasons: tuple[ReasonWord, ...], code: str | None) -> str:
    """A reason in the reader's language; the code itself where it is not on the list."""
    for one in reasons:
        if one.code == code:
            return one.ja if language == "ja" else one.en
    return code or ""


def _limits(check: Check) -> str:
    """The limits of a characteristic as people write them."""
    unit = f" {check.unit}" if check.unit and check.unit != "1" else ""
    match check.lower, check.upper:
        case None, None:
            return "" if check.nominal is None else f"{check.nominal:g}{unit}"
        case None, upper:
            return f"≤ {upper:g}{unit}"
        case lower, None:
            return f"≥ {lower:g}{unit}"
        case lower, upper:
            return f"{lower:g} – {upper:g}{unit}"
    return ""
