"""What went wrong with a broker, and what to do about it, in plain words. Pure."""

import socket
import ssl
from typing import Final

from edge_agent.drivers.mqtt import quirks
from edge_agent.drivers.mqtt.settings import ConnectionSettings, split_url
from edge_agent.drivers.port import ConnectionLost, Misconfigured

_NOT_VALID_YET: Final = 9
_EXPIRED: Final = 10
_NAMES: Final = (62, 64)  # the certificate is for another name, another IP address
_STRANGE: Final = (18, 19, 20, 21)  # nobody known has signed it
_CERTIFICATES: Final = {
    23: "the broker's certificate was revoked; the broker needs a new one",
    24: "the certificate in ca_file is not one of an authority; give the one that signed the broker's certificate",
    66: "the broker's certificate has too small a key; it needs one of 2,048 bits (RSA) or more",
    67: "the authority of the broker's certificate has too small a key; both need new ones",
    68: "the broker's certificate is signed with SHA-1 or MD5; it needs a new one",
}
"""What OpenSSL's verification says (X509_verify_cert_error_string), and what to do."""
_NO_TLS: Final = "the connection was closed while TLS was set up; is it the broker's TLS port?"
_HANDSHAKES: Final = {
    "CERTIFICATE_REQUIRED": "the broker wants a certificate from us; set client_certificate and client_key",
    "UNKNOWN_CA": "the broker does not know the authority that signed our client_certificate; add it at the broker, "
    "or use a certificate that the broker's authority signed",
    "CERTIFICATE_EXPIRED": "the broker finds our client_certificate expired; make a new one",
    "CERTIFICATE_REVOKED": "our client_certificate was revoked; make a new one",
    "BAD_CERTIFICATE": "the broker refuses our client_certificate; its log says why",
    "CERTIFICATE_UNKNOWN": "the broker refuses our client_certificate; its log says why",
    "DECRYPT_ERROR": "the broker refuses our client_certificate: another authority of the same name signed it",
    "WRONG_VERSION_NUMBER": "no TLS is spoken there; write mqtt:// or the broker's TLS port (often 8883)",
    "UNSUPPORTED_PROTOCOL": "the broker speaks only TLS older than 1.2; it must be brought up to date",
    "PROTOCOL_VERSION": "broker and agent have no TLS version in common; at least 1.2 is needed at the broker",
    "HANDSHAKE_FAILURE": "broker and agent could not agree on TLS; does the broker want a client_certificate?",
}
"""What ends a handshake: part of OpenSSL's reason, and what to do."""


def tls_failed(error: ssl.SSLError, settings: ConnectionSettings) -> ConnectionLost | Misconfigured:
    """TLS could not be set up, or the broker ended it because of our certificate."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(f"{settings.url}: {_certificate(error, settings)}")
    reason = error.reason or ""
    for part, text in _HANDSHAKES.items():
        if part in reason:
            return Misconfigured(f"{settings.url}: {text}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionLost(f"{settings.url}: {_NO_TLS}")
    return ConnectionLost(f"{settings.url}: TLS failed ({reason or error}); the broker's log may say more")


def _certificate(error: ssl.SSLCertVerificationError, settings: ConnectionSettings) -> str:
    code = error.verify_code
    if code in _NAMES:
        name = settings.server_name or split_url(settings.url).host
        return (
            f"the broker's certificate is not for {name}; write in url (or as server_name) a name that stands in the "
            "certificate as alternative name"
        )
    if code in _STRANGE and settings.ca_file is None:
        return "the authority that signed the broker's certificate is not known here; give its certificate as ca_file"
    if code in _STRANGE:
        return "the authority that signed the broker's certificate is not the one in ca_file; give the right one"
    if code == _EXPIRED:
        return (
            "the broker's certificate, or its authority's, has expired; renew it (or is this computer's clock wrong?)"
        )
    if code == _NOT_VALID_YET:
        return "the broker's certificate is not valid yet; is this computer's clock right?"
    return _CERTIFICATES.get(code, f"the broker's certificate cannot be trusted ({error.verify_message})")


def unreachable(error: OSError, url: str) -> ConnectionLost:
    """A failed connect."""
    match error:
        case ConnectionRefusedError():
            text = "nothing listens there; is the broker running, the port right?"
        case socket.gaierror():
            text = "this host name is not known here; check it or write the IP address"
        case TimeoutError():
            text = "no answer in time; check cable, address and firewall"
        case ConnectionError() if url.startswith("mqtts:"):
            text = _NO_TLS
        case ConnectionError():
            text = "the connection was closed"
        case _:
            text = f"{error.strerror or error}; check network and address"
    return ConnectionLost(f"{url}: {text}")


def refused(code: int, name: str, url: str) -> ConnectionLost | Misconfigured:
    """The broker said no, when connecting or later."""
    if code == quirks.TAKEN_OVER:
        return Misconfigured(f"{url}: {quirks.NO_RETRY_HINT}")
    if code in quirks.REFUSED_FOR_GOOD:
        return Misconfigured(f"the broker at {url} {quirks.REFUSED_FOR_GOOD[code]} ({name})")
    return ConnectionLost(f"the broker at {url} ended the connection ({name})")


def mute(url: str) -> ConnectionLost:
    """The broker answers no more; the way may be good again, so it is worth trying at once."""
    return ConnectionLost(f"{url}: the broker shows no sign of life; is it running, and the network up?", at_once=True)


def dropped(url: str, name: str, *, heard: bool) -> ConnectionLost:
    """The link ended without a word from the broker; `heard`: it had accepted us before."""
    if heard:
        return ConnectionLost(
            f"{url}: the connection to the broker was lost ({name}); is it running, the network up, "
            "and no other client using this client's name?"
        )
    if url.startswith("mqtts:"):
        return ConnectionLost(
            f"{url}: closed before the broker accepted us ({name}); its log says why: "
            "does it ask for a client_certificate?"
        )
    return ConnectionLost(
        f"{url}: closed before the broker accepted us ({name}); is it an MQTT broker, without TLS as "
        'written (mqtt://, not mqtts://)? An old one may need protocol = "3.1.1"'
    )


def refused_topic(topic: str, code: int) -> str:
    """Why a subscription was refused."""
    if code in (quirks.NOT_AUTHORISED, quirks.REFUSED_311):
        return f"{topic}: the broker does not allow reading this topic; give this user the right there"
    return f"{topic}: the broker refuses this topic (code 0x{code:02X})"


def nothing_said(topic: str, waited_s: float) -> str:
    """No message came while checking."""
    return f"{topic}: no message within {waited_s:g} s; is the machine on, the topic right?"


def about_others(topic: str, waited_s: float) -> str:
    """Messages came, but none of them was about this address."""
    return f"{topic}: messages came within {waited_s:g} s, but none about this one; are where, each and path right?"


def no_value(code: str | None) -> str:
    """The message itself says that nothing is known; `code` of the bad reading."""
    if code == "NotGood":
        return "the message says that its value is not good (good); look at the machine's sensor or connection"
    return "the message says that there is no value now (null or empty)"


def silent(topic: str, limit_s: float) -> ConnectionLost:
    """The broker is there, the machine is not."""
    return ConnectionLost(f"{topic}: no heartbeat for {limit_s:g} s; the broker answers, is the machine on?")


def gone(topic: str) -> ConnectionLost:
    """The machine's last will arrived."""
    return ConnectionLost(f"{topic}: the machine has gone (its last will came)")
