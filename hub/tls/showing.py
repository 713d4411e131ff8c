"""What `tsunagu-hub tls` shows of the hub's certificates: for a person who compares them, and for scripts."""

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from contract.enrolment import fingerprint_of
from contract.times import rfc3339, to_us
from hub.tls.authority import der_of, names_of
from hub.tls.files import TlsFiles, read_authority, read_certificate


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Times RFC 3339; fingerprints are SHA-256 over DER, as browsers show them."""

    ca_file: str
    ca_sha256: str
    ca_until: str
    ca_in_code: str
    """The part of every enrolment code that stands for this authority."""
    server_file: str
    server_sha256: str
    server_until: str
    names: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """The same for a person."""
        return (
            f"authority {self.ca_file}   until {self.ca_until[:10]}",
            f"          SHA-256 {self.ca_sha256}",
            f"          in enrolment codes {self.ca_in_code}",
            f"server    {self.server_file}   until {self.server_until[:10]}, renewed by itself",
            f"          SHA-256 {self.server_sha256}",
            f"          for {', '.join(self.names)}",
        )


def describe(files: TlsFiles) -> Shown:
    """The certificates of a hub; NotFound where it has none."""
    authority, server = read_authority(files), read_certificate(files.server)
    in_code = fingerprint_of(der_of(authority))
    return Shown(
        ca_file=str(files.authority),
        ca_sha256=_sha256(authority),
        ca_until=rfc3339(to_us(authority.not_valid_after_utc)),
        ca_in_code="-".join(in_code[start : start + 5] for start in range(0, len(in_code), 5)),
        server_file=str(files.server),
        server_sha256=_sha256(server),
        server_until=rfc3339(to_us(server.not_valid_after_utc)),
        names=names_of(server),
    )


def _sha256(certificate: x509.Certificate) -> str:
    return ":".join(f"{byte:02X}" for byte in certificate.fingerprint(SHA256()))
