"""A company with orders and a lathe: what tests of progress start from."""

from pathlib import Path

from contract.records import Progress, Record
from contract.times import from_us
from hub.machines import store as machines
from hub.orders import store as orders
from hub.orders.model import Nest, NestLine, Operation, Order
from hub.progress import binding_store, store
from hub.progress.store import OperationStanding
from hub.progress.work_model import Binding
from hub.stores.company import Reader
from tests.support.company import KEY, T0, Company, S, change, machine

Work = tuple[int, str | None, str | None, str | None, int]
"""(seconds after T0, order, operation, source, quantity)."""


def run(seq: int, at_s: int, *steps: str, program: str = "795") -> list[Record]:
    """A complete run of a minute, from `at_s` seconds after T0."""
    at = T0 + at_s * S
    said = [(0, "program", program), (0, "execution", "ACTIVE")]
    said += [(10 * n, "step", step) for n, step in enumerate(steps)]
    said += [(60, "step", "0"), (60, "execution", "READY")]
    return [change(seq + n, at + after * S, signal, value) for n, (after, signal, value) in enumerate(said)]


def tap(seq: int, at_s: int, order: str, operation: str, action: str, **more: object) -> Progress:
    """A report `at_s` seconds after T0, at the lathe unless told otherwise."""
    at = from_us(T0 + at_s * S)
    return Progress(
        seq=seq, seen=at, at=at, order=order, operation=operation, action=action, **({"machine": KEY} | more)
    )


def day(*runs_at_s: int, program: str = "795", part_rule: str | None = None) -> list[Record]:
    """A machine and its full runs of steps 1 and 2 at these seconds."""
    records: list[Record] = [machine(1, part_rule=part_rule), change(2, T0, "execution", "READY")]
    for at_s in runs_at_s:
        records += run(len(records) + 1, at_s, "1", "2", program=program)
    return records


class Shop(Company):
    """Orders A, B and C of ten pieces each; operations 10 at the lathe and 20 anywhere."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sent = 0
        for order in "ABC":
            self.order(order)

    def order(self, order: str, quantity: int = 10, **more: object) -> None:
        made = Order(order=order, item="PN-1", quantity=quantity, created_us=T0, **more)
        steps = [
            Operation(order=order, quantity=quantity, operation="10", position=1, process="turning", machine=KEY),
            Operation(order=order, quantity=quantity, operation="20", position=2, process="deburring"),
        ]
        self.store.write_now(lambda writer: orders.save_order(writer, made))
        self.store.write_now(lambda writer: orders.save_operations(writer, order, steps))

    def nest(self, *lines: NestLine, program: str = "795") -> None:
        self.store.write_now(lambda writer: orders.save_nest(writer, Nest(machine=KEY, program=program, lines=lines)))
        self.fold()

    def bind(self, said: Binding) -> None:
        self.store.write_now(lambda writer: binding_store.add(writer, KEY, said, ("a@aoba.example", T0, None)))
        self.fold()

    async def report(self, *records: Record, epoch: str = "epoch-1") -> None:
        """Sends records whose numbers follow those sent before."""
        last = max(record.seq for record in records)
        await self.send(records, after=self.sent, upto=last, epoch=epoch)
        self.sent = last
        self.fold()

    def work(self) -> list[Work]:
        rows = self.store.read_now(
            lambda reader: reader.all(
                "SELECT started, order_id, operation, source, quantity FROM work ORDER BY started, line"
            )
        )
        return [((started - T0) // S, *rest) for started, *rest in rows]

    def facts(self) -> tuple[object, ...]:
        """All that was folded of progress; epochs by what they hold, not by number."""

        def read(reader: Reader) -> tuple[object, ...]:
            reports = reader.all(
                "SELECT at, order_id, operation, machine, action, good FROM progress_reports ORDER BY 1"
            )
            known = machines.find(reader, KEY)
            assert known is not None
            return (reader.all("SELECT * FROM work ORDER BY machine_id, started, line"), reports)

        return self.store.read_now(read)

    def stands(self, order: str, operation: str = "10") -> OperationStanding:
        found = self.store.read_now(lambda reader: store.standing_of(reader, order, operation))
        assert found is not None
        return found


def line(order: str, quantity: int = 1, **more: object) -> NestLine:
    return NestLine(order=order, operation="10", quantity=quantity, **more)
