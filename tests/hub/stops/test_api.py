"""Stops over HTTP: the list, the Pareto, reasons given, split and taken back, what a company sets."""

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from contract.records import Machine, Observation, Record
from tests.support.hubs import RunningHub, batch, bearer

LASER = "/machines/main/laser-1"


async def send(hub: RunningHub, method: str, path: str, token: str, **body: Any) -> httpx2.Response:
    return await hub.http.request(method, f"/api/v1{path}", json=body, headers=bearer(token))


async def a_morning(hub: RunningHub) -> datetime:
    """A laser that ran an hour ago, stood for 30 minutes, ran on, and stands since 10 minutes; when it began."""
    now = hub.clock.now()
    common: dict[str, Any] = {"machine": "main/laser-1", "seen": now}
    said = [(60, "ACTIVE"), (50, "READY"), (20, "ACTIVE"), (10, "READY")]
    start = now - timedelta(minutes=60)
    records: list[Record] = [Machine(seq=1, at=start, driver="opcua", state_model="mtconnect", name="L1", **common)]
    records += [
        Observation(seq=2 + n, at=now - timedelta(minutes=ago), signal="execution", value=value, **common)
        for n, (ago, value) in enumerate(said)
    ]
    answer = await hub.deliver(await hub.credential("aoba"), batch(records))
    assert answer.status_code == 200, answer.text
    await hub.folded("aoba", await hub.token("aoba"), "main/laser-1")
    return start


async def listed(hub: RunningHub, token: str, start: datetime) -> list[tuple[int, int, str | None, bool]]:
    """(from minute, minutes, code, open) of every stop."""
    answer = await hub.get("/stops", token, **{"from": start.isoformat()})
    assert answer.status_code == 200, answer.text
    return [
        (
            round((datetime.fromisoformat(row["start"]) - start).total_seconds() / 60),
            round(row["duration_s"] / 60), row["code"], row["open"],
        )
        for row in answer.json()["stops"]
    ]  # fmt: skip


async def test_reasons_are_given_split_and_taken_back(hub: RunningHub) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "operator")
    assert await listed(hub, token, start) == [(10, 30, None, False), (50, 10, None, True)]
    span = {"from": (start + timedelta(minutes=10)).isoformat(), "to": (start + timedelta(minutes=40)).isoformat()}
    made = await send(hub, "POST", f"{LASER}/reasons", token, **span, code="setup", text="金型A", operator="E-07")
    assert made.status_code == 201, made.text
    await send(
        hub,
        "POST",
        f"{LASER}/reasons",
        token,
        **{"from": (start + timedelta(minutes=50)).isoformat()},
        code="breakdown",
    )
    assert await listed(hub, token, start) == [(10, 30, "setup", False), (50, 10, "breakdown", True)]
    manager = await hub.token("aoba", "manager")  # operators' names are for managers alone
    row = (await hub.get("/stops", manager, **{"from": start.isoformat()})).json()["stops"][0]
    assert (row["text"], row["operator"], row["state"], row["name"]) == ("金型A", "E-07", "idle", "L1")
    at = (start + timedelta(minutes=25)).isoformat()
    split = await send(hub, "POST", f"{LASER}/reasons/split", token, **span, at=at, before="material", after="setup")
    assert split.status_code == 201, split.text
    assert (await listed(hub, token, start))[:2] == [(10, 15, "material", False), (25, 15, "setup", False)]
    back = await send(hub, "POST", f"{LASER}/reasons/withdraw", token, **span)
    assert back.status_code == 201
    assert (await listed(hub, token, start))[0] == (10, 30, None, False)


async def test_the_pareto_adds_up_to_planned_time(hub: RunningHub) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "operator")
    span = {"from": (start + timedelta(minutes=10)).isoformat(), "to": (start + timedelta(minutes=30)).isoformat()}
    await send(hub, "POST", f"{LASER}/reasons", token, **span, code="setup")
    asked = {"from": start.isoformat(), "to": (start + timedelta(minutes=60)).isoformat()}
    losses = (await hub.get("/stops/pareto", token, **asked)).json()["losses"]
    found = {(row["kind"], row["code"], row["group"]): (round(row["total_s"]), row["count"]) for row in losses}
    assert found == {
        ("reason", "setup", "changeover"): (1200, 1), ("unexplained", None, None): (1200, 2),
        ("running", None, None): (1200, 0),
    }  # fmt: skip
    assert [row["total_s"] for row in losses] == sorted((row["total_s"] for row in losses), reverse=True)


