"""The agent's credential in use: how it reaches the hub with it, and replaces it when the hub asks.

::

    hub asks ──► POST /credential ──► on disk, the old one beside it ──► in use ──► the hub ends the old one
                 both are good                                          (its first use)

Killed at any point, the agent finds a credential on disk that the hub takes: the old one until the new one is on
disk, the new one from then on. The hub decides when (every 30 days, or by command); it has the better clock.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import structlog

from edge_agent import credential
from edge_agent.backoff import Backoff
from edge_agent.credential import Credential
from edge_agent.hub_client import Denied, HubClient, HubError
from edge_agent.hub_trust import Trust, is_in_the_clear
from edge_agent.settings import Settings

log = structlog.get_logger(__name__)


def connect(settings: Settings, held: Credential) -> HubClient:
    """A client of the configured hub in this agent's name. `[hub] ca_file` beats the authority that was enrolled with.

    Raises Denied (a HubError) where the authority's certificate cannot be used, and where one is to be met but the
    address is plain HTTP: nobody there could prove to be the hub.
    """
    hub = settings.hub
    if hub.url.startswith("http://") and (held.ca_pem is not None or hub.ca_file is not None):
        raise Denied(
            f"{hub.url} is not the hub this agent was enrolled at, which speaks TLS (nothing was sent); correct "
            "[hub] url to https://, or enrol with a new code"
        )
    if is_in_the_clear(hub.url):
        log.warning(
            "what is sent to the hub can be read on the way; let it speak TLS: tsunagu-hub tls init", url=hub.url
        )
    trust = Trust(ca_file=hub.ca_file) if hub.ca_file is not None else Trust(ca_pem=held.ca_pem)
    keep = partial(_keep, settings.agent.data_dir, held)
    return HubClient(hub.url, held.credential, trust, spare=held.previous, keep=keep)


def _keep(folder: Path, held: Credential, current: str, previous: str | None) -> None:
    credential.write(folder, msgspec.structs.replace(held, credential=current, previous=previous))


async def keep_fresh(client: HubClient, random: Callable[[], float]) -> None:
    """Until cancelled: replaces the credential when the hub asks. What fails is tried again; the old one is good."""
    backoff = Backoff(random)
    while True:
        await client.rotation_due.wait()
        try:
            await rotate(client)
        except (HubError, OSError) as error:
            wait_s = backoff.next_s()
            log.warning("the credential is not replaced yet", reason=str(error), again_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s)
        else:
            backoff.reset()
            log.info("the credential was replaced")


async def rotate(client: HubClient) -> None:
    """One replacement. Raises HubError, or OSError where the new one cannot be written; the old one is used on then."""
    fresh = await client.renew()
    await client.adopt(fresh)
    await client.check()
