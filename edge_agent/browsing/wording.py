"""How alike a machine's name and one of our phrases are, and its words and ours. Pure; scores 0..1."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from contract.signals import WORDS
from edge_agent.browsing.vocabulary import GENERIC, NOISE, SYNONYMS, UCUM

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
MIN_FUZZY: Final = 0.86
MIN_FUZZY_LENGTH: Final = 6

Words: TypeAlias = tuple[str, ...]


@lru_cache(maxsize=65_536)
def tokens(name: str) -> Words:
    """A name taken apart, without case; a number behind a letter stays apart.

    >>> tokens("Mazak.PartCount_2"), tokens("EStop"), tokens("主軸負荷")
    (('mazak', 'part', 'count', '2'), ('e', 'stop'), ('主軸負荷',))
    """
    return tuple(part.casefold() for part in _PARTS.findall(unicodedata.normalize("NFKC", name)))


class Lexicon:
    """Phrases of several meanings, made ready for many names: English ones by their words, Japanese as they stand."""

    def __init__(self, meanings: Mapping[str, Sequence[str]]) -> None:
        self._by_word: dict[str, list[tuple[str, Words]]] = {}
        self._joined: dict[str, list[str]] = {}
        self._japanese: list[tuple[str, str]] = []
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                if not phrase.isascii():
                    self._japanese.append((meaning, phrase))
                    continue
                wanted = tuple(phrase.split())
                self._by_word.setdefault(wanted[0], []).append((meaning, wanted))
                self._joined.setdefault("".join(wanted), []).append(meaning)

    @lru_cache(maxsize=32_768)  # noqa: B019  (a lexicon lives as long as the process)
    def scores(self, name: str, above: str = "") -> Mapping[str, float]:
        """How well a name fits each meaning that it fits at all; `above` is read where the name itself says little.

        >>> Lexicon({"part_count": ("part count",)}).scores("ActualPartCount")
        {'part_count': 0.97}
        >>> Lexicon({"program": ("program", "program name"), "mode": ("mode",)}).scores("Name", "ActiveProgram")
        {'program': 0.92}
        """
        found = _plain(tokens(name))
        scores = self._english(found)
        if above and found and set(found) <= GENERIC:
            for meaning, score in self._english(_plain(tokens(above)) + found).items():
                scores[meaning] = max(scores.get(meaning, 0.0), round(0.95 * score, 2))
        if not name.isascii():
            plain = unicodedata.normalize("NFKC", name).casefold()
            for meaning, phrase in self._japanese:
                if phrase in plain:
                    score = 1.0 if plain == phrase else 0.6 + 0.35 * len(phrase) / len(plain)
                    scores[meaning] = max(scores.get(meaning, 0.0), score)
        if 1.0 in scores.values():  # what is called exactly so is hardly anything else
            return {meaning: score if score == 1.0 else score * 0.6 for meaning, score in scores.items()}
        return scores

    def _english(self, found: Words) -> dict[str, float]:
        scores: dict[str, float] = {}
        joined = "".join(found)
        for meaning in self._joined.get(joined, ()):
            scores[meaning] = 1.0
        for word in set(found):
            for meaning, wanted in self._by_word.get(word, ()):
                scores[meaning] = max(scores.get(meaning, 0.0), _fit(wanted, found))
        scores = {meaning: score for meaning, score in scores.items() if score}
        return scores or dict.fromkeys(self._mistyped(joined), 0.7)

    def _mistyped(self, joined: str) -> list[str]:
        """Meanings of the phrases that a long name misses by a letter or two."""
        if len(joined) < MIN_FUZZY_LENGTH or not joined.isascii():
            return []
        near = [target for target in self._joined if abs(len(target) - len(joined)) <= 1 and target[:2] == joined[:2]]
        close = difflib.get_close_matches(joined, near, n=1, cutoff=MIN_FUZZY)
        return self._joined[close[0]] if close else []


def _plain(parts: Words) -> Words:
    return tuple(part for part in parts if not part.isdigit()) or parts


def _fit(wanted: Words, found: Words) -> float:
    """How well a name's words fit a phrase: all of it, with words of no meaning around, at its end, inside it."""
    if found == wanted:
        return 1.0
    if tuple(part for part in found if part not in NOISE or part in wanted) == wanted:
        return 0.97
    size = len(wanted)
    for start in range(len(found) - size + 1):
        if found[start : start + size] == wanted:
            base = 0.9 if start + size == len(found) else 0.7
            return max(round(base - 0.06 * (len(found) - size), 2), 0.3)
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
