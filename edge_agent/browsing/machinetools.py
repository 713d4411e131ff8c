"""Finds machines that speak a standard of their trade, so that nobody needs to map them. I/O only.

They stand under Objects/Machines (OPC 40001-1, Finding all Machines in a Server). One of MachineToolType (OPC 40501-1
§8.1), or of a type its maker made from it, is a machine tool; any other whose item state is told is a machine of
OPC 40001-1. The agent's driver finds their signals by itself (`drivers/opcua/machinesignals.py`).
"""

from typing import Final

from asyncua.ua.object_ids import ObjectIds

from edge_agent.browsing.model import Found, Node
from edge_agent.browsing.nodeids import node_of, text_of
from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.machinesignals import MACHINE_TOOL, MACHINERY
from edge_agent.drivers.opcua.session import Session

MACHINE_TOOL_TYPE: Final = f"nsu={MACHINE_TOOL};i=13"
MACHINES: Final = f"nsu={MACHINERY};i=1001"
ITEM_STATE: Final = "MachineryItemState"
MAX_GENERATIONS: Final = 16


async def standard_machines(session: Session, found: Found) -> list[tuple[Node, str]]:
    """Machines of a standard among the nodes, each with its state model, in the order found."""
    if MACHINERY not in session.about.namespaces:
        return []
    known: dict[str, bool] = {MACHINE_TOOL_TYPE: True}
    machines: list[tuple[Node, str]] = []
    for node in found.children(MACHINES):
        if node.of_type and await _is_tool(session, node.of_type, known):
            machines.append((node, "machinetool"))
        elif any(below.name == ITEM_STATE for below in found.below(node.id)):
            machines.append((node, "machinery"))
    return machines


async def _is_tool(session: Session, of_type: str, known: dict[str, bool]) -> bool:
    line: list[str] = []
    here: str | None = of_type
    while here is not None and here not in known and len(line) < MAX_GENERATIONS:
        line.append(here)
        node = node_of(here, session.about.namespaces)
        above = await calls.children(session, node, ObjectIds.HasSubtype, inverse=True) if node is not None else []
        here = text_of(above[0].NodeId, session.about.namespaces) if above else None
    answer = here is not None and known.get(here, False)
    known.update(dict.fromkeys(line, answer))
    return answer
