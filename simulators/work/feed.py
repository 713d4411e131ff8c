"""Gives a company's day to a hub over its public API: first its machines, then what was planned, then what happened.

The records go as an agent's batches, with the times at which they happened; orders and the rest go as a person's
requests. Everything can be given again: nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulators.wires import rfc3339
from simulators.work.floor import END
from simulators.work.gauging import BASELINE
from simulators.work.group import SITE, Product
from simulators.work.outside import Api
from simulators.work.plan import Nest, Order
from simulators.work.story import Day, Story
from simulators.work.telling import OFF_MS

Json = dict[str, Any]
EPOCH = "day"
BATCH = 1000
SEEN_MS = 50
"""How long after it happened an agent has heard of it."""
GAUGE_DAYS = 180


@dataclass(frozen=True, slots=True)
class Keys:
    """How a company is entered: a manager's token, and the credential of the agent of its second site."""

    token: str
    agent: str
    credential: str


def enrol(url: str, agent: str, code: str) -> str:
    """The credential for a one-time code."""
    made = Api(url, None).post("/enrol", {"code": code, "agent": agent, "site": SITE})
    return str(made["credential"])


def feed(url: str, keys: Keys, day: Day, start: datetime) -> Sender:
    """The whole day of one company, which began at `start` and is over; who sent it, to be kept alive.

    Raises:
        RefusedError: the hub takes something not.
    """
    person = Api(url, keys.token)
    sender = Sender(Api(url, keys.credential), keys.agent, day, start)
    machines = [record for record in day.records if record["kind"] == "machine"]
    sender.send(machines)
    master_data(person, day, start)
    sender.send([record for record in day.records if record["kind"] != "machine"])
    state_baselines(person, day, start)
    return sender


def hand_over(giving: Api, taking: Api, story: Story) -> None:
    """One lot goes from the first company to the second by a token; both let the other ask what it is made of.

    It is booked when it is told, after the day.
    """
    ship = next(step for step in story.days[0].lots if step.given and step.action == "ship")
    receive = next(step for step in story.days[1].lots if step.given and step.action == "receive")
    given = {"company": story.days[1].plan.company.slug, "customer": ship.customer, "consent": True}
    body = {"lot": ship.lot, "quantity": ship.quantity, "unit": ship.unit, **given}
    token = giving.post("/handovers", body)["token"]
    arrived = {"token": token, "lot": receive.lot, "item": receive.item, "consent": True}
    taking.post("/handovers/receive", arrived)


class Sender:
    """An agent that delivers: numbers records and says how its machines are."""

    def __init__(self, api: Api, agent: str, day: Day, start: datetime) -> None:
        self._api = api
        self._agent = agent
        self._start = start
        self._keys = [station.key for station in day.plan.company.stations if station.key is not None]
        self._done = 0

    def send(self, records: Sequence[Json]) -> None:
        """Everything in batches; returns when the hub has it on disk."""
        for first in range(0, len(records), BATCH):
            part = records[first : first + BATCH]
            self._batch(part, known_until=part[-1]["at"])
        self._batch([], known_until=rfc3339(self._start + timedelta(milliseconds=END + OFF_MS)))

    def beat(self, now: datetime) -> None:
        """The agent is there, and nothing happened until now."""
        self._batch([], rfc3339(now), now)

    def _batch(self, records: Sequence[Json], known_until: str, now: datetime | None = None) -> None:
        numbered = [
            {"seq": self._done + number, "seen": _later(record["at"]), **record}
            for number, record in enumerate(records, start=1)
        ]
        end = self._start + timedelta(milliseconds=END + OFF_MS)
        until = now or min(datetime.fromisoformat(known_until), end)
        machines = [{"machine": key, "connected": True, "known_until": rfc3339(until)} for key in self._keys]
        after, self._done = self._done, self._done + len(records)
        body = {
            "v": 1, "agent": self._agent, "epoch": EPOCH, "after": after, "upto": self._done,
            "sent_at": rfc3339(max(until, datetime.fromisoformat(numbered[-1]["seen"])) if numbered else until),
            "status": {"machines": machines}, "records": numbered,
        }  # fmt: skip
        receipt = self._api.post("/batches", body)
        assert receipt["acked"] >= self._done
        assert not receipt.get("rejected"), receipt["rejected"][:3]


