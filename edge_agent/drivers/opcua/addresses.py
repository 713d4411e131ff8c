"""Which variable of a server a signal or condition is read from, as a person writes it. Needs no OPC UA library.

A variable is named by its node id (`node`) or by the names on the way to it (`browse`), both with the namespace's URI
where they are to stay right when a server is set up anew (OPC 10000-6 §5.1.12 and §5.1.13, OPC 10000-4 Annex A).
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from edge_agent.settings import ConditionBase, SignalBase, Table

_NODE: Final = re.compile(
    r"(?:ns=(?P<index>\d{1,5});|nsu=(?P<uri>.+?);)?(?P<identifier>i=\d{1,10}|[sgb]=.+)", re.DOTALL
)
_STEP: Final = re.compile(r"/(?:nsu=(?P<uri>[^;]+);|(?P<index>\d{1,5}):)?(?!nsu=)(?P<name>(?:[^/&]|&.)+)", re.DOTALL)

Step: TypeAlias = tuple[str | int, str]
"""Namespace (URI or index) and name."""
Start: TypeAlias = Literal["root", "machine", "channel"]
"""Where a path begins: the server's root, or a part of the machine that was found by its type."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path of names."""

    steps: tuple[Step, ...]
    start: Start = "root"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is found: at `node`, or at the end of the first of `ways` that leads to one.

    `text` is what people are told. `optional`: many servers do not have it, and nobody needs to do anything.
    """

    text: str
    node: str | None = None
    ways: tuple[Way, ...] = ()
    optional: bool = False


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


def split_browse(text: str) -> tuple[Step, ...]:
    """The steps of a browse path, from below the root; ValueError where it is none.

    A name without a namespace is in the standard's own (0). `&` before a character takes away its meaning.

    >>> split_browse("/Objects/nsu=http://example.com/UA/;Line 1/3:Speed&/Feed")
    ((0, 'Objects'), ('http://example.com/UA/', 'Line 1'), (3, 'Speed/Feed'))
    """
    steps: list[Step] = []
    pos = 0
    while pos < len(text):
        found = _STEP.match(text, pos)
        if found is None:
            break
        name = re.sub(r"&(.)", r"\1", found["name"], flags=re.DOTALL)
        steps.append((found["uri"] or int(found["index"] or 0), name))
        pos = found.end()
    if pos < len(text) or not steps:
        raise ValueError("write /Objects/nsu=NAMESPACE-URI;NAME/… with the names a browser of the server shows")
    return tuple(steps[1:] if steps[0] == (0, "Root") and len(steps) > 1 else steps)


def _checked_node(text: str) -> str:
    split_node(text)
    return text


def _checked_browse(text: str) -> str:
    split_browse(text)
    return text


Node = Annotated[str, AfterValidator(_checked_node)]
Browse = Annotated[str, AfterValidator(_checked_browse)]


class Address(Table):
    """Which variable of the server."""

    node: Node | None = Field(
        default=None,
        description="The variable: with its namespace's URI (stays right when the server is set up anew) "
        "or with its index.",
        examples=["nsu=urn:example:machine;s=Execution"],
    )
    browse: Browse | None = Field(
        default=None,
        description="Instead of node: the names on the way to the variable, for servers whose node ids change.",
        examples=["/Objects/nsu=urn:example:machine;Laser 1/nsu=urn:example:machine;Execution"],
    )
    index: int | None = Field(
        default=None, ge=0, description="Where the variable is an array: which element, counted from 0."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.node is None) == (self.browse is None):
            raise ValueError("name the variable by node or by browse, one of the two")
        return self

    @property
    def place(self) -> Place:
        """Where the driver looks."""
        if self.browse is not None:
            return Place(self.browse, ways=(Way(split_browse(self.browse)),))
        return Place(str(self.node), node=self.node)


class SignalSettings(SignalBase, Address):
    """A signal read from an OPC UA variable."""


class ConditionSettings(ConditionBase, Address):
    """A condition (alarm) read from an OPC UA variable."""


class GivenSignal(SignalBase):
    """A signal that the type of the machine defines: nobody writes it, each session finds it (`machinetool.py`)."""

    place: Place
    index: None = None


AnySignal: TypeAlias = SignalSettings | ConditionSettings | GivenSignal
