"""Who the agent signs in as: anonymous, user and password, or user certificate (OPC 10000-4 §7.36, §7.40).

A server names its ways of signing in (user token policies); the strongest that fits the settings is taken. A password
is encrypted with the server's certificate even on a channel without encryption, where the server can do that; it never
travels readable unless `clear_password` says so.
"""

import dataclasses
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncua import ua
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from edge_agent.drivers.opcua import refusals
from edge_agent.drivers.opcua.certificate import thumbprint_of
from edge_agent.drivers.opcua.client import OwnClient
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import Misconfigured
from edge_agent.drivers.sign_in import password

_PREFIX: Final = "http://opcfoundation.org/UA/SecurityPolicy#"
_STRENGTH: Final = (
    "None", "Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss",
)  # fmt: skip
"""Weakest first. The two old ones encrypt tokens only: worse than the others, better than a readable password."""
MAX_PASSWORD_BYTES: Final = 128
"""What surely fits into one RSA block together with the server's nonce."""


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who signs in. The password is not shown when this is printed."""

    kind: ua.UserTokenType
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    certificate: x509.Certificate | None = None
    key: rsa.RSAPrivateKey | None = dataclasses.field(default=None, repr=False)
    described: str | None = None
    """The certificate's file and thumbprint, for messages."""

    @property
    def needs_server(self) -> bool:
        """Whether a secret is involved that only the right server should get."""
        return self.kind != ua.UserTokenType.Anonymous


def load(settings: ConnectionSettings) -> Identity:
    """Reads password or key from where the settings say. Raises Misconfigured."""
    if settings.user_certificate is not None and settings.user_key is not None:
        certificate, key = _certificate(settings.user_certificate), _key(settings.user_key)
        if key.public_key() != certificate.public_key():
            raise Misconfigured(f"{settings.user_key} (user_key) is not the key of {settings.user_certificate}")
        if datetime.now(UTC) > certificate.not_valid_after_utc:
            ended = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
            raise Misconfigured(f"{settings.user_certificate} (user_certificate) expired on {ended}; make a new one")
        described = f"{settings.user_certificate}, thumbprint {thumbprint_of(certificate)}"
        return Identity(ua.UserTokenType.Certificate, certificate=certificate, key=key, described=described)
    if settings.username is None:
        return Identity(ua.UserTokenType.Anonymous)
    word = password(settings, os.environ)
    if word is not None and len(word.encode()) > MAX_PASSWORD_BYTES:
        raise Misconfigured(f"the password of {settings.username!r} is longer than {MAX_PASSWORD_BYTES} bytes")
    return Identity(ua.UserTokenType.UserName, username=settings.username, password=word)


def choose(
    offered: Sequence[ua.UserTokenPolicy], identity: Identity, settings: ConnectionSettings, channel_uri: str
) -> ua.UserTokenPolicy:
    """The server's strongest policy for this kind of user. Raises Misconfigured, naming what there is.

    A policy without a URI means the channel's.
    """
    named = [
        dataclasses.replace(policy, SecurityPolicyUri=policy.SecurityPolicyUri or channel_uri)
        for policy in offered
        if policy.TokenType == identity.kind
    ]
    known = [policy for policy in named if _strength(policy) is not None]
    if not known:
        kinds = [policy.TokenType for policy in offered]
        raise Misconfigured(refusals.no_such_sign_in(settings.endpoint, identity.kind, kinds))
    if identity.kind == ua.UserTokenType.Anonymous:
        return known[0]
    best = max(known, key=lambda policy: _strength(policy) or 0)
    if not _strength(best):
        if identity.kind == ua.UserTokenType.Certificate:
            raise Misconfigured(refusals.unsigned_certificate(settings.endpoint))
        if settings.asked_mode != "SignAndEncrypt" and identity.password and not settings.clear_password:
            raise Misconfigured(refusals.readable_password(settings.endpoint))
    return best


async def sign_in(client: OwnClient, identity: Identity) -> None:
    """ActivateSession. Raises as the library does."""
    # only now: in CreateSession the library would show the user's certificate as the application's
    client.user_private_key = identity.key
    await client.activate_session(identity.username, identity.password, identity.certificate)


def _strength(policy: ua.UserTokenPolicy) -> int | None:
    """Its place among the known policies; None for one that is not known."""
    name = (policy.SecurityPolicyUri or "").removeprefix(_PREFIX)
    return _STRENGTH.index(name) if name in _STRENGTH else None


def _certificate(path: Path) -> x509.Certificate:
    data = _bytes(path, "user_certificate")
    try:
        if data.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise Misconfigured(f"{path} (user_certificate) is no certificate in PEM or DER: {error}") from error


def _key(path: Path) -> rsa.RSAPrivateKey:
    data = _bytes(path, "user_key")
    load_key = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        # its primes are not proved anew at each connect (see certificate.read); a wrong one signs what a server refuses
        key = load_key(data, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:  # TypeError: it wants a passphrase
        raise Misconfigured(f"{path} (user_key) is no private key without a passphrase in PEM or DER") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Misconfigured(f"{path} (user_key) is no RSA key; OPC UA's policies here need one")
    return key


def _bytes(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path} ({field}) cannot be read: {error.strerror}") from error
