"""Who may use the terminal: a device that was told its code once keeps a cookie from then on.

The code is made by `tsunagu-agent terminal code`, shown once, and kept only as a scrypt hash, in a file of the data
folder that its owner alone may read. A cookie is signed with a key beside it, so nothing is written when a device
comes in; `--sign-out` makes a new key, which ends every cookie. A new code ends the old one, cookies go on.
Guesses are counted for an address (5, then one in 30 s) and for all together (30, then one in 6 s): 50 bits of code
hold for long.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from contract.enrolment import LETTERS, read_code
from edge_agent.computer import write_private

FILE_NAME: Final = "terminal.json"
COOKIE: Final = "tsunagu_terminal"
COOKIE_S: Final = 400 * 86_400
CODE_LETTERS: Final = 10
_GROUP: Final = 5
_ADDRESSES: Final = 1000
_MEMORY: Final = 2**26
Bytes = Callable[[int], bytes]
"""So many random bytes."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the file; all of it hexadecimal."""

    salt: str
    code_hash: str
    key: str


def make_code(folder: Path, random: Bytes, *, sign_out: bool) -> str:
    """A new code in place of the one before, in groups of five letters. OSError where it cannot be kept."""
    letters = "".join(LETTERS[byte & 31] for byte in random(CODE_LETTERS))
    salt, before = random(16), read(folder)
    key = before.key if before is not None and not sign_out else random(32).hex()
    kept = Kept(salt=salt.hex(), code_hash=_hashed(letters, salt), key=key)
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / FILE_NAME, msgspec.json.encode(kept).decode() + "\n")
    return "-".join(letters[place : place + _GROUP] for place in range(0, CODE_LETTERS, _GROUP))


def read(folder: Path) -> Kept | None:
    """What is kept; None where no code was made yet, or the file cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError):
        return None


def is_code(kept: Kept, typed: str) -> bool:
    """Whether this is the code; takes as long as it must (scrypt), so call it on a thread."""
    letters = read_code(typed[:200])
    return hmac.compare_digest(_hashed(letters, bytes.fromhex(kept.salt)), kept.code_hash)


def make_cookie(kept: Kept, now_us: int, random: Bytes) -> str:
    """A cookie for one device."""
    said = f"{now_us // 1_000_000}.{random(12).hex()}"
    return f"{said}.{_signature(kept, said)}"


def is_cookie(kept: Kept, cookie: str) -> bool:
    """Whether a cookie was made here, with the key of now."""
    said, _, signature = cookie[:300].rpartition(".")
    return hmac.compare_digest(_signature(kept, said).encode(), signature.encode())


def _signature(kept: Kept, said: str) -> str:
    return hmac.new(bytes.fromhex(kept.key), said.encode(), "sha256").hexdigest()


def _hashed(letters: str, salt: bytes) -> str:
    return hashlib.scrypt(letters.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=_MEMORY, dklen=32).hex()


class Guesses:
    """How many codes may still be tried; in memory, bounded. Seconds of a clock that only goes on."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Spends a guess: 0, or how long to wait where there is none left."""
        return max(self._take(address, 5, 30.0), self._take("", 30, 6.0))

    def forget(self, address: str) -> None:
        """The code was right."""
        self._buckets.pop(address, None)

    def _take(self, key: str, burst: int, refill_s: float) -> float:
        now = self._monotonic()
        left, at = self._buckets.get(key, (float(burst), now))
        left = min(float(burst), left + (now - at) / refill_s)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * refill_s
