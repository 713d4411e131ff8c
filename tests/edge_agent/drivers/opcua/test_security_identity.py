"""Which of a server's ways of signing in is taken, and what is said of passwords and keys that cannot be used."""

from pathlib import Path

import pytest
from asyncua import ua
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

from edge_agent.drivers.opcua import identity
from edge_agent.drivers.opcua.security import POLICIES
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import Misconfigured
from tests.support.opcua_certificates import Files, self_signed

ENDPOINT = "opc.tcp://192.0.2.10:4840"
PREFIX = "http://opcfoundation.org/UA/SecurityPolicy#"
NONE = POLICIES["None"].URI
USER, ANYONE, SIGNED = ua.UserTokenType.UserName, ua.UserTokenType.Anonymous, ua.UserTokenType.Certificate


def settings(**connection: object) -> ConnectionSettings:
    return ConnectionSettings(endpoint=ENDPOINT, **connection)


def offer(kind: ua.UserTokenType, policy: str | None) -> ua.UserTokenPolicy:
    uri = None if policy is None else PREFIX + policy
    return ua.UserTokenPolicy(PolicyId=f"{kind.name}-{policy}", TokenType=kind, SecurityPolicyUri=uri)


def chosen(offered: list[ua.UserTokenPolicy], who: identity.Identity, connection: ConnectionSettings) -> str:
    return str(identity.choose(offered, who, connection, POLICIES[connection.security].URI).PolicyId)


PASSWORD = identity.Identity(USER, username="reader", password="correct horse")


def test_the_strongest_policy_that_we_know_is_taken():
    offered = [
        offer(ANYONE, None),
        offer(USER, "None"),
        offer(USER, "Basic128Rsa15"),
        offer(USER, "Aes128_Sha256_RsaOaep"),
        offer(USER, "Basic256Sha256"),
        offer(USER, "Some_Policy_Of_2031"),
    ]
    assert chosen(offered, PASSWORD, settings(username="reader")) == "UserName-Aes128_Sha256_RsaOaep"
    assert chosen(offered[:3], PASSWORD, settings(username="reader")) == "UserName-Basic128Rsa15"


def test_a_policy_without_a_name_is_the_channels():
    secured = settings(username="reader", security="Basic256Sha256", mode="Sign")
    unnamed = ua.UserTokenPolicy(PolicyId="unnamed", TokenType=USER)
    assert chosen([offer(USER, "None"), unnamed], PASSWORD, secured) == "unnamed"


@pytest.mark.parametrize(
    ("connection", "allowed"),
    [
        ({}, False),
        ({"security": "Basic256Sha256", "mode": "Sign"}, False),
        ({"security": "Basic256Sha256"}, True),
        ({"clear_password": True}, True),
    ],
)
def test_a_readable_password_needs_an_encrypted_channel_or_leave(connection: dict[str, object], allowed: bool):
    asked = settings(username="reader", **connection)
    if allowed:
        assert chosen([offer(USER, "None")], PASSWORD, asked) == "UserName-None"
    else:
        with pytest.raises(Misconfigured, match="readable for anyone on the network"):
            chosen([offer(USER, "None")], PASSWORD, asked)


def test_a_user_certificate_is_never_shown_unsigned():
    with pytest.raises(Misconfigured, match="takes user certificates only unsigned"):
        chosen([offer(SIGNED, None)], identity.Identity(SIGNED), settings())


def test_no_way_in_lists_the_ways_there_are():
    with pytest.raises(Misconfigured, match="does not take user and password with this security; it takes: anonymous"):
        chosen([offer(ANYONE, None)], PASSWORD, settings(username="reader"))


def test_a_password_is_not_shown_when_an_identity_is_printed():
    assert "correct horse" not in repr(PASSWORD)


@pytest.fixture
def user(tmp_path: Path) -> Files:
    return self_signed(tmp_path, "user", uri="urn:example:user", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)


def test_certificates_are_read_as_pem_and_as_der(user: Files, tmp_path: Path):
    der = tmp_path / "user.der"
    der.write_bytes(user.made.public_bytes(Encoding.DER))
    for path in (user.certificate, der):
        assert identity.load(settings(user_certificate=path, user_key=user.key)).certificate == user.made


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("nowhere.pem", "user-key.pem", r"nowhere\.pem \(user_certificate\) cannot be read: No such file"),
        ("user-key.pem", "user-key.pem", r"\(user_certificate\) is no certificate in PEM or DER"),
        ("user.pem", "user.pem", r"\(user_key\) is no private key without a passphrase"),
        ("user.pem", "other-key.pem", r"\(user_key\) is not the key of"),
        ("old.pem", "old-key.pem", r"\(user_certificate\) expired on"),
    ],
)
def test_files_that_cannot_be_used_are_named(user: Files, tmp_path: Path, certificate: str, key: str, says: str):
    self_signed(tmp_path, "other")
    self_signed(tmp_path, "old", begins_days=-20, ends_days=-10)
    with pytest.raises(Misconfigured, match=says):
        identity.load(settings(user_certificate=tmp_path / certificate, user_key=tmp_path / key))


def test_a_password_that_is_too_long_is_not_sent(tmp_path: Path):
    (tmp_path / "word").write_text("x" * 129)
    with pytest.raises(Misconfigured, match="longer than 128 bytes") as told:
        identity.load(settings(username="reader", password_file=tmp_path / "word"))
    assert "xxx" not in str(told.value)


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Misconfigured, match=r"nowhere \(password_file\) cannot be read: No such file"):
        identity.load(settings(username="reader", password_file=tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ({"mode": "Sign"}, "needs a security policy"),
        ({"user_certificate": "user.pem"}, "go together"),
        ({"user_certificate": "u", "user_key": "k", "username": "reader"}, "not both"),
        ({"password_env": "WORD"}, "password_env needs a username"),
        ({"username": "a", "password_env": "WORD", "password_file": "word"}, "not both"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(connection: dict[str, object], says: str):
    with pytest.raises(ValidationError, match=says):
        settings(**connection)
