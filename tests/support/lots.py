"""Lot records by hand, and one company's genealogy as tests read it: names instead of numbers."""

from typing import Any

from contract.records import Lot
from contract.times import from_us
from hub.access.viewer import console
from hub.machines.report_model import Reported
from hub.stores.company import Reader
from hub.trace import graph_store, store
from tests.support.company import T0, S
from tests.support.hubs import RunningHub, batch


def lot(seq: int, action: str, name: str, quantity: float | None = None, unit: str | None = None, **more: Any) -> Lot:
    """The record `seq`, one second after the one before it."""
    at = from_us(more.pop("at_us", T0 + seq * S))
    return Lot(seq=seq, seen=at, at=at, action=action, lot=name, quantity=quantity, unit=unit, **more)


def reported(record: Lot, epoch_no: int = 1) -> Reported:
    us = round(record.at.timestamp() * 1e6)
    return Reported(record, us, us, epoch_no)


def names(reader: Reader) -> dict[int, str]:
    return dict(reader.all("SELECT lot_id, lot FROM lots"))


def links(reader: Reader) -> dict[tuple[str, str], tuple[float | None, str | None]]:
    """(from, to) → (quantity, unit)."""
    named = names(reader)
    rows = reader.all("SELECT parent_id, child_id, quantity, unit FROM lot_links")
    return {(named[parent], named[child]): (quantity, unit) for parent, child, quantity, unit in rows}


def closure(reader: Reader, name: str, direction: Any) -> set[tuple[str, str]]:
    named, found = names(reader), store.find_lot(reader, name)
    assert found is not None
    return {(named[link[0]], named[link[1]]) for link in graph_store.closure(reader, [found.lot_id], direction)}


def facts(reader: Reader) -> dict[str, Any]:
    """All that follows from the records, by names: equal facts are equal, however they came to be."""
    rows = reader.all(
        "SELECT lot, item, unit, came, went, remains, shipped, findings, first_at, last_at FROM lots"
        " WHERE last_at IS NOT NULL ORDER BY lot"
    )
    refused = reader.all("SELECT epoch_no, seq, fault FROM lot_steps WHERE fault IS NOT NULL OR circular ORDER BY 1, 2")
    return {"lots": rows, "links": links(reader), "refused": refused}


async def some_lots(hub: RunningHub, company: str, machine: str, credential: str, after: int) -> str:
    """A lot of the machine's name with a relative, a file and a shipment; and a record that nobody understands.

    Returns the token of a hand-over to a company that is not there.
    """
    now, name = hub.clock.now(), f"lot of {machine}"
    odd = Lot(seq=after + 1, seen=now, at=now, action="merge", lot=f"odd {name}")
    body = batch([odd], agent=(await agents(hub, company))[0], after=after, machine=machine)
    answer = await hub.deliver(credential, body)
    assert answer.json()["acked"] == after + 1, answer.text
    await hub.do(company, "trace.report", action="receive", lot=f"coil of {machine}", quantity=5, unit="kg")
    made = {"action": "produce", "parents": [f"coil of {machine}"], "machine": machine}
    await hub.do(company, "trace.report", lot=name, quantity=9, unit=f"pcs of {company}", **made)
    await hub.do(company, "trace.report", action="ship", lot=name, quantity=1, customer=f"customer of {machine}")
    await hub.do(company, "trace.attach", lot=name, name=f"sheet of {company}", content=b"%PDF-1.7")
    handed = await hub.do(company, "trace.hand_over", lot=name, quantity=1, unit=f"pcs of {company}", company="nobody")
    return str(handed.token)


async def agents(hub: RunningHub, company: str) -> list[str]:
    rows = (await hub.office.gate.ask(console(company), "companies.agents", {})).rows
    return [row.agent for row in rows]
