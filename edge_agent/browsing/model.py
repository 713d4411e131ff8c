"""What a walk over a machine's server found: its nodes, and what is known of each but their values. Pure.

`opcua.py` walks and adds steps, `keeping.py` keeps them on disk, `proposing.py` looks for our signals in them.
A node is named as people write it in the settings (`nsu=URI;s=NAME`), so that what was found stays right when
the server numbers its namespaces anew. Depth counts from the node the walk began at, which has depth 0.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from edge_agent.reading import Raw

Kind = Literal["object", "variable"]

NUMERIC = frozenset(
    ("SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "Number", "Integer",
     "UInteger", "Duration", "Enumeration")
)  # fmt: skip


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What does not change of a variable. `type`: its data type's name; `words`: what an enumeration's numbers mean."""

    type: str = ""
    array: bool = False
    readable: bool = True
    writable: bool = False
    history: bool = False
    words: dict[str, str] = {}


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One node. `name` is its browse name, `label` its display name where that is another."""

    id: str
    parent: str | None
    name: str
    depth: int
    kind: Kind
    label: str = ""
    of_type: str = ""
    about: About | None = None

    @property
    def called(self) -> str:
        """How people see it."""
        return self.label or self.name


class Seen(msgspec.Struct, frozen=True):
    """A value as it was read. `wrong` says in plain words why it cannot be used."""

    value: Raw
    quality: str
    at_us: int | None = None
    code: str | None = None
    wrong: str | None = None


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one call to the server told: whose children it asked for, the new nodes, and units of older ones."""

    browsed: list[str]
    nodes: list[Node] = []
    units: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}


class Found:
    """Everything a walk has found so far; grows by steps, in the order of the walk (breadth first)."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.nodes: dict[str, Node] = {root.id: root}
        self.units: dict[str, str] = {}
        self._words: dict[str, dict[str, str]] = {}
        self._browsed: set[str] = set()
        self._children: dict[str, list[str]] = {}

    def add(self, step: Step) -> None:
        """One step more. A node found before keeps its first place: references may go in circles."""
        self._browsed.update(step.browsed)
        self.units.update(step.units)
        self._words.update(step.words)
        for node in step.nodes:
            if node.id not in self.nodes:
                self.nodes[node.id] = node
                self._children.setdefault(node.parent or "", []).append(node.id)

    def waiting(self, depth: int) -> list[Node]:
        """Nodes whose children were not asked for yet and lie within `depth`, nearest first."""
        return [node for node in self.nodes.values() if node.depth < depth and node.id not in self._browsed]

    def children(self, node: str) -> list[Node]:
        """What stands below a node."""
        return [self.nodes[child] for child in self._children.get(node, ())]

    def below(self, node: str) -> Iterator[Node]:
        """Everything below a node, without it."""
        for child in self.children(node):
            yield child
            yield from self.below(child.id)

    def words(self, node: Node) -> dict[str, str]:
        """What the numbers of an enumerated variable mean; empty where the server does not tell."""
        return self._words.get(node.id) or (node.about.words if node.about is not None else {})

    def path(self, node: Node) -> list[str]:
        """Names from below the root down to the node."""
        names: list[str] = []
        here: Node | None = node
        while here is not None and here.parent is not None:
            names.append(here.called)
            here = self.nodes.get(here.parent)
        return names[::-1]

    @property
    def variables(self) -> list[Node]:
        """Every variable, in the order found."""
        return [node for node in self.nodes.values() if node.kind == "variable"]
