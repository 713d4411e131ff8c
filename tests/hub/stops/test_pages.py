"""The stops and calendar pages as plain HTTP: odd addresses, foreign pages, and what a role sees."""

import re
from datetime import timedelta

import pytest

from tests.hub.stops.test_api import a_morning
from tests.support.hubs import DAY_US, PASSWORD, RunningHub, batch

HTML = {"Accept": "text/html"}


async def signed_in(hub: RunningHub, role: str) -> dict[str, str]:
    """Headers of a browser of ours in which somebody with this role is signed in."""
    email = f"{role}@aoba.example"
    await hub.do("aoba", "companies.add_user", email=email, roles=[role], password=PASSWORD)
    own = HTML | {"Origin": hub.url}
    assert (await hub.sign_in(email, **own)).status_code == 204
    return own


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31", "2100-01-01"])
async def test_a_day_out_of_this_world_shows_today(hub: RunningHub, day: str) -> None:
    own = await signed_in(hub, "operator")
    for path in (f"/stops?day={day}", f"/calendar?month={day[:7]}", f"/calendar?day={day}"):
        assert (await hub.http.get(path, headers=own)).status_code == 200, path


async def test_what_is_not_there_is_not_found(hub: RunningHub) -> None:
    own = await signed_in(hub, "operator")
    for path in ("/stops?machine=main/mill-9", "/stops?machine=north/press-9", "/calendar?scope=north"):
        assert (await hub.http.get(path, headers=own)).status_code == 404, path


async def test_a_foreign_page_changes_nothing(hub: RunningHub) -> None:
    start = await a_morning(hub)
    own = await signed_in(hub, "admin")
    began = round((start + timedelta(minutes=10)).timestamp() * 1e6)
    form = {"machine": "main/laser-1", "from": str(began), "to": str(began + 60_000_000), "code": "setup"}
    foreign = await hub.http.post("/stops/reason", data=form, headers=own | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert "setup" not in [row["code"] for row in (await hub.get("/stops", await hub.token("aoba"))).json()["stops"]]
    done = await hub.http.post("/stops/reason", data=form | {"next": "//evil.example/"}, headers=own)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "setup" in [row["code"] for row in (await hub.get("/stops", await hub.token("aoba"))).json()["stops"]]


async def test_one_tap_today_explains_a_stop_that_began_on_a_day_before(hub: RunningHub) -> None:
    start = await a_morning(hub)
    hub.clock.ahead_us = DAY_US
    own = await signed_in(hub, "operator")
    token, credential = await hub.token("aoba"), await hub.credential("aoba", "pi-2")
    alive = batch([], agent="pi-2", upto=0, sent_at=hub.clock.now(), machine="main/laser-1")
    assert (await hub.deliver(credential, alive)).status_code == 200
    page = (await hub.http.get("/stops", headers=own)).text
    taps = re.search(r'name="from" value="(\d+)"><input type="hidden" name="to" value=""', page)
    assert taps is not None, "the stop that lasts is offered with one tap"
    form = {"machine": "main/laser-1", "from": taps[1], "to": "", "code": "setup"}
    assert (await hub.http.post("/stops/reason", data=form, headers=own)).status_code == 303
    rows = (await hub.get("/stops", token, **{"from": start.isoformat()})).json()["stops"]
    assert [row["code"] for row in rows if row["open"]] == ["setup"]


@pytest.mark.parametrize(
    ("role", "says", "sets"), [("operator", True, False), ("sales", False, False), ("manager", True, True)]
)
async def test_a_role_sees_what_it_may_do(hub: RunningHub, role: str, says: bool, sets: bool) -> None:
    await a_morning(hub)
    own = await signed_in(hub, role)
    page = (await hub.http.get("/stops", headers=own)).text
    assert ('action="/stops/reason"' in page, 'href="/stops/settings"' in page) == (says, sets)
    assert ('action="/calendar/plan#plan"' in (await hub.http.get("/calendar", headers=own)).text) == sets
    refused = await hub.http.post("/stops/settings/threshold", data={"minutes": "3"}, headers=own)
    assert refused.status_code == (303 if sets else 403)


async def test_reject_reasons_are_kept_as_typed_and_a_wrong_row_is_shown_again(hub: RunningHub) -> None:
    own = await signed_in(hub, "manager")
    assert "dimension" in (await hub.http.get("/reject-reasons", headers=own)).text
    rows = {"code": ["cut", ""], "ja": ["切断不良", ""], "en": ["Bad cut", ""]}
    done = await hub.http.post("/reject-reasons", data=rows, headers=own)
    assert (done.status_code, done.headers["location"]) == (303, "/reject-reasons?saved=1")
    page = (await hub.http.get("/reject-reasons", headers=own)).text
    assert ('value="切断不良"' in page, "dimension" in page) == (True, False)
    wrong = await hub.http.post("/reject-reasons", data=rows | {"code": ["cut", "cut"]}, headers=own)
    assert wrong.status_code == 422
    assert 'value="Bad cut"' in wrong.text


async def test_what_a_page_refuses_is_said_in_its_reader_s_language(hub: RunningHub) -> None:
    own = await signed_in(hub, "manager") | {"Accept-Language": "ja"}
    await hub.do("aoba", "orders.save_item", item="PN-1")
    await hub.do("aoba", "orders.save_order", order="A-1", item="PN-1", quantity=2)
    again = await hub.http.post("/orders/new", data={"order": "A-1", "item": "PN-1", "quantity": "2"}, headers=own)
    assert again.status_code == 409
    assert "注番「A-1」は登録済みです" in again.text
    assert "is there already" not in again.text

    for path, lacks in (("/nests", {"machine": "main/x", "program": "1"}), ("/operators", {"code": "99"})):
        missing = await hub.http.post(path, data=lacks | {"remove": "1"}, headers=own)
        assert (missing.status_code, "見つかりません" in missing.text) == (404, True), path
