"""The hub as a systemd service: `tsunagu-hub install-service` prints the unit, or installs it where it may.

The service may write to the hub's data directory and nothing else. What it is told besides (`--host`, `--port`, …) is
handed on to `serve` as it is.
"""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.shared import Data, fail

NAME: Final = "tsunagu-hub"
UNIT: Final = Path(f"/etc/systemd/system/{NAME}.service")


def systemd_unit(command: Path, data_dir: Path, user: str | None, options: list[str]) -> str:
    """The unit file; `options` go to `serve`."""
    words = " ".join(_word(word) for word in (str(command), "serve", "--data", str(data_dir), *options))
    account = f"User={user}\n" if user else ""
    return f"""\
[Unit]
Description=Tsunagu hub: takes what agents deliver, answers what people ask
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={words}
{account}Restart=always
RestartSec=2
TimeoutStopSec=15
UMask=0077
Environment=PYTHONUNBUFFERED=1

NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={_word(str(data_dir))}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
CapabilityBoundingSet=
AmbientCapabilities=

[Install]
WantedBy=multi-user.target
"""


def install_service(
    data: Data,
    user: Annotated[str | None, typer.Option(help="Account it runs as; it must own the data directory.")] = None,
    options: Annotated[str, typer.Option(help="What `serve` is told besides.")] = "--port 8000",
    *,
    only_print: Annotated[bool, typer.Option("--print", help="Print it, change nothing.")] = False,
) -> None:
    """Install the hub as a service that starts with the computer; print what does where that cannot be done.

    Example: sudo tsunagu-hub install-service --data /var/lib/tsunagu-hub --user tsunagu --options "--port 8443"
    """
    text = systemd_unit(Path(sys.executable).parent / NAME, data.absolute(), user, shlex.split(options))
    if only_print or not Path("/run/systemd/system").is_dir():
        typer.echo(text)
        if not only_print:
            typer.echo(f"# not installed: systemd does not run here. Save it as {UNIT} where it does", err=True)
        return
    try:
        UNIT.write_text(text, "utf-8")
        for words in (["daemon-reload"], ["enable", "--now", UNIT.name]):
            subprocess.run(["systemctl", *words], check=True, capture_output=True, encoding="utf-8", timeout=120)
    except OSError as error:
        fail(f"{UNIT}: {error.strerror or error}; run this as root")
    except subprocess.CalledProcessError as error:
        fail(f"systemctl {' '.join(error.cmd[1:])}: {error.stderr.strip()}; see journalctl -u {NAME}")
    typer.echo(f"installed and started {UNIT.name}; its log: journalctl -u {NAME} -f")


def _word(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("%", "%%")
    return '"' + text.replace('"', '\\"') + '"' if " " in text or '"' in text else text
