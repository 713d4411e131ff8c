"""Why a secured server and the agent do not come together: each message names what to do, at the server too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from structlog.testing import capture_logs

from edge_agent.drivers.opcua import certificate
from edge_agent.drivers.port import Misconfigured
from tests.support.node_opcua import Peer
from tests.support.opcua_certificates import self_signed
from tests.support.secured import MODES, POLICIES, USER, driver_at, password_file, refusal, secured_server
from tests.support.servers import eventually

POLICY = POLICIES[0]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A server that trusts nobody yet, knows one user, and offers one policy."""
    folder = tmp_path_factory.mktemp("strict")
    options = {"trust": False, "trustUsers": False, "anonymous": False}
    with secured_server(folder, policies=["None", POLICY], modes=["None", *MODES], **options) as started:
        yield started


async def trusted(peer: Peer, data_dir: Path) -> None:
    """Lets the server trust the agent's certificate, as its operator would."""
    word = password_file(data_dir / "passwords")

    async def let_in() -> bool:
        peer.ask(trust=True)
        try:
            await driver_at(peer, data_dir, security=POLICY, username=USER, password_file=word).probe(30.0)
        except Misconfigured:
            return False
        return True

    await eventually(let_in, what="the server trusts the agent")


@pytest.mark.parametrize("mode", MODES)
async def test_a_server_that_does_not_trust_the_agent(strict: Peer, tmp_path: Path, mode: str):
    why = await refusal(driver_at(strict, tmp_path, security=POLICY, mode=mode))
    own = certificate.read(tmp_path)
    assert own is not None
    assert isinstance(why, Misconfigured)
    assert str(why) == (
        f"the server at {strict.endpoint} does not trust this agent's certificate: at the server, move "
        f'"Tsunagu pi-1", thumbprint {own.thumbprint}, from the rejected to the trusted certificates; '
        f"where it is not listed, import {tmp_path / 'opcua' / 'certificate.der'} there (BadSecurityChecksFailed)"
    )


async def test_once_trusted_the_agent_is_let_in_and_stays_the_same(strict: Peer, tmp_path: Path):
    await trusted(strict, tmp_path)
    first = certificate.read(tmp_path)
    word = password_file(tmp_path / "passwords")
    await driver_at(strict, tmp_path, security=POLICY, username=USER, password_file=word).probe(30.0)
    second = certificate.read(tmp_path)
    assert first is not None
    assert second is not None
    assert first.der == second.der


async def test_an_agents_certificate_from_a_wrong_clock_names_the_dates(strict: Peer, tmp_path: Path):
    certificate.make(tmp_path, "pi-1", datetime(2040, 1, 1, tzinfo=UTC))
    why = await refusal(driver_at(strict, tmp_path, security=POLICY))
    assert "it is valid from 2038-12-31 to 2049-12-29" in str(why)
    assert "tsunagu-agent trust renew" in str(why)


@pytest.mark.parametrize("security", ["None", POLICY])
async def test_who_may_not_sign_in_is_told_who_may(strict: Peer, tmp_path: Path, security: str):
    if security != "None":
        await trusted(strict, tmp_path)
    anonymous = await refusal(driver_at(strict, tmp_path, security=security))
    assert "does not take anonymous users with this security; it takes: user and password, user cert" in str(anonymous)

    wrong = password_file(tmp_path / "wrong", "wrong horse")
    refused = await refusal(driver_at(strict, tmp_path, security=security, username=USER, password_file=wrong))
    assert isinstance(refused, Misconfigured)
    assert f"refuses user '{USER}' or the password: check both; at the server, that the user exists" in str(refused)
    assert "BadUserAccessDenied" in str(refused)

    user = self_signed(tmp_path, "user", uri="urn:example:user", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    files = {"user_certificate": user.certificate, "user_key": user.key}
    stranger = await refusal(driver_at(strict, tmp_path, security=security, **files))
    assert f"does not accept the user certificate {user.certificate}, thumbprint" in str(stranger)
    assert "put it among the trusted USER certificates there" in str(stranger)


async def test_a_policy_that_is_not_offered_lists_what_is(strict: Peer, tmp_path: Path):
    why = await refusal(driver_at(strict, tmp_path, security="Aes256_Sha256_RsaPss"))
    assert isinstance(why, Misconfigured)
    assert (
        "does not offer Aes256_Sha256_RsaPss with SignAndEncrypt; it offers: None; Basic256Sha256 with Sign; "
        "Basic256Sha256 with SignAndEncrypt. Set security and mode to one of these"
    ) in str(why)


async def test_a_server_that_speaks_encrypted_only_says_so_to_one_without(tmp_path: Path):
    with secured_server(tmp_path, policies=[POLICY], modes=["SignAndEncrypt"]) as closed:
        why = await refusal(driver_at(closed, tmp_path / "agent"))
    assert isinstance(why, Misconfigured)
    assert "does not offer None; it offers: Basic256Sha256 with SignAndEncrypt." in str(why)


@pytest.mark.parametrize(
    ("begins_days", "ends_days", "says"),
    [(-30, -2, "expired on"), (3, 300, "is valid only from")],
)
async def test_a_certificate_out_of_its_dates_is_refused_when_first_seen(
    tmp_path: Path, begins_days: int, ends_days: int, says: str
):
    made = self_signed(tmp_path, "server", begins_days=begins_days, ends_days=ends_days)
    with secured_server(tmp_path, certificate=str(made.certificate), key=str(made.key)) as peer:
        why = await refusal(driver_at(peer, tmp_path / "agent", security=POLICY))
        assert isinstance(why, Misconfigured)
        assert f"the certificate of the server at {peer.endpoint} {says}" in str(why)
        assert not (tmp_path / "agent" / "opcua" / "servers").exists()


async def test_the_end_of_a_servers_certificate_is_announced(tmp_path: Path):
    made = self_signed(tmp_path, "server", ends_days=20)
    with secured_server(tmp_path, certificate=str(made.certificate), key=str(made.key)) as peer:
        with capture_logs() as told:
            await driver_at(peer, tmp_path / "agent", security=POLICY).probe(30.0)
    ends = f"{made.made.not_valid_after_utc:%Y-%m-%d}"
    warned = [one for one in told if one["event"] == "opcua server certificate ends"]
    assert [(one["log_level"], one["endpoint"], one["ends"]) for one in warned] == [("warning", peer.endpoint, ends)]


async def test_another_certificate_than_the_one_known_is_refused_before_any_secret_leaves(tmp_path: Path):
    word = password_file(tmp_path)
    user = {"username": USER, "password_file": word}
    agent = tmp_path / "agent"
    with secured_server(tmp_path / "first") as first:
        for security in ("None", POLICY):
            await driver_at(first, agent, security=security, **user).probe(30.0)
    with secured_server(tmp_path / "second", port=first.port) as second:
        for security in ("None", POLICY):
            why = await refusal(driver_at(second, agent, security=security, **user))
            assert isinstance(why, Misconfigured)
            assert f"the server at {second.endpoint} shows another certificate (SHA-256 " in str(why)
            assert f"tsunagu-agent trust accept {second.endpoint} --config FILE" in str(why)
        assert second.ask() == {"signIns": 0}
    with secured_server(tmp_path / "first", port=first.port) as again:
        await driver_at(again, agent, security=POLICY, **user).probe(30.0)
