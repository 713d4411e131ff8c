"""The TLS a server speaks (1.2 and 1.3), and its certificate kept current while it serves.

A certificate of the hub's own is renewed here before it ends; given files are read again when they have changed, so
that whoever renews them (certbot) need not restart the hub. New connections get the new certificate, open ones stay.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from hub.errors import HubError, Invalid
from hub.tls.files import TlsFiles, renew_if_due

LOOK_S: Final = 60.0
log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Served:
    """The certificate (with its chain) and key that a server shows; `own` where they are the hub's own."""

    certificate: Path
    key: Path
    own: TlsFiles | None = None


def own_tls(files: TlsFiles, now_us: int) -> Served:
    """The hub's own certificate, renewed where it is due."""
    renew_if_due(files, now_us)
    return Served(files.server, files.server_key, files)


def server_context(served: Served) -> ssl.SSLContext:
    """A context for new connections; Invalid where the files are no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load(context, served)
    return context


def _load(context: ssl.SSLContext, served: Served) -> None:
    try:
        context.load_cert_chain(served.certificate, served.key, password=_no_password)
    except ssl.SSLError as error:
        raise Invalid(
            f"{served.certificate} and {served.key} are no certificate and its key in PEM ({error.reason or error}); "
            "check --tls-cert and --tls-key",
            "tls-cert",
        ) from None
    except OSError as error:
        missing = served.key if served.certificate.is_file() else served.certificate
        raise Invalid(
            f"{missing} cannot be read ({error.strerror}); check --tls-cert and --tls-key", "tls-cert"
        ) from None


def _no_password() -> str:
    raise Invalid("the key is protected by a password; give one without, readable by the hub alone", "tls-key")


async def keep_current(context: ssl.SSLContext, served: Served, now_us: Callable[[], int]) -> None:
    """Until cancelled: renews and reads again. What fails is said and tried again; the old certificate stays."""
    seen = await asyncio.to_thread(_marks, served)
    while True:
        await asyncio.sleep(LOOK_S)
        seen = await asyncio.to_thread(refresh, context, served, seen, now_us())


def refresh(context: ssl.SSLContext, served: Served, seen: tuple[int, ...], now_us: int) -> tuple[int, ...]:
    """One look: `seen` is what the last one returned. A broken pair of files leaves the context as it was."""
    try:
        if served.own is not None:
            renew_if_due(served.own, now_us)
        marks = _marks(served)
        if marks != seen:
            server_context(served)  # a trial: loading a broken pair into the live context would break it
            _load(context, served)
            log.info("the server's certificate was read again", file=str(served.certificate))
    except HubError as error:
        log.warning("the server's certificate stays as it is", reason=error.message)
        return seen
    return marks


def _marks(served: Served) -> tuple[int, ...]:
    try:
        return tuple(path.stat().st_mtime_ns for path in (served.certificate, served.key))
    except OSError:
        return ()
