"""An agent that replaces its credential and is killed on the way: `python -m tests.support.rotating CONFIG STEP`.

A process of its own, because it kills itself with SIGKILL at the step it is told, as a power cut would.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from edge_agent import computer, credential, rotation
from edge_agent.hub_client import HubClient
from edge_agent.settings_file import read_settings

STEPS = ("before asking", "answer lost", "not written", "half written", "written", "used")


def die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL has no return")


def arm(step: str) -> None:
    """Puts the end where the step says."""
    renew, check, write = HubClient.renew, HubClient.check, credential.write

    async def renew_and_die(client: HubClient) -> str:
        await renew(client)
        die()

    async def check_and_die(client: HubClient) -> None:
        await check(client)
        die()

    def write_and_die(folder: Path, kept: credential.Credential) -> Path:
        write(folder, kept)
        die()

    match step:
        case "before asking":
            HubClient.renew = die
        case "answer lost":
            HubClient.renew = renew_and_die
        case "not written":
            credential.write = die
        case "half written":
            computer.Path.replace = die
        case "written":
            credential.write = write_and_die
        case "used":
            HubClient.check = check_and_die
        case _:
            raise AssertionError(step)


async def main(config: Path, step: str) -> None:
    settings = read_settings(config, os.environ)
    held = credential.read(settings.agent.data_dir, settings.agent.id, settings.agent.site)
    client = rotation.connect(settings, held)
    arm(step)
    await rotation.rotate(client)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
