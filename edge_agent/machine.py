"""One machine's pipeline: driver → normaliser → buffer, again and again; and what it knows of its machine.

A connection that is lost makes every known signal bad from the last proof of life on, before new values come;
so does a start, because nobody looked in between. Times: µs since 1970, UTC, by the agent's clock; waits in seconds.
"""

import asyncio
import bisect
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from contract.batch import MachineStatus
from contract.keys import machine_key
from contract.records import Machine
from contract.times import from_us
from edge_agent.backoff import Backoff
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.model import BufferClosed, Entry, Proof, Row, StorageError, entry_of, pack_record
from edge_agent.clocks import Clocks
from edge_agent.drivers import registry
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from edge_agent.normalise.normaliser import Normaliser
from edge_agent.normalise.track import UNNUMBERED
from edge_agent.reading import Delivery, InboxMark, in_our_time
from edge_agent.settings import MachineSettings

MISCONFIGURED_S: Final = 30.0
LEAST_WAIT_S: Final = 0.2
MAX_FAULTS: Final = 50
"""So many signals' faults travel with every batch, each so long; health shows all of them whole."""
MAX_REASON: Final = 300
WELL_AFTER_US: Final = 10_000_000
"""A connection that lasted so long may be made anew at once; a shorter one may be failing again and again."""

log = structlog.get_logger(__name__)


def client_name(agent: str, machine: str) -> str:
    """How a machine's server or broker knows this agent; a broker keeps missed messages under it.

    No name has an underscore, so that the agent can be told from the machine.
    """
    return f"tsunagu-{agent}_{machine}"


def driver_of(settings: MachineSettings, name: str, data_dir: Path) -> Driver:
    """A driver for a machine, not connected. Misconfigured where its library is missing."""
    try:
        return registry.create(settings.driver, settings.connection, settings.addresses, name, data_dir)
    except ModuleNotFoundError as error:
        needs = registry.DRIVERS[settings.driver].needs
        raise Misconfigured(f"{error.name} is not installed; pip install {needs}") from None


