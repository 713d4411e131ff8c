"""Walks an OPC UA server breadth first and writes down what it has (OPC 10000-4 §5.9.2 Browse, §5.9.3 BrowseNext).

I/O only. Follows hierarchical references forward, each node once, so that references in circles end. Asks as many
nodes a call as the server allows and halves where it says "too many"; takes long answers apart with continuation
points, and asks a node alone where the server has none left. Bounded by nodes, seconds and depth: what was found
until then stays, and the next walk goes on there.
"""

import contextlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaStatusCodeError

from edge_agent.browsing.describing import Describer
from edge_agent.browsing.keeping import Keeper
from edge_agent.browsing.model import Kind, Node, Step
from edge_agent.browsing.nodeids import node_of, text_of
from edge_agent.drivers.opcua.decode import status_name
from edge_agent.drivers.opcua.session import Session, read_request
from edge_agent.drivers.port import ConnectionLost

NODES_PER_BROWSE: Final = 100
SERVER: Final = "i=2253"
"""The server's own diagnostics: thousands of nodes that are no machine. Walked only when it is the start."""
_CLASSES: Final[dict[int, Kind]] = {1: "object", 2: "variable"}
_TOO_MUCH: Final = frozenset(
    ("BadTooManyOperations", "BadResponseTooLarge", "BadEncodingLimitsExceeded", "BadRequestTooLarge")
)


class Bounds(msgspec.Struct, frozen=True):
    """How far a walk goes."""

    nodes: int = 20_000
    seconds: float = 120.0
    depth: int = 12
    references: int = 1000
    """References of one node in one answer; the rest is fetched with continuation points."""


class Stopped(msgspec.Struct, frozen=True):
    """Why a walk did not see everything, and what to do."""

    reason: str


