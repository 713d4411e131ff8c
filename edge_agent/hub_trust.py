"""Whom the agent takes for its hub, and what it says where somebody else answers. The wire's TLS, no requests of ours.

An agent that enrolled with a whole code trusts one certificate authority alone: the hub's own, whose fingerprint the
code carried. `[hub] ca_file` names another one; without either, the system's authorities decide.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_WRONG_NAME: Final = (62, 64)
_UNKNOWN_SIGNER: Final = (2, 7, 18, 19, 20, 21)
"""X509_V_ERR_… of OpenSSL: no issuer, wrong signature, self-signed, unknown issuer."""
_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python's `ssl` has no name for."""


class TrustError(Exception):
    """The authority's certificate cannot be used; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Who must have signed the hub's certificate: `ca_pem`, or the file, or (neither) one the system knows."""

    ca_pem: str | None = None
    ca_file: Path | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether it is one authority alone."""
        return self.ca_pem is not None or self.ca_file is not None


SYSTEM: Final = Trust()


def context_of(trust: Trust, *, ignore_time: bool = False) -> ssl.SSLContext | bool:
    """What httpx takes as `verify`. `ignore_time`: certificates outside of their time are taken. Raises TrustError."""
    if not trust.is_pinned:
        return True
    try:
        context = ssl.create_default_context(cafile=trust.ca_file, cadata=trust.ca_pem)
    except ssl.SSLError as error:
        raise TrustError(f"{_where(trust)} holds no certificate ({error.reason or error}); {_again(trust)}") from None
    except OSError as error:
        raise TrustError(f"{_where(trust)} cannot be read ({error.strerror}); {_again(trust)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ignore_time:
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def _where(trust: Trust) -> str:
    return f"[hub] ca_file {trust.ca_file}" if trust.ca_file else "the hub's authority beside the credential"


def _again(trust: Trust) -> str:
    return "correct the file" if trust.ca_file else "enrol again with a new code"


def tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS error at the bottom of another one, if that is what it was."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def is_not_yet_valid(error: ssl.SSLError) -> bool:
    """Whether the hub's certificate begins in the future: this computer's clock is behind."""
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == _NOT_YET_VALID


def why_refused(error: ssl.SSLError, url: str, trust: Trust) -> str:
    """In plain words why whoever answers at `url` is not taken for the hub; nothing was sent to them."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"{url} does not speak TLS as expected ({error.reason or error}); is it https://, and a Tsunagu hub?"
    host = urlsplit(url).hostname
    match error.verify_code:
        case number if number in _WRONG_NAME:
            return (
                f"the certificate at {url} is not for {host}; use a name it is for, or on the hub: "
                f"tsunagu-hub tls renew --name {host} --data DIR"
            )
        case number if number == _EXPIRED:
            return f"the certificate at {url} has ended; restart the hub, which renews it, or set this computer's clock"
        case number if number == _NOT_YET_VALID:
            return f"the certificate at {url} begins in the future; set this computer's clock"
        case number if number in _UNKNOWN_SIGNER and trust.ca_pem is not None:
            return (
                f"whoever answers at {url} is not the hub this agent was enrolled at: another authority signed the "
                "certificate. Nothing was sent. Check [hub] url; if the hub got a new authority, enrol with a new code"
            )
        case _:
            return (
                f"the certificate at {url} is not trusted here ({error.verify_message}). Nothing was sent. "
                f"{_how_to_trust(trust)}"
            )


def _how_to_trust(trust: Trust) -> str:
    if trust.ca_file is not None:
        return f"{trust.ca_file} is not the authority that signed it; correct [hub] ca_file"
    return (
        "Enrol with a whole code of 40 letters (tsunagu-hub agent code AGENT), or name the authority in [hub] ca_file"
    )


def is_in_the_clear(url: str) -> bool:
    """Whether what is sent there can be read on the way: plain HTTP to another computer.

    >>> [is_in_the_clear(url) for url in ("http://127.0.0.1:8000", "http://hub.example", "https://hub.example")]
    [False, True, False]
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True
