"""The hub's answers about the day beside the truth: orders, parts, stops, measurements, genealogy, recall.

What was reported must be as it was; what was misreported must be listed as not adding up, with both figures. Stop
seconds may differ by 10 ms a reason, quantities of material by a thousandth of their unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulators.work.outside import Api

Json = dict[str, Any]
STOP_TOLERANCE_S = 0.01
AMOUNT_TOLERANCE = 0.001
EXPECTED_FAULTS = {"count": "counts_differ", "finish": "finish_missing"}
HARMLESS = "fewer_than_ordered"
"""Where pieces were thrown away before, the order's quantity is not reached: so it is, and so the hub says."""


@dataclass(slots=True)
class Judgement:
    """What was compared and what differs, over all companies."""

    compared: Counter[str] = field(default_factory=Counter)
    misreported: dict[str, int] = field(default_factory=lambda: {"told": 0, "listed": 0})
    drift: Json | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """The hub knows all that was reported, and lists all that was misreported."""
        return not self.differences and self.misreported["told"] == self.misreported["listed"] > 0

    def told(self) -> Json:
        """As JSON."""
        return {
            "compared": dict(sorted(self.compared.items())), "misreported": self.misreported, "drift": self.drift,
            "differences": self.differences, "equal": self.equal,
        }  # fmt: skip

    def company(self, api: Api, truth: Json, recall: Iterable[tuple[str, list[str]]]) -> None:
        """Count in one company. `recall`: (suspicious lot, the lots that something of it is in)."""
        slug = truth["company"]
        self._operations(api, slug, truth["operations"])
        for machine in truth["machines"]:
            self._machine(api, slug, machine, {"from": truth["from"], "to": truth["until"]})
        for series in truth["characteristics"]:
            self._series(api, slug, series)
        self._links(api, slug, truth["links"])
        for lot, lots in recall:
            self._recall(api, slug, lot, lots, {each["lot"]: each for each in truth["shipped"]})

    def across(self, api_of: Callable[[str], Api], truth: Json) -> None:
        """The recall goes on in the company that was given a lot, and back again; both have consented."""
        there = truth["given_lot"]["to"]
        sides = {slug: lots for slug, lots in truth["recall"].items() if lots}
        told = {company["company"]: company for company in truth["companies"]}
        if set(sides) - set(told):
            return
        giver, taker = (
            next(slug for slug, lots in sides.items() if (there in lots) == taken) for taken in (False, True)
        )
        made = [lot for lot in sides[taker] if lot != there]
        asked = api_of(giver).get(f"/lots/{truth['bad_lot']}/across", direction="forward")["neighbours"]
        shipped = sum(each["lot"] in made for each in told[taker]["shipped"])
        self._same(
            "recalls", f"{giver} lots of {taker}", [(taker, len(made), shipped)], [_beyond(one) for one in asked]
        )
        recalled = api_of(giver).get("/recall", lot=truth["bad_lot"])["neighbours"]
        self._same("recalls", f"{giver} recall beyond {truth['bad_lot']}", asked, recalled)
        asked = api_of(taker).get(f"/lots/{made[0]}/across", direction="back")["neighbours"]
        self._same("recalls", f"{taker} lots of {giver}", [(giver, 1, 0)], [_beyond(one) for one in asked])

    def _same(self, what: str, where: str, true: object, said: object) -> None:
        self.compared[what] += 1
        if true != said:
            self.differences.append(f"{where}: truth {true}, hub {said}")

    def _close(self, what: str, where: str, true: dict[str, float], said: dict[str, float], within: float) -> None:
        self.compared[what] += 1
        names = {name for name in {*true, *said} if abs(true.get(name, 0.0) - said.get(name, 0.0)) > within}
        for name in sorted(names):
            self.differences.append(f"{where} {name or '-'}: truth {true.get(name)}, hub {said.get(name)}")

    def _operations(self, api: Api, slug: str, operations: list[Json]) -> None:
        said: dict[tuple[str, str], Json] = {}
        for order in sorted({each["order"] for each in operations}):
            rows = api.get("/progress", order=order)["operations"]
            said |= {(order, row["operation"]): row for row in rows}
        for true in operations:
            where = f"{slug} {true['order']}/{true['operation']}"
            row = said.pop((true["order"], true["operation"]), None)
            if row is None:
                self.differences.append(f"{where}: the hub has no such operation")
                continue
            self._same("operations", f"{where} made by machine", true["machine"], _made(row))
            self._one(where, true, row)
        self.differences += [f"{slug} {order}/{operation}: never planned" for order, operation in said]

    def _one(self, where: str, true: Json, row: Json) -> None:
        faults = set(row["faults"]) - {HARMLESS}
        kind = true["misreported"]
        names = ("status", "good", "reject", "rework")
        if kind is None:
            self._same("statuses and quantities", where, [true[n] for n in names], [row[n] for n in names])
            self._same("faults", f"{where} faults", set(), faults)
            return
        self.misreported["told"] += 1
        told = true["told"]
        self._same("statuses and quantities", f"{where} told status", told["status"], row["status"])
        self._same("statuses and quantities", f"{where} told good", told["good"], row["reported_good"] or 0)
        if EXPECTED_FAULTS[kind] in faults:
            self.misreported["listed"] += 1
        else:
            self.differences.append(f"{where}: misreported ({kind}), but the hub lists only {sorted(faults)}")

    def _machine(self, api: Api, slug: str, true: Json, window: Json) -> None:
        site, _, name = true["machine"].partition("/")
        where = f"{slug} {true['machine']}"
        runs = list(api.rows(f"/machines/{site}/{name}/runs", "runs", **window))
        self._same("machines", f"{where} runs", true["runs"], len(runs))
        if true["counted"]:
            parts = list(api.rows(f"/machines/{site}/{name}/parts", "parts", **window))
            self._same("machines", f"{where} parts", true["pieces"], len(parts))
            stitched = sum(part["stitched"] for part in parts)
            self._same("machines", f"{where} parts started twice", true["two_starts"], stitched)
        stops = [row for row in api.rows("/stops", "stops", site=site, machine=name, **window) if row["kind"] == "stop"]
        seconds: Counter[str] = Counter()
        for stop in stops:
            seconds[stop["code"] or ""] += stop["duration_s"]
        self._close("stop totals", f"{where} stops", true["reasons"], dict(seconds), STOP_TOLERANCE_S)
        self._same("stops", f"{where} number of stops", len(true["stops"]), len(stops))

    def _series(self, api: Api, slug: str, true: Json) -> None:
        name = true["characteristic"]
        chart = api.get(f"/characteristics/{name}/chart", points=5000)
        points = chart["points"]
        where = f"{slug} {name}"
        self._same("measurements", f"{where} values", true["values"], [point["value"] for point in points])
        spoke = next((n for n, point in enumerate(points) if _spoken(point)), None)
        self._same("charts", f"{where} first signal", true["first_signal"], spoke)
        rows = api.rows("/nonconformances", "nonconformances")
        beyond = sum(row["characteristic"] == name for row in rows)
        self._same("nonconformances", f"{where} beyond its limits", len(true["beyond"]), beyond)
        if true["drift_from"] is not None:
            self.drift = {"characteristic": name, "from_point": true["drift_from"], "flagged_at_point": spoke}

    def _links(self, api: Api, slug: str, links: list[Json]) -> None:
        said: dict[str, float] = {}
        for lot in sorted({link["to"] for link in links}):
            for link in api.get(f"/lots/{lot}/trace", direction="back")["links"]:
                said[f"{link['from']} → {link['to']}"] = link["quantity"]
        true = {f"{link['from']} → {link['to']}": link["quantity"] for link in links}
        self.compared["links"] += len(true)
        self._same("genealogies", f"{slug} links", sorted(true), sorted(said))
        self._close("genealogies", f"{slug} quantity", true, said, AMOUNT_TOLERANCE)

    def _recall(self, api: Api, slug: str, lot: str, lots: list[str], shipped: Json) -> None:
        rows = [row for row in api.get("/recall", lot=lot)["lots"] if row["lot"] != lot]
        self._same("recalls", f"{slug} recall of {lot}", sorted(lots), sorted(row["lot"] for row in rows))
        for row in rows:
            true = shipped.get(row["lot"])
            customers = [] if true is None else [true["customer"]]
            self._same("recalls", f"{slug} customers of {row['lot']}", customers, list(row["customers"]))


