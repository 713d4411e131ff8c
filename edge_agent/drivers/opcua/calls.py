"""Service calls over many nodes, cut to what the server takes in one (OPC 10000-5 §6.3.11, OperationLimits).

A server that tells no limit and refuses a call as too large gets it again in halves. Answers come one for each node
asked, in their order.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from edge_agent.drivers.opcua.decode import Changes, Decoder
from edge_agent.drivers.opcua.session import Session, read_request
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost

TRANSLATE_LIMIT: Final = ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds
HISTORY_LIMIT: Final = ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData
_TOO_LARGE: Final = frozenset(
    {
        StatusCodes.BadTooManyOperations,
        StatusCodes.BadRequestTooLarge,
        StatusCodes.BadResponseTooLarge,
        StatusCodes.BadEncodingLimitsExceeded,
    }
)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


async def in_parts(
    items: Sequence[Item], limit: int, call: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]
) -> list[Answer]:
    """The answers of `call` for all items, at most `limit` in one call, fewer where the server asks for it.

    Raises what `call` raises, and ConnectionLost where an answer is not as long as what was asked.
    """
    answers: list[Answer] = []
    size = limit
    while len(answers) < len(items):
        part = items[len(answers) : len(answers) + size]
        try:
            found = await call(part)
        except ConnectionLost as error:
            if len(part) == 1 or not is_too_large(error):
                raise
            size = max(len(part) // 2, 1)
            continue
        if len(found) != len(part):
            raise ConnectionLost(f"the server answered {len(found)} of {len(part)} questions; reading all anew")
        answers.extend(found)
    return answers


def is_too_large(error: ConnectionLost) -> bool:
    """Whether a call failed because the server takes fewer nodes in one."""
    cause = error.__cause__
    return isinstance(cause, UaStatusCodeError) and cause.code in _TOO_LARGE


async def read(
    session: Session, nodes: Sequence[ua.NodeId], attribute: AttributeIds = AttributeIds.Value
) -> list[ua.DataValue]:
    """One attribute of every node."""

    async def call(part: Sequence[ua.NodeId]) -> Sequence[ua.DataValue]:
        request = read_request(part)
        for wanted in request.Parameters.NodesToRead:
            wanted.AttributeId = attribute
        answer = await session.call(request, ua.ReadResponse)
        return answer.Results or []

    return await in_parts(nodes, session.about.nodes_per_read, call)


async def read_values(session: Session, decoder: Decoder, nodes: Sequence[tuple[int, ua.NodeId]]) -> list[Changes]:
    """The values of nodes by client handle, read as notifications are: a Changes for each call that it took."""

    async def call(part: Sequence[tuple[int, ua.NodeId]]) -> Sequence[Changes]:
        body = await session.ask(read_request([node for _, node in part]))
        try:
            changes = decoder.read(body, [handle for handle, _ in part])
        except WireError as error:
            raise ConnectionLost(f"the server's answer cannot be read ({error}); reading all anew") from error
        return [changes] * len(part)

    every = await in_parts(nodes, session.about.nodes_per_read, call)
    return list({id(one): one for one in every}.values())


def numeric(number: int, namespace: int = 0) -> ua.NodeId:
    """A node id with a number; namespace 0 is the standard's own."""
    return ua.NodeId(ua.Int32(number), ua.Int16(namespace))


async def read_one(session: Session, node: int) -> Any:
    """The value of one of the standard's own nodes; None where the server does not have it or tells nothing."""
    (found,) = await read(session, [numeric(node)])
    return good_value(found)


def good_value(found: ua.DataValue) -> Any:
    """What an attribute holds; None where it is not there or not good."""
    status = found.StatusCode
    if found.Value is None or (status is not None and not status.is_good()):
        return None
    return found.Value.Value


async def limit_of(session: Session, node: int, ours: int) -> int:
    """An operation limit of the server where it tells one (0 is none) and ours, whichever is lower."""
    told = await read_one(session, node)
    return min(told, ours) if isinstance(told, int) and told > 0 else ours


async def translate(session: Session, paths: Sequence[ua.BrowsePath], limit: int) -> list[list[ua.NodeId]]:
    """The nodes that each path leads to, without repeats (OPC 10000-4 §5.9.4); none where there is no such path."""

    async def call(part: Sequence[ua.BrowsePath]) -> Sequence[ua.BrowsePathResult]:
        request = ua.TranslateBrowsePathsToNodeIdsRequest()
        request.Parameters.BrowsePaths = list(part)
        answer = await session.call(request, ua.TranslateBrowsePathsToNodeIdsResponse)
        return answer.Results or []

    return [_targets(result) for result in await in_parts(paths, limit, call)]


def _targets(result: ua.BrowsePathResult) -> list[ua.NodeId]:
    if not result.StatusCode.is_good():
        return []
    whole = 0xFFFFFFFF  # the path was followed to its end, and not into another server
    return list(dict.fromkeys(local(t.TargetId) for t in result.Targets or [] if t.RemainingPathIndex == whole))


def local(node: ua.NodeId) -> ua.NodeId:
    """A node id as it is used in calls, without the parts that an expanded one may carry."""
    return ua.NodeId(node.Identifier, node.NamespaceIndex, node.NodeIdType)


def path(
    start: ua.NodeId, names: Sequence[ua.QualifiedName], reference: int = ObjectIds.HierarchicalReferences
) -> ua.BrowsePath:
    """A browse path along references of a type and its subtypes."""
    steps = []
    for name in names:
        step = ua.RelativePathElement()
        step.ReferenceTypeId = numeric(reference)
        step.IsInverse = False  # type: ignore[assignment]  # the library declares its alias of bool
        step.IncludeSubtypes = True  # type: ignore[assignment]  # same
        step.TargetName = name
        steps.append(step)
    return ua.BrowsePath(StartingNode=start, RelativePath=ua.RelativePath(Elements=steps))


async def children(
    session: Session, node: ua.NodeId, reference: int = ObjectIds.HierarchicalReferences, *, inverse: bool = False
) -> list[ua.ReferenceDescription]:
    """What a node refers to (or, inverse, what refers to it) by references of a type and its subtypes."""
    wanted = ua.BrowseDescription()
    wanted.NodeId = node
    wanted.BrowseDirection = ua.BrowseDirection.Inverse if inverse else ua.BrowseDirection.Forward
    wanted.ReferenceTypeId = numeric(reference)
    wanted.IncludeSubtypes = True
    wanted.ResultMask = int(ua.BrowseResultMask.All)
    request = ua.BrowseRequest()
    request.Parameters.NodesToBrowse = [wanted]
    results = (await session.call(request, ua.BrowseResponse)).Results
    found: list[ua.ReferenceDescription] = []
    while results:
        found += results[0].References or []
        if not results[0].ContinuationPoint:
            break
        more = ua.BrowseNextRequest()
        more.Parameters.ContinuationPoints = [results[0].ContinuationPoint]
        results = (await session.call(more, ua.BrowseNextResponse)).Parameters.Results
    return found
