"""Progress over HTTP: what is reported, what is refused and how, what runs were for, and what pages would ask."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from contract.records import Progress
from tests.support.hubs import RunningHub, a_day, a_part, batch, bearer, running_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")
MACHINE, PROGRAM = "main/laser-1", "program of main/laser-1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    """A laser that made one part by its counter, and the orders A (late) and B of ten pieces."""
    path: Path = tmp_path_factory.mktemp("progress")
    async with running_hub(path / "data") as running:
        credential = await running.credential("aoba")
        now = running.clock.now()
        records = [*a_day(MACHINE, now), *a_part(MACHINE, now)]
        assert (await running.deliver(credential, batch(records, upto=8))).status_code == 200
        await running.folded("aoba", await running.token("aoba"), MACHINE)
        await running.do("aoba", "orders.save_item", item="PN-1")
        steps = [{"operation": "10", "process": "laser", "machine": MACHINE}, {"operation": "20", "process": "bending"}]
        await running.do("aoba", "orders.save_routing", item="PN-1", steps=steps)
        await running.do("aoba", "orders.save_order", order="A", item="PN-1", quantity=10, due="2026-01-05")
        await running.do("aoba", "orders.save_order", order="B", item="PN-1", quantity=10, due="2099-01-05")
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    return await hub.token("aoba", "manager", name="planner")


async def post(hub: RunningHub, token: str, path: str, **body: Any) -> httpx2.Response:
    return await hub.http.post(f"/api/v1{path}", json=body, headers=bearer(token))


async def operation(hub: RunningHub, token: str, order: str, name: str) -> dict[str, Any]:
    rows = (await hub.get("/progress", token, order=order)).json()["operations"]
    return next(row for row in rows if row["operation"] == name)


async def test_a_report_is_in_the_ledger_and_the_operation_stands_so_at_once(hub: RunningHub, token: str) -> None:
    for body in ({"action": "start"}, {"action": "report", "good": 4, "reject": 1}, {"action": "pause"}):
        answer = await post(hub, token, "/progress", order=" Ａ ", operation="20", operator="07", **body)
        assert answer.status_code == 201, answer.text
    found = await operation(hub, token, "A", "20")
    assert (found["status"], found["good"], found["reject"], found["remaining"]) == ("paused", 4, 1, 6)
    told = (await hub.get("/progress/reports", token, order="A")).json()
    assert [row["action"] for row in told["reports"]] == ["start", "report", "pause"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"order": "Z", "operation": "10", "action": "start"}, "order", "no order Z"),
        ({"order": "B", "operation": "99", "action": "start"}, "operation", "it has: 10, 20"),
        ({"order": "B", "operation": "10", "action": "finish"}, "action", "never started"),
        ({"order": "B", "operation": "10", "action": "report", "good": 11}, "good", "10 are ordered"),
        ({"order": "B", "operation": "10", "action": "report", "reject": -1}, "reject", "cannot be negative"),
        ({"order": "B", "operation": "10", "action": "start", "machine": "laser"}, "machine", "write site/machine"),
        ({"order": "B", "operation": "10", "action": "start", "machine": "main/no"}, "machine", "no machine main/no"),
        ({"order": "B", "operation": "10", "action": "start", "at": "2099-01-01T00:00:00Z"}, "at", "lies ahead"),
        ({"order": "B", "operation": "10", "action": "begin"}, "action", "Invalid enum value"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    hub: RunningHub, token: str, body: dict[str, Any], field: str, words: str
) -> None:
    answer = await post(hub, token, "/progress", **body)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert words in answer.text
    assert (await hub.get("/progress/reports", token, order="B")).json()["reports"] == []


async def test_an_estimator_may_not_report(hub: RunningHub) -> None:
    estimator = await hub.token("aoba", "estimator", name="estimates")
    assert (await post(hub, estimator, "/progress", order="A", operation="10", action="start")).status_code == 403


async def test_late_orders_come_first_and_only_they_unless_all_are_asked_for(hub: RunningHub, token: str) -> None:
    late = (await hub.get("/progress/late", token)).json()["orders"]
    assert [(row["order"], row["operation"], row["operations"]) for row in late] == [("A", "10", 2)]
    assert late[0]["late_days"] > 0
    everything = (await hub.get("/progress/late", token, all="true")).json()["orders"]
    assert [row["order"] for row in everything] == ["A", "B"]


async def test_unassigned_work_is_bound_and_let_go_again(hub: RunningHub, token: str) -> None:
    (found,) = (await hub.get("/progress/unassigned", token)).json()["programs"]
    assert (found["machine"], found["program"], found["runs"], found["parts"]) == ("laser-1", PROGRAM, 1, 1)
    assert [(each["order"], each["why"]) for each in found["suggestions"]][:2] == [("A", "machine"), ("B", "machine")]
    runs = {"site": "main", "machine": "laser-1", "program": PROGRAM, "version": 1}
    answer = await post(hub, token, "/progress/bindings", order="B", operation="10", why="looked", **runs)
    assert answer.status_code == 201, answer.text
    assert (await hub.get("/progress/unassigned", token)).json()["programs"] == []
    stands = await operation(hub, token, "B", "10")
    assert (stands["status"], stands["machine_good"], stands["good"], stands["runs"]) == ("started", 1, 1, 1)
    assert (await post(hub, token, "/progress/unbindings", **runs)).status_code == 201
    assert len((await hub.get("/progress/unassigned", token)).json()["programs"]) == 1
    assert (await post(hub, token, "/progress/unbindings", nothing=True, **runs)).status_code == 201
    assert (await hub.get("/progress/unassigned", token)).json()["programs"] == []
    said = (await hub.get("/machines/main/laser-1/bindings", token)).json()["bindings"]
    assert [row["kind"] for row in said] == ["nothing", "rules", "bind"]
    assert (said[-1]["why"], said[-1]["to"]) == ("looked", None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"program": PROGRAM, "version": 7}, 404),
        ({"version": 1}, 422),
        ({}, 422),
        ({"from_us": 5, "to_us": 5}, 422),
        ({"from_us": 5, "order": "Z"}, 422),
    ],
)
async def test_a_binding_must_name_runs_and_an_operation(
    hub: RunningHub, token: str, body: dict[str, Any], status: int
) -> None:
    asked = {"site": "main", "machine": "laser-1", "order": "B", "operation": "10"} | body
    assert (await post(hub, token, "/progress/bindings", **asked)).status_code == status


async def test_what_agents_misreport_is_kept_and_listed(hub: RunningHub, token: str) -> None:
    credential = await hub.credential("aoba", agent="pi-2")
    now = hub.clock.now()
    told = [
        Progress(seq=1, seen=now, at=now, order="B", operation="20", action="finish", good=12),
        Progress(seq=2, seen=now, at=now, order="nobody's", operation="10", action="start"),
    ]
    answer = await hub.deliver(credential, batch(told, agent="pi-2", machine=None))
    assert (answer.json()["acked"], answer.json().get("rejected")) == (2, None)
    await hub.hub.projector.caught_up("aoba")
    rows = (await hub.get("/progress/faults", token)).json()["operations"]
    assert [(row["order"], row["faults"]) for row in rows] == [
        ("B", ["more_than_ordered", "finished_not_started"]), ("nobody's", ["nothing_ordered"]),
    ]  # fmt: skip


async def test_an_order_that_was_worked_on_is_closed_not_removed(hub: RunningHub, token: str) -> None:
    for order in ("MISTAKE", "BEGUN", "BOUND"):
        await hub.do("aoba", "orders.save_order", order=order, item="PN-1", quantity=1)
    assert (await post(hub, token, "/progress", order="BEGUN", operation="10", action="start")).status_code == 201
    runs = {"site": "main", "machine": "laser-1", "program": PROGRAM, "from_us": 0, "to_us": 1}
    await hub.do("aoba", "progress.bind", order="BOUND", operation="10", **runs)
    for order in ("BEGUN", "BOUND"):
        refused = await hub.http.delete(f"/api/v1/orders/{order}", headers=bearer(token))
        assert refused.status_code == 409
        assert refused.json()["detail"] == f"work was reported or bound to order {order}; close it instead"
    gone = await hub.http.delete("/api/v1/orders/MISTAKE", headers=bearer(token))
    assert gone.status_code in {200, 204}
