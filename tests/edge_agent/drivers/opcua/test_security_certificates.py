"""The agent's own certificate, the servers' pins, and what is judged of dates and clocks. Times are given."""

import contextlib
import functools
import stat
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asyncua import ua
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.opcua import certificate, pins, refusals, security
from edge_agent.drivers.port import Misconfigured
from edge_agent.machine import client_name
from tests.support.opcua_certificates import self_signed

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ENDPOINT = "opc.tcp://192.0.2.10:4840"


def test_the_agents_certificate_is_what_opc_ua_asks_of_one(tmp_path: Path):
    made = certificate.own(tmp_path, "aoba-pi-1", NOW)
    assert made.key.key_size == 2048
    assert made.ends - NOW >= timedelta(days=3600)
    assert made.certificate.not_valid_before_utc <= NOW - timedelta(days=365)
    assert made.ends.year < 2038
    names = made.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:tsunagu:aoba-pi-1"]
    assert len(names.get_values_for_type(x509.DNSName)) == 1
    usage = made.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment
    assert usage.data_encipherment
    assert usage.content_commitment
    assert made.name == "Tsunagu aoba-pi-1"
    assert made.der == made.file.read_bytes()


def test_it_is_made_once_and_only_its_owner_reads_the_key(tmp_path: Path):
    first = certificate.own(tmp_path, "pi", NOW)
    again = certificate.own(tmp_path, "pi", NOW + timedelta(days=4000))
    assert again.der == first.der
    assert stat.S_IMODE((tmp_path / "opcua" / "certificate.pem").stat().st_mode) == 0o600
    first.file.rename(tmp_path / "carried-to-the-server.der")
    assert certificate.own(tmp_path, "pi", NOW).file.read_bytes() == first.der
    assert certificate.make(tmp_path, "pi", NOW).der != first.der


def test_machines_that_start_together_share_one(tmp_path: Path):
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(certificate.own(tmp_path, "pi", NOW).der)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_computer_that_thinks_it_is_1970_makes_one_that_is_valid_today(tmp_path: Path):
    made = certificate.own(tmp_path, "pi", datetime(1970, 1, 1, tzinfo=UTC))
    assert made.certificate.not_valid_before_utc < NOW < made.ends


def test_its_end_is_announced(tmp_path: Path):
    made = certificate.own(tmp_path, "pi", NOW)
    assert made.warning(NOW) is None
    assert made.warning(made.ends - timedelta(days=61)) is None
    soon = made.warning(made.ends - timedelta(days=59))
    assert soon is not None
    assert f"ends on {made.ends:%Y-%m-%d}; make a new one with tsunagu-agent trust renew" in soon
    assert "ended on" in (made.warning(made.ends + timedelta(days=1)) or "")


@pytest.mark.parametrize(
    "left",
    [slice(900), slice(0), slice(1750, None)],
    ids=["half a key", "nothing", "a certificate without a key"],
)
def test_a_damaged_file_says_what_to_do(tmp_path: Path, left: slice):
    certificate.own(tmp_path, "pi", NOW)
    path = tmp_path / "opcua" / "certificate.pem"
    path.write_text(path.read_text()[left])
    with pytest.raises(Misconfigured, match="is damaged") as told:
        certificate.own(tmp_path, "pi", NOW)
    assert str(path) in str(told.value)
    assert "tsunagu-agent trust renew" in str(told.value)


def test_another_agents_folder_is_noticed(tmp_path: Path):
    certificate.own(tmp_path, "pi-1", NOW)
    with pytest.raises(
        Misconfigured, match="urn:tsunagu:pi-1, this agent is urn:tsunagu:pi-2; give each agent its own"
    ):
        certificate.own(tmp_path, "pi-2", NOW)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "opcua").write_text("a file where a folder should be")
    with pytest.raises(Misconfigured, match=r"opcua/certificate\.pem cannot be read \(Not a directory\)"):
        certificate.own(tmp_path, "pi", NOW)


def test_the_agent_is_told_from_the_machine():
    assert certificate.agent_of(client_name("aoba-pi-1", "laser-1")) == "aoba-pi-1"


def test_pins_are_kept_by_endpoint(tmp_path: Path):
    made = self_signed(tmp_path, "server").made
    assert pins.read(tmp_path, ENDPOINT) is None
    security.pin(made, tmp_path, ENDPOINT)
    found = pins.read(tmp_path, ENDPOINT)
    assert found is not None
    assert found.fingerprint == certificate.fingerprint_of(made)
    assert pins.read(tmp_path, ENDPOINT + "/") is None
    security.pin(self_signed(tmp_path, "other").made, tmp_path, ENDPOINT)
    assert pins.read(tmp_path, ENDPOINT) == found, "only a person replaces what is known"
    assert pins.forget(tmp_path, ENDPOINT)
    assert not pins.forget(tmp_path, ENDPOINT)


