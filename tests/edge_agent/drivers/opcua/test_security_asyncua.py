"""The same against a second implementation (asyncua's server), which checks our certificate's every extension."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asyncua import Server, ua
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.user_managers import User, UserRole
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge_agent.drivers.opcua import certificate
from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.settings import ConnectionSettings, SignalSettings
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.drivers import running
from tests.support.opcua import URI, Machine
from tests.support.opcua_certificates import Files, self_signed
from tests.support.proxy import proxies
from tests.support.secured import CLIENT, MODES, POLICIES, USER, WORD, password_file, refusal
from tests.support.servers import eventually, free_port

CHECKS = CertificateValidatorOptions.EXT_VALIDATION | CertificateValidatorOptions.PEER_CLIENT
EVERY = [
    ua.SecurityPolicyType[f"{policy.replace('_', '')}_{mode}"] for policy in POLICIES for mode in MODES
]  # fmt: skip


class OneUser:
    """Lets in the anonymous, one user by password, and whoever signs with a certificate."""

    def get_user(
        self, iserver: object, username: str | None = None, password: str | None = None, certificate: object = None
    ):
        known = username is None or (username, password) == (USER, WORD)
        return User(role=UserRole.User) if known else None  # fmt: skip


@asynccontextmanager
async def asyncua_server(files: Files | None, policies: Sequence[ua.SecurityPolicyType]) -> AsyncIterator[Machine]:
    """A server with a number to read; without `files` it has no certificate and takes passwords readable."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    server = Server(user_manager=OneUser())
    await server.init()
    machine = Machine(server, free_port())
    server.set_endpoint(machine.endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity, *policies])
    if files is not None:
        await server.load_certificate(files.certificate)
        await server.load_private_key(files.key)
        server.set_certificate_validator(CertificateValidator(CHECKS))
    machine.index = await server.register_namespace(URI)
    async with server:
        await machine.add("Value", 7, ua.VariantType.Int32)
        yield machine


def driver_of(endpoint: str, data_dir: Path, **connection: object) -> Driver:
    settings = ConnectionSettings(endpoint=endpoint, **connection)
    return create(settings, [SignalSettings(node=f"nsu={URI};s=Value")], CLIENT, data_dir)


async def test_every_policy_mode_and_user(tmp_path: Path):
    user = self_signed(tmp_path, "user", uri="urn:example:user", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    users: list[dict[str, object]] = [
        {},
        {"username": USER, "password_file": password_file(tmp_path)},
        {"user_certificate": user.certificate, "user_key": user.key},
    ]
    channels: list[tuple[str, str | None]] = [("None", None)]
    channels += [(policy, mode) for policy in POLICIES for mode in MODES]
    async with asyncua_server(self_signed(tmp_path, "server"), EVERY) as machine:
        for policy, mode in channels:
            for who in users:
                driver = driver_of(machine.endpoint, tmp_path / "agent", security=policy, mode=mode, **who)
                found = await driver.probe(30.0)
                assert [(probe.ok, probe.value) for probe in found] == [(True, 7)], (policy, mode, who)


async def test_changes_arrive_over_an_encrypted_channel(tmp_path: Path):
    async with asyncua_server(self_signed(tmp_path, "server"), EVERY) as machine:
        driver = driver_of(machine.endpoint, tmp_path / "agent", security=POLICIES[2])
        async with running(driver) as run:
            await eventually(lambda: run.feed.readings, what="the first value")
            for number in range(50):
                await machine.set("Value", number, ua.VariantType.Int32, us=number)
            await eventually(lambda: 49 in run.feed.values(0), what="the last change")
        assert run.feed.values(0) == [7, *range(50)]


async def test_a_wrong_password_and_a_policy_that_is_not_there(tmp_path: Path):
    async with asyncua_server(self_signed(tmp_path, "server"), EVERY[:2]) as machine:
        wrong = {"username": USER, "password_file": password_file(tmp_path, "wrong")}
        for policy in ("None", POLICIES[0]):
            why = await refusal(driver_of(machine.endpoint, tmp_path / "agent", security=policy, **wrong))
            assert f"refuses user '{USER}' or the password" in str(why)
        why = await refusal(driver_of(machine.endpoint, tmp_path / "agent", security=POLICIES[2]))
        assert "it offers: None; Basic256Sha256 with Sign; Basic256Sha256 with SignAndEncrypt." in str(why)


@pytest.mark.parametrize(("policy", "clear"), [("None", False), (POLICIES[0], False), ("None", True)])
async def test_a_password_travels_readable_only_where_the_settings_say_so(tmp_path: Path, policy: str, clear: bool):
    """The server without a certificate takes it readable: the proof that the tap would hear it."""
    files = None if clear else self_signed(tmp_path, "server")
    heard = bytearray()
    who = {"username": USER, "password_file": password_file(tmp_path)}
    async with asyncua_server(files, EVERY if files else []) as machine:
        with proxies(machine.port) as (proxy,):
            proxy.tap = lambda _connection, data: heard.extend(data)
            endpoint = f"opc.tcp://127.0.0.1:{proxy.port}"
            mode = None if policy == "None" else "Sign"
            connection = {"security": policy, "mode": mode, "clear_password": clear, **who}
            found = await driver_of(endpoint, tmp_path / "agent", **connection).probe(30.0)
    assert [probe.value for probe in found] == [7]
    assert (WORD.encode() in heard) == clear
    assert USER.encode() in heard


async def test_a_password_is_not_sent_where_it_would_be_readable(tmp_path: Path):
    heard = bytearray()
    who = {"username": USER, "password_file": password_file(tmp_path)}
    async with asyncua_server(None, []) as machine:
        with proxies(machine.port) as (proxy,):
            proxy.tap = lambda _connection, data: heard.extend(data)
            why = await refusal(driver_of(f"opc.tcp://127.0.0.1:{proxy.port}", tmp_path / "agent", **who))
    assert isinstance(why, Misconfigured)
    assert "would take the password only readable for anyone on the network; set security to a policy" in str(why)
    assert "clear_password = true" in str(why)
    assert WORD.encode() not in heard


async def test_a_server_that_names_the_dates_is_understood(tmp_path: Path):
    certificate.make(tmp_path / "agent", "pi-1", datetime(2040, 1, 1, tzinfo=UTC))
    async with asyncua_server(self_signed(tmp_path, "server"), EVERY) as machine:
        why = await refusal(driver_of(machine.endpoint, tmp_path / "agent", security=POLICIES[0]))
    assert isinstance(why, Misconfigured)
    assert "it is valid from 2038-12-31 to 2049-12-29, there it is " in str(why)
    assert "BadCertificateTimeInvalid" in str(why)


async def test_a_server_that_goes_away_while_the_channel_opens_is_lost_not_misconfigured(tmp_path: Path):
    async with asyncua_server(self_signed(tmp_path, "server"), EVERY) as machine:
        with proxies(machine.port) as (proxy,):
            endpoint = f"opc.tcp://127.0.0.1:{proxy.port}"
            driver = driver_of(endpoint, tmp_path / "agent", security=POLICIES[0])
            await driver.probe(30.0)
            proxy.close_port()
            why = await refusal(driver)
    assert isinstance(why, ConnectionLost)
    assert "nothing listens there" in str(why)
