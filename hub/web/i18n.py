"""The words of the pages, in Japanese and English side by side, and the choice between them.

Every text is a pair ``(ja, en)`` under a dotted key, so a key cannot exist in one language only. A text may name
values in braces; an English text may be ``one|many`` where `n` is among its values. Pure: no request, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast, get_args

from hub.web.locale import (
    account,
    agents,
    board,
    calendars,
    common,
    machine,
    orders,
    programs,
    progress,
    quality,
    rejects,
    signals,
    stops,
    trace,
)

Lang: TypeAlias = Literal["ja", "en"]
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
Text: TypeAlias = tuple[str, str]


class UnknownTextError(KeyError):
    """A page asks for a text that no catalogue has: a fault of ours, never of the reader."""


@cache
def catalogue() -> Mapping[str, Text]:
    """Every text by its key; ValueError where two modules claim one key."""
    texts: dict[str, Text] = {}
    for module in (
        calendars,
        stops,
        common,
        account,
        board,
        machine,
        signals,
        agents,
        orders,
        trace,
        programs,
        progress,
        quality,
        rejects,
    ):
        doubled = texts.keys() & module.TEXTS.keys()
        if doubled:
            raise ValueError(f"{module.__name__} repeats {sorted(doubled)}")
        texts.update(module.TEXTS)
    return MappingProxyType(texts)


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language: ``words("board.title")``."""

    lang: Lang

    def __call__(self, key: str, /, **values: object) -> str:
        """The text under `key` with its values filled in; UnknownTextError where there is none."""
        try:
            text = catalogue()[key][LANGS.index(self.lang)]
        except KeyError:
            raise UnknownTextError(key) from None
        if "|" in text:
            one, many = text.split("|", 1)
            text = one if values.get("n") == 1 else many
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a text under `key`."""
        return key in catalogue()


def is_lang(text: str | None) -> bool:
    """Whether `text` names a language of ours."""
    return text in LANGS


def choose(cookie: str | None, accept_language: str | None) -> Lang:
    """The reader's language: what they chose, else what their browser asks for, else Japanese.

    >>> choose("en", None), choose(None, "en-GB,en;q=0.9,ja;q=0.8"), choose(None, "fr,ja;q=0.5"), choose("xx", None)
    ('en', 'en', 'ja', 'ja')
    """
    if is_lang(cookie):
        return cast("Lang", cookie)
    best: tuple[float, Lang] | None = None
    for part in (accept_language or "").split(","):
        tag, _, weight = part.partition(";q=")
        lang = tag.strip().lower()[:2]
        if not is_lang(lang):
            continue
        quality = _quality(weight)
        if best is None or quality > best[0]:
            best = (quality, cast("Lang", lang))
    return best[1] if best else "ja"


def _quality(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
