"""Reads one machine over OPC UA (OPC 10000-4). I/O only: bytes in `decode.py`, words in `advice.py`.

First station of the journey. `run` opens a session of its own each time, monitors every node, and delivers
whole notifications: the changes of all responses until MoreNotifications is false, in sequence order. A
publish is acknowledged after the delivery is durable; where it could not be stored, the session is closed and
everything is read anew. The first notification after a connect holds every current value.
Times: µs since 1970 UTC for readings and proof of life, monotonic seconds for what is due.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

import structlog
from asyncua import ua

from edge_agent.drivers.faults import Faults
from edge_agent.drivers.opcua import advice
from edge_agent.drivers.opcua.addresses import ConditionSettings, SignalSettings
from edge_agent.drivers.opcua.decode import Changes, Decoder, Target, status_of
from edge_agent.drivers.opcua.resolving import resolve
from edge_agent.drivers.opcua.session import Session, read_request
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.opcua.subscription import Subscription
from edge_agent.drivers.opcua.wire import WireError
from edge_agent.drivers.port import ConnectionLost, Driver, Feed, Probe
from edge_agent.drivers.probed import Probed
from edge_agent.reading import Delivery, Reading

RETRY_NODES_S: Final = 60.0
MAX_GATHERED: Final = 100_000
"""Changes held in memory for one delivery; a notification that never ends is delivered in parts."""

log = structlog.get_logger(__name__)


def create(
    connection: ConnectionSettings,
    addresses: list[SignalSettings | ConditionSettings],
    client_name: str,
    data_dir: Path,
) -> Driver:
    """The driver of one machine, not connected yet. `data_dir` holds the agent's certificate."""
    logging.getLogger("asyncua").setLevel(logging.WARNING)  # it formats whole notifications at INFO
    return OpcUaDriver(connection, addresses, client_name, data_dir)


class OpcUaDriver:
    """One machine's server. Several addresses may name one node: it is monitored once."""

    def __init__(
        self,
        connection: ConnectionSettings,
        addresses: list[SignalSettings | ConditionSettings],
        client_name: str,
        data_dir: Path,
    ) -> None:
        self._settings = connection
        self._client_name = client_name
        self._data_dir = data_dir
        self._nodes = list(dict.fromkeys(address.node for address in addresses))
        handles = {node: handle for handle, node in enumerate(self._nodes)}
        targets: list[list[Target]] = [[] for _ in self._nodes]
        for number, address in enumerate(addresses):
            targets[handles[address.node]].append(Target(number, address.index))
        self._targets = [tuple(of_node) for of_node in targets]

    async def run(self, feed: Feed) -> None:
        """Delivers until the link is lost; raises ConnectionLost or Misconfigured."""
        session = Session(self._settings, self._client_name, self._data_dir)
        try:
            await session.open()
            log.info("opcua connected", endpoint=self._settings.endpoint, server=session.about.product)
            await _Reader(session, self._settings, self._nodes, self._targets, feed).run()
        finally:
            await session.close()

    async def probe(self, timeout_s: float) -> list[Probe]:
        """Reads every node once; one result per address, in their order. Raises as `run`."""
        session = Session(self._settings, self._client_name, self._data_dir)
        try:
            async with asyncio.timeout(timeout_s):
                await session.open()
                found = await self._probe(session)
        except TimeoutError as error:
            raise advice.explain(error, self._settings.endpoint) from error
        finally:
            await session.close()
        return [found[number] for number in sorted(found)]

    async def _probe(self, session: Session) -> dict[int, Probe]:
        found: dict[int, Probe] = {}
        known: list[tuple[int, ua.NodeId]] = []
        for handle, node in enumerate(self._nodes):
            resolved = resolve(node, session.about.namespaces)
            if isinstance(resolved, str):
                for target in self._targets[handle]:
                    found[target.address] = Probed(target.address, ok=False, quality="bad", advice=resolved)
            else:
                known.append((handle, resolved))
        decoder = Decoder(self._targets)
        step = session.about.nodes_per_read
        for start in range(0, len(known), step):
            chunk = known[start : start + step]
            body = await session.ask(read_request([node for _, node in chunk]))
            try:
                changes = decoder.read(body, [handle for handle, _ in chunk])
            except WireError as error:
                raise ConnectionLost(f"{self._settings.endpoint}: its answer cannot be read ({error})") from error
            for reading in changes.readings:
                found[reading.address] = self._probed(reading, changes)
        return found

    def _probed(self, reading: Reading, changes: Changes) -> Probed:
        hint = changes.wrong.get(reading.address)
        if hint is None and reading.quality == "bad":
            node = next(n for n, of in zip(self._nodes, self._targets, strict=True) if _names(of, reading.address))
            hint = advice.about_value(node, reading.code or "Bad")
        age_s = None if reading.at_us is None else round(time.time() - reading.at_us / 1e6, 6)
        return Probed(
            reading.address,
            ok=reading.quality != "bad",
            value=reading.value,
            quality=reading.quality,
            age_s=age_s,
            advice=hint,
        )


