"""Which files may be attached to a lot: told by their content, never by their name. Pure."""

import unicodedata
from typing import Final

MAX_BYTES: Final = 8 * 2**20
MAX_NAME: Final = 120
_BEGINS: Final = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
)


def media_of(content: bytes) -> tuple[str, str] | None:
    """(media type, ending) of a file by its first bytes; None where it is neither PDF, PNG nor JPEG.

    >>> media_of(b"%PDF-1.7"), media_of(b"GIF89a")
    (('application/pdf', '.pdf'), None)
    """
    for begin, media, ending in _BEGINS:
        if content.startswith(begin):
            return media, ending
    return None


def plain_name(name: str, ending: str) -> str:
    """A file's name without folders or control characters, and with the ending that its content has.

    >>> plain_name("../../mill sheet.exe", ".pdf"), plain_name("", ".png")
    ('mill sheet.pdf', 'certificate.png')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C" and letter not in '"<>:|?*')
    stem = kept.rpartition(".")[0] or kept
    return (stem.strip(" .")[:MAX_NAME] or "certificate") + ending
