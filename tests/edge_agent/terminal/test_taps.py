"""A tap: on disk before the page says so, once whatever is sent again, and never half."""

import asyncio
from pathlib import Path

import pytest

from contract.records import Inspection, Lot, Progress, Reason
from contract.times import from_us
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Refused
from tests.edge_agent.terminal.conftest import Shop, close_shop, open_shop
from tests.support.agents import NOON_US

MINUTE_US = 60_000_000


async def test_an_afternoon_becomes_records_with_their_own_times(shop: Shop):
    for minute, (action, fields) in enumerate(
        [
            ("start", {"machine": "main/laser-1"}),
            ("first_ok", {"machine": "main/laser-1"}),
            ("report", {"good": "３個", "reject": "1", "reason": "burr"}),
            ("pause", {"reason": "material"}),
            ("resume", {}),
            ("finish", {"good": "2"}),
        ]
    ):
        shop.now[0] = NOON_US + minute * MINUTE_US
        assert (await shop.tap(action, **fields)).status_code == 303, action
    found = await shop.records()
    assert [(record.action, record.good, record.reject, record.reason) for record in found] == [
        ("start", None, None, None), ("first_ok", None, None, None), ("report", 3, 1, "burr"),
        ("pause", None, None, "material"), ("resume", None, None, None), ("finish", 2, None, None),
    ]  # fmt: skip
    assert all(isinstance(record, Progress) and record.operator == "07" for record in found)
    assert [record.at for record in found] == [from_us(NOON_US + minute * MINUTE_US) for minute in range(6)]
    assert all(record.seen == record.at for record in found)


