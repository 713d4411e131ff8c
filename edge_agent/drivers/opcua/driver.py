"""Reads one machine over OPC UA (OPC 10000-4). I/O only: bytes in `decode.py`, words in `advice.py`.

First station of the journey. `run` opens a session of its own each time and hands it to `reader.py`, which delivers
whole notifications and acknowledges them after they are durable; where they could not be stored, the session is closed
and everything is read anew. `probe` reads every place once.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from edge_agent.drivers.opcua import advice, calls
from edge_agent.drivers.opcua.addresses import AnySignal
from edge_agent.drivers.opcua.decode import Changes, Decoder
from edge_agent.drivers.opcua.reader import Reader
from edge_agent.drivers.opcua.session import Session
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.opcua.wanted import Wanted
from edge_agent.drivers.port import Driver, Feed, Probe
from edge_agent.drivers.probed import Probed
from edge_agent.reading import Reading

log = structlog.get_logger(__name__)


def create(connection: ConnectionSettings, addresses: Sequence[AnySignal], client_name: str, data_dir: Path) -> Driver:
    """The driver of one machine, not connected yet. `data_dir` holds the agent's certificate."""
    logging.getLogger("asyncua").setLevel(logging.WARNING)  # it formats whole notifications at INFO
    return OpcUaDriver(connection, addresses, client_name, data_dir)


class OpcUaDriver:
    """One machine's server."""

    def __init__(
        self, connection: ConnectionSettings, addresses: Sequence[AnySignal], client_name: str, data_dir: Path
    ) -> None:
        self._settings = connection
        self._client_name = client_name
        self._data_dir = data_dir
        self._wanted = Wanted(connection, addresses)

    async def run(self, feed: Feed) -> None:
        """Delivers until the link is lost; raises ConnectionLost or Misconfigured."""
        session = Session(self._settings, self._client_name, self._data_dir)
        try:
            await session.open()
            log.info("opcua connected", endpoint=self._settings.endpoint, server=session.about.product)
            await Reader(session, self._settings, self._wanted, feed).run()
        finally:
            await session.close()

    async def probe(self, timeout_s: float) -> list[Probe]:
        """Reads every place once; one result per address, in their order. Raises as `run`."""
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
        decoder = Decoder(self._wanted.targets)
        located = await self._wanted.locate(session, range(len(self._wanted.places)), decoder)
        for handle, missing in located.missing.items():
            for target in self._wanted.targets[handle]:
                found[target.address] = Probed(
                    target.address, ok=missing.optional, quality="bad", advice=missing.reason
                )

        for changes in await calls.read_values(session, decoder, located.nodes):
            for reading in changes.readings:
                found[reading.address] = self._probed(reading, changes)
        return found

    def _probed(self, reading: Reading, changes: Changes) -> Probed:
        hint = changes.wrong.get(reading.address)
        if hint is None and reading.quality == "bad":
            hint = advice.about_value(self._wanted.text_of(reading.address), reading.code or "Bad")
        age_s = None if reading.at_us is None else round(time.time() - reading.at_us / 1e6, 6)
        return Probed(
            reading.address,
            ok=reading.quality != "bad",
            value=reading.value,
            quality=reading.quality,
            age_s=age_s,
            advice=hint,
        )
