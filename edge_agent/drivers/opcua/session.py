"""One OPC UA session on a connection of its own: connect, ask, close. I/O only; used once and thrown away.

Built on asyncua's client without its supervisor, watchdog and publish loop: the driver watches the link
itself, acknowledges after the commit, and is called again by the machine's pipeline. Every failed call
leaves here as ConnectionLost or Misconfigured.
"""

import asyncio
import contextlib
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import struct_from_binary

from edge_agent.drivers.opcua import advice, entry, quirks
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost

Response = TypeVar("Response")

CLOSE_S: Final = 2.0
SESSION_MS: Final = 60_000
CHANNEL_MS: Final = 3_600_000
_ABOUT_SERVER: Final = (
    ObjectIds.Server_NamespaceArray,
    ObjectIds.Server_ServerStatus_BuildInfo_ManufacturerName,
    ObjectIds.Server_ServerStatus_BuildInfo_ProductName,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
)


class About(msgspec.Struct, frozen=True):
    """What the server says about itself, read once per session."""

    namespaces: tuple[str, ...]
    product: str
    quirk: quirks.Quirk
    nodes_per_read: int
    items_per_call: int


class Session:
    """An open session. `about` is known after `open`."""

    about: About

    def __init__(self, settings: ConnectionSettings, client_name: str, data_dir: Path) -> None:
        self._settings = settings
        self._data_dir = data_dir
        self._client = entry.new_client(settings, client_name)
        self._client.session_timeout = SESSION_MS
        self._client.secure_channel_timeout = CHANNEL_MS
        self.renew_at = 0.0
        self._mute = False

    async def open(self) -> None:
        """Connects and reads `about`. Raises ConnectionLost or Misconfigured; the caller then calls `close`."""
        await entry.enter(self._client, self._settings, self._data_dir)
        self._plan_renewal()
        self.about = await self._read_about()

    def mute(self) -> None:
        """The server shows no sign of life: `close` need not wait for its answers."""
        self._mute = True

    async def close(self) -> None:
        """Ends session, channel and socket; quietly, whatever state they are in."""
        transport = self._client.uaclient.protocol.transport if self._client.uaclient.protocol else None
        try:
            async with asyncio.timeout(0 if self._mute else CLOSE_S):
                with contextlib.suppress(*advice.LINK_ERRORS):
                    await self._client.close_session()
                if transport is not None and not transport.is_closing():
                    with contextlib.suppress(*advice.LINK_ERRORS):
                        await self._client.close_secure_channel()
        except TimeoutError:
            pass  # the server is gone; it ends the session itself after SESSION_MS
        finally:
            self._client.disconnect_socket()
            if transport is not None and transport.get_write_buffer_size():
                transport.abort()

    async def send(self, request: Any, timeout_s: float) -> Buffer:
        """One request, the answer's body unread. `timeout_s` 0 waits for as long as it takes (Publish)."""
        protocol = self._client.uaclient.protocol
        if protocol is None:
            raise ConnectionLost(f"{self._settings.endpoint}: the connection was closed")
        return await protocol.send_request(request, timeout_s)

    async def ask(self, request: Any) -> bytes:
        """One service call, its answer's bytes unread."""
        try:
            return bytes(await self.send(request, self._settings.request_timeout_s))
        except advice.LINK_ERRORS as error:
            raise advice.explain(error, self._settings.endpoint) from error

    async def call(self, request: Any, response: type[Response]) -> Response:
        """One service call, its answer checked and read by the library."""
        try:
            body = await self.send(request, self._settings.request_timeout_s)
            answer: Any = struct_from_binary(response, body)
            answer.ResponseHeader.ServiceResult.check()
        except (*advice.LINK_ERRORS, struct.error) as error:
            raise advice.explain(error, self._settings.endpoint) from error
        return answer  # type: ignore[no-any-return]  # the library's reader is not generic

    async def renew(self) -> None:
        """Renews the channel's security token; due at `renew_at` (monotonic seconds)."""
        try:
            await self._client.open_secure_channel(renew=True)
        except advice.LINK_ERRORS as error:
            raise advice.explain(error, self._settings.endpoint) from error
        self._client.uaclient.revolve_security_token()
        self._plan_renewal()
        await self._read_about()  # a server uses the new token once it has seen a request with it

    def _plan_renewal(self) -> None:
        self.renew_at = time.monotonic() + self._client.secure_channel_timeout / 1000 * 0.75

    async def _read_about(self) -> About:
        nodes = [ua.NodeId.from_string(f"i={int(identifier)}") for identifier in _ABOUT_SERVER]
        answer = await self.call(read_request(nodes), ua.ReadResponse)
        values = [result.Value.Value if result.Value is not None else None for result in answer.Results]
        values += [None] * (len(nodes) - len(values))
        namespaces, manufacturer, product, per_read, per_call = values
        quirk = quirks.quirk_of(str(manufacturer or ""), str(product or ""))
        return About(
            namespaces=tuple(namespaces or ()),
            product=str(product or manufacturer or "unknown"),
            quirk=quirk,
            nodes_per_read=_limit(per_read, quirk.nodes_per_read),
            items_per_call=_limit(per_call, quirk.items_per_call),
        )


def read_request(nodes: Sequence[ua.NodeId]) -> ua.ReadRequest:
    """A Read of the values of `nodes`, with their times."""
    request = ua.ReadRequest()
    request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
    request.Parameters.NodesToRead = [value_of(node) for node in nodes]
    return request


def value_of(node: ua.NodeId) -> ua.ReadValueId:
    """The value of a node, as Read and CreateMonitoredItems name it."""
    wanted = ua.ReadValueId()
    wanted.NodeId = node
    wanted.AttributeId = AttributeIds.Value
    return wanted


def _limit(told: Any, ours: int) -> int:
    """The server's limit where it tells one (0 is none) and ours, whichever is lower."""
    return min(told, ours) if isinstance(told, int) and told > 0 else ours
