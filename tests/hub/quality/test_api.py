"""Quality over HTTP: answers as described; what is wrong is said at its field and nothing is half written."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio

from hub.access.params import encode_cursor
from tests.support.hubs import RunningHub, bearer, running_hub
from tests.support.quality import QUIET, a_characteristic, measured, some_quality

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = "diameter-laser-1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("hub") / "data") as running:
        await some_quality(running, "aoba", "main/laser-1")
        await running.do("aoba", "orders.save_item", item="PN-2")
        await running.do("aoba", "orders.save_order", order="A-1", item="PN-2", quantity=5)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    return await hub.token("aoba", "manager")


async def post(hub: RunningHub, token: str, path: str, body: object) -> Any:
    return await hub.http.post(f"/api/v1{path}", headers=bearer(token), json=body)


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/characteristics", "/characteristics", 200),
        (f"/characteristics/{KEY}/chart", "/characteristics/{characteristic}/chart", 200),
        (f"/characteristics/{KEY}/exclusions", "/characteristics/{characteristic}/exclusions", 200),
        ("/violations", "/violations", 200),
        ("/measurements", "/measurements", 200),
        ("/measurements/not-understood", "/measurements/not-understood", 200),
        ("/nonconformances", "/nonconformances", 200),
        ("/gauges", "/gauges", 200),
    ],
)
async def test_every_answer_is_as_described(hub: RunningHub, token: str, path: str, route: str, status: int) -> None:
    answer = await hub.get(path, token)
    assert answer.status_code == status, answer.text
    document = (await hub.http.get("/api/v1/openapi.json")).json()
    schema = document["paths"][f"/api/v1{route}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = schema | {"components": document["components"]}
    await asyncio.to_thread(jsonschema_rs.validator_for(whole).validate, answer.json())


async def test_a_chart_names_the_rule_at_the_point(hub: RunningHub, token: str) -> None:
    chart = (await hub.get(f"/characteristics/{KEY}/chart", token)).json()
    assert chart["basis"] == "provisional"
    assert len(chart["points"]) == len(QUIET) + 1
    assert [rule["rule"] for rule in chart["points"][-1]["rules"]] == ["beyond_3", "beyond_3"]
    others = [rule["rule"] for point in chart["points"][:-1] for rule in point["rules"]]
    assert "beyond_3" not in others
    assert chart["capability"]["refused"] == "too_few"
    first = (await hub.get("/violations", token)).json()["violations"][0]
    assert (first["characteristic"], first["rule"], first["machine"]) == (KEY, "beyond_3", "main/laser-1")


async def test_a_nonconformance_is_open_until_somebody_decides(hub: RunningHub, token: str) -> None:
    (found,) = (await hub.get("/nonconformances", token, open="true")).json()["nonconformances"]
    assert (found["value"], found["verdict"], found["gauge_state"]) == (10.5, "high", "overdue")
    body = {"id": found["id"], "disposition": "rework", "cause": "tool wear"}
    refused = await post(hub, token, "/nonconformances/disposition", body | {"disposition": "hide"})
    assert refused.status_code == 422
    for wrong in ("9-9", "9" * 30 + "-1", "-", ""):
        assert (await post(hub, token, "/nonconformances/disposition", body | {"id": wrong})).status_code == 404
    far = encode_cursor(2**70, 1, 1)
    assert (await hub.get("/nonconformances", token, cursor=far)).status_code == 422
    assert (await post(hub, token, "/nonconformances/disposition", body)).status_code == 201
    assert (await hub.get("/nonconformances", token, open="true")).json()["nonconformances"] == []
    (decided,) = (await hub.get("/nonconformances", token)).json()["nonconformances"]
    assert (decided["disposition"], decided["cause"]) == ("rework", "tool wear")
    inside = (await hub.get("/measurements", token, characteristic=KEY)).json()["measurements"][-1]
    assert (await post(hub, token, "/nonconformances/disposition", body | {"id": inside["id"]})).status_code == 422


async def test_a_point_is_left_out_with_a_reason_and_by_somebody(hub: RunningHub, token: str) -> None:
    chart = (await hub.get(f"/characteristics/{KEY}/chart", token)).json()
    number = chart["points"][-1]["ids"][0]
    path, body = "/measurements/baseline", {"id": number, "reason": "chip under the workpiece"}
    refused = await post(hub, token, path, {"id": number, "reason": "  "})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "reason")
    assert (await post(hub, token, path, body | {"id": "9-9"})).status_code == 404
    (strange,) = (await hub.get("/measurements/not-understood", token)).json()["measurements"]
    assert (await post(hub, token, path, body | {"id": strange["id"]})).status_code == 422
    operator = await hub.token("aoba", "operator")
    assert (await post(hub, operator, path, body)).status_code == 403
    assert (await post(hub, token, path, body)).status_code == 201
    after = (await hub.get(f"/characteristics/{KEY}/chart", token)).json()
    assert [point["left_out"] for point in after["points"]] == [None] * len(QUIET) + [number]
    assert after["baseline"]["samples"] == chart["baseline"]["samples"] - 1
    assert after["baseline"]["center"] < chart["baseline"]["center"]
    assert (await hub.get("/violations", token)).json()["violations"][0]["left_out"] is True
    (kept,) = (await hub.get(f"/characteristics/{KEY}/exclusions", token)).json()["exclusions"]
    assert (kept["id"], kept["reason"]) == (number, "chip under the workpiece")
    assert kept["excluded_by"]
    assert (await post(hub, token, path, {"id": number, "excluded": False})).status_code == 201
    assert (await hub.get(f"/characteristics/{KEY}/chart", token)).json()["baseline"] == chart["baseline"]


GOOD: dict[str, Any] = {
    "item": "PN-2", "operation": "10", "name": "width", "nominal": 5.0, "lower": 4.9, "upper": 5.1, "unit": "mm",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"lower": 5.1, "upper": 4.9}, "lower", "wrong way round"),
        ({"nominal": 6.0}, "nominal", "outside its own limits"),
        ({"item": "PN-9"}, "item", "no item PN-9"),
        ({"unit": None}, "unit", "needs a unit"),
        ({"chart": "p"}, "chart", "for what is counted"),
        ({"subgroup": 5}, "subgroup", "single values"),
        ({"chart": "xbar_r", "subgroup": 1}, "subgroup", "from 2 to"),
        ({"characteristic": "a/b"}, "characteristic", "cannot hold '/'"),
        ({"every": 0}, "every", "1 or more"),
        ({"sigma": -1.0}, "sigma", "above zero"),
        ({"kind": "attribute"}, "unit", "no unit"),
    ],
)
async def test_a_characteristic_that_cannot_be_is_refused_at_its_field(
    hub: RunningHub, token: str, change: dict[str, Any], field: str, words: str
) -> None:
    answer = await post(hub, token, "/characteristics", GOOD | change)
    assert answer.status_code == 422, answer.text
    assert words in answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert "PN-2" not in (await hub.get("/characteristics", token)).text


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"characteristic": "nobody-knows"}, "characteristic", "no characteristic"),
        ({"unit": "in"}, "unit", "measured in mm"),
        ({"value": None}, "value", "neither a value"),
        ({"operation": "20"}, "operation", "belongs to operation 10"),
        ({"order": "A-1"}, "order", "is for PN-2"),
        ({"at": "2099-01-01T00:00:00Z"}, "at", "lies ahead"),
        ({"lot": "x" * 65}, "lot", "at most 64"),
    ],
)
async def test_a_measurement_that_cannot_be_judged_is_refused_and_nothing_is_kept(
    hub: RunningHub, token: str, change: dict[str, Any], field: str, words: str
) -> None:
    before = (await hub.get("/measurements", token)).json()
    said = {"characteristic": KEY, "value": 10.0, "unit": "mm"}
    answer = await post(hub, token, "/inspections", {"inspections": [said, said | change]})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == f"inspections[1].{field}"
    assert words in answer.text
    assert (await hub.get("/measurements", token)).json() == before


async def test_limits_rest_on_the_stated_time_alone_and_capability_follows(hub: RunningHub, token: str) -> None:
    await a_characteristic(hub, "aoba", "bore", "PN-2")
    await measured(hub, "aoba", "bore", QUIET * 3, ago_s=7200)
    start = hub.clock.now() - timedelta(seconds=7300)
    late = {"characteristic": "bore", "baseline_from": start.isoformat(), "baseline_to": start.isoformat()}
    assert (await post(hub, token, "/characteristics/baseline", late)).status_code == 422
    stated = late | {"baseline_to": (start + timedelta(seconds=1000)).isoformat()}
    assert (await post(hub, token, "/characteristics/baseline", stated)).status_code == 201
    chart = (await hub.get("/characteristics/bore/chart", token)).json()
    assert (chart["basis"], chart["baseline"]["samples"], chart["capability"]["refused"]) == ("stated", 30, None)
    assert chart["capability"]["cpk"]["low"] < chart["capability"]["cpk"]["value"] < chart["capability"]["cpk"]["high"]
    await measured(hub, "aoba", "bore", [10.2], ago_s=600)
    after = (await hub.get("/characteristics/bore/chart", token, points="5")).json()
    assert after["points"][-1]["limits"]["upper"] == chart["points"][0]["limits"]["upper"]
    assert after["points"][-1]["rules"]
    whole = (await hub.get("/characteristics/bore/chart", token)).json()
    assert whole["capability"]["refused"] == "not_in_control"


async def test_a_drift_is_flagged_by_the_run_of_nine(hub: RunningHub, token: str) -> None:
    await a_characteristic(hub, "aoba", "drifting", "PN-2", rules="nelson")
    await measured(hub, "aoba", "drifting", [*(QUIET * 3)[:25], *(10.015 + n / 1000 for n in range(9))])
    chart = (await hub.get("/characteristics/drifting/chart", token)).json()
    rules = [(point["number"], rule["rule"]) for point in chart["points"] for rule in point["rules"]]
    assert (30, "trend_6") in rules
    assert (33, "run_9") in rules


async def test_tool_wear_and_checks_and_pools_are_charted(hub: RunningHub, token: str) -> None:
    await a_characteristic(hub, "aoba", "wearing", "PN-2", trend=True, process="turning", gauge="MIC-1")
    await measured(hub, "aoba", "wearing", [9.95 + n / 500 + (n % 3) / 1000 for n in range(30)])
    chart = (await hub.get("/characteristics/wearing/chart", token)).json()
    assert chart["baseline"]["slope"] == pytest.approx(0.002, rel=0.1)
    assert not any(point["rules"] for point in chart["points"])
    pooled = (await hub.get("/characteristics/wearing/chart", token, pooled="deviation")).json()
    assert pooled["points"][0]["value"] == pytest.approx(-0.05)
    nothing = (await hub.get("/characteristics/wearing/chart", token, pooled="z")).json()
    assert (nothing["basis"], "sigma" in nothing["why"]) == ("none", True)
    unit = {"unit": None, "nominal": None, "lower": None, "upper": None}
    await a_characteristic(hub, "aoba", "scratches", "PN-2", kind="attribute", chart="p", subgroup=5, **unit)
    said = [{"characteristic": "scratches", "passed": n % 7 != 0} for n in range(27)]
    assert (await post(hub, token, "/inspections", {"inspections": said})).json() == {"kept": 27, "out": 4}
    checked = (await hub.get("/characteristics/scratches/chart", token)).json()
    assert [point["value"] for point in checked["points"]] == [0.2, 0.2, 0.2, 0.0, 0.2]


async def test_a_measuring_machines_file_is_all_or_nothing(hub: RunningHub, token: str) -> None:
    await a_characteristic(hub, "aoba", "cmm", "PN-2")
    head = "測定項目,実測値,単位,測定日時,ロット番号\n"

    async def send(rows: str, commit: str) -> Any:
        return await hub.http.post(
            "/api/v1/inspections/import", params={"commit": commit}, headers=bearer(token),
            content=(head + rows).encode("cp932"),
        )  # fmt: skip

    good = "cmm,１０．０２,mm,2026/04/01 09:05,L-1\ncmm,10.31,mm,2026/04/01 09:06,L-1\n"
    bad = await send(good + "cmm,ten,mm,,\nnobody,10,mm,,\ncmm,10,in,,\n", "false")
    assert [f"{fault['column']}{fault['row']}" for fault in bad.json()["faults"]] == ["B4", "A5", "C6"]
    refused = await send(good + "cmm,ten,mm,,\n", "true")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "B4")
    assert (await hub.get("/measurements", token, characteristic="cmm")).json()["measurements"] == []
    looked = (await send(good, "false")).json()
    assert (looked["kept"], looked["out"], looked["faults"]) == (2, 1, [])
    assert (await send(good, "true")).status_code == 200
    found = (await hub.get("/measurements", token, characteristic="cmm")).json()["measurements"]
    assert [(row["at"], row["value"], row["lot"]) for row in found] == [
        ("2026-04-01T00:06:00Z", 10.31, "L-1"),
        ("2026-04-01T00:05:00Z", 10.02, "L-1"),
    ]


async def test_a_gauge_needs_both_days_in_order(hub: RunningHub, token: str) -> None:
    for body, field in (
        ({"gauge": "G", "calibrated_on": "2026-04-01"}, "due_on"),
        ({"gauge": "G", "due_on": "2026-04-01"}, "calibrated_on"),
        ({"gauge": "G", "calibrated_on": "2026-04-02", "due_on": "2026-04-01"}, "due_on"),
        ({"gauge": " "}, "gauge"),
    ):
        answer = await post(hub, token, "/gauges", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_operators_report_but_do_not_define(hub: RunningHub) -> None:
    operator = await hub.token("aoba", "operator")
    said = {"inspections": [{"characteristic": KEY, "value": 10.0, "operator": "op-7"}]}
    assert (await post(hub, operator, "/inspections", said)).status_code == 201
    assert (await post(hub, operator, "/characteristics", GOOD)).status_code == 403
    answer = (await hub.get("/measurements", operator, characteristic=KEY)).json()
    assert [withheld["field"] for withheld in answer["withheld"]] == ["operator"]
    assert "op-7" not in str(answer)
