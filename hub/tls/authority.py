"""The hub's own certificate authority and the certificates it signs (RFC 5280). No files and no clock here.

The authority may sign for nothing but this hub: its name constraints (RFC 5280 §4.2.1.10) permit the names given when
it was made, names that exist on no public network, and private addresses. Whoever imports it into a browser, and
whoever steals its key, cannot use it for a bank. Times are microseconds since 1970; a certificate begins a day early,
for clocks that are behind.
"""

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.times import from_us
from hub.errors import Invalid

AUTHORITY_DAYS: Final = 20 * 365
SERVER_DAYS: Final = 397
"""Browsers refuse server certificates that are good for longer than 398 days."""
RENEW_DAYS: Final = 60
EARLY: Final = timedelta(days=1)
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
NOT_PUBLIC: Final = ("localhost", "local", "lan", "home.arpa", "internal", "intranet", "test")
"""Names below these belong to no public domain (RFC 6761, 6762, 8375; ICANN's `internal`)."""
PRIVATE: Final = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")

Key: TypeAlias = ec.EllipticCurvePrivateKey
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: Final = ipaddress.IPv4Network | ipaddress.IPv6Network


class Signed(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Key


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """Host names and IP addresses as certificates carry them, once each; Invalid where one is neither."""
    return tuple(dict.fromkeys(_check_name(name.strip().rstrip(".").lower()) for name in names))


def _check_name(name: str) -> str:
    if (address := as_address(name)) is not None:
        if address.is_unspecified:
            raise Invalid(f"{name} stands for every address; give the names and addresses that people type", "name")
        return str(address)
    try:
        ascii_name = name.encode("idna").decode() if name and not name.isascii() else name
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        raise Invalid(f"{name[:80]!r} is no host name and no IP address; write it as hub.example or 192.0.2.7", "name")
    return ascii_name


def as_address(name: str) -> Address | None:
    """The IP address a name is, None where it is a host name."""
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def make_authority(names: Sequence[str], now_us: int) -> Signed:
    """A new authority for a hub of these names: ECDSA P-256, 20 years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tsunagu"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Tsunagu hub {check_names(names)[0]}"[:64]),
        ]
    )
    builder = (
        _begin(subject, subject, key.public_key(), from_us(now_us), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(names), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Signed(builder.sign(key, hashes.SHA256()), key)


def _permitted(names: Sequence[str]) -> list[x509.GeneralName]:
    given = [name for name in check_names(names) if as_address(name) is None]
    addresses = [address for name in names if (address := as_address(name.strip())) is not None]
    networks = dict.fromkeys([ipaddress.ip_network(each) for each in (*PRIVATE, *addresses)])
    return [
        *(x509.DNSName(name) for name in dict.fromkeys([*given, *NOT_PUBLIC])),
        *(x509.IPAddress(network) for network in networks),
    ]


def may_sign(authority: x509.Certificate, name: str) -> bool:
    """Whether an authority's constraints permit a name."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    address = as_address(name)
    if address is not None:
        networks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
        return any(isinstance(each, Network) and address in each for each in networks)
    roots = [each.value for each in permitted if isinstance(each, x509.DNSName)]
    return any(name == root or name.endswith(f".{root}") for root in roots)


def sign_server(authority: Signed, names: Sequence[str], now_us: int) -> Signed:
    """A server's certificate for these names and for loopback: ECDSA P-256, 397 days.

    The key is new each time. Invalid where the authority may not sign for a name.
    """
    wanted = tuple(dict.fromkeys([*check_names(names), *LOOPBACK]))
    for name in wanted:
        if not may_sign(authority.certificate, name):
            raise Invalid(
                f"the hub's authority was made for other names than {name!r}; make a new one: tsunagu-hub tls init "
                "--replace (every agent must be enrolled anew then)",
                "name",
            )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted[0][:64])])
    days = min(SERVER_DAYS, (authority.certificate.not_valid_after_utc - from_us(now_us)).days)
    builder = (
        _begin(subject, authority.certificate.subject, key.public_key(), from_us(now_us), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in wanted]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return Signed(builder.sign(authority.key, hashes.SHA256()), key)


def _begin(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now - EARLY + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(name: str) -> x509.GeneralName:
    address = as_address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Host names and addresses a certificate is for, in its order."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(each.value) for each in found if isinstance(each, x509.DNSName | x509.IPAddress))


def pem_of(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def der_of(certificate: x509.Certificate) -> bytes:
    """A certificate as DER: what its fingerprint is made of."""
    return certificate.public_bytes(serialization.Encoding.DER)


def key_pem_of(key: Key) -> bytes:
    """A private key as PEM (PKCS 8, not encrypted: the file's mode protects it)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
