"""Changes of a company's books: the audit goes ahead, records lie in the ledger, all or nothing."""

import msgspec
import pytest

from contract.records import Progress
from contract.times import from_us
from hub.access.catalogue import Books, Catalogue, Change
from hub.access.gate import Gate
from hub.access.viewer import Viewer, console
from hub.errors import Invalid, NotAllowed
from hub.ledger import own, segments
from hub.ledger.delivery import read_agents
from tests.support.hubs import TestOffice


class Start(msgspec.Struct, frozen=True, kw_only=True):
    order: str
    machine: str | None = None


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    seq: int


def start(books: Books, params: Start) -> Numbered:
    at = from_us(books.now_us)
    numbers: list[int] = []

    def draft(seq: int) -> Progress:
        numbers.append(seq)
        return Progress(
            seq=seq, seen=at, at=at, order=params.order, operation="10", action="start", machine=params.machine
        )

    books.report(draft)
    books.touched.add(("orders", params.order))
    if params.order == "gone":
        raise Invalid("there is no order 'gone'", "order")
    return Numbered(seq=numbers[0])


CATALOGUE = Catalogue(
    commands=[
        Change(
            name="orders.start", summary="Start", params=Start, result=Numbered, roles=frozenset({"admin"}), run=start
        )
    ]
)


@pytest.fixture
def gate(office: TestOffice) -> Gate:
    made = office.office
    return Gate(CATALOGUE, made.directory, made.stores, made.audit, office.clock)


def outcomes(office: TestOffice) -> list[tuple[str, str, str]]:
    sql = "SELECT verb, name, outcome FROM audit WHERE name = 'orders.start' ORDER BY number"
    return office.office.directory.read(lambda reader: reader.all(sql))


def ledger(office: TestOffice, company: str) -> list[Progress]:
    found = office.office.stores.open(company).read_now(lambda reader: list(segments.after(reader, 0, 100)))
    return [record for segment in found for record in segment.records]


async def test_what_is_reported_lies_in_the_ledger_numbered_and_audited(office: TestOffice, gate: Gate) -> None:
    heard: list[object] = []

    async def told(company: str, touched: frozenset[tuple[str, str]]) -> None:
        heard.append((company, touched))

    gate.told = told
    assert (await gate.do(console("aoba"), "orders.start", {"order": "A-1"})).seq == 1
    assert (await gate.do(console("aoba"), "orders.start", {"order": "A-2"})).seq == 2
    assert [(record.seq, record.order) for record in ledger(office, "aoba")] == [(1, "A-1"), (2, "A-2")]
    assert ledger(office, "midori") == []
    assert heard[0] == ("aoba", frozenset({("orders", "A-1")}))
    assert outcomes(office) == [("do", "orders.start", "done")] * 2


async def test_a_change_that_fails_leaves_nothing_but_its_audit(office: TestOffice, gate: Gate) -> None:
    with pytest.raises(Invalid, match="gone"):
        await gate.do(console("aoba"), "orders.start", {"order": "gone"})
    assert ledger(office, "aoba") == []
    assert outcomes(office) == [("do", "orders.start", "refused: Invalid")]
    assert (await gate.do(console("aoba"), "orders.start", {"order": "A-1"})).seq == 1


async def test_a_record_that_no_agent_could_send_is_refused(office: TestOffice, gate: Gate) -> None:
    with pytest.raises(Invalid):
        await gate.do(console("aoba"), "orders.start", {"order": "A-1", "machine": "no key"})
    assert ledger(office, "aoba") == []


async def test_without_the_role_nothing_is_done(office: TestOffice, gate: Gate) -> None:
    operator = Viewer("aoba", "user", "op@aoba.example", frozenset({"operator"}))
    with pytest.raises(NotAllowed):
        await gate.do(operator, "orders.start", {"order": "A-1"})
    assert ledger(office, "aoba") == []
    assert outcomes(office) == [("do", "orders.start", "refused: NotAllowed")]


async def test_the_hub_is_not_among_the_agents(office: TestOffice, gate: Gate) -> None:
    await gate.do(console("aoba"), "orders.start", {"order": "A-1"})
    assert office.office.stores.open("aoba").read_now(read_agents) == []
    with pytest.raises(Invalid):
        await office.credential("aoba", own.AGENT)
