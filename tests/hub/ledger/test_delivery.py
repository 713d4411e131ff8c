"""Numbers of one epoch: acknowledged, lost, holes, sent again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.ledger import delivery
from hub.ledger.delivery import AgentDelivery
from tests.support.company import T0, Company, S, block, change


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    opened = Company(tmp_path)
    yield opened
    opened.close()


def agent(company: Company) -> AgentDelivery:
    (found,) = company.store.read_now(delivery.read_agents)
    return found


async def test_a_receipt_acknowledges_what_is_on_disk(company: Company) -> None:
    receipt = await company.send([change(n, T0 + n * S, "mode", "MANUAL") for n in (1, 2, 3)], after=0, upto=3)
    assert receipt.acked == 3
    assert agent(company).records == 3


async def test_a_claimed_number_without_a_record_is_lost(company: Company) -> None:
    receipt = await company.send([change(1, T0, "mode", "MANUAL"), change(4, T0 + S, "mode", "EDIT")], after=0, upto=5)
    assert receipt.acked == 5
    assert agent(company).lost == 3


async def test_a_number_never_claimed_is_a_hole_and_stops_the_acknowledgement(company: Company) -> None:
    await company.send([change(1, T0, "mode", "MANUAL")], after=0, upto=1)
    receipt = await company.send([change(5, T0 + S, "mode", "EDIT")], after=4, upto=5)
    assert receipt.acked == 1
    assert agent(company).holes == [(1, 4)]
    receipt = await company.send([change(n, T0 + n, "step", str(n)) for n in (2, 3, 4)], after=1, upto=4)
    assert receipt.acked == 5
    assert agent(company).holes == []


async def test_a_lost_number_that_turns_up_is_taken(company: Company) -> None:
    await company.send([], after=0, upto=2)
    assert agent(company).lost == 2
    await company.send([change(2, T0, "mode", "MANUAL")], after=1, upto=2)
    assert agent(company).lost == 1
    assert agent(company).records == 1


async def test_the_same_again_changes_nothing_and_other_content_is_a_conflict(company: Company) -> None:
    first = [change(1, T0, "mode", "MANUAL"), change(2, T0 + S, "mode", "EDIT")]
    await company.send(first, after=0, upto=2)
    again = await company.send(first, after=0, upto=2)
    assert (again.acked, again.rejected) == (2, ())
    other = await company.send([change(1, T0, "mode", "AUTOMATIC")], after=0, upto=1)
    assert other.acked == 2
    assert other.rejected[0].seq == 1
    assert "conflict" in other.rejected[0].reason
    found = agent(company)
    assert (found.records, found.repeated, found.quarantined, found.lost) == (2, 2, 1, 0)


async def test_telemetry_sent_again_after_it_was_moved_is_counted_once(company: Company) -> None:
    samples = [block(1, T0, [1.0, 2.0])]
    await company.send(samples, after=0, upto=1)
    company.fold()
    again = await company.send(samples, after=0, upto=1)
    assert (again.acked, again.rejected) == (1, ())
    assert (agent(company).records, agent(company).repeated) == (1, 1)


async def test_epochs_are_numbered_as_they_first_arrive(company: Company) -> None:
    await company.send([change(1, T0, "mode", "MANUAL")], after=0, upto=1, epoch="second-file")
    receipt = await company.send([change(1, T0, "mode", "EDIT")], after=0, upto=1, epoch="first-file")
    assert receipt.acked == 1
    assert receipt.rejected == ()
    assert agent(company).records == 2
