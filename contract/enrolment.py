"""The enrolment code: what the hub shows once and a person types at the agent, and the header that asks to rotate.

A plain code is a secret of 20 letters (100 random bits). The code of a hub with a certificate authority of its own
goes on with 19 letters of that authority's fingerprint (95 bits of SHA-256 over its DER) and one check letter over
all that stands before it: the agent knows its hub *before* it says the secret, and a typing mistake is found before
anything is sent. Letters are Crockford's base 32, in groups of five; case, spaces and hyphens do not matter.

The check letter is the remainder of a polynomial over GF(32): it finds every single wrong letter and every swap of
two neighbours.
"""

import hashlib
from typing import Final

import msgspec

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
SECRET_LETTERS: Final = 20
WHOLE_LETTERS: Final = 40
ROTATE_HEADER: Final = "Tsunagu-Credential"
"""On the answer to a batch, with the value ``rotate``: the agent shall replace its credential (POST /credential)."""
ROTATE: Final = "rotate"
_GROUP: Final = 5
_MISREAD: Final = str.maketrans("ILO", "110", "- \t\u3000")


class CodeError(ValueError):
    """This cannot be a code; the text says why, and repeats no letter of it."""


class EnrolmentCode(msgspec.Struct, frozen=True):
    """`secret` is for the hub; `fingerprint` says which authority must have signed the hub's certificate, if any."""

    secret: str
    fingerprint: str | None = None


def read_code(typed: str) -> str:
    """A code's letters as they were made, from what a person typed.

    >>> read_code(" ab1de-oi0l2 ")
    'AB1DE01012'
    """
    return typed.strip().upper().translate(_MISREAD)


def fingerprint_of(authority_der: bytes) -> str:
    """The first 95 bits of a certificate's SHA-256, as letters.

    >>> fingerprint_of(b"")
    'WERC8GMRZGE196QVYK4'
    """
    number = int.from_bytes(hashlib.sha256(authority_der).digest(), "big")
    return "".join(LETTERS[number >> (256 - 5 * place) & 31] for place in range(1, WHOLE_LETTERS - SECRET_LETTERS))


def whole_code(secret: str, authority_der: bytes | None) -> str:
    """The code to show, in groups of five: the secret alone, or with the authority's fingerprint and check letter."""
    letters = read_code(secret)
    if authority_der is not None:
        letters += fingerprint_of(authority_der)
        letters += _check_letter(letters)
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def split_code(typed: str) -> EnrolmentCode:
    """What a typed code says. Raises CodeError where it is neither plain nor whole, or has a typing mistake."""
    letters = read_code(typed)
    if len(letters) <= SECRET_LETTERS:
        return EnrolmentCode(letters)
    if len(letters) != WHOLE_LETTERS:
        raise CodeError(f"the code has {len(letters)} letters; a whole one has {SECRET_LETTERS} or {WHOLE_LETTERS}")
    if not set(letters) <= set(LETTERS) or _check_letter(letters[:-1]) != letters[-1]:
        raise CodeError("the code has a typing mistake: its letters do not fit its check letter; compare it again")
    return EnrolmentCode(letters[:SECRET_LETTERS], letters[SECRET_LETTERS:-1])


def _check_letter(letters: str) -> str:
    """Horner's rule over GF(32) at x, a root of x⁵ + x² + 1."""
    value = 0
    for letter in letters:
        value = (value << 1 ^ (0x25 if value & 16 else 0)) ^ LETTERS.index(letter)
    return LETTERS[value << 1 ^ (0x25 if value & 16 else 0)]
