"""The hub's authority: what it signs is taken by OpenSSL's strictest check, and it can sign for nobody else."""

import ipaddress
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from contract.times import to_us
from hub.errors import Invalid
from hub.tls.authority import (
    Signed,
    check_names,
    der_of,
    make_authority,
    may_sign,
    names_of,
    pem_of,
    sign_server,
)

NOW = 1_800_000_000_000_000
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def authority() -> Signed:
    return make_authority(["hub.example", "192.0.2.7", "工場.example"], NOW)


def verifies(folder: Path, authority: x509.Certificate, server: x509.Certificate, *options: str) -> str:
    """What `openssl verify` says."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (apt install openssl)")
    (folder / "ca.pem").write_bytes(pem_of(authority))
    (folder / "server.pem").write_bytes(pem_of(server))
    words = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(NOW // 1_000_000), *options]
    done = subprocess.run(
        [*words, "-CAfile", folder / "ca.pem", folder / "server.pem"], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["hub.example", "192.0.2.7", "localhost", "127.0.0.1", "xn--rls55k.example"])
def test_what_it_signs_is_good_for_each_of_its_names(authority: Signed, tmp_path: Path, name: str) -> None:
    server = sign_server(authority, ["hub.example", "192.0.2.7", "工場.example"], NOW).certificate
    kind = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
    assert verifies(tmp_path, authority.certificate, server, kind, name).endswith("server.pem: OK\n")
    assert "OK" not in verifies(tmp_path, authority.certificate, server, "-verify_hostname", "bank.example").split()


def test_its_constraints_hold_against_whoever_steals_its_key(authority: Signed, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("hub.tls.authority.may_sign", lambda *_: True)
    for name, kind in (("bank.example", "-verify_hostname"), ("203.0.113.1", "-verify_ip")):
        forged = sign_server(authority, [name], NOW).certificate
        assert "permitted subtree violation" in verifies(tmp_path, authority.certificate, forged, kind, name)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("hub.example", True), ("a.hub.example", True), ("nothub.example", False), ("example", False),
        ("shop.local", True), ("localhost", True), ("10.1.2.3", True), ("192.168.1.5", True), ("fd00::1", True),
        ("192.0.2.7", True), ("192.0.2.8", False), ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_what_it_may_sign_for(authority: Signed, name: str, *, may: bool) -> None:
    assert may_sign(authority.certificate, name) is may


def test_other_names_are_refused_with_what_to_do(authority: Signed) -> None:
    with pytest.raises(Invalid, match="tls init --replace"):
        sign_server(authority, ["other.example"], NOW)


def test_times_and_keys(authority: Signed) -> None:
    server = sign_server(authority, ["hub.example"], NOW)
    again = sign_server(authority, ["hub.example"], NOW)
    begin, end = server.certificate.not_valid_before_utc, server.certificate.not_valid_after_utc
    assert (end - begin).days == 397
    assert to_us(begin) < NOW
    assert (authority.certificate.not_valid_after_utc - begin).days >= 3650
    assert server.key.private_numbers() != again.key.private_numbers()
    assert names_of(server.certificate) == ("hub.example", "localhost", "127.0.0.1", "::1")
    assert der_of(server.certificate) != der_of(again.certificate)


def test_a_server_never_outlives_its_authority(authority: Signed) -> None:
    late = NOW + (20 * 365 - 100) * DAY_US
    server = sign_server(authority, ["hub.example"], late).certificate
    assert server.not_valid_after_utc <= authority.certificate.not_valid_after_utc


@pytest.mark.parametrize("name", ["", "a b", "http://hub", "-a", "a..b", "*", "1.2.3", "0.0.0.0", "::", "a" * 64])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(Invalid):
        check_names([name])


def test_names_as_people_write_them() -> None:
    written = ["Hub.Example.", "[::1]", " 192.0.2.7 ", "hub.example", "工場.example"]
    assert check_names(written) == ("hub.example", "::1", "192.0.2.7", "xn--rls55k.example")
    assert ipaddress.ip_address("::1").is_loopback
