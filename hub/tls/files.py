"""``DIR/tls``: the hub's authority and its server certificate on disk.

``ca.pem`` and ``ca.key`` are made once; ``server.pem`` and ``server.key`` are made anew while they still have
RENEW_DAYS to go. Keys are written with mode 0600, every file whole or not at all; the key goes first, and a
certificate that does not fit its key (a crash between the two) is made anew.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract.times import to_us
from hub.errors import Conflict, NotFound, Unavailable
from hub.tls.authority import (
    LOOPBACK,
    RENEW_DAYS,
    Key,
    Signed,
    check_names,
    key_pem_of,
    make_authority,
    names_of,
    pem_of,
    sign_server,
)

FOLDER: Final = "tls"
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where they are."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate, public."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key, for its owner alone."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """The server's certificate."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's key, for its owner alone."""
        return self.folder / "server.key"


def tls_files(data_dir: Path) -> TlsFiles:
    """The files of the hub in a data directory, there or not."""
    return TlsFiles(data_dir / FOLDER)


def is_initialised(files: TlsFiles) -> bool:
    """Whether this hub has an authority of its own."""
    return files.authority.is_file()


def initialise(files: TlsFiles, names: Sequence[str], now_us: int, *, replace: bool = False) -> x509.Certificate:
    """Makes the authority and its first server certificate; Conflict where there is one already."""
    if is_initialised(files) and not replace:
        raise Conflict(
            f"{files.authority} is there already; other names: tsunagu-hub tls renew --name HOST; "
            "a new authority, to which every agent must be enrolled anew: tsunagu-hub tls init --replace"
        )
    checked = check_names(names)
    authority = make_authority(checked, now_us)
    server = sign_server(authority, checked, now_us)
    with _file_errors():
        files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.authority.unlink(missing_ok=True)
        _write(files.authority_key, key_pem_of(authority.key), 0o600)
        _write_server(files, server)
        _write(files.authority, pem_of(authority.certificate), 0o644)  # last: now it is initialised
    return authority.certificate


def renew(files: TlsFiles, names: Sequence[str] | None, now_us: int) -> x509.Certificate:
    """A new server certificate, for other names where given, signed by the same authority."""
    authority = Signed(read_authority(files), read_key(files.authority_key))
    kept = names_of(read_certificate(files.server)) if names is None else check_names(names)
    server = sign_server(authority, [name for name in kept if name not in LOOPBACK] or ["localhost"], now_us)
    with _file_errors():
        _write_server(files, server)
    return server.certificate


def renew_if_due(files: TlsFiles, now_us: int) -> bool:
    """Renews a certificate that ends soon, or that a crash left without its key; whether it did."""
    due_us = to_us(read_certificate(files.server).not_valid_after_utc) - RENEW_DAYS * _DAY_US
    if now_us < due_us and _fits(files):
        return False
    renew(files, None, now_us)
    return True


def _fits(files: TlsFiles) -> bool:
    public = read_certificate(files.server).public_key()
    return isinstance(public, ec.EllipticCurvePublicKey) and (
        public.public_numbers() == read_key(files.server_key).public_key().public_numbers()
    )


def read_authority(files: TlsFiles) -> x509.Certificate:
    """The authority's certificate; NotFound where the hub has none."""
    if not is_initialised(files):
        data = files.folder.parent
        raise NotFound(f"{files.authority}; make one with: tsunagu-hub tls init --data {data} --name HOST")
    return read_certificate(files.authority)


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file; Unavailable where there is none."""
    with _file_errors():
        try:
            return x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError as error:
            raise Unavailable(f"{path} holds no certificate ({error}); restore it from a backup") from None


def read_key(path: Path) -> Key:
    """An ECDSA key of ours; Unavailable where the file holds none."""
    with _file_errors():
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise Unavailable(f"{path} holds no key ({error}); restore it from a backup") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Unavailable(f"{path} holds another kind of key than this hub makes; restore it from a backup")
    return key


def _write_server(files: TlsFiles, server: Signed) -> None:
    _write(files.server_key, key_pem_of(server.key), 0o600)
    _write(files.server, pem_of(server.certificate), 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@contextlib.contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{error.filename}: {error.strerror}; check who owns it and that the disk has room") from None