class Walker:
    """One walk on one open session. `told` is called after every step with the numbers of nodes found and waiting."""

    def __init__(
        self, session: Session, keeper: Keeper, monotonic: Callable[[], float], told: Callable[[int, int], None]
    ) -> None:
        self._session = session
        self._keeper = keeper
        self._namespaces = session.about.namespaces
        self._monotonic = monotonic
        self._told = told
        self._describer = Describer(session)
        self._per_call = NODES_PER_BROWSE
        self._references = 0

    async def walk(self, bounds: Bounds) -> Stopped | None:
        """Goes on from what the keeper has; None when all within the depth was seen. Raises ConnectionLost."""
        end = self._monotonic() + bounds.seconds
        self._references = bounds.references
        found = self._keeper.found
        self._per_call = await self._allowed()
        waiting = found.waiting(bounds.depth)
        while waiting:
            room = bounds.nodes - len(found.nodes)
            if room <= 0:
                return Stopped(
                    f"stopped at {len(found.nodes)} nodes; see more with --max-nodes, less with --under NODE"
                )
            if self._monotonic() >= end:
                return Stopped(f"stopped after {bounds.seconds:g} s, {len(waiting)} nodes wait; call again to go on")
            self._told(len(found.nodes), len(waiting))
            step = await self._step(waiting[: self._per_call], room)
            self._keeper.add(step)
            done = set(step.browsed)
            waiting = [node for node in waiting if node.id not in done]
            waiting += [node for node in step.nodes if node.depth < bounds.depth and node.id not in done]
        self._told(len(found.nodes), 0)
        return None

    async def _allowed(self) -> int:
        """Nodes a Browse may name (OPC 10000-5 §6.3.11 OperationLimits)."""
        node = ua.NodeId.from_string(f"i={int(ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse)}")
        answer = await self._session.call(read_request([node]), ua.ReadResponse)
        value = answer.Results[0].Value
        told = value.Value if value is not None else None
        return min(told, NODES_PER_BROWSE) if isinstance(told, int) and told > 0 else NODES_PER_BROWSE

    async def _step(self, asked: list[Node], room: int) -> Step:
        ids = [node_of(node.id, self._namespaces) for node in asked]
        references = await self._children([node_id for node_id in ids if node_id is not None])
        found: list[tuple[Node, ua.ReferenceDescription]] = []
        properties: list[tuple[Node, ua.ReferenceDescription]] = []
        new: set[str] = set()
        for node, node_id in zip(asked, ids, strict=True):
            for reference in references.get(node_id, []) if node_id is not None else []:
                child = self._node(node, reference)
                if child is None or child.id in self._keeper.found.nodes or child.id in new:
                    continue
                if node.kind == "variable" and reference.ReferenceTypeId.Identifier == ObjectIds.HasProperty:
                    properties.append((node, reference))
                elif len(found) < room:
                    new.add(child.id)
                    found.append((child, reference))
        units, words = await self._describer.properties(properties)
        nodes = await self._describer.describe([(node, reference.NodeId) for node, reference in found])
        closed = [node.id for node in nodes if node.id == SERVER]
        complete = [node.id for node in asked] if len(found) < room else []
        return Step([*complete, *closed], nodes, units, words)

    def _node(self, parent: Node, reference: ua.ReferenceDescription) -> Node | None:
        kind = _CLASSES.get(int(reference.NodeClass))
        text = text_of(reference.NodeId, self._namespaces)
        if kind is None or text is None:
            return None
        name = reference.BrowseName.Name or ""
        label = (reference.DisplayName.Text or "") if reference.DisplayName is not None else ""
        of_type = text_of(reference.TypeDefinition, self._namespaces) if kind == "object" else None
        return Node(text, parent.id, name, parent.depth + 1, kind, label if label != name else "", of_type or "")

    async def _children(self, nodes: list[ua.NodeId]) -> dict[ua.NodeId, list[ua.ReferenceDescription]]:
        """References of each node. Halves the call where the server says that it asks too much."""
        try:
            results = await self._browse(nodes)
        except ConnectionLost as error:
            if _status_of(error) not in _TOO_MUCH or len(nodes) <= 1:
                raise
            self._per_call = len(nodes) // 2
            parts: dict[ua.NodeId, list[ua.ReferenceDescription]] = {}
            while nodes:
                asked, nodes = nodes[: self._per_call], nodes[self._per_call :]
                parts |= await self._children(asked)
            return parts
        found: dict[ua.NodeId, list[ua.ReferenceDescription]] = {}
        again: list[ua.NodeId] = []
        following: list[tuple[ua.NodeId, bytes]] = []
        for node, result in zip(nodes, results, strict=False):
            found[node] = list(result.References or ())
            if status_name(result.StatusCode.value) == "BadNoContinuationPoints" and len(nodes) > 1:
                again.append(node)
            elif result.ContinuationPoint:
                following.append((node, bytes(result.ContinuationPoint)))
        again += await self._follow(following, found, alone=len(nodes) == 1)
        for node in again:
            found |= await self._children([node])
        return found

    async def _follow(
        self, following: list[tuple[ua.NodeId, bytes]], found: dict[ua.NodeId, list[Any]], *, alone: bool
    ) -> list[ua.NodeId]:
        """Takes the rest of long answers. Gives the nodes whose continuation point the server forgot meanwhile."""
        lost: list[ua.NodeId] = []
        while following:
            asked = following[: self._per_call]
            results = await self._browse_next([point for _, point in asked])
            following = following[self._per_call :]
            for (node, _), result in zip(asked, results, strict=False):
                if result.StatusCode.is_good():
                    found[node] += result.References or ()
                    if result.ContinuationPoint:
                        following.append((node, bytes(result.ContinuationPoint)))
                elif not alone:
                    lost.append(node)
        return lost

    async def _browse(self, nodes: list[ua.NodeId]) -> list[ua.BrowseResult]:
        request = ua.BrowseRequest()
        request.Parameters.RequestedMaxReferencesPerNode = self._references
        request.Parameters.NodesToBrowse = [browse_of(node, ObjectIds.HierarchicalReferences) for node in nodes]
        return list((await self._session.call(request, ua.BrowseResponse)).Results)

    async def _browse_next(self, points: list[bytes]) -> list[ua.BrowseResult]:
        request = ua.BrowseNextRequest()
        request.Parameters.ReleaseContinuationPoints = False
        request.Parameters.ContinuationPoints = points
        return list((await self._session.call(request, ua.BrowseNextResponse)).Parameters.Results)


def browse_of(node: ua.NodeId, references: int, *, forward: bool = True) -> ua.BrowseDescription:
    """The objects and variables a node refers to, with all that a reference tells."""
    wanted = ua.BrowseDescription()
    wanted.NodeId = node
    wanted.BrowseDirection = ua.BrowseDirection.Forward if forward else ua.BrowseDirection.Inverse
    wanted.ReferenceTypeId = ua.NodeId.from_string(f"i={int(references)}")
    wanted.IncludeSubtypes = True
    wanted.NodeClassMask = 0 if not forward else 1 | 2
    wanted.ResultMask = 63
    return wanted


async def root_of(session: Session, node: str) -> Node:
    """The node a walk begins at. Raises ConnectionLost where the server has none of this name."""
    node_id = node_of(node, session.about.namespaces)
    if node_id is None:
        known = ", ".join(session.about.namespaces[1:]) or "none of its own"
        raise ConnectionLost(f"{node}: this server has no such namespace; it has {known}")
    request = read_request([node_id])
    wanted = request.Parameters.NodesToRead[0]
    wanted.AttributeId = AttributeIds.BrowseName
    answer = (await session.call(request, ua.ReadResponse)).Results[0]
    if answer.StatusCode is not None and not answer.StatusCode.is_good():
        raise ConnectionLost(f"{node}: this server has no such node ({status_name(answer.StatusCode.value)})")
    name = answer.Value.Value.Name if answer.Value is not None else node
    return Node(node, None, name or node, 0, "object")


def _status_of(error: ConnectionLost) -> str | None:
    with contextlib.suppress(AttributeError):
        if isinstance(error.__cause__, UaStatusCodeError):
            return status_name(error.__cause__.code)
    return None
