"""The hub's master data in the words of a terminal: orders' operations, people, plans, reasons. Pure.

Times are aware UTC datetimes; `due` is a calendar day of the site.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from contract.worklist import VERSION, Check, Plan, ReasonWord, Worker, Worklist, WorkMachine, WorkOperation
from hub.orders.model import Item, Operation, Operator, Order
from hub.progress.model import Standing
from hub.quality.model import Characteristic
from hub.stops.model import ReasonCode

MOST_OPERATIONS: Final = 3000
"""So many open operations a terminal is given, the soonest due first; more nobody looks through."""

REJECT_REASONS: Final = (
    ReasonWord(code="dimension", ja="寸法不良", en="Out of tolerance"),
    ReasonWord(code="scratch", ja="キズ・打痕", en="Scratch or dent"),
    ReasonWord(code="burr", ja="バリ", en="Burr"),
    ReasonWord(code="material", ja="材料不良", en="Bad material"),
    ReasonWord(code="setup", ja="段取り不良", en="Setup piece"),
    ReasonWord(code="program", ja="プログラム不良", en="Program fault"),
    ReasonWord(code="machine", ja="機械不調", en="Machine fault"),
    ReasonWord(code="handling", ja="取り扱いミス", en="Handling"),
    ReasonWord(code="weld", ja="溶接不良", en="Weld fault"),
    ReasonWord(code="surface", ja="外観・表面不良", en="Surface"),
    ReasonWord(code="other", ja="その他", en="Other"),
)
"""Why a piece is no good: what a company begins with; it may change all of it."""


def work_operation(
    operation: Operation, order: Order | None, item: Item | None, standing: Standing | None
) -> WorkOperation:
    """One open operation, with what the shop floor reads on its traveller."""
    return msgspec.convert(
        {
            "order": operation.order,
            "operation": operation.operation,
            "process": operation.process,
            "item": None if order is None else order.item,
            "item_name": None if item is None else item.name,
            "revision": None if order is None else order.revision,
            "quantity": operation.quantity,
            "due": None if order is None else order.due,
            "priority": None if order is None else order.priority,
            "machine": operation.machine,
            "machine_class": operation.machine_class,
            "note": operation.note,
            "status": None if standing is None else standing.status,
            "good": None if standing is None else standing.good,
            "reject": None if standing is None else standing.reject,
            "rework": None if standing is None else standing.rework,
        },
        WorkOperation,
    )


def plan_of(item: str, operation: str, characteristics: Iterable[Characteristic]) -> Plan:
    """The inspection plan of an operation, in the order of its characteristics."""
    return Plan(item=item, operation=operation, checks=tuple(_check(one) for one in characteristics if one.active))


def _check(one: Characteristic) -> Check:
    return Check(
        characteristic=one.characteristic, name=one.name, kind=one.kind, nominal=one.nominal, lower=one.lower,
        upper=one.upper, unit=one.unit, gauge=one.gauge, every=one.every, first=one.first, last=one.last,
    )  # fmt: skip


def stop_words(codes: Iterable[ReasonCode]) -> tuple[ReasonWord, ...]:
    """The company's reasons of stops."""
    return tuple(ReasonWord(code=one.code, ja=one.ja, en=one.en, group=one.group) for one in codes)


def workers(operators: Iterable[Operator], site: str) -> tuple[Worker, ...]:
    """Who works at a site: those of the site, and those of none in particular."""
    return tuple(Worker(code=one.code, name=one.name) for one in operators if one.active and one.site in (None, site))


def machines_of(names: Mapping[str, str | None], site: str) -> tuple[WorkMachine, ...]:
    """The machines of a site among all (key → name)."""
    return tuple(WorkMachine(machine=key, name=name) for key, name in names.items() if key.startswith(f"{site}/"))


def etag_of(worklist: Worklist) -> str:
    """A tag that changes when anything but the moment of making does."""
    timeless = msgspec.structs.replace(worklist, v=VERSION, made_at=datetime.fromisoformat("1970-01-01T00:00:00Z"))
    return f'"{hashlib.blake2b(msgspec.json.encode(timeless), digest_size=12).hexdigest()}"'
