"""The genealogy of one company on disk: what is derived from lot records, whatever order they come in."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from contract.records import Lot
from hub.stores.company import CompanyStore
from hub.trace import steps_store, store
from tests.support.company import T0, Company, S
from tests.support.lots import closure, facts, links, lot, reported


@pytest.fixture
def company(tmp_path: Path) -> Iterator[CompanyStore]:
    made = Company(tmp_path)
    yield made.store
    made.close()


def keep(company: CompanyStore, records: Sequence[Lot]) -> set[tuple[str, str]]:
    return company.write_now(lambda writer: store.keep(writer, [reported(record) for record in records]))


def known(company: CompanyStore, name: str) -> store.KnownLot:
    found = company.read_now(lambda reader: store.find_lot(reader, name))
    assert found is not None, name
    return found


def a_bracket() -> list[Lot]:
    """A coil is slit, one half is cut into brackets by an order, some are shipped."""
    work = {"order": "A-100", "operation": "10", "machine": "main/laser-1"}
    return [
        lot(1, "receive", "COIL-1", 100.0, "kg", item="SPCC"),
        lot(2, "split", "COIL-1A", 40.0, "kg", parents=("COIL-1",)),
        lot(3, "consume", "COIL-1A", 30.0, "kg", **work),
        lot(4, "produce", "P-1", 50.0, "pcs", item="PN-1001", **work),
        lot(5, "ship", "P-1", 20.0, "pcs", customer="Example Works"),
    ]


def test_from_coil_to_customer(company: CompanyStore):
    changed = keep(company, a_bracket())
    assert changed == {("trace", "COIL-1"), ("trace", "COIL-1A"), ("trace", "P-1")}
    assert company.read_now(links) == {("COIL-1", "COIL-1A"): (40.0, "kg"), ("COIL-1A", "P-1"): (30.0, "kg")}
    coil, half, part = (known(company, name) for name in ("COIL-1", "COIL-1A", "P-1"))
    assert (coil.left, half.left, part.left, part.shipped) == (60.0, 10.0, 30.0, 20.0)
    assert (coil.item, part.item, coil.findings, half.findings, part.findings) == ("SPCC", "PN-1001", (), (), ())
    assert company.read_now(lambda r: closure(r, "P-1", "back")) == {("COIL-1", "COIL-1A"), ("COIL-1A", "P-1")}
    assert company.read_now(lambda r: closure(r, "COIL-1A", "forward")) == {("COIL-1A", "P-1")}


def test_a_step_that_closes_a_circle_is_listed_and_counts_for_nothing(company: CompanyStore):
    keep(company, [*a_bracket(), lot(6, "merge", "COIL-1", 5.0, "kg", parents=("P-1",))])
    assert ("P-1", "COIL-1") not in company.read_now(links)
    assert known(company, "COIL-1").left == 60.0
    (odd,) = company.read_now(lambda reader: steps_store.not_understood(reader, None, 10))
    assert (odd.step.seq, odd.fault) == (6, None)


def test_of_two_steps_that_contradict_each_other_the_earlier_stands_whichever_comes_first(company: CompanyStore):
    later = lot(2, "produce", "A", 1.0, "pcs", parents=("B",), at_us=T0 + 20 * S)
    keep(company, [later])
    assert company.read_now(links) == {("B", "A"): (1.0, "pcs")}
    keep(company, [lot(3, "produce", "B", 1.0, "pcs", parents=("A",), at_us=T0 + 10 * S)])
    assert company.read_now(links) == {("A", "B"): (1.0, "pcs")}
    keep(company, [lot(3, "produce", "B", 1.0, "pcs", parents=("A",), at_us=T0 + 30 * S)])
    assert company.read_now(links) == {("B", "A"): (1.0, "pcs")}, "its clock was corrected: now it is the later one"


def test_more_than_there_is(company: CompanyStore):
    keep(company, [lot(1, "receive", "C", 10.0, "kg"), lot(2, "consume", "C", 12.5, "kg", order="A", operation="1")])
    assert known(company, "C").left == -2.5
    assert [(one.kind, one.amount) for one in known(company, "C").findings] == [("over", 2.5)]


def test_what_never_came_and_what_is_not_said(company: CompanyStore):
    keep(company, [lot(1, "produce", "P", 5.0, "pcs", parents=("X",)), lot(2, "receive", "Y", None, "kg")])
    assert [one.kind for one in known(company, "X").findings] == ["unknown", "unsaid"]
    assert (known(company, "X").left, known(company, "Y").left) == (None, None)
    assert [one.kind for one in known(company, "Y").findings] == ["unsaid"]
    assert known(company, "X").last_at_us == T0 + S


def test_a_merge_takes_all_that_is_left_and_says_what_does_not_add_up(company: CompanyStore):
    keep(company, [
        lot(1, "receive", "A", 10.0, "kg"), lot(2, "receive", "B", 5.0, "kg"),
        lot(3, "consume", "A", 4.0, "kg", order="O", operation="1"),
        lot(4, "merge", "C", 12.0, "kg", parents=("A", "B")),
    ])  # fmt: skip
    assert company.read_now(links) == {("A", "C"): (6.0, "kg"), ("B", "C"): (5.0, "kg")}
    assert [(one.kind, one.amount) for one in known(company, "C").findings] == [("merge", 1.0)]
    assert known(company, "A").left == known(company, "B").left == 0.0
    keep(company, [lot(5, "consume", "A", 1.0, "kg", order="O", operation="1", at_us=T0 + 2 * S)])
    assert [(one.kind, one.amount) for one in known(company, "C").findings] == [("merge", 2.0)], "heard of later"


def test_several_lots_of_one_operation_share_what_it_consumed_and_nobody_knows_how(company: CompanyStore):
    work = {"order": "O", "operation": "10"}
    keep(company, [
        lot(1, "receive", "A", 10.0, "kg"), lot(2, "consume", "A", 4.0, "kg", **work),
        lot(3, "produce", "P1", 5.0, "pcs", item="PN", **work), lot(4, "receive", "B", 1.0, "kg"),
        lot(5, "consume", "B", 1.0, "kg", **work), lot(6, "produce", "P2", 5.0, "pcs", **work),
        lot(7, "produce", "P3", 1.0, "pcs", parents=("B",), taken=(0.25,), **work),
    ])  # fmt: skip
    assert company.read_now(links) == {
        ("A", "P1"): (5.0, "pcs"), ("A", "P2"): (None, "kg"), ("B", "P2"): (1.0, "kg"), ("B", "P3"): (0.25, "kg"),
    }  # fmt: skip


def test_a_lot_that_goes_from_operation_to_operation_is_not_more_for_it(company: CompanyStore):
    keep(company, [
        lot(1, "produce", "P", 10.0, "pcs", order="O", operation="10"),
        lot(2, "produce", "P", 9.0, "pcs", order="O", operation="20"),
    ])  # fmt: skip
    assert (known(company, "P").left, known(company, "P").findings) == (9.0, ())


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (lot(1, "receive", " \u3000"), "lot is empty"),
        (lot(1, "produce", "A", parents=("Ａ",)), "lot A cannot come from itself"),
        (lot(1, "merge", "A", parents=("B", "B")), "a parent is named twice"),
        (lot(1, "merge", "A"), "a merge names no parents"),
        (lot(1, "receive", "A", -1.0), "a quantity is below zero"),
        (lot(1, "produce", "A", parents=("B",), taken=(1.0, 2.0)), "taken has 2 quantities for 1 parents"),
        (lot(1, "receive", "L" * 65), "lot 'LLLLLLLLLLLLLLLLLLLL'… has 65 characters, at most 64 are taken"),
    ],
)
def test_what_cannot_be_understood_is_kept_and_listed(company: CompanyStore, record: Lot, fault: str):
    keep(company, [record])
    (odd,) = company.read_now(lambda reader: steps_store.not_understood(reader, None, 10))
    assert odd.fault == fault
    assert company.read_now(facts)["lots"] == []
