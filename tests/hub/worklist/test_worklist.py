"""The list of work: an agent gets its own site's, and nothing where nothing changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from contract.records import Progress
from contract.worklist import ReasonWord, Worker, Worklist, decode_worklist
from hub.orders import store as orders
from hub.orders.model import Item, Operation, Operator, Order
from hub.quality import store as quality
from hub.quality.model import Characteristic
from hub.stores.company import Writer
from tests.support.hubs import RunningHub, batch, bearer, running_hub
from tests.support.servers import eventually


@pytest_asyncio.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "data") as running:
        yield running


def fill(writer: Writer, order: str = "A-100") -> None:
    """One order with an operation at `main`, one at `north` and one anywhere; people of both sites."""
    orders.save_item(writer, Item(item="PN-1", name="bracket"))
    orders.save_order(writer, Order(order=order, item="PN-1", quantity=5, due="2026-12-01", created_us=0))
    operations = [("10", "main"), ("20", "north"), ("30", None)]
    orders.save_operations(
        writer, order,
        [
            Operation(order=order, quantity=5, operation=number, position=place, process="laser", site=site)
            for place, (number, site) in enumerate(operations)
        ],
    )  # fmt: skip
    for code, site in (("07", "main"), ("08", "north"), ("09", None)):
        orders.save_operator(writer, Operator(code=code, name=f"name of {code}", site=site))
    orders.save_operator(writer, Operator(code="06", name="gone", site="main", active=False))


async def listed(hub: RunningHub, credential: str) -> Worklist:
    answer = await hub.http.get("/api/v1/worklist", headers=bearer(credential))
    assert answer.status_code == 200, answer.text
    return decode_worklist(answer.content)


async def test_an_agent_gets_its_own_site_and_what_belongs_to_none(hub: RunningHub):
    await hub.office.stores.open("aoba").write(fill)
    main = await listed(hub, await hub.credential("aoba", "pi-1", "main"))
    north = await listed(hub, await hub.credential("aoba", "pi-2", "north"))
    assert [one.operation for one in main.operations] == ["10", "30"]
    assert [one.operation for one in north.operations] == ["20", "30"]
    first = main.operations[0]
    assert (first.order, first.item, first.item_name, first.quantity, first.due) == (
        "A-100", "PN-1", "bracket", 5, "2026-12-01",
    )  # fmt: skip
    assert main.operators == (Worker(code="07", name="name of 07"), Worker(code="09", name="name of 09"))
    assert main.reject_reasons


async def test_another_company_is_not_in_it(hub: RunningHub):
    await hub.office.stores.open("aoba").write(fill)
    await hub.office.stores.open("midori").write(lambda writer: fill(writer, "M-9"))
    main = await listed(hub, await hub.credential("midori", "pi-9", "main"))
    assert {one.order for one in main.operations} == {"M-9"}


async def test_nothing_is_sent_again_until_something_changed(hub: RunningHub):
    store = hub.office.stores.open("aoba")
    await store.write(fill)
    headers = bearer(await hub.credential("aoba"))
    first = await hub.http.get("/api/v1/worklist", headers=headers)
    headers["If-None-Match"] = first.headers["etag"]
    again = await hub.http.get("/api/v1/worklist", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    await store.write(lambda writer: orders.remove_order(writer, "A-100"))
    changed = await hub.http.get("/api/v1/worklist", headers=headers)
    assert changed.status_code == 200
    assert decode_worklist(changed.content).operations == ()


async def test_only_an_agent_may_ask(hub: RunningHub):
    assert (await hub.http.get("/api/v1/worklist")).status_code == 401
    token = await hub.token("aoba", "admin")
    assert (await hub.http.get("/api/v1/worklist", headers=bearer(token))).status_code == 401


async def test_plans_reasons_and_how_far_it_is(hub: RunningHub):
    store, credential = hub.office.stores.open("aoba"), await hub.credential("aoba")
    await store.write(fill)

    def plan(writer: Writer) -> None:
        for name, item, operation, active in (
            ("D1", "PN-1", "10", True), ("D2", "PN-1", "10", False), ("D3", "PN-2", "10", True),
        ):  # fmt: skip
            quality.save_characteristic(
                writer,
                Characteristic(
                    characteristic=name, item=item, operation=operation, nominal=10, lower=9.9, upper=10.1, unit="mm",
                    active=active,
                ),
            )  # fmt: skip

    await store.write(plan)
    now = hub.clock.now()
    body = batch(
        [Progress(seq=1, seen=now, at=now, order="A-100", operation="10", action="start"),
         Progress(seq=2, seen=now, at=now, order="A-100", operation="10", action="report", good=2, reject=1)],
        machine=None,
    )  # fmt: skip
    assert (await hub.deliver(credential, body)).json()["acked"] == 2

    async def counted() -> bool:
        return (await listed(hub, credential)).operations[0].good == 2

    await eventually(counted, what="the report on the list")
    found = await listed(hub, credential)
    assert [(plan.item, plan.operation, [check.characteristic for check in plan.checks]) for plan in found.plans] == [
        ("PN-1", "10", ["D1"])
    ]
    assert found.plans[0].checks[0].upper == 10.1
    first = found.operations[0]
    assert (first.status, first.good, first.reject) == ("started", 2, 1)
    assert {"setup", "other"} <= {one.code for one in found.stop_reasons}


async def test_reject_reasons_are_the_company_s_own_once_it_set_them(hub: RunningHub):
    credential, token = await hub.credential("aoba"), await hub.token("aoba", "manager")
    began = [one.code for one in (await listed(hub, credential)).reject_reasons]
    shown = (await hub.get("/reject-reasons", token)).json()["reasons"]
    assert [one["code"] for one in shown] == began
    said = {"reasons": [{"code": " ｃｕｔ ", "ja": "切断不良", "en": "Bad cut"}]}
    done = await hub.http.put("/api/v1/reject-reasons", json=said, headers=bearer(token))
    assert done.status_code == 200, done.text
    assert (await listed(hub, credential)).reject_reasons == (ReasonWord(code="cut", ja="切断不良", en="Bad cut"),)
    other = await hub.credential("midori", "pi-9", "north")
    assert [one.code for one in (await listed(hub, other)).reject_reasons] == began


async def test_reject_reasons_that_cannot_be_are_refused_whole(hub: RunningHub):
    token, operator = await hub.token("aoba", "manager"), await hub.token("aoba", "operator", name="shop floor")
    one = {"code": "cut", "ja": "切断不良", "en": "Bad cut"}
    for reasons, field in (([], "reasons"), ([one, one], "reasons.1.code"), ([one | {"ja": " "}], "reasons.0.ja")):
        refused = await hub.http.put("/api/v1/reject-reasons", json={"reasons": reasons}, headers=bearer(token))
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    refused = await hub.http.put("/api/v1/reject-reasons", json={"reasons": [one]}, headers=bearer(operator))
    assert refused.status_code == 403
    assert "cut" not in [each["code"] for each in (await hub.get("/reject-reasons", token)).json()["reasons"]]
