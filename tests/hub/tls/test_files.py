"""The certificates on disk: modes, renewal in time, a crash between two files, and a live context that follows them."""

import ssl
import stat
from pathlib import Path

import pytest

from hub.errors import Conflict, Invalid, NotFound, Unavailable
from hub.tls.authority import der_of, names_of
from hub.tls.context import Served, own_tls, refresh, server_context
from hub.tls.files import TlsFiles, initialise, read_authority, read_certificate, renew, renew_if_due, tls_files

NOW = 1_800_000_000_000_000
DAY_US = 86_400_000_000


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    made = tls_files(tmp_path)
    initialise(made, ["hub.example"], NOW)
    return made


def served(files: TlsFiles) -> bytes:
    return der_of(read_certificate(files.server))


def test_keys_are_for_their_owner_alone(files: TlsFiles) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.folder.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "server.pem": 0o644, "server.key": 0o600}
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700


def test_a_second_authority_only_where_asked(files: TlsFiles) -> None:
    before = read_authority(files)
    with pytest.raises(Conflict, match="tls renew"):
        initialise(files, ["hub.example"], NOW)
    assert read_authority(files) == before
    assert initialise(files, ["hub.example"], NOW, replace=True) == read_authority(files) != before


def test_it_is_renewed_two_months_before_it_ends_by_the_same_authority(files: TlsFiles) -> None:
    before, authority = served(files), read_authority(files)
    assert not renew_if_due(files, NOW + 300 * DAY_US)
    assert renew_if_due(files, NOW + 340 * DAY_US)
    assert served(files) != before
    assert read_authority(files) == authority
    assert names_of(read_certificate(files.server))[0] == "hub.example"
    assert not renew_if_due(files, NOW + 341 * DAY_US)


def test_a_crash_between_key_and_certificate_is_mended(files: TlsFiles) -> None:
    old_certificate = files.server.read_bytes()
    renew(files, None, NOW)
    files.server.write_bytes(old_certificate)  # the new key was written, its certificate was not
    with pytest.raises(Invalid):
        server_context(Served(files.server, files.server_key))
    assert server_context(own_tls(files, NOW))


def test_other_names_by_the_same_authority(files: TlsFiles) -> None:
    renew(files, ["press.hub.example", "10.0.0.9"], NOW)
    assert names_of(read_certificate(files.server))[:2] == ("press.hub.example", "10.0.0.9")


def test_a_live_context_follows_the_files_and_outlives_broken_ones(files: TlsFiles) -> None:
    given = Served(files.server, files.server_key)
    context = server_context(given)
    renew(files, None, NOW)
    seen = refresh(context, given, (0, 0), NOW)
    assert shown_by(context, files) == served(files)
    good = served(files)
    files.server.write_text("no certificate")
    assert refresh(context, given, seen, NOW) == seen
    assert shown_by(context, files) == good


def shown_by(context: ssl.SSLContext, files: TlsFiles) -> bytes:
    """The certificate that a client of this context sees, over a pair of memory buffers."""
    client = ssl.create_default_context(cafile=str(files.authority))
    client.verify_flags |= ssl.VerifyFlags(0x200000)  # these certificates are from 2027
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="hub.example"),
        context.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = ends[0].getpeercert(binary_form=True)
    assert shown is not None
    return shown


def test_errors_say_which_file_and_what_to_do(tmp_path: Path, files: TlsFiles) -> None:
    with pytest.raises(NotFound, match="tls init"):
        read_authority(tls_files(tmp_path / "none"))
    files.server_key.write_text("x")
    with pytest.raises(Unavailable, match=r"server\.key"):
        renew_if_due(files, NOW)
    with pytest.raises(Invalid, match=r"nothing\.pem"):
        server_context(Served(tmp_path / "nothing.pem", files.server_key))
