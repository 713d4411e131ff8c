"""`tsunagu-agent enrol`: a one-time code becomes this agent's credential, at the hub that the code is from.

With a whole code the hub proves itself first: its authority is fetched, held against the fingerprint in the code, and
only over a connection that this authority vouches for is the secret part of the code sent. Somebody else at the hub's
address learns neither the code nor a credential.
"""

import asyncio
import hmac
import ssl
from typing import Annotated, Final

import httpx2
import typer

from contract.enrolment import CodeError, EnrolmentCode, fingerprint_of, split_code
from edge_agent import credential
from edge_agent.cli_parts import Config, fail, settings_of
from edge_agent.hub_client import CONNECT_S, Denied, Enrolled, HubClient, HubError, Unreachable
from edge_agent.hub_trust import Trust, is_in_the_clear
from edge_agent.settings import Settings

MOST_BYTES: Final = 64 * 1024
"""Of a certificate; a stranger must not fill our memory."""
FETCH_S: Final = 10.0


def enrol(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the hub.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The one-time code from `tsunagu-hub agent add`.")],
    config: Config,
    *,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Send code and credential in the clear to another computer.")
    ] = False,
) -> None:
    """Turn a one-time code into this agent's credential.

    Example: tsunagu-agent enrol https://hub.example:8443 CODE --config agent.toml
    """
    settings = settings_of(config)
    agent = settings.agent
    try:
        read = split_code(code)
        _check_wire(url, read, insecure=insecure)
        trust, made = asyncio.run(_enrol(url, read, settings))
    except (CodeError, HubError) as error:
        fail(str(error))
    if (made.agent, made.site) != (agent.id, agent.site):
        fail(
            f"the code is for agent {made.agent!r} at site {made.site!r}, {config} says {agent.id!r} "
            f"at {agent.site!r}; correct [agent] or ask for another code"
        )
    kept = credential.Credential(
        credential=made.credential, agent=made.agent, site=made.site, company=made.company, hub=url, ca_pem=trust.ca_pem
    )
    try:
        path = credential.write(agent.data_dir, kept)
    except OSError as error:
        fail(f"{agent.data_dir}: the credential cannot be written ({error.strerror}); check [agent] data_dir")
    typer.echo(f"enrolled {made.agent} at {made.site} for {made.company}; credential in {path}")
    if url.rstrip("/") != settings.hub.url.rstrip("/"):
        typer.echo(f"note: {config} sends to {settings.hub.url}, not to {url}; check [hub] url", err=True)


def _check_wire(url: str, code: EnrolmentCode, *, insecure: bool) -> None:
    """Denied where the code must not travel this way."""
    if not url.startswith(("http://", "https://")):
        raise Denied(f"{url} is no address; write it as https://hub.example:8443")
    if url.startswith("http://") and code.fingerprint is not None:
        raise Denied(f"this code is from a hub that speaks TLS; write https:// instead of {url} (nothing was sent)")
    if is_in_the_clear(url) and not insecure:
        raise Denied(
            f"{url} would send code and credential in the clear (nothing was sent); let the hub speak TLS: "
            "tsunagu-hub tls init, and use https://; or, on a network where nobody listens, --insecure"
        )


async def _enrol(url: str, code: EnrolmentCode, settings: Settings) -> tuple[Trust, Enrolled]:
    if settings.hub.ca_file is not None:
        trust = Trust(ca_file=settings.hub.ca_file)
    elif code.fingerprint is not None:
        trust = Trust(ca_pem=await fetch_authority(url, code.fingerprint))
    else:
        trust = Trust()
    client = HubClient(url, None, trust)
    try:
        return trust, await client.enrol(code.secret, settings.agent.id, settings.agent.site)
    finally:
        await client.close()


async def fetch_authority(url: str, fingerprint: str) -> str:
    """The authority that the hub at `url` shows, as PEM; Denied where it is not the code's, Unreachable where none is.

    The connection is not yet to be trusted: nothing is sent but the request for the certificate.
    """
    pem = await _fetch(f"{url.rstrip('/')}/ca.pem", url)
    try:
        shown = fingerprint_of(ssl.PEM_cert_to_DER_cert(pem.strip()))
    except ValueError:
        shown = None
    if shown is None or not hmac.compare_digest(shown, fingerprint):
        raise Denied(
            f"whoever answers at {url} is not the hub that this code is from (its authority has another fingerprint). "
            "Nothing was sent. Check the address; if it is right, somebody stands between, or the hub got a new "
            "authority: ask for a new code"
        )
    return pem


async def _fetch(where: str, url: str) -> str:
    try:
        async with asyncio.timeout(FETCH_S), _unchecked() as client, client.stream("GET", where) as response:
            if response.status_code != 200:
                raise Denied(
                    f"whoever answers at {url} is not the hub that this code is from: it shows no authority of its own "
                    f"(status {response.status_code}). Nothing was sent. Check the address, or ask for a new code"
                )
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
            return body[:MOST_BYTES].decode("ascii", "replace")
    except (TimeoutError, httpx2.TimeoutException):
        raise Unreachable(f"{url} does not answer; is the hub running, and the network up?") from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise Denied(f"{url} is no address ({error}); write it as https://hub.example:8443") from None
    except httpx2.TransportError as error:
        raise Unreachable(
            f"{url} cannot be reached by TLS ({error or type(error).__name__}); is the hub there?"
        ) from None


def _unchecked() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        verify=False,  # who answers is held against the code's fingerprint instead, before anything is said
        trust_env=False,
        timeout=httpx2.Timeout(FETCH_S, connect=CONNECT_S),
    )
