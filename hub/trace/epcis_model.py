"""The history of a lot as an EPCIS 2.0 document in JSON-LD (GS1 EPCIS 2.0, CBV 2.0). Pure.

A lot is an EPC class at trade-item level, named by the address of its page; a step is an event. Steps by which one
thing becomes another are transformations; those of one operation that name no parents belong together by their
`transformationID`. Times are UTC. Units are UN/ECE Rec 20 codes; pieces have none, and a quantity in a unit that
has no code here is left out rather than taken for pieces.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
MEDIA: Final = "application/ld+json"
PIECES: Final = frozenset({"1", "pcs", "pc", "pieces", "個", "枚", "本", "{piece}"})
REC20: Final[Mapping[str, str]] = {
    "kg": "KGM", "g": "GRM", "t": "TNE", "m": "MTR", "mm": "MMT", "cm": "CMT", "L": "LTR", "l": "LTR", "m2": "MTK",
    "m3": "MTQ",
}  # fmt: skip


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A step as `trace.history` tells it."""

    id: str
    at: datetime
    action: str
    lot: str
    quantity: float | None
    unit: str | None
    parents: tuple[str, ...]
    taken: tuple[float | None, ...]
    units: tuple[str | None, ...]
    order: str | None
    operation: str | None
    machine: str | None


def document(steps: Sequence[Told], made_at: datetime, origin: str, company: str) -> dict[str, Any]:
    """The EPCIS document of these steps. `origin`: scheme and host of this hub; `company`: the owner's slug."""

    def address(kind: str, name: str) -> str:
        return f"{origin}/{kind}/{quote(name, safe='/' if kind == 'machines' else '')}?company={company}"

    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _time(made_at),
        "epcisBody": {"eventList": [_event(step, address) for step in steps]},
    }


Address = Callable[[str, str], str]


def _event(step: Told, address: Address) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"{address('lots', step.lot)}#step-{step.id}",
        "eventTime": _time(step.at),
        "eventTimeZoneOffset": "+00:00",
    }
    if step.action == "receive":
        event |= {"action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress"}
    elif step.action == "ship":
        event |= {"action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit"}
    elif step.action == "produce" and not step.parents and step.order is None:
        event |= {"action": "ADD", "bizStep": "creating_class_instance", "disposition": "active"}
    else:
        return event | _transformation(step, address) | _where(step, address)
    return event | {"quantityList": [_amount(step.lot, step.quantity, step.unit, address)]} | _where(step, address)


def _transformation(step: Told, address: Address) -> dict[str, Any]:
    """Parents became the lot; a `consume` without parents is the one half of it, what was produced the other."""
    mine = _amount(step.lot, step.quantity, step.unit, address)
    what: dict[str, Any] = {"type": "TransformationEvent"}
    if step.action == "consume" and not step.parents:
        what["inputQuantityList"] = [mine]
        work = f"{step.order}/{step.operation}" if step.order is not None else f"{step.lot}#{step.id}"
        what["transformationID"] = address("operations", work)
        return what
    if step.order is not None:
        what["transformationID"] = address("operations", f"{step.order}/{step.operation}")
    what |= {"bizStep": "creating_class_instance", "disposition": "active"}
    if step.parents and step.action != "ship":
        amounts = zip(step.parents, step.taken, step.units, strict=True)
        what["inputQuantityList"] = [_amount(lot, taken, unit, address) for lot, taken, unit in amounts]
    what["outputQuantityList"] = [mine]
    if step.action == "consume":
        what["outputQuantityList"] = [_amount(step.lot, None, None, address)]
    return what


def _amount(lot: str, quantity: float | None, unit: str | None, address: Address) -> dict[str, Any]:
    amount: dict[str, Any] = {"epcClass": address("lots", lot)}
    if quantity is None or (unit is not None and unit not in PIECES and unit not in REC20):
        return amount
    amount["quantity"] = quantity
    if unit is not None and unit in REC20:
        amount["uom"] = REC20[unit]
    return amount


def _where(step: Told, address: Address) -> dict[str, Any]:
    where: dict[str, Any] = {}
    if step.machine is not None:
        where["readPoint"] = {"id": address("machines", step.machine)}
    if step.order is not None:
        where["bizTransactionList"] = [{"type": "prodorder", "bizTransaction": address("orders", step.order)}]
    return where


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
