"""Importing: nothing before everything is right, all or nothing, and the same file twice changes nothing."""

from typing import Any

import httpx2
import pytest

from tests.support.hubs import RunningHub, bearer
from tests.support.masters import a_laser, master_data
from tests.support.sheets import xlsx

JUNK = "the .xlsx file cannot be read (BadZipFile); save it again from your spreadsheet program"
FILE = '受注一覧\n注番,品番,数量,納期,客先注番,優先度\nA-1,PN-1001,３枚,R8.4.1,PO-1,特急\nA-2,PN-1001,"1,200",46114,,\n'


@pytest.fixture
async def token(hub: RunningHub) -> str:
    await a_laser(hub)
    await master_data(hub)
    return await hub.token("aoba", "manager")


async def take(
    hub: RunningHub, token: str, kind: str, data: str | bytes, *, commit: bool = True, column: list[str] | None = None
) -> httpx2.Response:
    body = data.encode() if isinstance(data, str) else data
    params: dict[str, Any] = {"commit": str(commit).lower()} | ({"column": column} if column else {})
    return await hub.http.post(f"/api/v1/imports/{kind}", headers=bearer(token), params=params, content=body)


async def counts(hub: RunningHub, token: str, kind: str, data: str | bytes, **more: Any) -> tuple[int, int, int]:
    answer = await take(hub, token, kind, data, **more)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["faults"] == []
    return said["new"], said["changed"], said["same"]


async def orders(hub: RunningHub, token: str) -> list[dict[str, Any]]:
    return (await hub.get("/orders", token)).json()["orders"]


async def faults(hub: RunningHub, token: str, kind: str, data: str | bytes, **more: Any) -> list[tuple[str, str]]:
    """The bad cells of a preview; the import of the same file must be refused, naming the first."""
    answer = await take(hub, token, kind, data, commit=False, **more)
    assert answer.status_code == 200, answer.text
    found = [(each["place"], each["message"]) for each in answer.json()["faults"]]
    refused = await take(hub, token, kind, data, **more)
    assert refused.status_code == 422
    place, message = found[0]
    assert refused.json()["detail"] == (
        f"nothing was imported: {len(found)} bad cells, the first at {place}: {message}"
    )
    return found


async def test_a_preview_writes_nothing_and_an_import_all_of_it(hub: RunningHub, token: str) -> None:
    assert await counts(hub, token, "orders", FILE.encode("cp932"), commit=False) == (2, 0, 0)
    assert await orders(hub, token) == []
    assert await counts(hub, token, "orders", FILE.encode("cp932")) == (2, 0, 0)
    assert [
        (row["order"], row["quantity"], row["due"], row["customer_order"], row["priority"], row["customer"])
        for row in await orders(hub, token)
    ] == [
        ("A-1", 3, "2026-04-01", "PO-1", 1, "Example Kogyo"),
        ("A-2", 1200, "2026-04-02", None, 3, "Example Kogyo"),
    ]
    assert [o["quantity"] for o in (await hub.get("/orders/A-2", token)).json()["operations"]] == [1200, 1200]


async def test_the_same_file_again_changes_nothing_and_a_changed_one_updates(hub: RunningHub, token: str) -> None:
    await counts(hub, token, "orders", FILE)
    before = await orders(hub, token)
    assert await counts(hub, token, "orders", FILE) == (0, 0, 2)
    assert await orders(hub, token) == before
    assert await counts(hub, token, "orders", FILE.replace("３枚", "5個")) == (0, 1, 1)
    after = (await hub.get("/orders/A-1", token)).json()
    assert after["order"]["quantity"] == 5
    assert {o["quantity"] for o in after["operations"]} == {5}
    assert await counts(hub, token, "orders", "注番,品番,数量\nA-1,PN-1001,5\n") == (0, 0, 1)
    assert (await hub.get("/orders/A-1", token)).json()["order"]["due"] == "2026-04-01", "a missing column says nothing"


async def test_an_empty_cell_means_the_same_the_second_time(hub: RunningHub, token: str) -> None:
    body = "注番,品番,数量,得意先,版,優先度,納期\nA-1,PN-1001,3,,,,\n"
    assert await counts(hub, token, "orders", body) == (1, 0, 0)
    assert await counts(hub, token, "orders", body) == (0, 0, 1)
    assert (await orders(hub, token))[0]["customer"] == "Example Kogyo"
    await hub.do("aoba", "orders.change_order", order="A-1", due="2026-04-01")
    assert await counts(hub, token, "orders", body) == (0, 1, 0)
    assert (await orders(hub, token))[0]["due"] is None


async def test_one_bad_cell_keeps_the_whole_file_out(hub: RunningHub, token: str) -> None:
    body = FILE + "A-3,PN-9,0,4/1,,\nA-1,PN-1001,2,,,\n"
    assert await faults(hub, token, "orders", body) == [
        ("C5", "0 is too little; at least 1 is needed"),
        ("D5", "'4/1' is no day; write it like 2026-04-01"),
        ("A6", "A-1 is in row 3 already"),
    ]
    assert await orders(hub, token) == []
    body = FILE + "A-3,PN-9,1,,,\n"
    assert await faults(hub, token, "orders", body) == [
        ("B5", "there is no item PN-9; add it or import the items first")
    ]
    assert await orders(hub, token) == []


async def test_orders_that_are_there_otherwise(hub: RunningHub, token: str) -> None:
    await counts(hub, token, "orders", FILE)
    assert await faults(hub, token, "orders", "注番,品番,数量\nA-1,SH-1,3\n") == [
        ("B2", "order A-1 is there already for item PN-1001; another item needs another number")
    ]
    await hub.do("aoba", "orders.close_order", order="A-1")
    assert await counts(hub, token, "orders", FILE) == (0, 0, 2)
    assert await faults(hub, token, "orders", "注番,品番,数量\nA-1,PN-1001,4\n") == [
        ("A2", "order A-1 is closed; open it again before it is changed")
    ]


