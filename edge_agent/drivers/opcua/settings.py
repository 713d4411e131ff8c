"""What a person writes to read a machine over OPC UA. Needs no OPC UA library."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from edge_agent.settings import ConditionBase, ConnectionBase, SignalBase, Table

_NODE: Final = re.compile(
    r"(?:ns=(?P<index>\d{1,5});|nsu=(?P<uri>.+?);)?(?P<identifier>i=\d{1,10}|[sgb]=.+)", re.DOTALL
)
_ENDPOINT: Final = re.compile(r"opc\.tcp://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]]+)(?::(?P<port>\d{1,5}))?(?:/\S*)?")


def _checked_endpoint(text: str) -> str:
    found = _ENDPOINT.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 4840) < 65536:
        raise ValueError("write opc.tcp://HOST:PORT with the path the server shows, such as opc.tcp://192.0.2.10:4840")
    return text


def _checked_node(text: str) -> str:
    split_node(text)
    return text


def split_node(text: str) -> tuple[str | int, str]:
    """Namespace (URI or index) and identifier of a node as people write it; ValueError where it is none.

    >>> split_node("nsu=urn:example:machine;s=Axis;X")
    ('urn:example:machine', 's=Axis;X')
    >>> split_node("i=2258")
    (0, 'i=2258')
    """
    found = _NODE.fullmatch(text)
    if found is None:
        raise ValueError("write nsu=NAMESPACE-URI;s=NAME, ns=INDEX;s=NAME or ns=INDEX;i=NUMBER")
    return found["uri"] or int(found["index"] or 0), found["identifier"]


Node = Annotated[str, AfterValidator(_checked_node)]


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


class Address(Table):
    """Which variable of the server."""

    node: Node = Field(
        description="The variable: with its namespace's URI (stays right when the server is set up anew) "
        "or with its index.",
        examples=["nsu=urn:example:machine;s=Execution"],
    )
    index: int | None = Field(
        default=None, ge=0, description="Where the variable is an array: which element, counted from 0."
    )


class SignalSettings(SignalBase, Address):
    """A signal read from an OPC UA variable."""


class ConditionSettings(ConditionBase, Address):
    """A condition (alarm) read from an OPC UA variable."""
