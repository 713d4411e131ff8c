"""Calendars over HTTP: plans and days set, read back, laid out, and refused where they are wrong."""

from typing import Any

import httpx2
import pytest

from tests.support.hubs import RunningHub, a_day, batch, bearer

WEEK = ["mon", "tue", "wed", "thu", "fri"]
DAY = {
    "name": "日勤",
    "weekdays": WEEK,
    "start": "08:00",
    "end": "17:00",
    "breaks": [{"start": "12:00", "end": "13:00"}],
}


async def send(hub: RunningHub, method: str, path: str, token: str, **body: Any) -> httpx2.Response:
    return await hub.http.request(method, f"/api/v1{path}", json=body, headers=bearer(token))


async def delete(hub: RunningHub, path: str, token: str, **params: str) -> httpx2.Response:
    return await hub.http.delete(f"/api/v1{path}", params=params, headers=bearer(token))


async def test_a_plan_is_set_read_laid_out_and_removed(hub: RunningHub) -> None:
    token = await hub.token("aoba", "manager")
    night = {"name": "無人", "weekdays": WEEK, "start": "17:00", "end": "02:00"}
    answer = await send(hub, "PUT", "/calendars", token, scope="", shifts=[DAY], unattended=[night])
    assert answer.status_code == 200, answer.text
    (row,) = (await hub.get("/calendars", token)).json()["calendars"]
    assert (row["scope"], row["shifts"], row["zone"], row["holidays"]) == ("", [DAY], "Asia/Tokyo", True)
    days = (await hub.get("/calendars/month", token, month="2026-11")).json()["days"]
    assert len(days) == 30
    assert (days[2]["holiday"], days[2]["off"], days[2]["shift"]) == ("culture", "holiday", [])
    assert (days[0]["off"], days[19]["shift_s"], days[19]["unattended_s"]) == ("weekly", 8 * 3600, 9 * 3600)
    assert days[19]["unattended"] == [{"start": "17:00", "end": "02:00"}]
    assert (await delete(hub, "/calendars", token, scope="")).status_code == 200
    assert (await delete(hub, "/calendars", token, scope="")).status_code == 404


async def test_a_day_that_differs_and_the_stretches_of_a_machine(hub: RunningHub) -> None:
    token = await hub.token("aoba", "manager")
    await hub.deliver(await hub.credential("aoba"), batch(a_day("main/laser-1", hub.clock.now())))
    await hub.folded("aoba", token, "main/laser-1")
    await send(hub, "PUT", "/calendars", token, scope="main", shifts=[DAY])
    extra = {
        "scope": "main/laser-1",
        "day": "2026-11-21",
        "kind": "extra",
        "hours": [{"start": "9:00", "end": "12:00"}],
    }
    assert (await send(hub, "PUT", "/calendars/days", token, **extra)).status_code == 200
    asked = {"from": "2026-11-20T12:30:00+09:00", "to": "2026-11-22T00:00:00+09:00"}
    rows = (await hub.get("/machines/main/laser-1/planned", token, **asked)).json()["planned"]
    assert [(row["start"], row["end"]) for row in rows] == [
        ("2026-11-20T04:00:00Z", "2026-11-20T08:00:00Z"), ("2026-11-21T00:00:00Z", "2026-11-21T03:00:00Z"),
    ]  # fmt: skip
    page = (await hub.get("/machines/main/laser-1/planned", token, **asked, limit="1")).json()
    rest = (await hub.get("/machines/main/laser-1/planned", token, **asked, cursor=page["next_cursor"])).json()
    assert page["planned"] + rest["planned"] == rows
    (day,) = (await hub.get("/calendars/days", token)).json()["days"]
    assert (day["kind"], day["hours"]) == ("extra", [{"start": "09:00", "end": "12:00"}])
    gone = {"scope": "main/laser-1", "day": "2026-11-21"}
    assert (await delete(hub, "/calendars/days", token, **gone)).status_code == 200
    assert (await delete(hub, "/calendars/days", token, **gone)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": "25:00"}, "shifts.0.start"),
        ({"start": "24:00"}, "shifts.0.start"),
        ({"end": "17.30"}, "shifts.0.end"),
        ({"weekdays": []}, "shifts.0.weekdays"),
        ({"name": " "}, "shifts.0.name"),
        ({"breaks": [{"start": "07:00", "end": "07:30"}]}, "shifts.0.breaks.0.start"),
        ({"breaks": [{"start": "16:30", "end": "17:30"}]}, "shifts.0.breaks.0.start"),
        ({"breaks": [{"start": "12:00", "end": "13:00"}, {"start": "12:30", "end": "12:45"}]}, "shifts.0.breaks"),
        ({"breaks": [{"start": "08:00", "end": "17:00"}]}, "shifts.0.breaks"),
    ],
)
async def test_a_wrong_shift_names_its_field_and_nothing_is_written(
    hub: RunningHub, change: dict[str, Any], field: str
) -> None:
    token = await hub.token("aoba", "manager")
    answer = await send(hub, "PUT", "/calendars", token, scope="", shifts=[DAY | change])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert (await hub.get("/calendars", token)).json()["calendars"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scope": ""}, 422),
        ({"scope": "north", "shifts": [DAY]}, 404),
        ({"scope": "main/mill-9", "shifts": [DAY]}, 404),
        ({"scope": "", "shifts": [DAY], "zone": "Asia/Edo"}, 422),
        ({"scope": "", "shifts": [DAY], "zone": "../../etc/passwd"}, 422),
        ({"scope": "", "shifts": [DAY] * 13}, 422),
    ],
)
async def test_a_wrong_plan_is_refused(hub: RunningHub, body: dict[str, Any], status: int) -> None:
    assert (await send(hub, "PUT", "/calendars", await hub.token("aoba", "manager"), **body)).status_code == status


async def test_an_extra_day_needs_hours_and_others_have_none(hub: RunningHub) -> None:
    token = await hub.token("aoba", "manager")
    for body in ({"kind": "extra"}, {"kind": "closed", "hours": [{"start": "09:00", "end": "10:00"}]}):
        answer = await send(hub, "PUT", "/calendars/days", token, scope="", day="2026-11-20", **body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "hours")


async def test_operators_change_no_calendar(hub: RunningHub) -> None:
    token = await hub.token("aoba", "operator")
    assert (await send(hub, "PUT", "/calendars", token, scope="", shifts=[DAY])).status_code == 403
    assert (await hub.get("/calendars", token)).status_code == 200