def _beyond(neighbour: Json) -> tuple[str, int, int]:
    """Whose lots, how many there are beyond the one that was handed over, and how many of them were shipped.

    -1: the company has not consented.
    """
    found = neighbour["relatives"]
    if found is None:
        return neighbour["company"], -1, -1
    beyond = [shipped for depth, shipped in zip(found["depths"], found["shipped"], strict=True) if depth]
    return neighbour["company"], len(beyond), sum(beyond)


def _made(row: Json) -> int | None:
    made = row["machine_good"]
    return None if made is None else int(made)


def _spoken(point: Json) -> bool:
    """Whether the chart of values says something of a point; what the chart of ranges says is apart."""
    return any(not rule["spread"] for rule in point["rules"])


def judged(truth: Json, api_of: Callable[[str], Api]) -> Judgement:
    """Every company of the story beside the hub. `api_of`: by slug, with that company's own token."""
    judgement = Judgement()
    given = truth["given_lot"]["to"]
    for company in truth["companies"]:
        slug = company["company"]
        lots = truth["recall"].get(slug, [])
        suspicious = truth["bad_lot"] if given not in lots else given
        recall = [(suspicious, [lot for lot in lots if lot != suspicious])] if lots else []
        judgement.company(api_of(slug), company, recall)
    judgement.across(api_of, truth)
    return judgement