class Pipeline:
    """One machine. It is the driver's Feed; `run` ends only when it is cancelled."""

    def __init__(
        self,
        agent: str,
        site: str,
        settings: MachineSettings,
        data_dir: Path,
        buffer: Buffer,
        clocks: Clocks,
        random: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.key = machine_key(site, settings.id)
        self._client_name = client_name(agent, settings.id)
        self._data_dir = data_dir
        self._buffer = buffer
        self._clocks = clocks
        self._backoff = Backoff(random)
        self._normaliser: Normaliser | None = None
        self._connected = False
        self._since_us = 0
        self._told: tuple[str | None, int] = (None, 0)
        self._heard_us: int | None = None
        self._heard_now = False
        self._storing: list[int] = []
        self._announced: str | None = None
        self._announcing = asyncio.Lock()
        self.reason: str | None = "not connected yet"
        self._log = log.bind(machine=self.key)

    # --- what it knows ---

    @property
    def known_until_us(self) -> int | None:
        """The last proof of life, but never beyond a reading that is not on disk yet."""
        if self._heard_us is None or not self._storing:
            return self._heard_us
        return min(self._heard_us, self._storing[0])

    @property
    def bad_signals(self) -> tuple[str, ...]:
        """Names of what cannot be told."""
        return () if self._normaliser is None else self._normaliser.bad_signals

    @property
    def faults(self) -> dict[str, str]:
        """Addresses that cannot be read or say what cannot be used, by name, and why."""
        tracks = () if self._normaliser is None else self._normaliser.tracks
        return {track.name: why for track in tracks if (why := track.trouble) is not None}

    def status(self) -> MachineStatus:
        """As a batch tells it."""
        known = self.known_until_us
        return MachineStatus(
            machine=self.key,
            connected=self._connected,
            known_until=None if known is None else from_us(known),
            bad_signals=self.bad_signals,
            reason=None if self._connected else self.reason,
            faults={name: why[:MAX_REASON] for name, why in islice(self.faults.items(), MAX_FAULTS)},
        )

    def sick(self, reason: str) -> None:
        """It failed in a way nobody foresaw."""
        self._connected = False
        self.reason = reason

    def clock_set(self, step_us: int) -> None:
        """The agent's clock was corrected: what is remembered by it moves along."""
        if self._heard_us is not None and self._heard_now:
            self._heard_us += step_us
        if self._normaliser is not None:
            self._normaliser.clock_set(step_us)
        self._prove()

    # --- the driver's Feed ---

    def connected(self) -> None:
        """See Feed."""
        self._connected = True
        self._since_us = self._clocks.now_us()
        self.reason = None
        self._told = (None, 0)
        self._backoff.reset()
        self._known_normaliser.connected(self._since_us)
        self._log.info("connected")

    def blindness(self) -> tuple[int, int] | None:
        """See Feed."""
        blind = self._known_normaliser.blind
        return None if blind is None or blind.until is None else (blind.since, blind.until)

    def alive(self, at_us: int) -> None:
        """See Feed."""
        self._heard_us, self._heard_now = self._clocks.ours(at_us), True
        self._prove()

    def address_fault(self, address: int, reason: str | None) -> None:
        """See Feed."""
        self._known_normaliser.address_fault(address, reason)
        if reason is not None:
            self._log.warning("address", signal=self.settings.names[address], trouble=reason)

    def is_redelivered(self, mark: InboxMark) -> bool:
        """See Feed."""
        return self._buffer.is_redelivered(self.key, mark)

    async def deliver(self, delivery: Delivery) -> None:
        """See Feed."""
        normaliser = self._known_normaliser
        delivery = in_our_time(delivery, self._clocks.ours)
        normalised = normaliser.normalise(delivery)
        entry = entry_of(self.key, normalised, delivery.seen_us, delivery.inbox, normaliser.newest)
        if not entry.weight and not entry.inbox and not entry.memory:
            return
        bisect.insort(self._storing, delivery.seen_us)
        try:
            await self._buffer.append(entry)
        except StorageError:
            normaliser.forget()
            raise
        finally:
            self._storing.remove(delivery.seen_us)

    # --- life ---

    async def run(self) -> None:
        """Reads the machine until cancelled."""
        await self._begin()
        while True:
            wait_s = await self._connect_once()
            self._connected = False
            await self._mark_unknown()
            self._say_not_connected(wait_s)
            await asyncio.sleep(wait_s)

    def _say_not_connected(self, wait_s: float) -> None:
        """A reason is named when it is new, then at the 2nd, 4th, 8th … try: a night of tries is a few lines."""
        told, tries = self._told
        self._told = self.reason, tries + 1 if told == self.reason else 1
        if self._told[1].bit_count() == 1:
            self._log.warning("not connected", reason=self.reason, tries=self._told[1], again_in_s=round(wait_s, 1))

    async def _connect_once(self) -> float:
        """Runs the driver until its connection ends; how long to wait then, in seconds."""
        begun_s = self._clocks.monotonic()
        try:
            await driver_of(self.settings, self._client_name, self._data_dir).run(self)
        except ConnectionLost as error:
            self.reason = str(error)
            if error.at_once and self._connected and self._clocks.now_us() - self._since_us > WELL_AFTER_US:
                return 0.0
        except Misconfigured as error:
            self.reason = str(error)
            return MISCONFIGURED_S
        except BufferClosed:
            raise
        except StorageError as error:
            self.reason = f"what it says cannot be stored: {error}"
        else:
            self.reason = "the connection ended"
        wait_s = self._backoff.next_s()
        if not self._connected:  # an attempt that nobody answered was a wait already
            wait_s = max(LEAST_WAIT_S, wait_s - (self._clocks.monotonic() - begun_s))
        return wait_s

    async def _begin(self) -> None:
        """Says that the machine exists; all that was known when the agent last ran is unknown since then."""
        memory = await self._buffer.memory(self.key)
        proof = self._buffer.proof(self.key)
        rereads = registry.DRIVERS[self.settings.driver].rereads
        self._normaliser = Normaliser(self.key, self.settings, self._buffer.series, rereads=rereads, memory=memory)
        if proof is not None:
            self._heard_us = proof.at_us
            if self._clocks.continues:
                self._heard_now, self._normaliser.newest = True, proof.newest_us
        await self.announce()
        await self._mark_unknown()

    async def announce(self) -> None:
        """Writes the machine's record where this epoch of the buffer does not have it yet."""
        async with self._announcing:
            epoch = self._buffer.epoch
            if self._announced == epoch or self._normaliser is None:
                return
            if self._announced is not None:
                self._normaliser.forget()
            now_us = self._clocks.now_us()
            await self._store_surely(Entry(self.key, now_us, rows=[self._machine_row(now_us)]))
            self._announced = epoch

    def _machine_row(self, now_us: int) -> Row:
        table, now = self.settings.table, from_us(now_us)
        record = Machine(
            seq=UNNUMBERED,
            seen=now,
            machine=self.key,
            at=now,
            name=table.name,
            maker=table.maker,
            model=table.model,
            driver=table.driver,
            state_model=table.state_model,
            part_rule=table.part_rule,
            signals=self.settings.signal_infos,
            conditions=tuple(self.settings.conditions),
            proof=self.settings.connection.proof,
        )
        return pack_record(record)

    async def _mark_unknown(self) -> None:
        normaliser = self._known_normaliser
        now_us = self._clocks.now_us()
        if self._heard_us is not None and not self._heard_now:  # by the clock as it went before the computer's start
            normalised = normaliser.mark_restarted(self._heard_us, now_us)
        else:
            since = now_us if self._heard_us is None else min(self._heard_us, now_us)
            normalised = normaliser.mark_unknown(since, now_us)
        if len(normalised) or normalised.memory:
            await self._store_surely(entry_of(self.key, normalised, now_us, newest_us=normaliser.newest))
        self._prove()

    async def _store_surely(self, entry: Entry) -> None:
        """Stored before anything else of this machine is; waits for room where there is none."""
        backoff_s = 1.0
        while True:
            try:
                await self._buffer.append(entry)
            except BufferClosed:
                raise
            except StorageError as error:
                self.reason = str(error)
                self._log.error("cannot store", reason=str(error), again_in_s=backoff_s)
                await asyncio.sleep(backoff_s)
                backoff_s = min(10.0, backoff_s * 2)
            else:
                return

    def _prove(self) -> None:
        known = self.known_until_us
        newest = None if self._normaliser is None else self._normaliser.newest
        if known is not None or newest is not None:
            self._buffer.prove(self.key, Proof(known, newest))

    @property
    def _known_normaliser(self) -> Normaliser:
        assert self._normaliser is not None, "the driver runs only after _begin"
        return self._normaliser