async def test_what_columns_mean_is_remembered(hub: RunningHub, token: str) -> None:
    body = "手配,品番,数量\nA-1,PN-1001,3\n"
    assert await faults(hub, token, "orders", body) == [("A1", "no column is taken for 'Order'; choose one")]
    assert await counts(hub, token, "orders", body, column=["A=order", "B=item", "C=quantity"]) == (1, 0, 0)
    assert await counts(hub, token, "orders", body) == (0, 0, 1)
    wrong = await take(hub, token, "orders", body, column=["order"])
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "column 'order': write it like A=order")


async def test_routings_come_step_by_step(hub: RunningHub, token: str) -> None:
    head = "品番,工程番号,工程,機械,段取り時間(分),加工時間\n"
    body = head + "SH-1,10,切断,main/laser-1,10,42.5\nSH-1,20,曲げ,,５分,0:01:30\n"
    assert await counts(hub, token, "routings", body) == (2, 0, 0)
    assert await counts(hub, token, "routings", body) == (0, 0, 2)
    routing = (await hub.get("/items/SH-1", token)).json()["routing"]
    assert [(s["operation"], s["position"], s["site"], s["setup_s"], s["cycle_s"]) for s in routing] == [
        ("10", 10, "main", 600.0, 42.5), ("20", 20, None, 300.0, 90.0),
    ]  # fmt: skip
    assert await counts(hub, token, "routings", "品番,工程番号,工程\nSH-1,30,検査\n") == (1, 0, 0)
    assert len((await hub.get("/items/SH-1", token)).json()["routing"]) == 3
    bad = "品番,工程番号,工程,機械,拠点\nSH-1,40,x,main/laser-9,\nPN-9,10,x,,\nSH-1,50,x,,moon\nSH-1,10,x,laser,\n"
    assert await faults(hub, token, "routings", bad) == [
        ("D2", "there is no machine main/laser-9 here; see the board for their names, or leave it out"),
        ("A3", "there is no item PN-9; add it or import the items first"),
        ("E4", "there is no site moon; there are: main"),
        ("D5", "'laser' is no machine; write site/machine, for example main/laser-1"),
    ]


async def test_a_nest_is_replaced_whole(hub: RunningHub, token: str) -> None:
    await counts(hub, token, "orders", FILE)
    head = "機械,プログラム,注番,工程番号,数量,母材,切断長(m)\n"
    body = head + "main/laser-1,N1,A-1,10,6,SH-1,1.2\nmain/laser-1,N1,A-2,10,3,SH-1,0.5\n"
    assert await counts(hub, token, "nests", body) == (1, 0, 0)
    assert await counts(hub, token, "nests", body) == (0, 0, 1)
    nests = (await hub.get("/nests", token)).json()["nests"]
    assert [(row["order"], row["quantity"], row["cut_mm"]) for row in nests] == [("A-1", 6, 1200.0), ("A-2", 3, 500.0)]
    assert await counts(hub, token, "nests", head + "main/laser-1,N1,A-1,10,7,SH-1,1\n") == (0, 1, 0)
    assert len((await hub.get("/nests", token)).json()["nests"]) == 1
    bad = head + "main/laser-1,N2,A-1,10,1,SH-1,\nmain/laser-1,N2,A-2,99,1,SH-1,\nmain/laser-1,N2,A-2,20,1,SH-2,\n"
    assert await faults(hub, token, "nests", bad) == [
        ("D3", "order A-2 has no operation 99; it has: 10, 20"),
        ("F4", "rows of one program say different things here"),
    ]


async def test_operators_and_items_from_a_workbook(hub: RunningHub, token: str) -> None:
    people = xlsx([["社員番号", "氏名", "在籍"], [7, "作業 太郎", "はい"], ["08", "作業 花子", "退職"]])
    assert await counts(hub, token, "operators", people) == (2, 0, 0)
    seen = (await hub.get("/operators", token)).json()["operators"]
    assert [(row["code"], row["active"]) for row in seen] == [("07", True), ("08", False), ("7", True)]
    things = xlsx([["図番", "品名", "板厚", "重量"], ["ＰＮ－２", "カバー", "２．３ｍｍ", "850g"]])
    assert await counts(hub, token, "items", things) == (1, 0, 0)
    item = (await hub.get("/items/PN-2", token)).json()["item"]
    assert (item["thickness_mm"], item["mass_kg"]) == (2.3, 0.85)


async def test_who_may_import_what(hub: RunningHub, token: str) -> None:
    estimator = await hub.token("aoba", "estimator")
    assert (await take(hub, estimator, "items", "品番\nX\n")).status_code == 200
    refused = await take(hub, estimator, "orders", FILE)
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "importing orders is for the roles admin, manager; ask an admin",
    )  # fmt: skip
    assert (await take(hub, await hub.token("aoba", "operator"), "orders", FILE, commit=False)).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 422, "the file is empty"),
        (b"PK\x03\x04junk", 422, JUNK),
        (b"a" * 700_001, 413, "the body has more than 700000 bytes, the most that is taken"),
    ],
    ids=["empty", "junk", "large"],
)  # fmt: skip
async def test_what_is_no_file(hub: RunningHub, token: str, body: bytes, status: int, said: str) -> None:
    answer = await take(hub, token, "orders", body, commit=False)
    assert (answer.status_code, answer.json()["detail"]) == (status, said)
