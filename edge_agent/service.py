"""The agent as a service of the computer: a systemd unit, or a recipe for Windows. Text only; paths are absolute.

The unit's watchdog is fed by the agent itself, while its loop turns and its buffer's thread works. What the service may
write to is its data folder and nothing else.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final
from xml.sax.saxutils import escape

NAME: Final = "tsunagu-agent"
UNIT_FOLDER: Final = PurePath("/etc/systemd/system")
_LOCAL_SERVICE: Final = r"NT AUTHORITY\LOCAL SERVICE"
WATCHDOG_S: Final = 60
"""So long nothing of the agent may stand still before it is started again."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is to run: `command` is the installed `tsunagu-agent`; `user` None: whoever the system takes."""

    command: PurePath
    config: PurePath
    data_dir: PurePath
    agent: str
    user: str | None


def systemd_unit(service: Service) -> str:
    """The unit file."""
    user = f"User={service.user}\n" if service.user else ""
    return f"""\
[Unit]
Description=Tsunagu agent {service.agent}: reads machines, keeps everything on disk until the hub has it
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={_word(service.command)} run --config {_word(service.config)}
{user}Restart=always
RestartSec=2
WatchdogSec={WATCHDOG_S}
TimeoutStartSec=300
TimeoutStopSec=15
UMask=0077
Environment=PYTHONUNBUFFERED=1

NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={_word(service.data_dir)}
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


def systemd_steps() -> list[str]:
    """What to do with the unit by hand."""
    unit = UNIT_FOLDER / f"{NAME}.service"
    return [
        f"save the above as {unit}",
        "sudo systemctl daemon-reload",
        f"sudo systemctl enable --now {NAME}",
        f"journalctl -u {NAME} -f",
    ]


def windows_recipe(service: Service) -> str:
    """PowerShell lines with what Windows brings along, and the same for the service wrapper WinSW."""
    run = f'run --config "{service.config}"'
    return f"""\
# Tsunagu agent {service.agent} on Windows. Run these lines in a PowerShell opened as administrator.
#
# 1. With the Task Scheduler, which Windows brings along: starts with the computer, again a minute after a failure.
$action = New-ScheduledTaskAction -Execute {_quoted(str(service.command))} -Argument {_quoted(run)}
$trigger = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
    -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable
$user = New-ScheduledTaskPrincipal -UserId {_quoted(service.user or _LOCAL_SERVICE)} -LogonType ServiceAccount
Register-ScheduledTask -TaskName '{NAME}' -Action $action -Trigger $trigger -Settings $settings -Principal $user
# The account must be able to write the data folder, and read the settings:
icacls {_quoted(str(service.data_dir))} /grant '*S-1-5-19:(OI)(CI)M'
Start-ScheduledTask -TaskName '{NAME}'
# Stop: Stop-ScheduledTask -TaskName '{NAME}'   Remove: Unregister-ScheduledTask -TaskName '{NAME}'
#
# 2. Or as a Windows service through WinSW (one .exe to copy beside this file; logs are rotated, stopping is orderly):
#    save what follows as {NAME}.xml beside {NAME}.exe (WinSW renamed), then run: {NAME}.exe install
<#
<service>
  <id>{NAME}</id>
  <name>Tsunagu agent {escape(service.agent)}</name>
  <description>Reads machines, keeps everything on disk until the hub has it.</description>
  <executable>{escape(str(service.command))}</executable>
  <arguments>{escape(run)}</arguments>
  <startmode>Automatic</startmode>
  <onfailure action="restart" delay="2 sec"/>
  <stoptimeout>15 sec</stoptimeout>
  <serviceaccount><username>LocalService</username></serviceaccount>
  <log mode="roll-by-size"><sizeThreshold>10240</sizeThreshold><keepFiles>5</keepFiles></log>
</service>
#>
"""


def _word(path: PurePath) -> str:
    """A path as systemd reads it: quoted where it has spaces, `%` doubled."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%")
    return '"' + text.replace('"', '\\"') + '"' if " " in text or '"' in text else text


def _quoted(text: str) -> str:
    """A string of PowerShell."""
    return "'" + text.replace("'", "''") + "'"
