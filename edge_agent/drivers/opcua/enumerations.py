"""The server's own words for the numbers of an enumeration (OPC 10000-3 §5.8.3, OPC 10000-8 §5.3.3).

Looked up once a session: of the data type of each node (EnumStrings, EnumValues, else its DataTypeDefinition), and of
the node itself where it is a MultiStateDiscrete. I/O only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.resolving import PATHS_PER_CALL
from edge_agent.drivers.opcua.session import Session

Names = Mapping[int, str]

_BUILT_IN: Final = 28  # ns=0;i=1 … i=28 are built-in types and the abstract numbers
_INTEGERS: Final = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 26, 27, 28})
_PROPERTIES: Final = ("EnumStrings", "EnumValues")


async def names_of(session: Session, nodes: Sequence[ua.NodeId]) -> dict[ua.NodeId, Names]:
    """The names of the numbers that these nodes hold; nodes that hold something else are left out."""
    if not nodes:
        return {}
    kinds = [calls.good_value(found) for found in await calls.read(session, nodes, AttributeIds.DataType)]
    types = [kind for kind in dict.fromkeys(kinds) if isinstance(kind, ua.NodeId) and not _is_built_in(kind)]
    integers = [node for node, kind in zip(nodes, kinds, strict=True) if _is_integer(kind)]
    named = await _by_properties(session, [*types, *integers])
    unnamed = [kind for kind in types if kind not in named]
    if unnamed:
        for kind, found in zip(
            unnamed, await calls.read(session, unnamed, AttributeIds.DataTypeDefinition), strict=True
        ):
            texts = _of_definition(calls.good_value(found))
            if texts:
                named[kind] = texts
    of_nodes = [named.get(node) or named.get(kind) for node, kind in zip(nodes, kinds, strict=True)]
    return {node: names for node, names in zip(nodes, of_nodes, strict=True) if names}


async def _by_properties(session: Session, owners: Sequence[ua.NodeId]) -> dict[ua.NodeId, Names]:
    if not owners:
        return {}
    limit = await calls.limit_of(session, calls.TRANSLATE_LIMIT, PATHS_PER_CALL)
    paths = [
        calls.path(owner, [ua.QualifiedName(name)], ObjectIds.HasProperty) for owner in owners for name in _PROPERTIES
    ]
    targets = await calls.translate(session, paths, limit)
    wanted = [(owners[place // len(_PROPERTIES)], found[0]) for place, found in enumerate(targets) if found]
    values = await calls.read(session, [node for _, node in wanted])
    named: dict[ua.NodeId, Names] = {}
    for (owner, _), value in zip(wanted, values, strict=True):
        names = _of_property(calls.good_value(value))
        if names:
            named[owner] = names
    return named


def _of_property(value: Any) -> dict[int, str]:
    if not isinstance(value, list):
        return {}
    texts = {
        place: str(one.Text)
        for place, one in enumerate(value)
        if isinstance(one, ua.LocalizedText) and one.Text is not None
    }
    return texts or {
        int(one.Value): str(one.DisplayName.Text)
        for one in value
        if isinstance(one, ua.EnumValueType) and one.DisplayName.Text is not None
    }


def _of_definition(value: Any) -> dict[int, str]:
    if not isinstance(value, ua.EnumDefinition):
        return {}
    return {
        int(one.Value): str(one.DisplayName.Text or one.Name)
        for one in value.Fields
        if one.DisplayName.Text or one.Name
    }


def _is_built_in(kind: ua.NodeId) -> bool:
    return kind.NamespaceIndex == 0 and isinstance(kind.Identifier, int) and kind.Identifier <= _BUILT_IN


def _is_integer(kind: Any) -> bool:
    return isinstance(kind, ua.NodeId) and kind.NamespaceIndex == 0 and kind.Identifier in _INTEGERS
