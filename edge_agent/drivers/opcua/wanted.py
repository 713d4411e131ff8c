"""What of a server is read: its places without repeats, and where the value of each goes.

Several addresses may name one place: it is monitored once. A place's number in the list is its client handle.
"""

from collections.abc import Mapping, Sequence

import msgspec
from asyncua import ua

from edge_agent.drivers.opcua import enumerations, machinetool, resolving
from edge_agent.drivers.opcua.addresses import AnySignal, ConditionSettings
from edge_agent.drivers.opcua.decode import Decoder, Target
from edge_agent.drivers.opcua.resolving import Missing
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings


class Located(msgspec.Struct, frozen=True):
    """Handles with their nodes, and those whose place is not there."""

    nodes: list[tuple[int, ua.NodeId]]
    missing: dict[int, Missing]


class Wanted:
    """The addresses of one machine by place."""

    def __init__(self, settings: ConnectionSettings, addresses: Sequence[AnySignal]) -> None:
        self._settings = settings
        self.addresses = addresses
        self.places = list(dict.fromkeys(address.place for address in addresses))
        handles = {place: handle for handle, place in enumerate(self.places)}
        targets: list[list[Target]] = [[] for _ in self.places]
        self._handle_of = [handles[address.place] for address in addresses]
        for number, address in enumerate(addresses):
            targets[self._handle_of[number]].append(Target(number, address.index))
        self.targets = [tuple(of_place) for of_place in targets]

    def handle_of(self, address: int) -> int:
        """The handle of the place that an address names."""
        return self._handle_of[address]

    def text_of(self, address: int) -> str:
        """What people call the place of an address."""
        return self.places[self._handle_of[address]].text

    async def locate(self, session: Session, handles: Sequence[int], decoder: Decoder) -> Located:
        """The nodes of these places as the server numbers them now; the decoder learns the server's own words."""
        places = [self.places[handle] for handle in handles]
        starts = await machinetool.starts(session, self._settings, places)
        found = await resolving.resolve(session, places, starts)
        nodes: list[tuple[int, ua.NodeId]] = []
        missing: dict[int, Missing] = {}
        for handle, node in zip(handles, found, strict=True):
            if isinstance(node, Missing):
                missing[handle] = node
            else:
                nodes.append((handle, node))
        texts = [(handle, node) for handle, node in nodes if self._may_be_texts(handle)]
        named = await enumerations.names_of(session, list(dict.fromkeys(node for _, node in texts)))
        for handle, node in texts:
            if node in named:
                decoder.aim(handle, self._with_names(handle, named[node]))
        return Located(nodes, missing)

    def _may_be_texts(self, handle: int) -> bool:
        return any(takes_texts(self.addresses[target.address]) for target in self.targets[handle])

    def _with_names(self, handle: int, names: Mapping[int, str]) -> tuple[Target, ...]:
        return tuple(
            msgspec.structs.replace(target, names=texts_for(self.addresses[target.address], names))
            for target in self.targets[handle]
        )


def takes_texts(address: AnySignal) -> bool:
    """Whether an enumeration's texts are wanted: not where a unit says number, nor for an alarm, where 0 is normal."""
    return not isinstance(address, ConditionSettings) and address.unit is None


def texts_for(address: AnySignal, names: Mapping[int, str]) -> Mapping[int, str] | None:
    """The server's texts, but for numbers that the address's own `map` names; None where there are none left."""
    if isinstance(address, ConditionSettings) or not takes_texts(address):
        return None
    words = address.map or {}
    return {number: text for number, text in names.items() if str(number) not in words} or None
