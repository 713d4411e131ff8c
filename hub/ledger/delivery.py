"""What each agent has delivered: claims, losses and holes of every epoch (DESIGN §5).

A claimed number without a record no longer exists at the agent: lost. A number below the highest claim that was
never claimed is a hole. `acked` is the end of the unbroken claimed stretch from 1.
"""

from typing import Any

import msgspec

from contract.batch import Batch, Status
from contract.times import to_us
from hub.ledger import ranges
from hub.ledger.ranges import Range
from hub.stores.company import Reader, Writer

_status: msgspec.json.Decoder[Status] = msgspec.json.Decoder(Status)


class Epoch(msgspec.Struct, frozen=True):
    """What one epoch has delivered so far."""

    epoch_no: int
    claimed: list[Range]
    lost: list[Range]

    @property
    def acked(self) -> int:
        """Everything up to here is committed, or known to be lost."""
        return ranges.prefix_end(self.claimed)


class AgentDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's delivery as people see it; epochs added up, `acked` and `holes` of the newest epoch."""

    agent: str
    epoch: str
    acked: int
    holes: list[Range]
    lost: int
    records: int
    repeated: int
    quarantined: int
    received_us: int
    sent_at_us: int
    status: Status


def open_epoch(writer: Writer, agent: str, epoch: str, received_us: int) -> Epoch:
    """The epoch's delivery; a new epoch gets the company's next number."""
    row = writer.one("SELECT epoch_no FROM epochs WHERE agent = ? AND epoch = ?", (agent, epoch))
    if row is None:
        writer.run(
            "INSERT INTO epochs (agent, epoch, first_received, last_received) VALUES (?, ?, ?, ?)",
            (agent, epoch, received_us, received_us),
        )
        row = writer.one("SELECT epoch_no FROM epochs WHERE agent = ? AND epoch = ?", (agent, epoch))
        assert row is not None
    epoch_no = int(row[0])
    return Epoch(epoch_no, _ranges(writer, "claims", epoch_no), _ranges(writer, "losses", epoch_no))


def settle(writer: Writer, before: Epoch, claim: Range, arrived: list[int]) -> Epoch:
    """Books a claim. `arrived`: ascending numbers of it that are here now, accepted or in quarantine."""
    here = ranges.from_numbers(arrived)
    new = ranges.subtract([claim], before.claimed) if claim[1] > claim[0] else []
    lost = ranges.subtract(before.lost, here)
    for stretch in ranges.subtract(new, here):
        lost = ranges.add(lost, stretch)
    claimed = ranges.add(before.claimed, claim)
    _replace(writer, "claims", before.epoch_no, before.claimed, claimed)
    _replace(writer, "losses", before.epoch_no, before.lost, lost)
    return Epoch(before.epoch_no, claimed, lost)


def count(writer: Writer, epoch_no: int, accepted: int, repeated: int, received_us: int) -> None:
    """Adds to the epoch's counters."""
    writer.run(
        "UPDATE epochs SET records = records + ?, repeated = repeated + ?, last_received = ? WHERE epoch_no = ?",
        (accepted, repeated, received_us, epoch_no),
    )


def keep_status(writer: Writer, epoch_no: int, batch: Batch, received_us: int) -> None:
    """The agent's newest word about itself; an older batch sent again does not overwrite a newer one."""
    writer.run(
        "INSERT INTO agent_status (agent, epoch_no, received, sent_at, status) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET epoch_no = excluded.epoch_no, received = excluded.received,"
        " sent_at = excluded.sent_at, status = excluded.status"
        " WHERE (excluded.epoch_no, excluded.sent_at) >= (agent_status.epoch_no, agent_status.sent_at)",
        (batch.agent, epoch_no, received_us, min(to_us(batch.sent_at), received_us), msgspec.json.encode(batch.status)),
    )


def read_agents(reader: Reader) -> list[AgentDelivery]:
    """Every agent that has ever sent a batch to this company, by name."""
    rows = reader.all(
        "SELECT s.agent, s.epoch_no, e.epoch, s.received, s.sent_at, s.status,"
        " (SELECT sum(records) FROM epochs o WHERE o.agent = s.agent),"
        " (SELECT sum(repeated) FROM epochs o WHERE o.agent = s.agent),"
        " (SELECT coalesce(sum(l.upto - l.after), 0) FROM losses l JOIN epochs o USING (epoch_no)"
        "   WHERE o.agent = s.agent),"
        " (SELECT count(*) FROM quarantine q WHERE q.agent = s.agent)"
        " FROM agent_status s JOIN epochs e USING (epoch_no) ORDER BY s.agent"
    )
    return [_agent(reader, row) for row in rows]


def _agent(reader: Reader, row: tuple[Any, ...]) -> AgentDelivery:
    agent, epoch_no, epoch, received, sent_at, status, records, repeated, lost, quarantined = row
    claimed = _ranges(reader, "claims", epoch_no)
    return AgentDelivery(
        agent=agent, epoch=epoch, acked=ranges.prefix_end(claimed), holes=ranges.holes(claimed), lost=lost,
        records=records, repeated=repeated, quarantined=quarantined, received_us=received, sent_at_us=sent_at,
        status=_status.decode(status),
    )  # fmt: skip


def _ranges(reader: Reader, table: str, epoch_no: int) -> list[Range]:
    sql = f"SELECT after, upto FROM {table} WHERE epoch_no = ? ORDER BY after"
    return [(after, upto) for after, upto in reader.all(sql, (epoch_no,))]


def _replace(writer: Writer, table: str, epoch_no: int, old: list[Range], new: list[Range]) -> None:
    gone = [(epoch_no, after) for after, upto in old if (after, upto) not in new]
    come = [(epoch_no, after, upto) for after, upto in new if (after, upto) not in old]
    writer.many(f"DELETE FROM {table} WHERE epoch_no = ? AND after = ?", gone)
    writer.many(f"INSERT INTO {table} (epoch_no, after, upto) VALUES (?, ?, ?)", come)
