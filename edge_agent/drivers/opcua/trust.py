"""What this agent shows to OPC UA servers, and what it knows of them: looked at and changed by people.

For `tsunagu-agent trust`. Asking a server reads its endpoints and nothing else; no session is opened.
Times: RFC 3339, UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from edge_agent.drivers.opcua import certificate, pins, security
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured


@dataclass(frozen=True, slots=True)
class Seen:
    """A certificate in the words that people compare. `since`: known from then on; None where it is not (yet)."""

    subject: str
    thumbprint: str
    sha256: str
    begins: str
    ends: str
    dated: str | None
    """What is wrong with its dates today; None where nothing is."""
    since: str | None = None


@dataclass(frozen=True, slots=True)
class OwnSeen:
    """The agent's own. `file` is what a server is given; `thumbprint` (SHA-1) how servers list it."""

    name: str
    uri: str
    thumbprint: str
    sha256: str
    ends: str
    file: str
    warning: str | None


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """One server: what is pinned, what it shows now; and why the one or the other is not there."""

    endpoint: str
    security: str
    known: Seen | None
    shows: Seen | None
    damaged: str | None
    why: str | None

    @property
    def changed(self) -> bool:
        """Whether it shows another certificate than the one known."""
        return self.known is not None and self.shows is not None and self.known.sha256 != self.shows.sha256


def own(data_dir: Path, agent: str) -> OwnSeen:
    """The agent's certificate, made where there is none: a server may have to get it first. Raises Misconfigured."""
    return _own_seen(certificate.own(data_dir, agent, datetime.now(UTC)))


def renew(data_dir: Path, agent: str) -> OwnSeen:
    """A new key and certificate in place of the old; every server must trust it anew. Raises Misconfigured."""
    return _own_seen(certificate.make(data_dir, agent, datetime.now(UTC)))


async def look(settings: ConnectionSettings, data_dir: Path) -> ServerSeen:
    """What is known of a server, and what it shows now."""
    known, shows, damaged, why = None, None, None, None
    try:
        pin = pins.read(data_dir, settings.endpoint)
        known = None if pin is None else _seen(pins.parse(pin.certificate, pin.endpoint), pin.since)
    except Misconfigured as error:
        damaged = str(error)
    try:
        shows = _seen(await _shown(settings))
    except (ConnectionLost, Misconfigured) as error:
        why = str(error)
    named = settings.security if settings.security == "None" else f"{settings.security}, {settings.asked_mode}"
    return ServerSeen(settings.endpoint, named, known, shows, damaged, why)


async def accept(settings: ConnectionSettings, data_dir: Path, sha256: str) -> Seen:
    """Pins what the server shows now, if it is still the one that was looked at. ConnectionLost, Misconfigured."""
    shown = await _shown(settings)
    if certificate.fingerprint_of(shown) != sha256:
        raise Misconfigured(f"the server at {settings.endpoint} shows another certificate by now; look again")
    return _seen(shown, security.keep(shown, data_dir, settings.endpoint).since)


def forget(settings: ConnectionSettings, data_dir: Path) -> bool:
    """Whether something was known; the next certificate seen will be pinned. OSError."""
    return pins.forget(data_dir, settings.endpoint)


async def _shown(settings: ConnectionSettings) -> x509.Certificate:
    offer = await security.discover(settings)
    return security.shown(security.choose(offer, settings), settings.endpoint)


def _own_seen(found: certificate.Own) -> OwnSeen:
    return OwnSeen(
        name=found.name,
        uri=found.uri,
        thumbprint=found.thumbprint,
        sha256=found.fingerprint,
        ends=_day(found.ends),
        file=str(found.file),
        warning=found.warning(datetime.now(UTC)),
    )


def _seen(found: x509.Certificate, since: str | None = None) -> Seen:
    return Seen(
        subject=found.subject.rfc4514_string(),
        thumbprint=certificate.thumbprint_of(found),
        sha256=certificate.fingerprint_of(found),
        begins=_day(found.not_valid_before_utc),
        ends=_day(found.not_valid_after_utc),
        dated=_dated(found, datetime.now(UTC)),
        since=since,
    )


def _dated(found: x509.Certificate, now: datetime) -> str | None:
    if now > found.not_valid_after_utc:
        return "has expired"
    if now < found.not_valid_before_utc:
        return "is not valid yet"
    return "expires soon" if now > found.not_valid_after_utc - certificate.WARN_BEFORE else None


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
