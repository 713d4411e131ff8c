"""What the terminal knows of the work: scanned codes, the hub's list and its age, the taps made upon it."""

import dataclasses
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.worklist import Check, WorkOperation, encode_worklist
from edge_agent.hub_client import Denied
from edge_agent.terminal.deeds import Deed
from edge_agent.terminal.floor import Tapped, is_inside, refusal, standing
from edge_agent.terminal.worklist_copy import WorklistCopy
from tests.edge_agent.terminal.conftest import LIST, Shop, close_shop, open_shop
from tests.support.agents import NOON_US


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("A-1/10", "/work?order=A-1&operation=10"),
        ("ａ－１／１０", "/work?order=A-1&operation=10"),
        (" 2026/B/10 ", "/work?order=2026%2FB&operation=10"),
        ("a-1", "/?order=A-1"),
        ("", "/"),
    ],
)
async def test_a_scanned_code_leads_to_the_work(shop: Shop, code: str, where: str):
    answer = await shop.http.get("/scan", params={"code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, where)


async def test_a_badge_changes_the_operator(shop: Shop):
    answer = await shop.http.get("/scan", params={"code": "08"})
    assert answer.status_code == 303
    assert "Suzuki" in (await shop.get("/")).text
    assert 'value="07"' in (await shop.get("/")).text, "the one before is one tap away"


async def test_an_unknown_badge_is_said_at_its_field(shop: Shop):
    answer = await shop.http.post("/people", data={"code": "99"})
    assert answer.status_code == 422
    assert "Nobody with the code 99" in answer.text


async def test_a_code_of_elsewhere_is_said(shop: Shop):
    answer = await shop.http.get("/scan", params={"code": "M-9/10"})
    assert answer.status_code == 404
    assert "M-9/10 is not on this site" in answer.text
    assert (await shop.get("/work", order="M-9", operation="10")).status_code == 404


async def test_while_the_list_is_old_a_new_order_can_be_worked_on(shop: Shop):
    shop.now[0] += 600_000_000
    told = await shop.http.get("/scan", params={"code": "N-1/10"})
    assert "If the order is new, go on" in told.text
    assert "List of work: 10 min old" in told.text
    assert (await shop.tap("start", order="N-1")).status_code == 303
    assert "N-1" in (await shop.get("/")).text
    assert (await shop.records())[0].order == "N-1"


async def test_without_any_list_the_terminal_still_records(tmp_path: Path):
    shop = await open_shop(tmp_path, worklist=None)
    try:
        assert "No list of work yet" in (await shop.get("/")).text
        assert (await shop.tap("start")).status_code == 303
        assert (await shop.tap("pause", reason="material")).status_code == 303
        assert (await shop.tap("stop", machine="main/laser-1", text="belt")).status_code == 303
        for path in ("/work/pause", "/work/report", "/work/measure", "/work/lot_out", "/machine"):
            query = {"order": "A-1", "operation": "10", "machine": "main/laser-1"}
            assert (await shop.get(path, **query)).status_code == 200, path
    finally:
        await close_shop(shop)


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_every_page_is_there_in_both_languages(shop: Shop, lang: str):
    await shop.http.post("/language", data={"lang": lang})
    query = {"order": "A-1", "operation": "10", "machine": "main/laser-1"}
    pages = ["/", "/work", "/machines", "/machine", "/people", "/records"]
    for path in [*pages, *(f"/work/{form}" for form in ("pause", "report", "finish", "measure", "lot_in", "lot_out"))]:
        answer = await shop.get(path, **(query if path != "/" else {}))
        assert answer.status_code == 200, path
        assert f'<html lang="{lang}">' in answer.text
    assert (await shop.get("/work/dance", **query)).status_code == 404


def test_a_copy_outlives_a_restart_and_is_of_this_site_alone(tmp_path: Path):
    copy = WorklistCopy(tmp_path, "main")
    assert copy.worklist is None
    copy.take('"1"', encode_worklist(LIST), NOON_US)
    again = WorklistCopy(tmp_path, "main")
    assert (again.worklist, again.etag, again.checked_us) == (LIST, '"1"', NOON_US)
    assert WorklistCopy(tmp_path, "north").worklist is None
    with pytest.raises(Denied, match="site 'main'"):
        WorklistCopy(tmp_path, "north").take('"1"', encode_worklist(LIST), NOON_US)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"v":2,"site":"main","made_at":"2026-11-20T00:00:00Z"}', b"<html>"])
def test_what_cannot_be_read_leaves_the_copy_before(tmp_path: Path, body: bytes):
    copy = WorklistCopy(tmp_path, "main")
    copy.take('"1"', encode_worklist(LIST), NOON_US)
    with pytest.raises(Denied):
        copy.take('"2"', body, NOON_US)
    assert (copy.worklist, copy.etag) == (LIST, '"1"')


def test_a_damaged_copy_is_asked_for_anew(tmp_path: Path):
    (tmp_path / "worklist.json").write_bytes(b"\x00\x01")
    assert WorklistCopy(tmp_path, "main").worklist is None


def test_fields_of_tomorrow_are_ignored(tmp_path: Path):
    raw = msgspec.json.decode(encode_worklist(LIST)) | {"novelty": [1]}
    raw["operations"][0]["colour"] = "red"
    copy = WorklistCopy(tmp_path, "main")
    copy.take('"1"', msgspec.json.encode(raw), NOON_US)
    assert copy.worklist == LIST


LISTED = WorkOperation(order="A", operation="1", status="started", good=10, reject=0, rework=0)


def tapped(at_us: int, *, at_hub: bool = False, **deed: object) -> Tapped:
    return Tapped(f"{at_us}", at_us, Deed(order="A", operation="1", operator="07", **deed), at_hub)


def test_what_the_hub_has_counted_is_not_counted_twice():
    known = tapped(100, at_hub=True, action="report", good=4)
    fresh = tapped(300, at_hub=True, action="report", good=1)
    unsent = tapped(150, action="report", good=2)
    assert standing(LISTED, 200, [known]).good == 10
    assert standing(LISTED, 200, [known, unsent, fresh]).good == 13


def test_the_later_word_counts():
    finished = tapped(100, at_hub=True, action="finish")
    assert standing(LISTED, 50, [finished]).status == "finished"
    assert standing(LISTED, 200, [finished]).status == "started", "somebody else began it again since"
    unheard = dataclasses.replace(finished, at_hub=False)
    assert standing(LISTED, 200, [unheard]).status == "finished", "the hub does not know it yet"


DEEDS = st.lists(st.sampled_from(["start", "pause", "resume", "first_ok", "report", "finish"]), max_size=30)


@given(actions=DEEDS)
def test_whatever_is_tapped_the_work_stays_sound(actions: list[str]):
    taps: list[Tapped] = []
    good = 0
    for place, action in enumerate(actions):
        deed = Deed(action=action, order="A", operation="1", operator="07", good=1 if action == "report" else None)
        if refusal(standing(None, 0, taps), deed) is None:
            taps.append(Tapped(str(place), place, deed, at_hub=False))
            good += action == "report"
    work = standing(None, 0, taps)
    assert work.good == good
    assert (work.status == "planned") is not any(tap.deed.action == "start" for tap in taps)
    assert not taps or taps[0].deed.action == "start"


@pytest.mark.parametrize(
    ("lower", "upper", "value", "inside"),
    [(1, 2, 1, True), (1, 2, 2, True), (1, 2, 2.0001, False), (None, 2, -9, True), (1, None, 0, False),
     (None, None, 5, None), (1, 2, None, None)],
)  # fmt: skip
def test_limits_are_inside(lower, upper, value, inside):
    assert is_inside(Check(characteristic="L", lower=lower, upper=upper), value) is inside