def test_a_damaged_pin_is_no_empty_one(tmp_path: Path):
    security.pin(self_signed(tmp_path, "server").made, tmp_path, ENDPOINT)
    path = pins.path_of(tmp_path, ENDPOINT)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(Misconfigured, match=rf"tsunagu-agent trust accept {ENDPOINT}"):
        pins.read(tmp_path, ENDPOINT)


def test_a_chain_is_known_by_its_first_certificate(tmp_path: Path):
    leaf, issuer = self_signed(tmp_path, "leaf").made, self_signed(tmp_path, "issuer").made
    der = [one.public_bytes(certificate.Encoding.DER) for one in (leaf, issuer)]
    assert pins.first_of(b"".join(der)) == der[0]
    assert pins.parse(b"".join(der), ENDPOINT) == leaf


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82", b"\x30\x82\xff\xff\x00", b"no certificate at all"])
def test_a_certificate_that_is_none_is_refused_in_words(der: bytes):
    with pytest.raises(Misconfigured, match="shows a certificate that cannot be read"):
        pins.parse(der, ENDPOINT)


def test_a_certificate_without_an_rsa_key_is_refused_in_words(tmp_path: Path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW).sign(key, hashes.SHA256())
    with pytest.raises(Misconfigured, match="it has no RSA key"):
        pins.parse(made.public_bytes(certificate.Encoding.DER), ENDPOINT)


@given(place=st.integers(0, 2000), put=st.binary(max_size=4), cut=st.integers(0, 2000))
def test_no_damaged_certificate_stops_more_than_its_machine(place: int, put: bytes, cut: int):
    whole = damaged_source()
    der = (whole[:place] + put + whole[place + len(put) :])[: len(whole) - cut if cut < 50 else None]
    with contextlib.suppress(Misconfigured):
        found = pins.parse(der, ENDPOINT)
        assert security.judge(found, None, ENDPOINT, NOW, timedelta()) or len(certificate.fingerprint_of(found)) == 79


@functools.cache
def damaged_source() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return self_signed(Path(folder), "server").made.public_bytes(certificate.Encoding.DER)


def test_the_pinned_certificate_is_read_on_after_its_last_day(tmp_path: Path):
    made = self_signed(tmp_path, "server", ends_days=10).made
    later = made.not_valid_after_utc + timedelta(days=1)
    assert "expired" in (security.judge(made, None, ENDPOINT, later, timedelta()) or "")
    known = security.keep(made, tmp_path, ENDPOINT)
    assert security.judge(made, known, ENDPOINT, later, timedelta()) is None
    other = self_signed(tmp_path, "other").made
    assert "shows another certificate" in (security.judge(other, known, ENDPOINT, NOW, timedelta()) or "")


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (timedelta(minutes=1), "(here it is 2026-11-20)"),
        (timedelta(minutes=-30), "here it is 2026-11-20, the server's clock is 30 min behind this computer's)"),
        (timedelta(hours=9), "the server's clock is 9 h ahead of this computer's)"),
        (timedelta(days=-9000), "the server's clock is 9000 days behind this computer's)"),
    ],
)
def test_a_clock_that_is_off_is_named_beside_the_dates(ahead: timedelta, says: str):
    assert says in refusals.expired(ENDPOINT, NOW - timedelta(days=2), NOW, ahead)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (ua.StatusCodes.BadCertificateUntrusted, "from the rejected to the trusted certificates"),
        (ua.StatusCodes.BadCertificateUriInvalid, "remove all older certificates of this agent there"),
        (ua.StatusCodes.BadCertificateRevoked, "off that list there"),
        (ua.StatusCodes.BadCertificatePolicyCheckFailed, "allow RSA keys of 2048 bits with SHA-256 there"),
        (ua.StatusCodes.BadCertificateTimeInvalid, "correct the clock that is wrong"),
        (ua.StatusCodes.BadInvalidTimestamp, "the server's clock is 3 h ahead of this computer's; set the clocks"),
    ],
)
def test_what_a_server_says_of_our_certificate_becomes_what_to_do(tmp_path: Path, code: int, says: str):
    own = certificate.own(tmp_path, "pi", NOW)
    told = refusals.of_channel(ua.UaStatusCodeError(code), ENDPOINT, own, NOW, timedelta(hours=3))
    assert isinstance(told, Misconfigured)
    assert says in str(told)
    assert ENDPOINT in str(told)
    assert "\n" not in str(told)
