"""The hub's list of work as the terminal has it: asked for every ten seconds, kept on disk, its age told.

The hub answers "as before" where nothing changed, so asking is cheap. What cannot be read is not taken: the copy before
it stays. Times are microseconds since 1970, UTC; waits in seconds.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from contract.worklist import Worklist, decode_worklist
from edge_agent.backoff import Backoff
from edge_agent.computer import write_atomically
from edge_agent.hub_client import Busy, Denied, HubClient, HubError

FILE_NAME: Final = "worklist.json"
POLL_S: Final = 10.0
DENIED_S: Final = 60.0
KEEP_S: Final = 600.0
"""That an unchanged copy is still good is written so seldom, to spare an SD card."""

log = structlog.get_logger(__name__)


class _Kept(msgspec.Struct):
    etag: str
    checked_us: int
    body: msgspec.Raw


class WorklistCopy:
    """The last list, read from `folder` when made; `checked_us` is when the hub last said that it is current."""

    def __init__(self, folder: Path, site: str) -> None:
        self._path = folder / FILE_NAME
        self._site = site
        self._body = b""
        self._written_us = 0
        self.worklist: Worklist | None = None
        self.etag: str | None = None
        self.checked_us: int | None = None
        self._read()

    def _read(self) -> None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
            worklist = decode_worklist(bytes(kept.body))
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            log.warning("the copy of the list of work cannot be read; it is asked for anew", reason=str(error))
            return
        if worklist.site == self._site:
            self.worklist, self.etag, self.checked_us = worklist, kept.etag, kept.checked_us
            self._body, self._written_us = bytes(kept.body), kept.checked_us

    def take(self, etag: str, body: bytes, now_us: int) -> None:
        """A new list from the hub. Denied where it cannot be used: of a newer version, or another site's."""
        try:
            worklist = decode_worklist(body)
        except msgspec.DecodeError as error:
            raise Denied(
                f"the hub's list of work cannot be read ({error}); is this agent older than the hub?"
            ) from None
        if worklist.site != self._site:
            raise Denied(f"the hub gave the list of site {worklist.site!r}; this agent is of {self._site!r}")
        self.worklist, self.etag, self._body = worklist, etag, body
        self.checked_us = now_us
        self._write(now_us)

    def confirm(self, now_us: int) -> None:
        """The hub says that the copy is current."""
        self.checked_us = now_us
        if now_us - self._written_us > KEEP_S * 1e6:
            self._write(now_us)

    def _write(self, now_us: int) -> None:
        self._written_us = now_us
        try:
            kept = _Kept(self.etag or "", now_us, msgspec.Raw(self._body))
            write_atomically(self._path, msgspec.json.encode(kept))
        except OSError as error:
            log.warning("the copy of the list of work cannot be kept", reason=error.strerror)


async def keep_current(
    copy: WorklistCopy, client: HubClient, now_us: Callable[[], int], random: Callable[[], float]
) -> None:
    """Asks until cancelled; the hub away, it asks less often and the copy stays."""
    backoff = Backoff(random)
    while True:
        try:
            found = await client.worklist(copy.etag)
            if found is None:
                copy.confirm(now_us())
            else:
                copy.take(*found, now_us())
        except Denied as error:
            log.warning("no list of work", reason=str(error))
            await asyncio.sleep(DENIED_S)
        except Busy as error:
            await asyncio.sleep(error.after_s)
        except HubError:
            await asyncio.sleep(backoff.next_s())
        else:
            backoff.reset()
            await asyncio.sleep(POLL_S)
