"""What a person writes to read a machine over MQTT. Needs no MQTT library.

The driver's three tables are found here: the connection below, signals and conditions from `addresses.py`.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from edge_agent.drivers.mqtt.addresses import ConditionSettings, Encoding, SignalSettings, TimeZone, Topic
from edge_agent.drivers.sign_in import SignInSettings
from edge_agent.settings import ConnectionBase, Proof, Table

__all__ = ["ConditionSettings", "ConnectionSettings", "SignalSettings"]

_URL: Final = re.compile(r"(?P<scheme>mqtts?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]{}]+)(?::(?P<port>\d{1,5}))?/?")
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_TLS_ONLY: Final = ("ca_file", "client_certificate", "client_key", "server_name")


class Place(NamedTuple):
    """Where a broker is."""

    host: str
    port: int
    tls: bool


def split_url(text: str) -> Place:
    """Where the broker of a URL is; ValueError where it is none.

    >>> split_url("mqtt://192.0.2.5"), split_url("mqtts://broker.example")
    (Place(host='192.0.2.5', port=1883, tls=False), Place(host='broker.example', port=8883, tls=True))
    """
    if text.startswith(("ssl://", "tls://")):
        raise ValueError("write mqtts:// for MQTT over TLS")
    if text.startswith(("ws://", "wss://")):
        raise ValueError("MQTT over websockets is not read; write mqtt:// or mqtts:// and the broker's other port")
    found = _URL.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 1) < 65536:
        raise ValueError(
            "write mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS, such as mqtt://192.0.2.5:1883; "
            "user and password have fields"
        )
    scheme = found["scheme"]
    return Place(found["host"].strip("[]"), int(found["port"] or _PORTS[scheme]), tls=scheme == "mqtts")


def _checked_url(text: str) -> str:
    split_url(text)
    return text


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


class BrokerSettings(ConnectionBase):
    """Where the broker is, and what it speaks."""

    url: Annotated[str, AfterValidator(_checked_url)] = Field(
        description="Address of the broker: mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS.",
        examples=["mqtt://192.0.2.5:1883"],
    )
    protocol: Literal["5", "3.1.1"] = Field(
        "5", description="MQTT version. With 3.1.1 most brokers send only 20 messages ahead: slower."
    )


class ConnectionSettings(SignInSettings, BrokerSettings):
    """How to reach an MQTT broker, and how to sign in there."""

    ca_file: Path | None = Field(
        None,
        description="TLS: certificate of the authority that signed the broker's certificate (PEM), where it is not a "
        "public one.",
        examples=["/etc/tsunagu/broker-ca.pem"],
    )
    client_certificate: Path | None = Field(
        None,
        description="TLS: our certificate (PEM), where the broker asks for one.",
        examples=["/etc/tsunagu/edge.pem"],
    )
    client_key: Path | None = Field(
        None,
        description="TLS: the key of our certificate (PEM, without a password), where it is not in the same file.",
        examples=["/etc/tsunagu/edge-key.pem"],
    )
    server_name: str | None = Field(
        None,
        min_length=1,
        max_length=253,
        description="TLS: the name in the broker's certificate, where it differs from the one in url.",
        examples=["broker.example"],
    )
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        description="Name of this client at the broker, where it must be a certain one; else made from agent and "
        "machine. The broker keeps missed messages under this name: do not change it lightly.",
    )
    keepalive_s: int = Field(
        5,
        ge=2,
        le=120,
        description="How long the broker may miss a sign of life of ours, in seconds. A silent broker is asked for one "
        "five times in it; four in vain, and the connection is made anew.",
    )
    connect_timeout_s: float = Field(
        4.0, gt=0, le=60, description="How long to wait for the broker when connecting, in seconds."
    )
    encoding: Encoding = Field(
        "utf-8", description="How text is encoded: utf-8, shift_jis, euc_jp, utf-16, gb18030 or cp1252."
    )
    time_zone: TimeZone | None = Field(
        None,
        description="Time zone of the machine's clock, for times without an offset from UTC.",
        examples=["Asia/Tokyo"],
    )
    alive: Alive | None = Field(
        None,
        description="The machine's heartbeat. Without one, the broker's answers prove the path only, not the machine.",
        examples=['{ topic = "shop/press-1/alive", limit_s = 15 }'],
    )

    @model_validator(mode="after")
    def _tls_as_a_whole(self) -> "ConnectionSettings":
        given = [name for name in _TLS_ONLY if getattr(self, name) is not None]
        if given and not split_url(self.url).tls:
            raise ValueError(f"{given[0]} is about TLS; write mqtts:// in url, or leave it out")
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError("client_key needs a client_certificate")
        return self

    @property
    def proof(self) -> Proof:
        """A heartbeat proves the machine; the broker's answers only the path."""
        return "path" if self.alive is None else "machine"
