"""Orders, items, nests and operators over HTTP: what is kept, what is refused, and in which words."""

from typing import Any

import httpx2
import pytest

from tests.hub.api.test_openapi import assert_as_described
from tests.support.hubs import RunningHub, bearer
from tests.support.masters import a_laser, master_data

NO_MACHINE = "there is no machine main/laser-9 here; see the board for their names, or leave it out"
NO_KEY = "'laser' is no machine; write site/machine, for example main/laser-1"
ORDER = {"order": "A-100", "item": "PN-1001", "quantity": 12, "due": "2026-12-01"}


async def send(hub: RunningHub, method: str, path: str, token: str, body: Any = None) -> httpx2.Response:
    return await hub.http.request(method, f"/api/v1{path}", headers=bearer(token), json=body)


@pytest.fixture
async def token(hub: RunningHub) -> str:
    await a_laser(hub)
    await master_data(hub)
    return await hub.token("aoba", "manager")


async def test_an_order_takes_its_operations_from_the_routing(hub: RunningHub, token: str) -> None:
    made = await send(hub, "POST", "/orders", token, ORDER | {"order": " Ａ－１００ "})
    assert (made.status_code, made.json()) == (201, {"key": "A-100", "created": True})
    found = (await hub.get("/orders/A-100", token)).json()
    assert found["order"]["item"] == "PN-1001"
    assert found["order"]["customer"] == "Example Kogyo"
    assert found["order"]["revision"] == "B"
    assert [(o["operation"], o["process"], o["machine"], o["quantity"]) for o in found["operations"]] == [
        ("10", "レーザー", "main/laser-1", 12), ("20", "曲げ", None, 12),
    ]  # fmt: skip
    assert found["operations"][0]["site"] == "main"


async def test_an_order_of_that_number_is_there_already(hub: RunningHub, token: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER)
    again = await send(hub, "POST", "/orders", token, ORDER | {"quantity": 5})
    assert again.status_code == 409
    assert again.json()["detail"] == "order A-100 is there already: 12 × PN-1001, due 2026-12-01"
    assert (await hub.get("/orders/A-100", token)).json()["order"]["quantity"] == 12


@pytest.mark.parametrize(
    ("bad", "field", "said"),
    [
        ({"quantity": 0}, "quantity", "0 is too little; at least 1 is needed"),
        ({"quantity": 2_000_000_000}, "quantity", "2000000000 is too much; at most 1000000000 is taken"),
        ({"due": "2026-02-30"}, "due", "'2026-02-30' is no day; write it like 2026-04-01"),
        ({"due": "1999-12-31"}, "due", "1999-12-31 is not between 2000-01-01 and 2099-12-31"),
        ({"item": "PN-9"}, "item", "there is no item PN-9; add it or import the items first"),
        ({"order": "x" * 65}, "order", f"'{'x' * 40}…' has 65 characters; at most 64 are kept"),
        ({"order": "a\x00b"}, "order", "'a\\x00b' holds characters that cannot be printed; type it again"),
        ({"order": "  "}, "order", "Order is missing"),
        ({"priority": 9}, "priority", "9 is too much; at most 5 is taken"),
    ],
)
async def test_a_bad_field_of_an_order(hub: RunningHub, token: str, bad: dict[str, Any], field: str, said: str) -> None:
    refused = await send(hub, "POST", "/orders", token, ORDER | bad)
    assert refused.status_code == 422
    assert refused.json()["detail"] == said
    assert refused.json()["errors"][0]["field"] == field
    assert (await hub.get("/orders", token)).json()["orders"] == []


async def test_changing_closing_opening_and_removing(hub: RunningHub, token: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER)
    changed = await send(hub, "PATCH", "/orders/A-100", token, {"quantity": 20, "due": "", "priority": 1})
    assert changed.status_code == 200, changed.text
    found = (await hub.get("/orders/A-100", token)).json()
    assert (found["order"]["quantity"], found["order"]["due"], found["order"]["priority"]) == (20, None, 1)
    assert {o["quantity"] for o in found["operations"]} == {20}
    assert (await send(hub, "POST", "/orders/A-100/close", token)).status_code == 200
    refused = await send(hub, "PATCH", "/orders/A-100", token, {"quantity": 21})
    assert (refused.status_code, refused.json()["detail"]) == (409, "order A-100 is closed; open it again first")
    assert (await hub.get("/orders", token, open="true")).json()["orders"] == []
    assert len((await hub.get("/orders", token, open="false")).json()["orders"]) == 1
    assert (await send(hub, "POST", "/orders/A-100/open", token)).status_code == 200
    assert (await send(hub, "DELETE", "/orders/A-100", token)).status_code == 200
    assert (await hub.get("/orders/A-100", token)).status_code == 404


async def test_late_orders_first_and_pages_of_them(hub: RunningHub, token: str) -> None:
    for number, due in [("L-1", "2020-01-02"), ("L-2", None), ("L-3", "2020-01-01"), ("L/4", "2098-01-01")]:
        made = await send(hub, "POST", "/orders", token, ORDER | {"order": number, "due": due})
        assert made.status_code == 201, made.text
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await hub.get("/orders", token, limit="1", **({"cursor": cursor} if cursor else {}))).json()
        seen += [row["order"] for row in page["orders"]]
        cursor = page["next_cursor"]
    assert seen == ["L-3", "L-1", "L/4", "L-2"]
    late = (await hub.get("/orders", token, late="true")).json()["orders"]
    assert [(row["order"], row["late"]) for row in late] == [("L-3", True), ("L-1", True)]
    assert (await hub.get("/orders/L%2F4", token)).json()["order"]["order"] == "L/4"
    narrowed = (await hub.get("/orders", token, containing="l/")).json()["orders"]
    assert [row["order"] for row in narrowed] == ["L/4"]


