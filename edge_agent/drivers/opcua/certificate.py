"""The agent's own certificate: one for all its OPC UA servers, made once, kept for years (OPC 10000-6 §6.2.2).

A server that trusted it once trusts it until a person makes a new one (`tsunagu-agent trust renew`). Key and
certificate are one file, so that they always belong together; the certificate alone lies beside it to be carried
to a server. The application URI in it (urn:tsunagu:AGENT) is the one the agent says when it opens a session: servers
compare the two. Nothing here is quick (a key takes a second on a small computer): call it in a thread.
Times: UTC.
"""

import ipaddress
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge_agent.computer import write_atomically, write_private
from edge_agent.drivers.port import Misconfigured

FOLDER: Final = "opcua"
PAIR_FILE: Final = "certificate.pem"
DER_FILE: Final = "certificate.der"
KEY_BITS: Final = 2048
"""Every policy allows it (2048-4096) and small controllers are quick with it."""
VALID: Final = timedelta(days=3650)
"""Ten years: it ends before 2038, whose dates some controllers cannot read."""
EARLIER: Final = timedelta(days=366)
"""It begins in the past, because the clocks of machines are often behind."""
NOT_BEFORE_THIS: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A computer without a battery may think it is 1970; a certificate made then must not have ended long ago."""
WARN_BEFORE: Final = timedelta(days=60)

_making = threading.Lock()  # two machines of one agent may want the first certificate at once


@dataclass(frozen=True, slots=True)
class Own:
    """The agent's certificate and key. `file` is the certificate alone (DER), to be carried to a server."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    der: bytes
    uri: str
    file: Path

    @property
    def name(self) -> str:
        """The name in it, as servers list it."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def thumbprint(self) -> str:
        """The name under which servers list it."""
        return thumbprint_of(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256, to compare by eye."""
        return fingerprint_of(self.certificate)

    @property
    def ends(self) -> datetime:
        """Until when it is valid."""
        return self.certificate.not_valid_after_utc

    def warning(self, now: datetime) -> str | None:
        """What to say before it ends, and after."""
        if now < self.ends - WARN_BEFORE:
            return None
        verb = "ends" if now < self.ends else "ended"
        return (
            f"this agent's certificate {verb} on {self.ends:%Y-%m-%d}; make a new one with tsunagu-agent trust renew "
            "and let every server trust it"
        )


def thumbprint_of(certificate: x509.Certificate) -> str:
    """SHA-1 in hexadecimal, as OPC UA names certificates (OPC 10000-6 §6.2.2). A name, no protection."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  (what the standard names it by)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 as people compare it: upper case, a colon every two bytes.

    Shape: `0A1B:2C3D:…`, 16 groups.
    """
    text = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return ":".join(text[start : start + 4] for start in range(0, len(text), 4))


def uri_of(agent: str) -> str:
    """The agent's application URI."""
    return f"urn:tsunagu:{agent}"


def agent_of(client_name: str) -> str:
    """The agent in the name that a pipeline gives its driver (`machine.client_name`).

    >>> agent_of("tsunagu-aoba-pi-1_laser-1")
    'aoba-pi-1'
    """
    return client_name.removeprefix("tsunagu-").partition("_")[0]


def own(data_dir: Path, agent: str, now: datetime) -> Own:
    """The agent's certificate, made where there is none. Raises Misconfigured where it cannot be used."""
    with _making:
        found = read(data_dir)
        if found is None:
            made = _signed(agent, now)
            # a command may have made one in the meantime, and a server may know that one already
            found = read(data_dir) or _keep(data_dir, *made)
    if not found.file.exists():  # carried to a server by moving it
        write_atomically(found.file, found.der)
    if found.uri != uri_of(agent):
        raise Misconfigured(
            f"{data_dir / FOLDER / PAIR_FILE} is the certificate of {found.uri}, this agent is {uri_of(agent)}; "
            "give each agent its own data_dir, or make a new one with tsunagu-agent trust renew"
        )
    return found


def read(data_dir: Path) -> Own | None:
    """The certificate as it lies on disk; None where there is none. Raises Misconfigured where it is damaged."""
    path = data_dir / FOLDER / PAIR_FILE
    try:
        text = path.read_bytes()
        # our own file: proving its primes anew would hold up every machine for 50 ms (a small computer: much longer)
        key = load_pem_private_key(text, password=None, unsafe_skip_rsa_key_validation=True)
        certificate = x509.load_pem_x509_certificate(text)
        if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError("key and certificate do not belong together")  # noqa: TRY301  (one message for all damage)
        return _own(key, certificate, path.parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}); run as the user who made it") from error
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise Misconfigured(f"{path} is damaged ({error}); make a new one with tsunagu-agent trust renew") from error


def make(data_dir: Path, agent: str, now: datetime) -> Own:
    """Makes a new key and certificate, in place of the old. Raises Misconfigured where they cannot be kept."""
    return _keep(data_dir, *_signed(agent, now))


def _keep(data_dir: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Own:
    folder = data_dir / FOLDER
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / PAIR_FILE, (private + certificate.public_bytes(Encoding.PEM)).decode())
        write_atomically(folder / DER_FILE, certificate.public_bytes(Encoding.DER))
    except OSError as error:
        raise Misconfigured(
            f"{folder}: the certificate cannot be written ({error.strerror}); check [agent] data_dir"
        ) from error
    return _own(key, certificate, folder)


def _own(key: rsa.RSAPrivateKey, certificate: x509.Certificate, folder: Path) -> Own:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    der = certificate.public_bytes(Encoding.DER)
    return Own(certificate, key, der, uris[0] if uris else "", folder / DER_FILE)


def _signed(agent: str, now: datetime) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    now = max(now, NOT_BEFORE_THIS)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    common = x509.NameAttribute(NameOID.COMMON_NAME, f"Tsunagu {agent}"[:64])
    name = x509.Name([common, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tsunagu")])
    public = key.public_key()
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=(now - EARLIER).replace(microsecond=0),
        not_valid_after=(now + VALID).replace(microsecond=0),
    )
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True,
        key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    for extension, critical in (
        (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri_of(agent)), *_host_names()]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return key, builder.sign(key, hashes.SHA256())


def _host_names() -> list[x509.GeneralName]:
    """This computer's name and addresses, as far as it knows them: some servers show them, none depends on them."""
    host = socket.gethostname()
    names: list[x509.GeneralName] = []
    try:
        names.append(x509.DNSName(host.encode("idna").decode()))
    except UnicodeError:
        names.append(x509.DNSName("localhost"))  # a server may want one, whatever it says
    try:
        found = {ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        found = set()
    names += [x509.IPAddress(address) for address in sorted(found, key=str) if not address.is_loopback]
    return names
