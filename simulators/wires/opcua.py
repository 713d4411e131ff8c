"""An OPC UA server of ours: variables at namespace index 2, nothing but loopback.

Every change becomes one notification for each subscriber that asked a queue long enough; the recorded time is
the SourceTimestamp. A value of None is the status BadNoData with a null value. A variable without a value yet
is BadWaitingForInitialData. Equal values are dropped or not as the subscriber's filter says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import cast

from asyncua import ua
from asyncua.common.callback import Callback, CallbackType, ServerItemCallback
from asyncua.common.node import Node
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes

from simulators.recording import Value
from simulators.wires import WireError

QUIET_S = 1.0
QUEUE_CAP = 1_000_000
"""The library would cut a subscriber's queue at 10,000 values a variable, silently."""


class OpcUaWire:
    """A running server; `put` writes, `heard` waits for subscribers."""

    def __init__(self, server: Server, nodes: Mapping[str, ua.NodeId], numeric: Mapping[str, bool]) -> None:
        self._server = server
        self._nodes = nodes
        self._names = {node: address for address, node in nodes.items()}
        self._types = {address: _type(is_number=number) for address, number in numeric.items()}
        self._unheard = {_group(address) for address in nodes}
        self._item = asyncio.Event()
        server.subscribe_server_callback(CallbackType.ItemSubscriptionCreated, self._item_created)

    async def put(self, address: str, value: Value, at: datetime) -> None:
        """Write; on return the value is in its subscribers' queues."""
        source_time = cast("ua.DateTime", at)  # the library names the wire's type, and takes the standard one
        if value is None:
            data = ua.DataValue(None, _status(StatusCodes.BadNoData), source_time)
        else:
            data = ua.DataValue(ua.Variant(value, self._types[address]), SourceTimestamp=source_time)
        await self._server.write_attribute_value(self._nodes[address], data)

    async def heard(self) -> None:
        """Return 1 s after the last monitored item was created, each machine having one."""
        quiet = False
        while self._unheard or not quiet:
            self._item.clear()
            try:
                await asyncio.wait_for(self._item.wait(), QUIET_S)
                quiet = False
            except TimeoutError:
                quiet = True

    async def drained(self) -> None:
        """Nothing to wait for: a written value is in its subscribers' queues."""

    def _item_created(self, event: Callback, _: object = None) -> None:
        if not isinstance(event, ServerItemCallback) or not event.is_external:
            return
        for item in event.request_params.ItemsToCreate:
            address = self._names.get(item.ItemToMonitor.NodeId)
            if address is not None:
                self._unheard.discard(_group(address))
                self._item.set()


@contextlib.asynccontextmanager
async def serve(port: int, namespace: str, numeric: Mapping[str, bool]) -> AsyncIterator[OpcUaWire]:
    """Serve one variable for each address in `numeric` (True: Double, False: String) at 127.0.0.1:`port`.

    Raises:
        WireError: the port cannot be had.
    """
    server = Server()
    server.iserver.max_monitored_item_queue_size = QUEUE_CAP
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    server.set_server_name("Tsunagu simulator")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(namespace)
    wire = OpcUaWire(server, await _variables(server, index, numeric), numeric)
    try:
        await server.start()
    except OSError as problem:
        raise WireError(f"cannot listen at 127.0.0.1:{port}: {problem.strerror}; use another port") from problem
    try:
        yield wire
    finally:
        await server.stop()


async def _variables(server: Server, index: int, numeric: Mapping[str, bool]) -> dict[str, ua.NodeId]:
    waiting = ua.DataValue(None, _status(StatusCodes.BadWaitingForInitialData))
    folders = {group: await _folder(server, index, group) for group in sorted(set(map(_group, numeric)))}
    nodes = {}
    for address, is_number in numeric.items():
        node_id = _node_id(address, index)
        name = ua.QualifiedName(address.rpartition("/")[2], index)
        empty: float | str = 0.0 if is_number else ""
        kind = _type(is_number=is_number)
        await folders[_group(address)].add_variable(node_id, name, empty, kind)
        await server.write_attribute_value(node_id, waiting)
        nodes[address] = node_id
    return nodes


async def _folder(server: Server, index: int, group: str) -> Node:
    objects = server.nodes.objects
    if not group:
        return objects
    return await objects.add_object(_node_id(group, index), ua.QualifiedName(group, index))


def _group(address: str) -> str:
    """The machine's name of `MACHINE/SIGNAL`; empty for a recording's item."""
    return address.rpartition("/")[0]


def _type(*, is_number: bool) -> ua.VariantType:
    return ua.VariantType.Double if is_number else ua.VariantType.String


def _node_id(name: str, index: int) -> ua.NodeId:
    return ua.NodeId(ua.String(name), ua.Int16(index))


def _status(code: int) -> ua.StatusCode:
    return ua.StatusCode(ua.UInt32(code))
