"""What charts say is kept and drawn anew only where it must be; points can be left out of a baseline, with a reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.records import Inspection
from contract.times import from_us
from hub import projector
from hub.quality import chart_store, measured_store, store
from hub.quality.chart_model import Sample, TooFewError, chart
from hub.quality.model import Characteristic, Exclusion, Measurement
from hub.quality.view_model import Flag, flags, view
from hub.stores.company import Writer
from tests.support.company import T0, Company, S
from tests.support.quality import QUIET

LENGTH = Characteristic(characteristic="D1", item="PN-1", operation="10", lower=9.0, upper=11.0, unit="mm")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


def inspections(key: str, values: list[float], after: int) -> list[Inspection]:
    return [
        Inspection(seq=n, at=from_us(T0 + n * S), seen=from_us(T0 + n * S), characteristic=key, value=value, unit="mm")
        for n, value in enumerate(values, start=after + 1)
    ]


async def measured(company: Company, key: str, values: list[float], after: int = 0) -> int:
    upto = after + len(values)
    await company.send(inspections(key, values, after), after=after, upto=upto)
    return upto


def define(company: Company, made: Characteristic) -> None:
    company.store.write_now(lambda writer: store.save_characteristic(writer, made))


def said(company: Company) -> list[Flag]:
    return company.store.read_now(lambda reader: chart_store.violations(reader, 0))


def stored(company: Company, table: str) -> int:
    rows = company.store.read_now(lambda reader: reader.all(f"SELECT count(*) FROM {table}"))
    return int(rows[0][0])


async def test_what_is_kept_is_what_the_chart_says(company: Company) -> None:
    define(company, LENGTH)
    await measured(company, "D1", [*QUIET, 10.8, *QUIET])
    company.fold()
    found = company.store.read_now(lambda reader: flags("D1", chart_store.read_view(reader, LENGTH)))
    assert found
    assert stored(company, "charts_due") == 0
    assert sorted(said(company), key=repr) == sorted(found, key=repr)
    projector.rebuild(company.store, T0)
    company.fold()
    assert sorted(said(company), key=repr) == sorted(found, key=repr)


async def test_a_step_draws_so_many_and_whoever_asks_meanwhile_hears_of_all(company: Company) -> None:
    keys, said_once = [f"D{n}" for n in range(chart_store.AT_ONCE + 3)], [*QUIET, 10.8]
    for key in keys:
        define(company, Characteristic(characteristic=key, item="PN-1", operation="10", unit="mm"))
    records = [one for n, key in enumerate(keys) for one in inspections(key, said_once, n * len(said_once))]
    await company.send(records, after=0, upto=len(records))
    company.store.write_now(lambda writer: projector.step(writer, T0))
    assert stored(company, "charts_due") == 3
    found = said(company)
    assert {each.characteristic for each in found} == set(keys)
    company.store.write_now(lambda writer: projector.step(writer, T0))
    assert stored(company, "charts_due") == 0
    assert said(company) == found


def exclude(company: Company, seq: int, reason: str) -> None:
    def work(writer: Writer) -> None:
        found = measured_store.find(writer, 1, seq)
        assert found is not None
        made = Exclusion(id=found.key, characteristic="D1", reason=reason, by="m@aoba.example", at_us=T0)
        chart_store.exclude(writer, 1, seq, made)

    company.store.write_now(work)


async def test_a_point_left_out_is_judged_and_shown_but_moves_no_limit(company: Company) -> None:
    define(company, LENGTH)
    values = [*QUIET, 10.8, *QUIET * 3]
    await measured(company, "D1", values)
    company.fold()
    exclude(company, 11, "chip under the workpiece")
    company.fold()
    found = company.store.read_now(lambda reader: chart_store.read_view(reader, LENGTH))
    assert [n for n, point in enumerate(found.points) if point.left_out] == [10]
    assert found.points[10].broken[0].rule == "beyond_3"
    assert found.baseline is not None
    assert found.baseline.samples == 25
    assert found.baseline.center == pytest.approx(sum([*QUIET, *QUIET, *QUIET[:5]]) / 25)
    assert found.points[11].spread is None, "the range back from it says nothing of the point after it"
    assert found.points[11].broken == ()
    assert found.capability.n == len(values) - 1
    assert {each.left_out for each in said(company) if each.number == 10} == {True}
    before = said(company)
    projector.rebuild(company.store, T0)
    assert said(company) == before, "a rebuild keeps what people decided"
    company.store.write_now(lambda writer: chart_store.include(writer, 1, 11))
    company.fold()
    again = company.store.read_now(lambda reader: chart_store.read_view(reader, LENGTH))
    assert again.baseline is not None
    assert again.baseline.center > 10.02
    assert not any(point.left_out for point in again.points)


def test_a_moving_range_never_spans_a_point_that_was_left_out() -> None:
    values = [10.0, 10.1, 50.0, 12.0, 12.1]
    made = chart("i_mr", [Sample((value,)) for value in values], [0, 1, 3, 4])
    assert made.spread is not None
    assert made.spread[1] is not None
    assert made.spread[1].center == pytest.approx(0.1), "12.0 - 10.1 are no neighbours"
    assert made.baseline.samples == 4
    with pytest.raises(TooFewError):
        chart("i_mr", [Sample((value,)) for value in values], [0, 2, 4])


def test_a_sample_is_left_out_by_any_of_its_measurements() -> None:
    made = Characteristic(characteristic="D1", item="PN-1", operation="10", unit="mm", chart="xbar_r", subgroup=2)
    rows = [
        Measurement(epoch_no=1, seq=n, at_us=T0 + n * S, characteristic="D1", value=value, verdict="in")
        for n, value in enumerate((1.0, 1.2, 9.0, 9.4, 1.1, 1.3, 1.0, 1.3))
    ]
    found = view(made, rows, left_out={"1-3"})
    assert [each.left_out for each in found.points] == [None, "1-3", None, None]
    assert found.baseline is not None
    assert found.baseline.center == pytest.approx(1.15)
