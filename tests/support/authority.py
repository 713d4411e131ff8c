"""Certificates for tests: an authority of the test's own, and what it signs. Written as PEM files; keys are P-256."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates. `ca_file` is what others must know to trust them."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._now = datetime.now(UTC)
        built = self._builder(self._name, self._key, self._now - DAY, self._now + 30 * DAY)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(built.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def sign(
        self,
        file_name: str,
        *names: str,
        begins_days: float = -1,
        ends_days: float = 10,
        password: bytes | None = None,
    ) -> Pair:
        """A certificate for host names and IP addresses, valid from and until so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file_name)])
        built = self._builder(subject, key, self._now + begins_days * DAY, self._now + ends_days * DAY)
        if names:
            told = x509.SubjectAlternativeName([_general(name) for name in names])
            built = built.add_extension(told, critical=False)
        pair = Pair(self._folder / f"{file_name}.pem", self._folder / f"{file_name}-key.pem")
        pair.certificate.write_bytes(built.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        hidden = NoEncryption() if password is None else BestAvailableEncryption(password)
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        pair.key.chmod(0o600)
        return pair

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=begins,
            not_valid_after=ends,
        )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
