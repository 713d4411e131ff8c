"""Finds machines that speak OPC 40501-1 (UA for Machine Tools): they need no mapping. I/O only.

They stand under the Machines folder of OPC 40001-1 §8 and are of MachineToolType (OPC 40501-1 §8.1) or of a type
their maker made from it.
"""

from typing import Final

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds

from edge_agent.browsing.model import Found, Node
from edge_agent.browsing.nodeids import node_of, text_of
from edge_agent.drivers.opcua.session import Session

MACHINE_TOOL_TYPE: Final = "nsu=http://opcfoundation.org/UA/MachineTool/;i=13"
MACHINES: Final = "nsu=http://opcfoundation.org/UA/Machinery/;i=1001"
MAX_GENERATIONS: Final = 10


async def machine_tools(session: Session, found: Found) -> list[Node]:
    """The machine tools among the nodes, in the order found."""
    if "http://opcfoundation.org/UA/MachineTool/" not in session.about.namespaces:
        return []
    known: dict[str, bool] = {MACHINE_TOOL_TYPE: True}
    machines = [node for node in found.nodes.values() if node.parent == MACHINES and node.of_type]
    return [machine for machine in machines if await _is_tool(session, machine.of_type, known)]


async def _is_tool(session: Session, of_type: str, known: dict[str, bool]) -> bool:
    line: list[str] = []
    here: str | None = of_type
    while here is not None and here not in known and len(line) < MAX_GENERATIONS:
        line.append(here)
        here = await _supertype(session, here)
    answer = here is not None and known.get(here, False)
    known.update(dict.fromkeys(line, answer))
    return answer


async def _supertype(session: Session, of_type: str) -> str | None:
    node = node_of(of_type, session.about.namespaces)
    if node is None:
        return None
    wanted = ua.BrowseDescription()
    wanted.NodeId = node
    wanted.BrowseDirection = ua.BrowseDirection.Inverse
    wanted.ReferenceTypeId = ua.NodeId.from_string(f"i={int(ObjectIds.HasSubtype)}")
    request = ua.BrowseRequest()
    request.Parameters.NodesToBrowse = [wanted]
    results = (await session.call(request, ua.BrowseResponse)).Results
    references = results[0].References if results else []
    return text_of(references[0].NodeId, session.about.namespaces) if references else None
