"""Two agents that claim one machine: the word of the one who saw it last stands, whoever speaks last."""

from pathlib import Path

from contract.batch import Batch, MachineStatus, Status
from contract.times import from_us
from hub.machines import store
from tests.support.company import KEY, T0, Company, S


def batch(agent: str, sent_us: int, known_until: int | None, *, connected: bool) -> Batch:
    known = None if known_until is None else from_us(known_until)
    alive = MachineStatus(machine=KEY, connected=connected, known_until=known, faults={"load": "no such node"})
    status = Status(machines=(alive,))
    return Batch(v=1, agent=agent, epoch=agent, after=0, upto=0, sent_at=from_us(sent_us), status=status, records=[])


def test_a_copy_that_lost_the_machine_does_not_hide_the_agent_that_sees_it(tmp_path: Path):
    company = Company(tmp_path)
    batches = [
        batch("pi-1", T0 + 10 * S, T0 + 9 * S, connected=True),
        batch("copy", T0 + 11 * S, T0 + 3 * S, connected=False),
        batch("copy", T0 + 12 * S, None, connected=False),
    ]

    def told(last: Batch) -> tuple[str, bool, int | None]:
        def keep(writer: store.Writer) -> store.Known | None:
            store.ids_of(writer, [KEY])
            store.keep_life(writer, last, "main", T0 + 60 * S)
            return store.find(writer, KEY)

        known = company.store.write_now(keep)
        assert known is not None
        assert known.life is not None
        assert known.life.faults == {"load": "no such node"}
        return known.life.agent, known.life.connected, known.life.known_until_us

    for each in batches:
        assert told(each) == ("pi-1", True, T0 + 9 * S)
    assert told(batch("copy", T0 + 20 * S, T0 + 19 * S, connected=True)) == ("copy", True, T0 + 19 * S)
    company.close()