@pytest.mark.parametrize(
    ("step", "field", "said"),
    [
        ({"machine": "main/laser-9"}, "steps[0].machine", NO_MACHINE),
        ({"machine": "laser"}, "steps[0].machine", NO_KEY),
        ({"site": "moon"}, "steps[0].site", "there is no site moon; there are: main"),
        ({"cycle_s": -1}, "steps[0].cycle_s", "-1 is too little; at least 0 is needed"),
        ({"process": ""}, "steps[0].process", "Process is missing"),
    ],
)  # fmt: skip
async def test_a_bad_step_of_a_routing(
    hub: RunningHub, token: str, step: dict[str, Any], field: str, said: str
) -> None:
    body = {"steps": [{"operation": "10", "process": "laser"} | step]}
    refused = await send(hub, "PUT", "/items/PN-1001/routing", token, body)
    assert (refused.status_code, refused.json()["detail"], refused.json()["errors"][0]["field"]) == (422, said, field)
    twice = {"steps": [{"operation": "10", "process": "a"}, {"operation": "１０", "process": "b"}]}
    refused = await send(hub, "PUT", "/items/PN-1001/routing", token, twice)
    assert refused.json()["detail"] == "operation 10 is there twice"
    assert len((await hub.get("/items/PN-1001", token)).json()["routing"]) == 2


async def test_a_routing_that_came_later_is_copied_when_asked(hub: RunningHub, token: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER | {"item": "SH-1"})
    assert (await hub.get("/orders/A-100", token)).json()["operations"] == []
    steps = {"steps": [{"operation": "10", "process": "cut"}]}
    assert (await send(hub, "PUT", "/items/SH-1/routing", token, steps)).status_code == 200
    assert (await send(hub, "POST", "/orders/A-100/routing", token)).status_code == 200
    assert [o["operation"] for o in (await hub.get("/orders/A-100", token)).json()["operations"]] == ["10"]


async def test_a_nest_cuts_what_there_is(hub: RunningHub, token: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER)
    nest = {
        "machine": "main/laser-1", "program": "N 5001", "sheet_item": "SH-1",
        "lines": [{"order": "A-100", "operation": "10", "quantity": 6, "cut_mm": 1200.5}],
    }  # fmt: skip
    assert (await send(hub, "POST", "/nests", token, nest)).status_code == 201
    (row,) = (await hub.get("/nests", token)).json()["nests"]
    assert (row["program"], row["order"], row["quantity"], row["cut_mm"]) == ("N 5001", "A-100", 6, 1200.5)
    line = {"order": "A-100", "operation": "99", "quantity": 1}
    refused = await send(hub, "POST", "/nests", token, nest | {"lines": [line]})
    assert refused.json()["detail"] == "order A-100 has no operation 99; it has: 10, 20"
    assert refused.json()["errors"][0]["field"] == "lines[0].operation"
    used = await send(hub, "DELETE", "/orders/A-100", token)
    assert (used.status_code, used.json()["detail"]) == (
        409, "the nest N 5001 of main/laser-1 cuts operation 10 of order A-100; change the nest first",
    )  # fmt: skip
    gone = await hub.http.request(
        "DELETE", "/api/v1/nests", headers=bearer(token), params={"machine": "main/laser-1", "program": "N 5001"}
    )
    assert gone.status_code == 200
    assert (await hub.get("/nests", token)).json()["nests"] == []


async def test_an_item_with_orders_stays(hub: RunningHub, token: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER)
    refused = await send(hub, "DELETE", "/items/PN-1001", token)
    assert (refused.status_code, refused.json()["detail"]) == (409, "item PN-1001 has 1 orders; remove those first")
    assert (await send(hub, "DELETE", "/items/SH-1", token)).status_code == 200


async def test_operators_are_seen_by_those_who_may(hub: RunningHub, token: str) -> None:
    seen = (await hub.get("/operators", token)).json()
    assert [(row["code"], row["name"], row["active"]) for row in seen["operators"]] == [("07", "Operator seven", True)]
    veiled = (await hub.get("/operators", await hub.token("aoba", "operator"))).json()
    assert veiled["operators"] == [{"code": None, "name": None, "site": None, "active": None}]
    assert {each["field"] for each in veiled["withheld"]} == {"code", "name", "site", "active"}


@pytest.mark.parametrize("role", ["operator", "sales"])
async def test_who_may_not_change_master_data(hub: RunningHub, token: str, role: str) -> None:
    other = await hub.token("aoba", role)
    assert (await send(hub, "POST", "/orders", other, ORDER)).status_code == 403
    assert (await send(hub, "POST", "/items", other, {"item": "X"})).status_code == 403
    estimator = await hub.token("aoba", "estimator")
    assert (await send(hub, "POST", "/orders", estimator, ORDER)).status_code == 403
    assert (await send(hub, "POST", "/items", estimator, {"item": "X"})).status_code == 201


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/orders", "/orders"), ("/orders/{order}", "/orders/A-100"), ("/items", "/items"),
        ("/items/{item}", "/items/PN-1001"), ("/nests", "/nests"), ("/operators", "/operators"),
    ],
)  # fmt: skip
async def test_openapi_describes_what_is_answered(hub: RunningHub, token: str, path: str, asked: str) -> None:
    await send(hub, "POST", "/orders", token, ORDER)
    await assert_as_described(hub, f"/api/v1{path}", await hub.get(asked, token))
