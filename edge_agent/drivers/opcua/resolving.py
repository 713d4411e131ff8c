"""Places as people write them → nodes as this server numbers them today (OPC 10000-4 §5.9.4).

Done on every new session, and again for what is missing: a server that was set up anew has other namespace indexes,
and nodes come and go. I/O: reads and TranslateBrowsePathsToNodeIds.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from asyncua import ua
from asyncua.ua.object_ids import ObjectIds

from edge_agent.drivers.opcua import advice, calls
from edge_agent.drivers.opcua.addresses import Place, Start, Step, split_node
from edge_agent.drivers.opcua.session import Session

PATHS_PER_CALL: Final = 500
NO_SUCH_NODE: Final = "BadNodeIdUnknown"
_ROOT: Final = calls.numeric(ObjectIds.RootFolder)


class Missing(msgspec.Struct, frozen=True):
    """A place that is not there now, and why, in plain words. `optional`: nothing needs to be done."""

    reason: str
    code: str = NO_SUCH_NODE
    optional: bool = False


async def resolve(
    session: Session, places: Sequence[Place], starts: Mapping[Start, ua.NodeId] | None = None
) -> list[ua.NodeId | Missing]:
    """The node of each place. `starts`: the parts of a machine that paths may begin at."""
    namespaces = tuple(await calls.read_one(session, ObjectIds.Server_NamespaceArray) or session.about.namespaces)
    found: list[ua.NodeId | Missing] = [_by_node(place, namespaces) for place in places]
    numbers = [number for number, place in enumerate(places) if place.ways]
    known: dict[Start, ua.NodeId] = {"root": _ROOT, **(starts or {})}
    followed = await _follow(session, [places[number] for number in numbers], namespaces, known)
    for number, node in zip(numbers, followed, strict=True):
        found[number] = node
    return found


def _by_node(place: Place, namespaces: Sequence[str]) -> ua.NodeId | Missing:
    if place.node is None:
        return Missing(f"{place.text}: not looked for yet")
    namespace, identifier = split_node(place.node)
    index = _index(namespace, namespaces)
    if index is None:
        return Missing(_no_namespace(place.text, str(namespace), namespaces))
    try:
        return ua.NodeId.from_string(f"ns={index};{identifier}")
    except advice.LINK_ERRORS as error:
        return Missing(f"{place.text}: this is no node id ({error})", "BadNodeIdInvalid")


async def _follow(
    session: Session, places: Sequence[Place], namespaces: Sequence[str], starts: Mapping[Start, ua.NodeId]
) -> list[ua.NodeId | Missing]:
    """Every way of every place, all at once; of several ways the first that has a value now."""
    if not places:
        return []
    asked: list[tuple[int, ua.BrowsePath]] = []
    for number, place in enumerate(places):
        for way in place.ways:
            names = _names(way.steps, namespaces)
            if names is not None and way.start in starts:
                asked.append((number, calls.path(starts[way.start], names)))
    limit = await calls.limit_of(session, calls.TRANSLATE_LIMIT, PATHS_PER_CALL)
    nodes: list[list[ua.NodeId]] = [[] for _ in places]
    too_many: dict[int, int] = {}
    for (number, _), targets in zip(
        asked, await calls.translate(session, [way for _, way in asked], limit), strict=True
    ):
        nodes[number] += targets[:1]
        if len(targets) > 1:
            too_many[number] = len(targets)
    chosen = await _with_a_value(session, nodes)
    return [
        _missing(place, namespaces, too_many.get(number, 0)) if node is None or number in too_many else node
        for number, (place, node) in enumerate(zip(places, chosen, strict=True))
    ]


async def _with_a_value(session: Session, nodes: Sequence[Sequence[ua.NodeId]]) -> list[ua.NodeId | None]:
    """Of several nodes the first whose value is good, else the first."""
    doubtful = [node for ways in nodes if len(ways) > 1 for node in ways]
    values = {}
    if doubtful:
        values = dict(zip(doubtful, map(calls.good_value, await calls.read(session, doubtful)), strict=True))
    return [next((n for n in ways if values.get(n) is not None), ways[0] if ways else None) for ways in nodes]


def _missing(place: Place, namespaces: Sequence[str], targets: int) -> Missing:
    if targets:
        return Missing(f"{place.text}: {targets} nodes have this path; name one of them by node", "BadTooManyMatches")
    for way in place.ways:
        for namespace, _ in way.steps:
            if not place.optional and _index(namespace, namespaces) is None:
                return Missing(_no_namespace(place.text, str(namespace), namespaces))
    hint = "this server does not have it" if place.optional else "this server has no such path; check each name in it"
    return Missing(f"{place.text}: {hint}", optional=place.optional)


def _names(steps: Sequence[Step], namespaces: Sequence[str]) -> list[ua.QualifiedName] | None:
    names = []
    for namespace, name in steps:
        index = _index(namespace, namespaces)
        if index is None:
            return None
        names.append(ua.QualifiedName(name, index))
    return names


def _index(namespace: str | int, namespaces: Sequence[str]) -> int | None:
    if isinstance(namespace, int):
        return namespace
    return namespaces.index(namespace) if namespace in namespaces else None


def _no_namespace(text: str, namespace: str, namespaces: Sequence[str]) -> str:
    known = ", ".join(namespaces[1:]) or "none of its own"
    return f"{text}: this server has no namespace {namespace}; it has {known}"
