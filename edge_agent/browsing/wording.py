"""How alike a machine's name and one of our phrases are, and its words and ours. Pure; scores 0..1."""

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import Final

from contract.signals import WORDS
from edge_agent.browsing.vocabulary import GENERIC, NOISE, SYNONYMS, UCUM

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
MIN_FUZZY: Final = 0.86


@lru_cache(maxsize=65_536)
def tokens(name: str) -> tuple[str, ...]:
    """A name taken apart, without case; a number behind a letter stays apart.

    >>> tokens("Mazak.PartCount_2"), tokens("EStop"), tokens("主軸負荷")
    (('mazak', 'part', 'count', '2'), ('e', 'stop'), ('主軸負荷',))
    """
    return tuple(part.casefold() for part in _PARTS.findall(unicodedata.normalize("NFKC", name)))


def likeness(phrase: str, name: str, above: str = "") -> float:
    """How well a name fits a phrase; `above` is the name of the node above, read where the name says little.

    >>> likeness("part count", "PartCount"), likeness("part count", "ActualPartCount")
    (1.0, 0.97)
    >>> likeness("program name", "Name", "ActiveProgram") > 0.8, likeness("mode", "Model")
    (True, 0.0)
    """
    if not phrase.isascii():
        return _japanese(phrase, unicodedata.normalize("NFKC", name).casefold())
    wanted, found = tuple(phrase.split()), _plain(tokens(name))
    alone = _english(wanted, found)
    if alone < 0.9 and above and found and set(found) <= GENERIC:
        return max(alone, 0.95 * _english(wanted, _plain(tokens(above)) + found))
    return alone


def _plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in parts if not part.isdigit()) or parts


def _japanese(phrase: str, name: str) -> float:
    if phrase not in name:
        return 0.0
    return 1.0 if name == phrase else 0.6 + 0.35 * len(phrase) / len(name)


def _english(wanted: tuple[str, ...], found: tuple[str, ...]) -> float:
    if not found:
        return 0.0
    if found == wanted or "".join(found) == "".join(wanted):
        return 1.0
    if tuple(part for part in found if part not in NOISE or part in wanted) == wanted:
        return 0.97
    size = len(wanted)
    for start in range(len(found) - size + 1):
        if found[start : start + size] == wanted:
            at_end = start + size == len(found)
            others = len(found) - size
            return max((0.9 if at_end else 0.7) - 0.06 * others, 0.3)
    joined, target = "".join(found), "".join(wanted)
    if len(target) >= 6 and difflib.SequenceMatcher(None, joined, target).ratio() >= MIN_FUZZY:
        return 0.7
    return 0.0


@lru_cache(maxsize=4096)
def translated(signal: str, word: str) -> str | None:
    """The dictionary's word for a machine's word; None where nobody has told us.

    >>> translated("execution", "加工中"), translated("mode", "MDI"), translated("execution", "Active")
    ('ACTIVE', 'MANUAL_DATA_INPUT', 'ACTIVE')
    """
    known = WORDS.get(signal, ())
    if word in known or word.upper() in known:
        return word if word in known else word.upper()
    spoken = " ".join(tokens(word))
    lists = SYNONYMS.get("tower" if signal.startswith("tower_") else signal, {})
    return next((ours for ours, theirs in lists.items() if spoken in theirs), None)


def ucum(unit: str) -> str:
    """A unit as UCUM writes it, where we know how.

    >>> ucum("°C"), ucum("rpm"), ucum("mm/min")
    ('Cel', '1/min', 'mm/min')
    """
    plain = " ".join(unit.split())
    return UCUM.get(plain.casefold(), plain)


def snake(name: str) -> str:
    """A name as a signal may be called; empty where nothing of it can be.

    >>> snake("SpindleLoad-X"), snake("2ndTool"), snake("温度")
    ('spindle_load_x', 'nd_tool', '')
    """
    text = "_".join(part for part in tokens(name) if part.isascii())
    return text.lstrip("0123456789_")[:63].rstrip("_")


def slug(name: str) -> str:
    """A name as a machine may be called; empty where nothing of it can be.

    >>> slug("Laser 1"), slug("旋盤")
    ('laser-1', '')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:63].strip("-")
