"""What went wrong with a broker, and what to do about it, in plain words. Pure but for the password's file."""

import socket
from collections.abc import Mapping

from edge_agent.drivers.mqtt import quirks
from edge_agent.drivers.mqtt.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured


def unreachable(error: OSError, url: str) -> ConnectionLost:
    """A failed connect."""
    match error:
        case ConnectionRefusedError():
            text = "nothing listens there; is the broker running, the port right?"
        case socket.gaierror():
            text = "this host name is not known here; check it or write the IP address"
        case TimeoutError():
            text = "no answer in time; check cable, address and firewall"
        case ConnectionError():
            text = "the connection was closed"
        case _:
            text = f"{error.strerror or error}; check network and address"
    return ConnectionLost(f"{url}: {text}")


def refused(code: int, name: str, url: str) -> ConnectionLost | Misconfigured:
    """The broker said no, when connecting or later."""
    if code == quirks.TAKEN_OVER:
        return Misconfigured(f"{url}: {quirks.NO_RETRY_HINT}")
    if code in quirks.REFUSED_FOR_GOOD:
        return Misconfigured(f"the broker at {url} {quirks.REFUSED_FOR_GOOD[code]} ({name})")
    return ConnectionLost(f"the broker at {url} ended the connection ({name})")


def dropped(url: str, name: str, *, heard: bool) -> ConnectionLost:
    """The link ended without a word from the broker; `heard`: it had accepted us before."""
    if heard:
        return ConnectionLost(
            f"{url}: the connection to the broker was lost ({name}); is it running, the network up, "
            "and no other client using this client's name?"
        )
    return ConnectionLost(
        f"{url}: closed before the broker accepted us ({name}); is it an MQTT broker? "
        'An old one may need protocol = "3.1.1"'
    )


def refused_topic(topic: str, code: int) -> str:
    """Why a subscription was refused."""
    if code in (quirks.NOT_AUTHORISED, quirks.REFUSED_311):
        return f"{topic}: the broker does not allow reading this topic; give this user the right there"
    return f"{topic}: the broker refuses this topic (code 0x{code:02X})"


def silent(topic: str, limit_s: float) -> ConnectionLost:
    """The broker is there, the machine is not."""
    return ConnectionLost(f"{topic}: no heartbeat for {limit_s:g} s; the broker answers, is the machine on?")


def gone(topic: str) -> ConnectionLost:
    """The machine's last will arrived."""
    return ConnectionLost(f"{topic}: the machine has gone (its last will came)")


def password(settings: ConnectionSettings, environment: Mapping[str, str]) -> str | None:
    """The broker's password from where the settings say; raises Misconfigured where it is not there."""
    if settings.password_env is not None:
        if settings.password_env not in environment:
            raise Misconfigured(f"the environment variable {settings.password_env} (password_env) is not set")
        return environment[settings.password_env]
    if settings.password_file is not None:
        try:
            lines = settings.password_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{settings.password_file} (password_file) cannot be read: {error}") from error
        if not lines:
            raise Misconfigured(f"{settings.password_file} (password_file) is empty")
        return lines[0]
    return None
