"""Inspections become measurements: judged, in any order, again after a change; nothing is lost, all is said."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.records import Inspection
from contract.times import from_us
from hub import projector
from hub.orders import store as orders
from hub.orders.model import Order
from hub.quality import measured_store, store
from hub.quality.measured_store import Which
from hub.quality.model import Characteristic, Measurement
from tests.support.company import T0, Company, S

DIAMETER = Characteristic(characteristic="D1", item="PN-1", operation="10", lower=9.9, upper=10.1, unit="mm")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


def inspection(seq: int, value: float | None = 10.0, **more: object) -> Inspection:
    said = {"characteristic": "D1", "value": value, "unit": "mm"} | more
    at = from_us(T0 + seq * S)
    return Inspection(seq=seq, at=at, seen=at, **said)  # type: ignore[arg-type]


def define(company: Company, made: Characteristic = DIAMETER) -> None:
    company.store.write_now(lambda writer: store.save_characteristic(writer, made))
    company.store.write_now(lambda writer: measured_store.judge_again(writer, characteristic=made.characteristic))


def an_order(company: Company, number: str, item: str) -> None:
    made = Order(order=number, item=item, quantity=1, priority=0, created_us=T0)
    company.store.write_now(lambda writer: orders.save_order(writer, made))


def kept(company: Company) -> list[Measurement]:
    return company.store.read_now(lambda reader: measured_store.measurements(reader, Which()))


async def test_each_is_judged_by_the_limits(company: Company) -> None:
    define(company)
    values = [9.89, 9.9, 10.0, 10.1, 10.11]
    await company.send([inspection(n, value) for n, value in enumerate(values, start=1)], after=0, upto=5)
    company.fold()
    assert [each.verdict for each in kept(company)] == ["low", "in", "in", "in", "high"]
    found = company.store.read_now(lambda reader: measured_store.nonconformances(reader, None, 10, is_open=True))
    assert [(each.seq, decision) for each, decision in found] == [(5, None), (1, None)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"characteristic": "D9"}, "no characteristic 'D9'"),
        ({"unit": "in"}, "measured in mm"),
        ({"value": None}, "neither a value"),
        ({"operation": "20"}, "belongs to operation 10"),
    ],
)
async def test_what_cannot_be_judged_is_kept_and_listed(company: Company, said: dict[str, object], words: str) -> None:
    define(company)
    receipt = await company.send([inspection(1, **{"value": 10.0} | said)], after=0, upto=1)  # type: ignore[arg-type]
    assert (receipt.acked, list(receipt.rejected)) == (1, [])
    company.fold()
    (found,) = company.store.read_now(lambda reader: measured_store.not_understood(reader, None, 10))
    assert found.verdict is None
    assert words in (found.fault or "")
    assert found.fault_ja


async def test_defined_later_it_is_understood_then(company: Company) -> None:
    await company.send([inspection(1, 10.5), inspection(2, 10.0)], after=0, upto=2)
    company.fold()
    assert {each.fault is None for each in kept(company)} == {False}
    define(company)
    assert [each.verdict for each in kept(company)] == ["high", "in"]


async def test_any_order_and_repetition_give_the_same_and_a_rebuild_too(tmp_path: Path) -> None:
    records = [inspection(n, 10 + n / 20) for n in range(1, 5)]
    outcomes = []
    for number, order in enumerate(itertools.permutations(range(3))):
        company = Company(tmp_path / str(number))
        for step in (*order, order[0]):
            if step == 2:
                define(company)
            else:
                half = records[2 * step : 2 * step + 2]
                await company.send(half, after=2 * step, upto=2 * step + 2)
            company.fold()
        outcomes.append(kept(company))
        projector.rebuild(company.store, T0)
        assert kept(company) == outcomes[-1]
        company.close()
    assert all(each == outcomes[0] for each in outcomes)
    assert [each.verdict for each in outcomes[0]] == ["in", "in", "high", "high"]


async def test_a_plan_is_what_is_asked_for_at_an_operation(company: Company) -> None:
    define(company)
    define(company, Characteristic(characteristic="D2", item="PN-1", operation="20", unit="mm"))
    define(company, Characteristic(characteristic="D3", item="PN-1", operation="10", unit="mm", active=False))
    found = company.store.read_now(lambda reader: store.plan(reader, "PN-1", "10"))
    assert [each.characteristic for each in found] == ["D1"]


async def test_a_measurement_for_an_order_of_another_item_is_flagged_whatever_comes_first(tmp_path: Path) -> None:
    outcomes = []
    for number, order_first in enumerate((True, False)):
        company = Company(tmp_path / str(number))
        define(company)
        if order_first:
            an_order(company, "A-1", "PN-2")
        await company.send([inspection(1, order="A-1"), inspection(2, order="A-9"), inspection(3)], after=0, upto=3)
        company.fold()
        if not order_first:
            assert [each.verdict for each in kept(company)] == ["in", "in", "in"]
            an_order(company, "A-1", "PN-2")
            company.fold()
        outcomes.append(kept(company))
        projector.rebuild(company.store, T0)
        assert kept(company) == outcomes[-1]
        an_order(company, "A-1", "PN-1")
        company.fold()
        assert {each.verdict for each in kept(company)} == {"in"}, "the order was mended"
        company.close()
    assert outcomes[0] == outcomes[1]
    assert [each.verdict for each in outcomes[0]] == [None, "in", "in"]
    assert outcomes[0][0].fault == "order A-1 is for PN-2, but D1 belongs to PN-1"