class _Reader:
    """One run on one open session."""

    def __init__(
        self,
        session: Session,
        settings: ConnectionSettings,
        nodes: list[str],
        targets: list[tuple[Target, ...]],
        feed: Feed,
    ) -> None:
        self._session = session
        self._settings = settings
        self._nodes = nodes
        self._targets = targets
        self._feed = feed
        self._subscription = Subscription(session, settings, Decoder(targets))
        self._refused: set[int] = set()
        self._faults = Faults(feed)
        self._overflowed: dict[int, int] = {}
        self._retry_at = 0.0

    async def run(self) -> None:
        try:
            await self._subscription.create()
            unreadable = await self._monitor(range(len(self._nodes)))
            self._feed.connected()
            if unreadable:
                await self._feed.deliver(Delivery(unreadable, time.time_ns() // 1000))
            await self._follow()
        finally:
            await self._subscription.close()

    async def _monitor(self, handles: range | list[int]) -> list[Reading]:
        """Monitors these nodes; a bad reading for each address that cannot be, and its fault told."""
        found: list[tuple[int, ua.NodeId]] = []
        reasons: dict[int, tuple[str, str | None]] = {}
        for handle in handles:
            resolved = resolve(self._nodes[handle], self._session.about.namespaces)
            if isinstance(resolved, str):
                reasons[handle] = resolved, "BadNodeIdUnknown"
            else:
                found.append((handle, resolved))
        for handle, status in (await self._subscription.add(found)).items():
            reasons[handle] = advice.about_node(self._nodes[handle], status), status_of(status)[1]
        unreadable = []
        for handle in handles:
            reason, code = reasons.get(handle, (None, None))
            for target in self._targets[handle]:
                if reason is not None or handle in self._refused:
                    self._feed.address_fault(target.address, reason)
                if reason is not None:
                    unreadable.append(Reading(target.address, None, None, "bad", code))
        self._refused = (self._refused - set(handles)) | reasons.keys()
        self._retry_at = time.monotonic() + RETRY_NODES_S
        return unreadable

    async def _follow(self) -> None:
        gathered: list[Reading] = []
        sequences: list[int] = []
        heard_at = time.monotonic()
        self._subscription.request()
        while True:
            due_s = await self._chores()
            silent_s = heard_at + self._subscription.lost_after_s - time.monotonic()
            arrived = await self._subscription.next(max(min(due_s, silent_s), 0.0))
            if arrived is None:
                if silent_s <= due_s:
                    raise ConnectionLost(
                        f"{self._settings.endpoint}: no sign of life for {self._subscription.lost_after_s:g} s; "
                        "is the machine still on and the network up?"
                    )
                continue
            changes, at_us = arrived
            gathered += changes.readings
            if not changes.keep_alive:
                sequences.append(changes.sequence)
            self._notice(changes)
            if changes.more and len(gathered) < MAX_GATHERED:
                self._subscription.request()
                heard_at = time.monotonic()
                continue
            if gathered:
                await self._feed.deliver(Delivery(gathered, at_us))
                gathered = []
            for sequence in sequences:
                self._subscription.acknowledge(sequence)
            sequences.clear()
            self._subscription.request()
            self._feed.alive(at_us)
            heard_at = time.monotonic()

    async def _chores(self) -> float:
        """Does what is due beside reading; seconds until the next is."""
        now = time.monotonic()
        if now >= self._session.renew_at:
            await self._session.renew()
        if self._refused and now >= self._retry_at:
            await self._monitor(sorted(self._refused))
        due = min(self._session.renew_at, self._retry_at) if self._refused else self._session.renew_at
        return max(due - time.monotonic(), 0.0)

    def _notice(self, changes: Changes) -> None:
        """Tells the feed of values that cannot be used, and counts overflows of the server's queues."""
        for address in changes.overflowed:
            self._overflowed[address] = count = self._overflowed.get(address, 0) + 1
            if count.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: seen, but the log stays readable
                log.warning("opcua queue overflowed at the server", address=address, times=count)
        self._faults.settle(changes.readings, changes.wrong)


def _names(targets: tuple[Target, ...], address: int) -> bool:
    return any(target.address == address for target in targets)
