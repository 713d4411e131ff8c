"""What a person writes to read a machine over MQTT. Needs no MQTT library."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from edge_agent.settings import ConditionBase, ConnectionBase, Proof, SignalBase, Table

_URL: Final = re.compile(r"mqtt://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]]+)(?::(?P<port>\d{1,5}))?/?")
_STEP: Final = re.compile(r"""\.([^.\[\]'"\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")

Path_ = tuple[str | int, ...]


def split_url(text: str) -> tuple[str, int]:
    """Host and port of a broker's URL; ValueError where it is none.

    >>> split_url("mqtt://192.0.2.5")
    ('192.0.2.5', 1883)
    """
    found = _URL.fullmatch(text)
    if text.startswith(("mqtts://", "ssl://", "wss://", "ws://")):
        raise ValueError("only mqtt:// (without TLS) can be read so far")
    if found is None or not 0 < int(found["port"] or 1883) < 65536:
        raise ValueError("write mqtt://HOST:PORT, such as mqtt://192.0.2.5:1883; user and password have fields")
    return found["host"].strip("[]"), int(found["port"] or 1883)


def split_path(text: str) -> Path_:
    """The steps of a path into a JSON payload; ValueError where it is none.

    >>> split_path("$.axes[0]['load %']"), split_path("$")
    (('axes', 0, 'load %'), ())
    """
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            break
        name, index, quoted, double = found.groups()
        steps.append(int(index) if index is not None else next(s for s in (name, quoted, double) if s is not None))
        position = found.end()
    if not text.startswith("$") or position != len(text):
        raise ValueError("write a path such as $.axes[0].load or $['load %']")
    return tuple(steps)


def _checked_url(text: str) -> str:
    split_url(text)
    return text


def _checked_path(text: str) -> str:
    split_path(text)
    return text


def _checked_topic(text: str) -> str:
    if not text or "\0" in text or len(text.encode()) > 65_535:
        raise ValueError("a topic has 1 to 65,535 bytes")
    if "+" in text or "#" in text:
        raise ValueError("a signal is read from one topic; + and # are not possible here")
    if text.startswith("$share/"):
        raise ValueError("a shared subscription would give some messages to others; leave out $share/")
    return text


Topic = Annotated[str, AfterValidator(_checked_topic)]
PayloadPath = Annotated[str, AfterValidator(_checked_path)]


class Alive(Table):
    """Where the machine itself says that it lives."""

    topic: Topic = Field(description="Topic of the machine's heartbeat.", examples=["shop/press-1/alive"])
    limit_s: float = Field(
        gt=0, le=3600, description="A heartbeat comes at least so often, in seconds; later the machine is unknown."
    )
    dead: str | None = Field(
        None,
        description="Payload (the last will) that says the machine has gone. Any other payload is a heartbeat.",
    )


class ConnectionSettings(ConnectionBase):
    """How to reach an MQTT broker."""

    url: Annotated[str, AfterValidator(_checked_url)] = Field(
        description="Address of the broker.", examples=["mqtt://192.0.2.5:1883"]
    )
    protocol: Literal["5", "3.1.1"] = Field(
        "5", description="MQTT version. With 3.1.1 most brokers send only 20 messages ahead: slower."
    )
    username: str | None = Field(None, description="User at the broker.")
    password_env: str | None = Field(
        None, description="Name of the environment variable that holds the password.", examples=["MQTT_PASSWORD"]
    )
    password_file: Path | None = Field(
        None, description="File that holds the password in its first line.", examples=["/etc/tsunagu/mqtt-password"]
    )
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        description="Name of this client at the broker, where it must be a certain one; else made from agent and "
        "machine. The broker keeps missed messages under this name: do not change it lightly.",
    )
    keepalive_s: int = Field(
        5, ge=2, le=120, description="How often the broker is asked for a sign of life, in seconds."
    )
    connect_timeout_s: float = Field(
        4.0, gt=0, le=60, description="How long to wait for the broker when connecting, in seconds."
    )
    alive: Alive | None = Field(
        None,
        description="The machine's heartbeat. Without one, the broker's answers prove the path only, not the machine.",
        examples=['{ topic = "shop/press-1/alive", limit_s = 15 }'],
    )

    @model_validator(mode="after")
    def _one_password(self) -> "ConnectionSettings":
        given = [name for name in ("password_env", "password_file") if getattr(self, name) is not None]
        if len(given) == 2:
            raise ValueError("give password_env or password_file, not both")
        if given and self.username is None:
            raise ValueError(f"{given[0]} needs a username")
        return self

    @property
    def proof(self) -> Proof:
        """A heartbeat proves the machine; the broker's answers only the path."""
        return "path" if self.alive is None else "machine"


class Address(Table):
    """Which value of which message."""

    topic: Topic = Field(description="Topic the machine publishes to.", examples=["shop/press-1/tower"])
    path: PayloadPath | None = Field(
        None,
        description="Where in a JSON payload the value is; without it the payload is the value.",
        examples=["$.green"],
    )
    time: PayloadPath | None = Field(
        None,
        description="Where in a JSON payload the source's time is: RFC 3339 text with its offset, or a number since "
        "1970. Without it the time of arrival counts.",
        examples=["$.ts"],
    )
    time_unit: Literal["auto", "s", "ms", "us"] = Field(
        "auto", description="Unit of a time that is a number; auto tells s, ms and us apart by size."
    )


class SignalSettings(SignalBase, Address):
    """A signal read from an MQTT topic."""


class ConditionSettings(ConditionBase, Address):
    """A condition (alarm) read from an MQTT topic."""
