"""One company's store on disk, spoken to at the desk: for tests of what lies behind HTTP."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from contract.batch import Head, MachineStatus, Receipt, Status
from contract.codec import encode_batch, encode_record
from contract.records import Machine, Observation, Record, Samples
from contract.times import from_us, to_us
from hub import projector
from hub.ingest.desk import IngestDesk
from hub.schema import COMPANY_MIGRATIONS
from hub.stores.company import CompanyStore, Stores

T0 = to_us(datetime(2026, 4, 1, 9, 0, tzinfo=UTC))
S = 1_000_000
KEY = "main/laser-1"


class Company:
    """The company `aoba` with the agent `pi-1` of the site `main`."""

    def __init__(self, folder: Path, *, max_pages: int | None = None) -> None:
        self.stores = Stores(folder, COMPANY_MIGRATIONS, max_pages=max_pages)
        self.store: CompanyStore = self.stores.create("aoba")
        self.desk = IngestDesk(self.stores)

    async def send(
        self,
        records: Iterable[Record],
        *,
        after: int,
        upto: int,
        epoch: str = "epoch-1",
        known_until: int | None = None,
    ) -> Receipt:
        """A batch that claims (after, upto]."""
        alive = MachineStatus(machine=KEY, connected=True, known_until=from_us(known_until or T0))
        head = Head(
            v=1, agent="pi-1", epoch=epoch, after=after, upto=upto, sent_at=from_us(known_until or T0),
            status=Status(machines=(alive,)),
        )  # fmt: skip
        body = encode_batch(head, [encode_record(record) for record in records])
        return await self.desk.accept("aoba", "pi-1", "main", body, T0)

    def fold(self, now_us: int = T0) -> None:
        """Runs the projector's steps until it is up to date."""
        while self.store.write_now(lambda writer: projector.step(writer, now_us)).behind:
            pass

    def close(self) -> None:
        self.stores.close()


def machine(seq: int, model: str = "mtconnect", at_us: int = T0, part_rule: str | None = None) -> Machine:
    at = from_us(at_us)
    return Machine(seq=seq, seen=at, at=at, machine=KEY, driver="opcua", state_model=model, part_rule=part_rule)


def change(seq: int, at_us: int, signal: str, value: object, *, seen_us: int | None = None) -> Observation:
    """An observation; the value None travels as a bad one."""
    return Observation(
        seq=seq, seen=from_us(seen_us if seen_us is not None else at_us), at=from_us(at_us), machine=KEY, signal=signal,
        value=value, quality="bad" if value is None else "good",
    )  # fmt: skip


def block(seq: int, t0_us: int, values: list[float | None], *, step_us: int = S, signal: str = "load") -> Samples:
    """A block of telemetry, one value every `step_us`."""
    return Samples(
        seq=seq, seen=from_us(t0_us + step_us * len(values)), machine=KEY, signal=signal, unit="%", t0=from_us(t0_us),
        dt_us=[step_us * index for index in range(len(values))], values=values,
    )  # fmt: skip
