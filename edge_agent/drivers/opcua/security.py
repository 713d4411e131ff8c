"""Who is at the other end, and how it is spoken to: policy, mode, certificates (OPC 10000-4 §5.4, §5.5, §6.1.3).

Before a secured session opens, the server is asked on a connection of its own what it offers (GetEndpoints). Only
policy and mode choose the endpoint: the host names that servers advertise are often wrong, so the agent keeps talking
to the host in the settings. The certificate shown must be the one that was pinned; see `judge` for what happens to
dates.
"""

import asyncio
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from asyncua import ua
from asyncua.crypto import security_policies
from asyncua.ua.ua_binary import struct_from_binary
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edge_agent.drivers.opcua import advice, certificate, pins, refusals
from edge_agent.drivers.opcua.client import OwnClient
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured

POLICIES: Final[dict[str, type[security_policies.SecurityPolicy]]] = {
    "None": security_policies.SecurityPolicyNone,
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
MODES: Final = {
    "None": ua.MessageSecurityMode.None_,
    "Sign": ua.MessageSecurityMode.Sign,
    "SignAndEncrypt": ua.MessageSecurityMode.SignAndEncrypt,
}
NO_CLOCK_BEFORE: Final = 1970
"""A time stamp that was left empty says 1601."""
_SCHEME: Final = "opc.tcp"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server offers over opc.tcp. `clock_ahead`: its clock less ours, as far as one answer can tell."""

    endpoints: tuple[ua.EndpointDescription, ...]
    clock_ahead: timedelta

    def named(self) -> list[str]:
        """Policies and modes as the settings call them, in the server's order."""
        names = [refusals.endpoint_name(one.SecurityPolicyUri, one.SecurityMode) for one in self.endpoints]
        return list(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Secured:
    """All that a secured channel to one server needs. The policy object holds the channel's keys: use it once."""

    policy: security_policies.SecurityPolicy
    own: certificate.Own
    server: x509.Certificate
    clock_ahead: timedelta


async def prepare(settings: ConnectionSettings, data_dir: Path, agent: str) -> Secured:
    """Asks the server, checks its certificate, fetches the agent's. Raises ConnectionLost or Misconfigured."""
    own = await asyncio.to_thread(certificate.own, data_dir, agent, datetime.now(UTC))
    warning = own.warning(datetime.now(UTC))
    if warning is not None:
        log.warning("opcua certificate ends", why=warning)
    offer = await discover(settings)
    server = shown(choose(offer, settings), settings.endpoint)
    check(server, data_dir, settings.endpoint, offer.clock_ahead)
    policy = POLICIES[settings.security](
        server, own.certificate, own.key, MODES[settings.asked_mode], host_cert_chain=[]
    )
    return Secured(policy, own, server, offer.clock_ahead)


async def discover(settings: ConnectionSettings) -> Offer:
    """GetEndpoints, unencrypted as discovery is, on a connection that is closed again."""
    client = OwnClient(settings.endpoint, timeout=settings.connect_timeout_s)
    request = ua.GetEndpointsRequest()
    request.Parameters.EndpointUrl = settings.endpoint
    try:
        await client.connect_socket()
        await client.send_hello()
        await client.open_secure_channel()
        if client.uaclient.protocol is None:
            raise ConnectionError("connection lost")
        body = await client.uaclient.protocol.send_request(request, settings.connect_timeout_s)
        here = datetime.now(UTC)
        answer = struct_from_binary(ua.GetEndpointsResponse, body)
        answer.ResponseHeader.ServiceResult.check()
        await client.close_secure_channel()
    except (*advice.LINK_ERRORS, struct.error) as error:
        raise advice.explain(error, settings.endpoint) from error
    finally:
        client.disconnect_socket()
    told = answer.ResponseHeader.Timestamp
    there = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    spoken = tuple(one for one in answer.Endpoints or () if (one.EndpointUrl or _SCHEME).startswith(_SCHEME))
    return Offer(spoken, there - here if there.year >= NO_CLOCK_BEFORE else timedelta())


async def offered(settings: ConnectionSettings) -> list[str]:
    """What the server offers, for a message; nothing where it does not say."""
    try:
        return (await discover(settings)).named()
    except (ConnectionLost, Misconfigured):
        return []


def choose(offer: Offer, settings: ConnectionSettings) -> ua.EndpointDescription:
    """The endpoint with the policy and mode of the settings. Raises Misconfigured, naming what there is."""
    uri, mode = POLICIES[settings.security].URI, MODES[settings.asked_mode]
    for one in offer.endpoints:
        if one.SecurityPolicyUri == uri and one.SecurityMode == mode:
            return one
    raise Misconfigured(refusals.not_offered(settings.endpoint, refusals.endpoint_name(uri, mode), offer.named()))


def shown(endpoint: ua.EndpointDescription, address: str) -> x509.Certificate:
    """The certificate of an endpoint. Raises Misconfigured where it has none."""
    if not endpoint.ServerCertificate:
        raise Misconfigured(f"the server at {address} has no certificate for this policy; make one there")
    return pins.parse(endpoint.ServerCertificate, address)


def check(server: x509.Certificate, data_dir: Path, endpoint: str, clock_ahead: timedelta) -> None:
    """Whether this is the server we know, or may get to know. Raises Misconfigured; logs what will go wrong soon."""
    now = datetime.now(UTC)
    pin = pins.read(data_dir, endpoint)
    refusal = judge(server, pin, endpoint, now, clock_ahead)
    if refusal is not None:
        raise Misconfigured(refusal)
    if server.not_valid_after_utc - certificate.WARN_BEFORE < now:
        log.warning("opcua server certificate ends", endpoint=endpoint, ends=f"{server.not_valid_after_utc:%Y-%m-%d}")


def judge(
    server: x509.Certificate, pin: pins.Pin | None, endpoint: str, now: datetime, clock_ahead: timedelta
) -> str | None:
    """Why this certificate is refused; None where it is not.

    Dates are judged when a certificate is first seen, by nobody or by a person (`trust accept`). The pinned one is read
    on after its last day, with a warning: the key is the same, and a machine that goes blind at midnight in an empty
    shop makes people switch security off. OPC 10000-4 §6.1.3 lets an administrator suppress exactly this check.
    """
    if pin is not None:
        if pins.first_of(pin.certificate) == server.public_bytes(Encoding.DER):
            return None
        return refusals.changed(endpoint, pin.fingerprint, pin.since, certificate.fingerprint_of(server))
    if now > server.not_valid_after_utc:
        return refusals.expired(endpoint, server.not_valid_after_utc, now, clock_ahead)
    if now < server.not_valid_before_utc:
        return refusals.not_yet_valid(endpoint, server.not_valid_before_utc, now, clock_ahead)
    return None


def pin(server: x509.Certificate, data_dir: Path, endpoint: str) -> None:
    """Remembers a server's certificate, where none is remembered yet. Raises Misconfigured."""
    if pins.read(data_dir, endpoint) is None:
        keep(server, data_dir, endpoint)
        log.info("opcua server known from now on", endpoint=endpoint, sha256=certificate.fingerprint_of(server))


def keep(server: x509.Certificate, data_dir: Path, endpoint: str) -> pins.Pin:
    """Remembers a server's certificate in place of another."""
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = pins.Pin(endpoint=endpoint, since=since, certificate=server.public_bytes(Encoding.DER))
    pins.write(data_dir, made)
    return made
