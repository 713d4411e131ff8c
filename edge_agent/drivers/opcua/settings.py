"""What a person writes to read a machine over OPC UA. Needs no OPC UA library.

The driver's three tables are found here: the connection below, signals and conditions from `addresses.py`.
"""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from edge_agent.drivers.opcua.addresses import ConditionSettings, SignalSettings
from edge_agent.settings import ConnectionBase

__all__ = ["ConditionSettings", "ConnectionSettings", "SignalSettings"]

_ENDPOINT: Final = re.compile(r"opc\.tcp://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]]+)(?::(?P<port>\d{1,5}))?(?:/\S*)?")


def _checked_endpoint(text: str) -> str:
    found = _ENDPOINT.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 4840) < 65536:
        raise ValueError("write opc.tcp://HOST:PORT with the path the server shows, such as opc.tcp://192.0.2.10:4840")
    return text


class ConnectionSettings(ConnectionBase):
    """How to reach an OPC UA server."""

    endpoint: Annotated[str, AfterValidator(_checked_endpoint)] = Field(
        description="Address of the machine's OPC UA server.", examples=["opc.tcp://192.0.2.10:4840"]
    )
    security: Literal["None"] = Field(
        default="None", description="Security policy. Only None (no encryption, anonymous user) so far."
    )
    publishing_interval_ms: int = Field(
        default=100, ge=10, le=60_000, description="How often the server sends what has changed, in milliseconds."
    )
    queue_size: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="Changes of one node the server is asked to keep while the agent is busy; "
        "`run` logs what it grants.",
    )
    connect_timeout_s: float = Field(
        default=4.0, gt=0, le=60, description="How long to wait for the server when connecting, in seconds."
    )
    request_timeout_s: float = Field(
        default=15.0, gt=0, le=120, description="How long to wait for an answer of a slow server, in seconds."
    )
