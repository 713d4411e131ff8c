"""What a server tells of its variables: type, unit, what numbers mean, who may write, and the values now. I/O only.

The attributes do not change and are kept with the walk; values are read anew each time, by the agent's own lean
decoder: a value nobody can read costs only itself.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIdNames, ObjectIds
from asyncua.ua.uaerrors import UaError

from edge_agent.browsing.model import About, Node, Seen
from edge_agent.browsing.nodeids import node_of
from edge_agent.drivers.opcua.decode import Decoder, Target
from edge_agent.drivers.opcua.session import Session, read_request
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost

_ATTRIBUTES: Final = (
    AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.UserAccessLevel, AttributeIds.Historizing
)  # fmt: skip
_READ, _WRITE, _HISTORY = 0x01, 0x02, 0x04  # bits of AccessLevel, OPC 10000-3 §8.57
_ENUMERATIONS: Final = ("EnumStrings", "EnumValues")

Property = tuple[Node, "ua.ReferenceDescription"]


class Describer:
    """Asks one server; remembers its data types."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._types: dict[ua.NodeId, tuple[str, dict[str, str]]] = {}

    async def describe(self, found: list[tuple[Node, ua.NodeId]]) -> list[Node]:
        """The nodes, variables with what the server says about them."""
        variables = [node_id for node, node_id in found if node.kind == "variable"]
        asked = [(node_id, attribute) for node_id in variables for attribute in _ATTRIBUTES]
        answers = iter(await self._read(asked))
        told = [tuple(next(answers) for _ in _ATTRIBUTES) for _ in variables]
        await self._learn({row[0] for row in told if isinstance(row[0], ua.NodeId)})
        rows = iter(told)
        return [
            msgspec.structs.replace(node, about=self._about(*next(rows))) if node.kind == "variable" else node
            for node, _ in found
        ]

    def _about(self, data_type: Any, rank: Any, access: Any, historizing: Any) -> About:
        name, words = self._types.get(data_type, ("", {})) if isinstance(data_type, ua.NodeId) else ("", {})
        bits = access if isinstance(access, int) else _READ
        return About(
            type=name,
            array=isinstance(rank, int) and rank >= 0,
            readable=bool(bits & _READ),
            writable=bool(bits & _WRITE),
            history=bool(bits & _HISTORY) or historizing is True,
            words=words,
        )

    async def _learn(self, types: set[ua.NodeId]) -> None:
        """Names of data types; of a server's own enumerations also what their numbers mean."""
        unknown = []
        for data_type in types - self._types.keys():
            number = data_type.Identifier if data_type.NamespaceIndex == 0 else None
            standard = ObjectIdNames.get(number) if isinstance(number, int) else None
            if standard is not None:
                self._types[data_type] = (standard, {})
            else:
                unknown.append(data_type)
        names = await self._read([(data_type, AttributeIds.BrowseName) for data_type in unknown])
        for data_type, name in zip(unknown, names, strict=True):
            words = await self._words_of(data_type)
            self._types[data_type] = (getattr(name, "Name", None) or "", words)

    async def _words_of(self, data_type: ua.NodeId) -> dict[str, str]:
        wanted = ua.BrowseDescription()
        wanted.NodeId = data_type
        wanted.ReferenceTypeId = ua.NodeId.from_string(f"i={int(ObjectIds.HasProperty)}")
        wanted.ResultMask = 63
        request = ua.BrowseRequest()
        request.Parameters.NodesToBrowse = [wanted]
        results = (await self._session.call(request, ua.BrowseResponse)).Results
        for reference in results[0].References if results else ():
            if reference.BrowseName.Name in _ENUMERATIONS:
                return words_of((await self._read([(reference.NodeId, AttributeIds.Value)]))[0])
        return {}

    async def properties(self, found: list[Property]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Units and meanings of numbers that variables carry as properties, by the variable's id."""
        useful = [
            (node, reference)
            for node, reference in found
            if reference.BrowseName.Name in ("EngineeringUnits", *_ENUMERATIONS)
        ]
        values = await self._read([(reference.NodeId, AttributeIds.Value) for _, reference in useful])
        units: dict[str, str] = {}
        words: dict[str, dict[str, str]] = {}
        for (node, reference), value in zip(useful, values, strict=True):
            if reference.BrowseName.Name == "EngineeringUnits":
                unit = value.DisplayName.Text if isinstance(value, ua.EUInformation) else None
                if unit:
                    units[node.id] = unit
            elif meaning := words_of(value):
                words[node.id] = meaning
        return units, words

    async def _read(self, asked: Sequence[tuple[ua.NodeId, AttributeIds]]) -> list[Any]:
        """One value for each attribute asked; None where the server gives none or the library cannot read it."""
        values: list[Any] = []
        step = self._session.about.nodes_per_read
        for start in range(0, len(asked), step):
            chunk = asked[start : start + step]
            request = read_request([node for node, _ in chunk])
            for wanted, (_, attribute) in zip(request.Parameters.NodesToRead, chunk, strict=True):
                wanted.AttributeId = attribute
            try:
                results = (await self._session.call(request, ua.ReadResponse)).Results
            except ConnectionLost as error:
                if not isinstance(error.__cause__, struct.error | UaError) or len(chunk) == 1:
                    raise
                results = []  # one value the library stumbles over hides the others of its answer: they stay untold
            told = [result.Value.Value if result.Value is not None else None for result in results]
            values += (told + [None] * len(chunk))[: len(chunk)]
        return values


def words_of(value: Any) -> dict[str, str]:
    """Meaning of each number, from EnumStrings (texts in order) or EnumValues (OPC 10000-3 §5.8.2).

    >>> words_of([ua.LocalizedText("Idle"), ua.LocalizedText("Running")])
    {'0': 'Idle', '1': 'Running'}
    """
    if not isinstance(value, list):
        return {}
    if all(isinstance(item, ua.LocalizedText) for item in value):
        return {str(number): item.Text for number, item in enumerate(value) if item.Text}
    pairs = [(getattr(item, "Value", None), getattr(item, "DisplayName", None)) for item in value]
    return {str(number): name.Text for number, name in pairs if isinstance(name, ua.LocalizedText) and name.Text}


async def values_now(session: Session, nodes: Sequence[str]) -> Mapping[str, Seen]:
    """The values of variables now; a node that the server does not know (any more) is left out."""
    seen: dict[str, Seen] = {}
    found = [(text, node) for text in nodes if (node := node_of(text, session.about.namespaces)) is not None]
    decoder = Decoder([(Target(number),) for number in range(len(found))])
    step = session.about.nodes_per_read
    for start in range(0, len(found), step):
        handles = list(range(start, min(start + step, len(found))))
        body = await session.ask(read_request([found[handle][1] for handle in handles]))
        try:
            changes = decoder.read(body, handles)
        except WireError as error:
            raise ConnectionLost(f"the server's answer cannot be read ({error})") from error
        for reading in changes.readings:
            wrong = changes.wrong.get(reading.address)
            seen[found[reading.address][0]] = Seen(reading.value, reading.quality, reading.at_us, reading.code, wrong)
    return seen
