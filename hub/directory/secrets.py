"""Secrets: made here, shown once, kept only as hashes.

What the hub makes itself (credentials, tokens, sessions, codes) has 100 random bits or more, so SHA-256 is enough
and a look-up by hash takes microseconds. A person's password is hashed with argon2id (about 0.1 s and 64 MB):
never on the event loop. The callers pass no randomness in: `secrets` is the system's and must not be predictable.
"""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contract.enrolment import LETTERS, SECRET_LETTERS, whole_code
from hub.errors import Invalid

MIN_PASSWORD = 10
MAX_PASSWORD = 256


def new_secret(prefix: str) -> str:
    """``prefix_`` and 256 random bits; the prefix lets people and scanners tell what has leaked."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def new_code() -> str:
    """A one-time code that can be read out over a telephone: 4 × 5 letters, 100 random bits."""
    return whole_code(_letters(SECRET_LETTERS), None)


def new_password() -> str:
    """A first password: 4 × 4 letters, 80 random bits."""
    return "-".join(_letters(4) for _ in range(4)).lower()


def new_id() -> str:
    """A short public name for something that has a secret beside it."""
    return _letters(8).lower()


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def digest(secret: str) -> str:
    """What is kept of a secret of the hub's own making: SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def check_password(password: str) -> str:
    """A password a person chose; Invalid where it is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters", "password")
    return password


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """argon2id; about 0.1 s."""
    return _hasher().hash(password)


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long where there is no such user (`hashed` None)."""
    try:
        _hasher().verify(hashed or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None