async def test_a_tap_sent_again_is_one_tap(shop: Shop):
    tap = shop.new_id()
    answers = await asyncio.gather(*(shop.tap("start", tap=tap) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await shop.records()) == 1


async def test_a_tap_sent_again_after_the_work_went_on_is_told_as_it_was(shop: Shop):
    tap = shop.new_id()
    await shop.tap("start", tap=tap)
    await shop.tap("finish")
    again = await shop.tap("start", tap=tap)
    assert again.status_code == 303
    assert "again=1" in again.headers["location"]
    assert len(await shop.records()) == 2


async def test_other_values_under_the_same_id_are_told_and_kept_out(shop: Shop):
    await shop.tap("start")
    tap = shop.new_id()
    await shop.tap("report", tap=tap, good="1")
    other = await shop.tap("report", tap=tap, good="2")
    assert other.status_code == 409
    assert "recorded already with other values" in other.text
    assert 'value="2"' in other.text
    assert len(await shop.records()) == 2


async def test_after_a_restart_a_tap_is_still_known_and_so_is_the_work(tmp_path: Path):
    before = await open_shop(tmp_path)
    tap = before.new_id()
    await before.tap("start", tap=tap)
    await before.tap("report", good="2")
    await close_shop(before)
    after = await open_shop(tmp_path)
    try:
        assert (await after.tap("start", tap=tap)).status_code == 303
        assert len(await after.records()) == 2
        page = (await after.get("/work", order="A-1", operation="10")).text
        assert "In work" in page
        assert "2<small> / 5" in page
    finally:
        await close_shop(after)


@pytest.mark.parametrize(
    ("taps", "action", "message"),
    [
        ((), "finish", "Not started yet: press Start first"),
        ((), "report", "Not started yet: press Start first"),
        (("start",), "start", "Started already"),
        (("start",), "resume", "It is not paused"),
        (("start", "finish"), "finish", "Finished already"),
        (("start", "pause"), "pause", "Paused already"),
        (("start", "pause"), "start", "It is paused: press Resume"),
    ],
)
async def test_a_deed_out_of_turn_is_told_before_it_is_written(shop: Shop, taps, action, message):
    fields = {"good": "1", "reason": "material"}
    for each in taps:
        assert (await shop.tap(each, **fields)).status_code == 303
    refused = await shop.tap(action, **fields)
    assert refused.status_code == 409
    assert message in refused.text
    assert len(await shop.records()) == len(taps)


@pytest.mark.parametrize(
    ("action", "fields", "message"),
    [
        ("report", {"good": "-1"}, "Write a whole number, 0 or more"),
        ("report", {"good": "1.5"}, "Write a whole number, 0 or more"),
        ("report", {"good": "一"}, "Write a whole number, 0 or more"),
        ("report", {"good": "99999999999"}, "Write a whole number, 0 or more"),
        ("report", {}, "Write good, reject or rework"),
        ("report", {"reject": "1"}, "Choose why they were rejected"),
        ("report", {"good": "6"}, "5 are ordered, good would be 6"),
        ("pause", {}, "Choose a reason"),
        ("measure", {}, "Write at least one result"),
        ("measure", {"value_0": "10,1"}, "Write a number such as 12.34"),
        ("measure", {"value_0": "nan"}, "Write a number such as 12.34"),
        ("measure", {"value_0": "10", "lot": "x" * 65}, "At most 64 characters"),
        ("lot_in", {"quantity": "1"}, "Write the lot's number"),
        ("lot_in", {"lot": "C-1", "quantity": "0"}, "Write a number above 0"),
        ("stop", {"machine": "main/laser-9", "reason": "material"}, None),
        ("stop", {"machine": "main/laser-1"}, "Choose a reason"),
        ("stop", {"machine": "main/laser-1", "reason": "material", "minutes_typed": "2000"}, "0 to 1440"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(shop: Shop, action, fields, message):
    await shop.tap("start")
    refused = await shop.tap(action, **fields)
    if message is None:
        assert refused.status_code == 404
    else:
        assert refused.status_code == 422
        assert message in refused.text.replace("&#39;", "'")
        for value in fields.values():
            assert value in refused.text, "what was typed is gone"
    assert len(await shop.records()) == 1


async def test_more_than_ordered_is_taken_when_a_person_says_so_again(shop: Shop):
    await shop.tap("start")
    assert (await shop.tap("report", good="6", sure="1")).status_code == 303
    assert (await shop.records())[-1].good == 6


async def test_measurements_are_stored_together_and_judged_at_once(shop: Shop):
    await shop.tap("measure", value_0="10.2", instrument_0="G-1", passed_1="1", lot="L-1")
    value, check = await shop.records()
    assert isinstance(value, Inspection)
    assert (value.characteristic, value.value, value.unit, value.instrument, value.lot) == (
        "L",
        10.2,
        "mm",
        "G-1",
        "L-1",
    )
    assert (check.characteristic, check.passed, check.value, check.operation) == ("B", True, None, "10")
    page = (await shop.get("/work", order="A-1", operation="10")).text
    assert "L 10.2 OUT" in " ".join(page.split())


async def test_lots_in_and_out(shop: Shop):
    await shop.tap("lot_in", lot="C-1", quantity="12.5", unit="kg")
    await shop.tap("lot_in", lot="C-2")
    await shop.tap("lot_out", lot="P-1", quantity="5", unit="1", parent_0="1")
    first, second, made = await shop.records()
    assert isinstance(first, Lot)
    assert (first.action, first.lot, first.quantity, first.unit, first.order) == ("consume", "C-1", 12.5, "kg", "A-1")
    assert second.lot == "C-2"
    assert (made.action, made.item, made.parents, made.operator) == ("produce", "PN-1", ("C-1",), "07")


async def test_a_machine_stands_until_somebody_says_that_it_runs(shop: Shop):
    assert (await shop.tap("run", machine="main/laser-1")).status_code == 409
    await shop.tap("stop", machine="main/laser-1", reason="material", minutes="10")
    assert "Stands since" in (await shop.get("/machines")).text
    shop.now[0] += 5 * MINUTE_US
    await shop.tap("run", machine="main/laser-1")
    stood, ended = await shop.records()
    assert isinstance(stood, Reason)
    assert (stood.from_, stood.to, stood.ongoing) == (from_us(NOON_US - 10 * MINUTE_US), from_us(NOON_US), True)
    assert (ended.from_, ended.to, ended.ongoing) == (stood.from_, from_us(NOON_US + 5 * MINUTE_US), False)
    assert stood.code == ended.code == "material"
    assert "Stands since" not in (await shop.get("/machines")).text


async def test_two_people_at_one_operation_and_one_person_at_two(shop: Shop):
    await shop.tap("start")
    await shop.tap("start", operation="20")
    await shop.http.post("/people", data={"code": "08"})
    assert (await shop.tap("start")).status_code == 303
    assert [record.operator for record in await shop.records()] == ["07", "07", "08"]
    page = " ".join((await shop.get("/work", order="A-1", operation="10")).text.split())
    assert "Sato , Suzuki" in page.replace("Sato,", "Sato ,")


async def test_nobody_chosen_is_asked_for_first(shop: Shop):
    shop.http.cookies.delete("tsunagu_operator")
    refused = await shop.tap("start")
    assert refused.status_code == 422
    assert "Choose the operator first" in refused.text
    assert await shop.records() == []


async def test_not_yet_at_the_hub_is_told_until_it_is(shop: Shop):
    await shop.tap("start")
    there = (await shop.get("/records")).text
    assert "Not yet at the hub" in there
    assert "1 not yet at the hub" in there
    await shop.acknowledge()
    there = (await shop.get("/records")).text
    assert "Not yet at the hub" not in there
    assert "Everything is at the hub" in there


async def test_a_full_disk_is_said_and_nothing_is_claimed(tmp_path: Path):
    shop = await open_shop(tmp_path, limits=Limits(gather_s=0.0, max_pages=40))
    try:
        await shop.tap("start")
        last = 303
        for number in range(2000):
            last = (await shop.tap("report", good="1", sure="1", reason=f"{number:060}")).status_code
            if last != 303:
                break
        assert last == 507
        stored = len(await shop.records())
        assert stored == number + 1
    finally:
        await close_shop(shop)


async def test_a_tap_that_the_hub_put_aside_is_not_told_as_arrived(shop: Shop):
    begun, stopped = shop.new_id(), shop.new_id()
    await shop.tap("start", tap=begun)
    await shop.tap("stop", tap=stopped, machine="main/laser-1", reason="material", minutes="0")
    numbers = (await shop.buffer.take(0, 10, 2**20)).seqs
    bad = Refused(shop.buffer.epoch, numbers[1], "machine: there is none of that name", shop.now[0])
    await shop.buffer.refuse(bad, remove=False)
    await shop.acknowledge()
    state = (await shop.get("/state", taps=f"{begun},{stopped}")).json()
    assert (state["delivered"], state["refused"]) == ([begun], [stopped])
    assert "1 put aside at the hub" in state["strip"]
    page = (await shop.get("/records")).text
    assert (page.count("tell your administrator"), page.count(">At the hub<")) == (1, 1)


async def test_one_measurement_put_aside_marks_its_tap_and_no_other(shop: Shop):
    await shop.tap("start")
    await shop.tap("measure", value_0="10.0", passed_1="1")
    taken = await shop.buffer.take(0, 10, 2**20)
    await shop.buffer.refuse(Refused(shop.buffer.epoch, taken.seqs[1], "no such", shop.now[0]), remove=False)
    await shop.acknowledge()
    assert (await shop.get("/records")).text.count("tell your administrator") == 1
