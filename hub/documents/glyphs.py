"""Which characters can be printed: those of the shipped font; any other becomes 〓, as printers have always done.

Where in the journey: just before `hub.documents.render` hands texts to the typesetter, which refuses a document for
keeping (PDF/A) as soon as one character has no picture. A name with a rare character must not cost the whole paper.
"""

import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

FONTS: Final = Path(__file__).parent / "fonts"
MISSING: Final = "〓"
_FULL_UNICODE: Final = 12


def printable(value: Any) -> Any:
    """The same JSON-like data with every text (and key) as it can be printed; new lines stay."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, dict):
        return {printable_text(str(key)): printable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [printable(each) for each in value]
    return value


def printable_text(text: str) -> str:
    """NFC; without control and invisible formatting characters; 〓 for what the font has no picture of."""
    known = characters()
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char, known) for char in unicodedata.normalize("NFC", text))


def _shown(char: str, known: frozenset[int]) -> str:
    if char == "\n":
        return char
    if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}:
        return " " if char == "\t" else ""
    return char if ord(char) in known else MISSING


@cache
def characters() -> frozenset[int]:
    """Code points that both weights of the shipped font have a picture for."""
    return frozenset.intersection(*(frozenset(_mapped(file.read_bytes())) for file in sorted(FONTS.glob("*.ttf"))))


def _mapped(font: bytes) -> set[int]:
    """Code points of a TrueType font's `cmap` table, subtable format 12 (OpenType specification, `cmap`)."""
    found: set[int] = set()
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    for number in range(count):
        (offset,) = struct.unpack_from(">I", font, start + 4 + 8 * number + 4)
        place = start + offset
        (form,) = struct.unpack_from(">H", font, place)
        if form == _FULL_UNICODE:
            (groups,) = struct.unpack_from(">I", font, place + 12)
            for first, last, _ in struct.iter_unpack(">III", font[place + 16 : place + 16 + 12 * groups]):
                found.update(range(first, last + 1))
    return found


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(count):
        name, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise ValueError(f"a font without a {tag.decode()} table")