def _later(at: str) -> str:
    return rfc3339(datetime.fromisoformat(at) + timedelta(milliseconds=SEEN_MS))


def master_data(person: Api, day: Day, start: datetime) -> None:
    """Operators, gauges, items with routings and dimensions, orders, nests."""
    company = day.plan.company
    for code, name in company.people:
        person.post("/operators", {"code": code, "name": name, "site": SITE})
    since, until = (start - timedelta(days=30)).date(), (start + timedelta(days=GAUGE_DAYS)).date()
    for gauge in sorted({product.gauge.instrument for product in company.products}):
        days = {"calibrated_on": since.isoformat(), "due_on": until.isoformat()}
        person.post("/gauges", {"gauge": gauge, "site": SITE, **days})
    for product in company.products:
        person.post("/items", _item(product))
        person.put(f"/items/{product.item}/routing", {"steps": _steps(day, product)})
        person.post("/characteristics", _characteristic(product))
    for order in day.plan.orders:
        person.post("/orders", _order(order, start))
    for nest in day.plan.nests:
        person.post("/nests", _nest(day, nest))


def _item(product: Product) -> Json:
    return {
        "item": product.item, "name": product.name, "revision": "A", "material": product.material,
        "thickness_mm": product.thickness_mm, "mass_kg": product.mass_kg, "customer": product.customer, "unit": "個",
    }  # fmt: skip


def _steps(day: Day, product: Product) -> list[Json]:
    company = day.plan.company
    return [
        {
            "operation": company.operation(position), "position": position + 1, "process": station.process,
            "site": SITE, "machine": station.key, "setup_s": 300 if station.key else 40, "cycle_s": cycle_s,
        }
        for position, (station, cycle_s) in enumerate(zip(company.stations, product.cycles_s, strict=True))
    ]  # fmt: skip


def _characteristic(product: Product) -> Json:
    gauge = product.gauge
    lower, upper = gauge.limits
    return {
        "characteristic": gauge.characteristic, "item": product.item, "operation": gauge.operation,
        "name": gauge.name, "kind": "variable", "nominal": gauge.nominal, "lower": lower, "upper": upper,
        "unit": gauge.unit, "gauge": gauge.instrument, "every": gauge.every, "chart": "i_mr", "rules": "default",
    }  # fmt: skip


def state_baselines(person: Api, day: Day, start: datetime) -> None:
    """The limits of each chart rest on the first measurements of the day, where there are that many."""
    for characteristic, series in day.floor.series.items():
        if len(series.points) >= BASELINE:
            until = start + timedelta(milliseconds=series.points[BASELINE - 1].at + 3000)
            stated = {"baseline_from": rfc3339(start), "baseline_to": rfc3339(until)}
            person.post("/characteristics/baseline", {"characteristic": characteristic, **stated})


def _order(order: Order, start: datetime) -> Json:
    due = (start + timedelta(days=order.due_days)).date().isoformat()
    return {
        "order": order.order, "item": order.product.item, "quantity": order.quantity, "due": due,
        "customer": order.product.customer, "customer_order": f"PO-{order.order}", "priority": order.priority,
    }  # fmt: skip


def _nest(day: Day, nest: Nest) -> Json:
    cut = {"operation": day.plan.company.operation(0), "cut_mm": 900.0, "pierces": 6}
    return {
        "machine": next(station.key for station in day.plan.company.stations if station.rule == "nest"),
        "program": nest.program,
        "lines": [{"order": order, "quantity": share, **cut} for order, share in nest.lines],
    }
