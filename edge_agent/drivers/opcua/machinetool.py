"""Finds a machine by its type under Objects/Machines (OPC 40001-1, Finding all Machines in a Server). I/O only.

Once a session, and again when something of it is looked for again. Where a server has several machines, the setting
`machine` names one.
"""

from collections.abc import Sequence
from typing import Final

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds

from edge_agent.drivers.opcua import calls
from edge_agent.drivers.opcua.addresses import Place, Start
from edge_agent.drivers.opcua.machinesignals import MACHINE_TOOL, MACHINERY
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured

_MACHINE_TOOL_TYPE: Final = 13
_CHANNEL_TYPE: Final = 16
_COMBINED_CHANNEL_TYPE: Final = 46
_ANCESTORS: Final = 16
"""So many supertypes are looked at; a type system deeper than that goes in circles."""


async def starts(session: Session, settings: ConnectionSettings, places: Sequence[Place]) -> dict[Start, ua.NodeId]:
    """Where the paths of these places begin: the machine and its channel; nothing where no path needs them.

    Raises ConnectionLost where the server shows no machine (it may still be starting), Misconfigured where it shows
    others or several.
    """
    if not any(way.start != "root" for place in places for way in place.ways):
        return {}
    namespaces = list(await calls.read_one(session, ObjectIds.Server_NamespaceArray) or ())
    # only the signals of a machine tool have paths into its namespace
    tool = any(step[0] == MACHINE_TOOL for place in places for way in place.ways for step in way.steps[-1:])
    machine = await _machine(session, settings, namespaces, tool=tool)
    found: dict[Start, ua.NodeId] = {"machine": machine}
    if tool:
        channel = await _channel(session, machine, namespaces.index(MACHINE_TOOL))
        if channel is not None:
            found["channel"] = channel
    return found


async def _machine(
    session: Session, settings: ConnectionSettings, namespaces: Sequence[str], *, tool: bool
) -> ua.NodeId:
    kind = "machine tool (OPC 40501-1)" if tool else "machine (OPC 40001-1)"
    nodeset = MACHINE_TOOL if tool else MACHINERY
    where = f"the server at {settings.endpoint}"
    if nodeset not in namespaces or MACHINERY not in namespaces:
        raise ConnectionLost(f"{where} has no {kind}: its namespace {nodeset} is missing; map the signals instead")
    names = [ua.QualifiedName("Objects"), ua.QualifiedName("Machines", namespaces.index(MACHINERY))]
    (folders,) = await calls.translate(session, [calls.path(calls.numeric(ObjectIds.RootFolder), names)], 1)
    shown = [found for folder in folders for found in await calls.children(session, folder)]
    if tool:
        wanted = calls.numeric(_MACHINE_TOOL_TYPE, namespaces.index(MACHINE_TOOL))
        shown = [found for found in shown if await _is_a(session, found.TypeDefinition, wanted)]
    known = ", ".join(str(found.BrowseName.Name) for found in shown)
    if not shown:
        raise ConnectionLost(f"{where} shows no {kind} under Objects/Machines; is the machine switched on there?")
    if settings.machine is not None:
        shown = [found for found in shown if settings.machine in (found.BrowseName.Name, found.DisplayName.Text)]
        if not shown:
            raise Misconfigured(f"{where} has no machine {settings.machine}; it has {known}")
    if len(shown) > 1:
        raise Misconfigured(f'{where} has several machines: {known}; choose one with machine = "…" in [machines.opcua]')
    return calls.local(shown[0].NodeId)


async def _channel(session: Session, machine: ua.NodeId, namespace: int) -> ua.NodeId | None:
    """The combined channel, else the first by name; None where the machine shows none."""
    monitoring = calls.path(machine, [ua.QualifiedName("Monitoring", namespace)])
    (folders,) = await calls.translate(session, [monitoring], 1)
    channels = []
    for folder in folders:
        for found in await calls.children(session, folder):
            if await _is_a(session, found.TypeDefinition, calls.numeric(_CHANNEL_TYPE, namespace)):
                combined = calls.local(found.TypeDefinition) == calls.numeric(_COMBINED_CHANNEL_TYPE, namespace)
                channels.append((not combined, str(found.BrowseName.Name), calls.local(found.NodeId)))
    return min(channels, key=lambda channel: channel[:2])[2] if channels else None


async def _is_a(session: Session, kind: ua.NodeId, wanted: ua.NodeId) -> bool:
    """Whether a type is `wanted` or below it."""
    here = calls.local(kind)
    for _ in range(_ANCESTORS):
        if here == wanted:
            return True
        above = await calls.children(session, here, ObjectIds.HasSubtype, inverse=True)
        if not above:
            return False
        here = calls.local(above[0].NodeId)
    return False
