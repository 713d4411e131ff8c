"""What our session at a broker is subscribed to, remembered on disk across configurations.

The session outlives us, and MQTT has no way to ask it: after a topic was rewritten (`shop/p1/a` → `shop/p1/+`) the
broker would go by both and send each message twice. Small, and not worth a fsync: where it is lost, topics nobody
reads any more are given up as their messages come (`driver.py`).
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger(__name__)


class Subscribed(msgspec.Struct, frozen=True):
    """The filters of one session: of a client's name at a broker."""

    url: str
    client: str
    filters: tuple[str, ...] = ()


def read(path: Path, url: str, client: str) -> tuple[str, ...]:
    """The filters this session had; none where nothing is known of it."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Subscribed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return found.filters if (found.url, found.client) == (url, client) else ()


def write(path: Path, url: str, client: str, filters: Iterable[str]) -> None:
    """Replaces what is remembered. A folder that cannot be written to is logged: reading goes on."""
    told = Subscribed(url, client, tuple(filters))
    draft = path.with_suffix(".new")
    try:
        draft.write_bytes(msgspec.json.encode(told))
        draft.replace(path)
    except OSError as error:
        log.warning("subscriptions cannot be remembered", path=str(path), reason=str(error))
