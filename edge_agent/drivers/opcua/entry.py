"""The way into a server: socket, secure channel, session, user. I/O only; each failure leaves in plain words.

Order matters for what may be given away: the server's certificate is compared with the pinned one before the channel
opens, and before a password or a signature of the user goes out. It is pinned when the session is there, since the
server has then shown that it holds the key; without encryption it shows that by reading the password.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from asyncua import ua
from cryptography.exceptions import InvalidSignature

from edge_agent.drivers.opcua import advice, certificate, identity, pins, refusals, security
from edge_agent.drivers.opcua.client import OwnClient
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured

_FAILURES: Final = (*advice.LINK_ERRORS, InvalidSignature)


def new_client(settings: ConnectionSettings, client_name: str) -> OwnClient:
    """The library's client, not connected. Its application URI is the one in the agent's certificate."""
    client = OwnClient(settings.endpoint, timeout=settings.connect_timeout_s)
    client.name = client.description = client_name
    client.application_uri = certificate.uri_of(certificate.agent_of(client_name))
    return client


async def enter(client: OwnClient, settings: ConnectionSettings, data_dir: Path) -> None:
    """Opens channel and session and signs in. Raises ConnectionLost or Misconfigured; the caller then closes."""
    who = await asyncio.to_thread(identity.load, settings)
    secured = None
    if settings.security != "None":
        agent = certificate.agent_of(client.name)
        secured = await security.prepare(settings, data_dir, agent)
        client.secure(secured.policy)
    created = await _open(client, settings, secured)
    if created.ServerCertificate and (secured is not None or who.needs_server):
        shown = pins.parse(created.ServerCertificate, settings.endpoint)
        if secured is None:
            security.check(shown, data_dir, settings.endpoint, timedelta())
        security.pin(shown, data_dir, settings.endpoint)
    endpoint = client.find_endpoint(
        created.ServerEndpoints, security.MODES[settings.asked_mode], client.security_policy.URI
    )
    client.token = identity.choose(endpoint.UserIdentityTokens, who, settings, client.security_policy.URI)
    try:
        await identity.sign_in(client, who)
    except advice.LINK_ERRORS as error:
        raise refusals.of_sign_in(error, settings.endpoint, who.username, who.described) from error


async def _open(
    client: OwnClient, settings: ConnectionSettings, secured: security.Secured | None
) -> ua.CreateSessionResult:
    try:
        await client.connect_socket()
        await client.send_hello()
    except advice.LINK_ERRORS as error:
        raise advice.explain(error, settings.endpoint) from error
    try:
        await client.open_secure_channel()
        return await client.create_session()
    except _FAILURES as error:
        raise await _explained(error, settings, secured) from error


async def _explained(
    error: BaseException, settings: ConnectionSettings, secured: security.Secured | None
) -> ConnectionLost | Misconfigured:
    if refusals.is_unencrypted(error):
        wanted = refusals.endpoint_name(security.POLICIES[settings.security].URI, security.MODES[settings.asked_mode])
        return Misconfigured(refusals.not_offered(settings.endpoint, wanted, await security.offered(settings)))
    if secured is None:
        return refusals.of_channel(error, settings.endpoint, None, datetime.now(UTC), timedelta())
    return refusals.of_channel(error, settings.endpoint, secured.own, datetime.now(UTC), secured.clock_ahead)
