"""The secured node-opcua peer, and a driver that reads it: what the tests of security share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.settings import ConnectionSettings, SignalSettings
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from tests.support.node_opcua import Peer, node_server

POLICIES = ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
MODES = ("Sign", "SignAndEncrypt")
USER = "reader"
WORD = "correct horse"
CLIENT = "tsunagu-pi-1_laser-1"
"""What the pipeline of machine laser-1 of agent pi-1 is called."""


@contextmanager
def secured_server(folder: Path, port: int | None = None, **options: object) -> Iterator[Peer]:
    """All policies and modes, one user, every client trusted; `options` of secured.js say otherwise.

    `folder` keeps its certificates: a server started there again is the same, elsewhere it is another.
    """
    offered = {"policies": ["None", *POLICIES], "modes": ["None", *MODES], "users": {USER: WORD}}
    with node_server("secured.js", port=port, pki=str(folder / "pki"), **{**offered, **options}) as peer:
        yield peer


def driver_at(peer: Peer, data_dir: Path, **connection: object) -> Driver:
    """A driver that reads the peer's `Value`."""
    settings = ConnectionSettings(endpoint=peer.endpoint, **connection)
    return create(settings, [SignalSettings(node=f"nsu={peer.told['uri']};s=Value")], CLIENT, data_dir)


def password_file(folder: Path, word: str = WORD) -> Path:
    """A file with a password in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "password"
    path.write_text(word + "\n", "utf-8")
    return path


async def refusal(driver: Driver) -> ConnectionLost | Misconfigured:
    """Why this driver does not get in."""
    try:
        found = await driver.probe(30.0)
    except (ConnectionLost, Misconfigured) as error:
        return error
    raise AssertionError(f"it was let in and read {found}")
