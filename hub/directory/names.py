"""Names as people type them: checked, and where wrong answered with one that would be right. Pure."""

import re
import unicodedata

from contract.keys import is_slug
from hub.errors import Invalid

MAX_NAME = 200
_EMAIL = re.compile(r"[^@\s\"<>(),;:\\]{1,64}@[^@\s.\"<>(),;:\\]+(\.[^@\s.\"<>(),;:\\]+)*")


def check_slug(text: str, field: str) -> str:
    """`text` where it may name a company, site, agent or machine; Invalid with a suggestion where not."""
    if is_slug(text):
        return text
    example = suggest_slug(text)
    advice = f"for example {example!r}" if example else "in Latin letters, for example 'aoba-seiki'"
    raise Invalid(f"{field} {text[:80]!r}: use a-z, 0-9 and '-', at most 63 characters, {advice}", field)


def suggest_slug(text: str) -> str | None:
    """The nearest slug, None where nothing of the text can stand in one.

    >>> suggest_slug("Aoba Seiki (Main)"), suggest_slug("Müller & Söhne"), suggest_slug("青葉")
    ('aoba-seiki-main', 'muller-sohne', None)
    """
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].rstrip("-") or None


def check_name(text: str, field: str) -> str:
    """A name for people: 1 to 200 printable characters, outer spaces dropped."""
    name = text.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(f"{field} must have 1 to {MAX_NAME} printable characters", field)
    return name


def check_email(text: str) -> str:
    """An e-mail address in lower case; Invalid where it is none.

    >>> check_email(" Mari@Aoba.example ")
    'mari@aoba.example'
    """
    email = text.strip().lower()
    if len(email) > 254 or not email.isprintable() or _EMAIL.fullmatch(email) is None:
        raise Invalid(f"{text[:80]!r} is no e-mail address; write it like name@company.example", "email")
    return email