async def test_only_planned_time_is_asked_about(hub: RunningHub) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "manager")
    (row,) = (await hub.get("/stops/settings", token)).json()["settings"]
    assert (row["threshold_s"], row["unplanned"]) == (120, ["main/laser-1"])
    assert row["reasons"][0] == {"code": "setup", "ja": "段取り", "en": "Setup", "group": "changeover"}
    days = [(start + timedelta(days=n)).astimezone().date() for n in (-1, 0, 1)]
    for day in days:
        closed = await send(hub, "PUT", "/calendars/days", token, scope="main", day=day.isoformat(), kind="closed")
        assert closed.status_code == 200, closed.text
    assert await listed(hub, token, start) == []


async def test_threshold_and_reasons_are_the_companys_own(hub: RunningHub) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "manager")
    assert (await send(hub, "PUT", "/stops/threshold", token, threshold_s=1200)).status_code == 200
    assert await listed(hub, token, start) == [(10, 30, None, False)]
    own = [{"code": "R1", "ja": "刃物交換", "en": "Blade change", "group": "changeover"}]
    assert (await send(hub, "PUT", "/stops/reasons", token, reasons=own)).status_code == 200
    (row,) = (await hub.get("/stops/settings", token)).json()["settings"]
    assert row["reasons"] == own
    gone = await send(hub, "POST", f"{LASER}/reasons", token, **{"from": start.isoformat()}, code="setup")
    assert (gone.status_code, gone.json()["errors"][0]["field"]) == (422, "code")
    operator = await hub.token("aoba", "operator")
    assert (await send(hub, "PUT", "/stops/threshold", operator, threshold_s=1)).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("reasons", {"from": "2026-11-20T10:00:00Z", "to": "2026-11-20T09:00:00Z", "code": "setup"}, 422, "from"),
        ("reasons", {"from": "2026-11-20T10:00:00Z", "to": "2199-11-20T09:00:00Z", "code": "setup"}, 422, "to"),
        ("reasons", {"from": "2020-11-20T10:00:00Z", "to": "2026-11-19T09:00:00Z", "code": "setup"}, 422, "from"),
        ("reasons", {"from": "2026-11-20T10:00:00", "code": "setup"}, 422, "from"),
        ("reasons", {"from": "2026-11-19T10:00:00Z", "to": "2026-11-19T11:00:00Z", "code": "dance"}, 422, "code"),
        ("reasons", {"from": "0001-01-01T00:00:00Z", "to": "2026-11-19T11:00:00Z", "code": "setup"}, 422, "from"),
        (
            "reasons/split",
            {"from": "2026-11-19T10:00:00Z", "at": "2026-11-19T10:00:00Z", "to": "2026-11-19T11:00:00Z"},
            422, "at",
        ),
    ],
)  # fmt: skip
async def test_what_is_wrong_names_its_field_and_writes_nothing(
    hub: RunningHub, path: str, body: dict[str, str], status: int, field: str
) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "operator")
    answer = await send(hub, "POST", f"{LASER}/{path}", token, **body)
    assert (answer.status_code, answer.json()["errors"][0].get("field")) == (status, field), answer.text
    assert {code for _, _, code, _ in await listed(hub, token, start)} == {None}


async def test_an_unknown_machine_or_site_is_not_found(hub: RunningHub) -> None:
    await a_morning(hub)
    token = await hub.token("aoba", "operator")
    body = {"from": "2026-11-19T10:00:00Z", "to": "2026-11-19T11:00:00Z", "code": "setup"}
    assert (await send(hub, "POST", "/machines/main/mill-9/reasons", token, **body)).status_code == 404
    assert (await hub.get("/stops", token, site="north")).status_code == 404
    assert (await hub.get("/stops", token, site="main", machine="mill-9")).status_code == 404
    assert (await hub.get("/stops", token, machine="laser-1")).status_code == 422


async def test_a_long_answer_is_paged(hub: RunningHub) -> None:
    start = await a_morning(hub)
    token = await hub.token("aoba", "operator")
    asked = {"from": start.isoformat(), "to": (start + timedelta(minutes=60)).isoformat(), "limit": "1"}
    first = (await hub.get("/stops", token, **asked)).json()
    second = (await hub.get("/stops", token, **asked, cursor=first["next_cursor"])).json()
    assert (len(first["stops"]), len(second["stops"]), second["next_cursor"]) == (1, 1, None)
    assert first["stops"] != second["stops"]
