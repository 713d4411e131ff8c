"""A real OPC UA server (asyncua's) on a free port, with nodes to write as a test needs them.

`Splitting` answers with so many changes a response and MoreNotifications, as many servers do.
"""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.server.internal_subscription import InternalSubscription

from tests.support.servers import free_port, listens, wait_until

ROOT = Path(__file__).parents[2]
URI = "urn:example:machine"
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(us: int) -> datetime:
    """A source time, `us` microseconds after START."""
    return START + timedelta(microseconds=us)


def at_us(us: int) -> int:
    """The same as a reading tells it."""
    return (at(us) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass
class Machine:
    """The running server."""

    server: Server
    port: int
    index: int = 2
    nodes: dict[str, Any] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}"

    async def add(self, name: str, value: object, kind: ua.VariantType) -> None:
        folder = self.server.nodes.objects
        variant = ua.Variant(value, kind)
        self.nodes[name] = await folder.add_variable(ua.NodeId(name, self.index), name, variant)

    async def set(self, name: str, value: object, kind: ua.VariantType, us: int | None = 0, status: int = 0) -> None:
        source = None if us is None else at(us)
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), source, datetime.now(UTC))
        await self.server.write_attribute_value(self.nodes[name].nodeid, data)

    def subscriptions(self) -> list[InternalSubscription]:
        return list(self.server.iserver.subscription_service.subscriptions.values())

    def unacknowledged(self) -> list[int]:
        return [number for one in self.subscriptions() for number in one._not_acknowledged_results]


class Splitting(InternalSubscription):
    """Answers at most `limit` changes a response and says that more follow; they do, an interval later."""

    limit = 1000

    def _pop_triggered_datachanges(self, result: ua.PublishResult) -> None:
        items = [item for queue in self._triggered_datachanges.values() for item in queue]
        if items:
            notification = ua.DataChangeNotification()
            notification.MonitoredItems = items[: self.limit]
            result.NotificationMessage.NotificationData.append(notification)
            rest = items[self.limit :]
            self._triggered_datachanges = {0: rest} if rest else {}

    def _pop_publish_result(self) -> ua.PublishResult:
        result = super()._pop_publish_result()
        result.MoreNotifications = bool(self._triggered_datachanges)
        return result


@asynccontextmanager
async def opcua_server(port: int | None = None, namespaces: tuple[str, ...] = (URI,)) -> AsyncIterator[Machine]:
    """A server with `namespaces` in this order from index 2 on; the machine's nodes are in URI's."""
    server = Server()
    await server.init()
    machine = Machine(server, port or free_port())
    server.set_endpoint(machine.endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    for uri in namespaces:
        index = await server.register_namespace(uri)
        if uri == URI:
            machine.index = index
    async with server:
        yield machine


@contextmanager
def opcua_process(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, to be killed or stopped: node `Value` of URI holds its process id."""
    process = subprocess.Popen([sys.executable, "-m", "tests.support.opcua", str(port)], cwd=ROOT)
    try:
        wait_until(lambda: listens(port), timeout_s=60, what=f"server at port {port}")
        yield process
    finally:
        process.kill()
        process.wait(10)


async def _serve(port: int) -> None:
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    async with opcua_server(port) as machine:
        await machine.add("Value", os.getpid(), ua.VariantType.Int32)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
