"""From what a look saw to `[[machines]]` blocks: which machines a server carries, and how each would be read. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from edge_agent.browsing.block import Block, written
from edge_agent.browsing.model import NUMERIC, Found, Node, Seen
from edge_agent.browsing.proposing import Candidate, Proposal, machines_in, propose
from edge_agent.browsing.proposing import Mapping as Proposed
from edge_agent.browsing.wording import slug

STANDARDS: Final = {
    "machinetool": "speaks OPC 40501-1 (UA for Machine Tools): its signals are known, none need be named",
    "machinery": "speaks OPC 40001-1 (UA for Machinery): its signals are known, none need be named",
}
_NAMEPLATE: Final = {"maker": ("Manufacturer", "Maker", "メーカー"), "model": ("Model", "機種", "型式")}


class Suggestion(msgspec.Struct, frozen=True):
    """One machine as it could be read. `mapping` is None where its state model needs none."""

    id: str
    title: str
    state_model: str
    mapping: Proposed | None
    block: str


def candidates(found: Found, values: Mapping[str, Seen]) -> list[Candidate]:
    """The variables that may be signals: the server's own (namespace 0) and nameplates' are none."""
    made = []
    for node in found.variables:
        about = node.about
        if not node.id.startswith("ns") or about is None:
            continue
        seen = values.get(node.id)
        value = seen.value if seen is not None else None
        if value is None and about.type in NUMERIC and seen is not None and seen.wrong is None:
            value = 0  # a number without a value now is a number nevertheless
        made.append(
            Candidate(
                key=node.id,
                name=node.called,
                above=tuple(found.path(node)[:-1]),
                value=value,
                type=about.type,
                unit=found.units.get(node.id),
                words=found.words(node),
                usable=about.readable and not about.array and (seen is None or seen.wrong is None),
            )
        )
    return made


def suggest(
    found: Found,
    values: Mapping[str, Seen],
    machines: tuple[tuple[Node, str], ...],
    connection: Mapping[str, Any],
    wanted: str | None,
) -> list[Suggestion]:
    """A block for each machine. `wanted` names it; of several, each gets its own name behind that."""
    if machines:
        of_kind = Counter(model for _, model in machines)
        return [
            _standard(
                Block(
                    id=_name(wanted, node.called, place, one=len(machines) == 1),
                    driver="opcua",
                    connection=connection if of_kind[model] == 1 else {**connection, "machine": node.name},
                    state_model=model,
                    name=node.called if slug(node.called) != node.called else None,
                    note=STANDARDS[model],
                    maker=_nameplate(found, node, values, "maker"),
                    model=_nameplate(found, node, values, "model"),
                )
            )
            for place, (node, model) in enumerate(machines, 1)
        ]
    places = {node.id: _ancestors(found, node) for node in found.variables}
    groups = machines_in(candidates(found, values), lambda candidate: places[candidate.key])
    made: list[Suggestion] = []
    for place, of_machine in groups.items():
        mapping = propose(of_machine)
        if not mapping.signals:
            continue
        node = found.nodes[place[-1]] if place else _only_object(found, mapping) or found.root
        title = node.called
        name = _name(wanted, title, len(made) + 1, one=len(groups) == 1)
        head = Block(
            id=name,
            driver="opcua",
            connection=connection,
            state_model=mapping.state_model,
            name=title if node is not found.root and title != name else None,
            mapping=mapping,
            maker=_nameplate(found, node, values, "maker"),
            model=_nameplate(found, node, values, "model"),
        )
        made.append(Suggestion(name, title, mapping.state_model, mapping, written(head, _address)))
    return made


def _address(proposal: Proposal) -> dict[str, Any]:
    return {"node": proposal.candidate.key}


def _standard(block: Block) -> Suggestion:
    """A machine that tells everything by its type."""
    return Suggestion(block.id, block.name or block.id, block.state_model, None, written(block, _address))


def _name(wanted: str | None, title: str, place: int, *, one: bool) -> str:
    own = slug(title)
    if one:
        return wanted or (own if own and own != "objects" else "machine-1")
    return f"{wanted}-{own or place}"[:63] if wanted else own or f"machine-{place}"


def _ancestors(found: Found, node: Node) -> tuple[str, ...]:
    """Ids of what a node stands in, from below the root."""
    line: list[str] = []
    here = found.nodes.get(node.parent or "")
    while here is not None and here.parent is not None:
        line.append(here.id)
        here = found.nodes.get(here.parent)
    return tuple(line[::-1])


def _only_object(found: Found, mapping: Proposed) -> Node | None:
    """The lowest object that all that was found stands in; None where that is the root."""
    lines = [_ancestors(found, found.nodes[proposal.candidate.key]) for proposal in mapping.signals]
    shared = lines[0]
    for line in lines[1:]:
        shared = tuple(a for a, b in zip(shared, line, strict=False) if a == b)
    return found.nodes[shared[-1]] if shared else None


def _nameplate(found: Found, machine: Node, values: Mapping[str, Seen], field: str) -> str | None:
    """Maker or model as the machine's own nodes tell it."""
    for node in found.below(machine.id) if machine is not found.root else ():
        seen = values.get(node.id) if node.name in _NAMEPLATE[field] else None
        if seen is not None and isinstance(seen.value, str) and 0 < len(seen.value) <= 256:
            return seen.value
    return None
