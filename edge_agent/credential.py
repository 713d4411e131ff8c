"""The agent's credential: one file in the data folder that only its owner may read.

Beside the secret it holds who the hub is (its own authority, where the enrolment code named one) and the secret before
this one, for a hub that was restored from a backup. It is replaced whole, so none of them is ever without the others.
"""

from pathlib import Path
from typing import Final

import msgspec

from edge_agent.computer import write_private

FILE_NAME: Final = "credential.json"


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the hub says this agent is, the proof of it, and whom the agent takes for the hub."""

    credential: str
    agent: str
    site: str
    company: str
    hub: str
    previous: str | None = None
    """The secret before this one; the hub has ended it."""
    ca_pem: str | None = None
    """The certificate authority that must have signed the hub's certificate; None: one that the system knows."""


class CredentialError(Exception):
    """There is none, or it is another agent's; the text says what to do."""


def write(folder: Path, credential: Credential) -> Path:
    """Writes the file with mode 0600; its path. OSError where that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    write_private(path, msgspec.json.format(msgspec.json.encode(credential)).decode() + "\n")
    return path


def read(folder: Path, agent: str, site: str) -> Credential:
    """The credential of this agent. Raises CredentialError."""
    path = folder / FILE_NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Credential)
    except FileNotFoundError:
        raise CredentialError(
            f"{path} does not exist; enrol first: tsunagu-agent enrol URL CODE --config FILE"
        ) from None
    except OSError as error:
        raise CredentialError(f"{path} cannot be read ({error.strerror}); run as the user who enrolled") from None
    except msgspec.DecodeError as error:
        raise CredentialError(f"{path} is damaged ({error}); enrol again with a new code") from None
    if (found.agent, found.site) != (agent, site):
        raise CredentialError(
            f"{path} is of agent {found.agent!r} at site {found.site!r}, the settings say {agent!r} at {site!r}; "
            "correct [agent] or enrol with a new code"
        )
    return found
