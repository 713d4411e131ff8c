"""The servers' certificates as they were seen first: one small file an endpoint, in the agent's data folder.

A machine's server signs its certificate itself, and nobody in a shop runs an authority for it. So the first one seen
is kept (pinned) and every later one must be the same, to the byte. Only a person replaces it, with
`tsunagu-agent trust accept`.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from edge_agent.computer import write_atomically
from edge_agent.drivers.opcua.certificate import FOLDER, fingerprint_of
from edge_agent.drivers.port import Misconfigured

SERVERS: Final = "servers"


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A server's certificate (DER), and since when (RFC 3339, UTC) this agent knows it."""

    endpoint: str
    since: str
    certificate: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256, to compare by eye."""
        return fingerprint_of(parse(self.certificate, self.endpoint))


def parse(der: bytes, endpoint: str) -> x509.Certificate:
    """The certificate in these bytes; the first, where a chain follows it. Raises Misconfigured.

    The library reads a certificate's parts when they are asked for; those that are used later are asked for here.
    """
    try:
        found = x509.load_der_x509_certificate(first_of(der))
        if not isinstance(found.public_key(), rsa.RSAPublicKey):
            raise ValueError("it has no RSA key")  # noqa: TRY301, TRY004  (one message for all that is wrong with it)
        found.subject.rfc4514_string()
        found.not_valid_before_utc.isoformat()
        found.not_valid_after_utc.isoformat()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Misconfigured(
            f"the server at {endpoint} shows a certificate that cannot be read ({error}); make a new one there"
        ) from error
    return found


def first_of(der: bytes) -> bytes:
    """The first certificate of a chain, whose certificates follow one another (OPC 10000-6 §6.2.6).

    >>> first_of(bytes.fromhex("30020500" + "3000")).hex()
    '30020500'
    """
    if len(der) < 2 or der[1] < 0x80:
        return der[: 2 + der[1]] if len(der) > 1 else der
    octets = der[1] & 0x7F
    return der[: 2 + octets + int.from_bytes(der[2 : 2 + octets], "big")]


def read(data_dir: Path, endpoint: str) -> Pin | None:
    """What is pinned for this endpoint. Raises Misconfigured where the file cannot be used."""
    path = path_of(data_dir, endpoint)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pin)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise Misconfigured(
            f"{path}, the server's certificate as seen first, cannot be read ({error}); "
            f"compare and accept it anew: tsunagu-agent trust accept {endpoint} --config FILE"
        ) from error


def write(data_dir: Path, pin: Pin) -> None:
    """Pins, in place of what was. Raises Misconfigured where it cannot be kept."""
    path = path_of(data_dir, pin.endpoint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.format(msgspec.json.encode(pin)) + b"\n")
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be written ({error.strerror}); check [agent] data_dir") from error


def forget(data_dir: Path, endpoint: str) -> bool:
    """Whether there was a pin. OSError where it cannot be removed."""
    path = path_of(data_dir, endpoint)
    if not path.exists():
        return False
    path.unlink()
    return True


def path_of(data_dir: Path, endpoint: str) -> Path:
    """Where an endpoint's pin lies: a name that people recognise, and that is never another endpoint's."""
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", endpoint.removeprefix("opc.tcp://")).strip("_")[:80]
    return data_dir / FOLDER / SERVERS / f"{readable}-{hashlib.sha256(endpoint.encode()).hexdigest()[:8]}.json"
