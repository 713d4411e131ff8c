"""Which variable of a server a signal or condition is read from, as a person writes it. Needs no OPC UA library."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from edge_agent.settings import ConditionBase, SignalBase, Table

_NODE: Final = re.compile(
    r"(?:ns=(?P<index>\d{1,5});|nsu=(?P<uri>.+?);)?(?P<identifier>i=\d{1,10}|[sgb]=.+)", re.DOTALL
)


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
