"""A lot goes from one company to another: joined by a token; each sees of the other what was consented to, no more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from hub.access.viewer import console
from hub.errors import NotFound
from hub.sheets.reading import read_sheet
from tests.support.hubs import DAY_US, RunningHub, bearer, running_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Two:
    """Aoba sells slit coil to Midori, which bends it; each says what it did."""

    hub: RunningHub
    aoba: str
    midori: str

    async def post(self, token: str, path: str, /, **body: object) -> Any:
        return await self.hub.http.post(f"/api/v1{path}", headers=bearer(token), json=body)

    async def across(self, token: str, lot: str, direction: str) -> dict[str, Any]:
        answer = await self.hub.get(f"/lots/{lot}/across", token, direction=direction)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def hand_over(self, lot: str, **more: object) -> dict[str, Any]:
        answer = await self.post(self.aoba, "/handovers", lot=lot, quantity=50, unit="kg", **more)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    async with running_hub(tmp_path_factory.mktemp("handover") / "data") as hub:
        yield Two(hub, await hub.token("aoba", "manager"), await hub.token("midori", "manager"))


async def slit(two: Two, name: str) -> str:
    """A coil of Aoba's, slit: the part that is sold."""
    for body in (
        {"action": "receive", "lot": f"{name}-COIL", "quantity": 100, "unit": "kg"},
        {"action": "split", "lot": f"{name}-SLIT", "quantity": 60, "unit": "kg", "parents": [f"{name}-COIL"]},
    ):
        assert (await two.post(two.aoba, "/lots", **body)).status_code == 201
    return f"{name}-SLIT"


async def bend(two: Two, lot: str) -> None:
    """Midori makes brackets of what came and ships some."""
    made = {"action": "produce", "lot": f"{lot}-BRACKET", "quantity": 200, "unit": "pcs", "parents": [lot]}
    assert (await two.post(two.midori, "/lots", **made)).status_code == 201
    ship = {"action": "ship", "lot": f"{lot}-BRACKET", "quantity": 80, "unit": "pcs", "customer": "Example Works"}
    assert (await two.post(two.midori, "/lots", **ship)).status_code == 201


async def test_both_graphs_are_joined_when_both_consent(two: Two) -> None:
    lot = await slit(two, "A")
    made = await two.hand_over(lot, company="midori", consent=True)
    taken = await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-1", consent=True)
    assert taken.status_code == 201, taken.text
    assert taken.json()["company"] == "aoba"
    known = (await two.hub.get("/lots/M-1", two.midori)).json()["lot"]
    assert (known["came_by"], known["unit"]) == ({"receive": 50.0}, "kg")
    await bend(two, "M-1")

    back = await two.across(two.midori, "M-1-BRACKET", "back")
    assert [one["lot"] for one in back["own"]["lots"]] == ["M-1-BRACKET", "M-1"]
    (aoba,) = back["neighbours"]
    assert (aoba["company"], aoba["lot"], aoba["relatives"]["depths"]) == ("aoba", "M-1", [0, 1])
    assert aoba["relatives"]["lots"][0] == made["alias"] == aoba["alias"]
    assert aoba["relatives"]["links"][0]["quantity"] == 60.0

    forward = await two.across(two.aoba, "A-COIL", "forward")
    (midori,) = forward["neighbours"]
    assert (midori["company"], midori["relatives"]["shipped"]) == ("midori", [False, True])
    recalled = (await two.hub.get("/recall", two.aoba, lot="A-COIL")).json()
    assert [row["lot"] for row in recalled["lots"]] == ["A-COIL", "A-SLIT"]
    assert recalled["neighbours"] == forward["neighbours"], "a recall goes on where the lot went"
    assert "A-" not in str(back["neighbours"]), "names of lots leave as aliases"
    assert "M-1" not in str(midori["relatives"])


async def test_without_consent_nothing_is_told_and_nothing_given_away(two: Two) -> None:
    lot = await slit(two, "B")
    made = await two.hand_over(lot, company="midori")
    assert (await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-2")).status_code == 201
    assert (await two.across(two.midori, "M-2", "back"))["neighbours"][0]["relatives"] is None
    assert (await two.across(two.aoba, lot, "forward"))["neighbours"][0]["relatives"] is None
    (unsaid,) = (await two.hub.get("/recall", two.aoba, lot=lot)).json()["neighbours"]
    assert (unsaid["company"], unsaid["relatives"]) == ("midori", None)
    params = {"handover": made["handover"], "direction": "back"}
    with pytest.raises(NotFound) as refused:
        await two.hub.office.gate.ask(console("midori"), "trace.shared", params, company="aoba")
    with pytest.raises(NotFound) as absent:
        await two.hub.office.gate.ask(console("midori"), "trace.shared", params, company="no-such")
    assert str(refused.value).replace("aoba", "no-such") == str(absent.value)


async def test_the_recalls_page_and_papers_name_the_other_company(two: Two) -> None:
    asking, withheld = await slit(two, "P"), await slit(two, "Q")
    for lot, consent in ((asking, True), (withheld, False)):
        made = await two.hand_over(lot, company="midori")
        body = {"token": made["token"], "lot": f"M-{lot}", "consent": consent}
        assert (await two.post(two.midori, "/handovers/receive", **body)).status_code == 201
    await bend(two, f"M-{asking}")
    assert (await two.hub.sign_in(await two.hub.admin("aoba"))).status_code == 204
    query = {"lots": "P-COIL,Q-COIL"}
    page = (await two.hub.http.get("/recall", params=query, headers={"Accept-Language": "en"})).text
    assert page.count('<th scope="row">midori</th>') == 3, "the lot itself, what became of it, and one that is withheld"
    assert page.count("The company has not consented.") == 1
    paper = await two.hub.http.get("/recall.pdf", params=query)
    assert (paper.status_code, paper.content[:4]) == (200, b"%PDF")
    sheet = await two.hub.http.get("/recall.xlsx", params=query)
    cells = [cell.value for row in read_sheet(sheet.content).rows for cell in row]
    assert cells.count("midori") == 2 + 3, "two shipments to it, and three lines of what it says"


async def test_a_consent_ends_when_it_is_taken_back_or_its_time_is_over(two: Two) -> None:
    lot = await slit(two, "C")
    made = await two.hand_over(lot, company="midori")
    await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-3")

    async def told() -> bool:
        return (await two.across(two.midori, "M-3", "back"))["neighbours"][0]["relatives"] is not None

    said = await two.post(two.aoba, "/handovers/consent", lot=lot, company="midori")
    assert (said.status_code, await told()) == (200, True)
    assert (await two.post(two.aoba, "/handovers/consent", lot=lot, company="midori", given=False)).status_code == 200
    assert not await told()
    until = two.hub.clock.now().isoformat()
    await two.post(two.aoba, "/handovers/consent", lot=lot, company="midori", until=until)
    assert not await told()


async def test_a_token_is_good_once_for_whom_it_is_meant_and_for_ninety_days(two: Two) -> None:
    lot = await slit(two, "D")
    made = await two.hand_over(lot, company="no-such")
    refused = await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-4")
    assert refused.status_code == 404, "it is for another company"
    again = await slit(two, "E")
    made = await two.hand_over(again)
    wrong = await two.post(two.midori, "/handovers/receive", token=made["token"][:-1], lot="M-4")
    assert wrong.status_code == 404
    assert (await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-4")).status_code == 201
    twice = await two.post(two.midori, "/handovers/receive", token=made["token"], lot="M-5")
    assert twice.status_code == 409
    assert (await two.hub.get("/lots/M-5", two.midori)).status_code == 404, "nothing half written"
    last = await two.hand_over(await slit(two, "F"))
    two.hub.clock.ahead_us += 91 * DAY_US
    late = await two.post(two.midori, "/handovers/receive", token=last["token"], lot="M-6")
    two.hub.clock.ahead_us -= 91 * DAY_US
    assert late.status_code == 404


async def test_what_is_kept_of_a_token_cannot_be_used_as_one(two: Two) -> None:
    made = await two.hand_over(await slit(two, "G"))
    store = two.hub.office.stores.open("aoba")
    kept = store.read_now(lambda reader: str(reader.all("SELECT * FROM handovers")))
    assert made["token"] not in kept
    assert made["handover"] in kept
    for forged in (made["handover"], f"lot.aoba_{made['handover']}"):
        answer = await two.post(two.midori, "/handovers/receive", token=forged, lot="M-7")
        assert answer.status_code == 404


async def test_only_those_who_keep_the_papers_hand_over(two: Two) -> None:
    operator = await two.hub.token("aoba", "operator")
    assert (await two.post(operator, "/handovers", lot="A-SLIT", quantity=1)).status_code == 403
    more = await two.post(two.aoba, "/handovers", lot="A-SLIT", quantity=11, unit="kg")
    assert more.json()["errors"] == [{"field": "quantity", "detail": "lot A-SLIT has 10 kg left, 11 cannot be taken"}]


async def test_the_owner_reads_who_asked(two: Two) -> None:
    await two.hub.office.gate.ask(console("aoba"), "companies.audit", {})
    rows = (await two.hub.office.gate.ask(console("aoba"), "companies.audit", {})).rows
    asked = {(row.viewer_company, row.name, row.outcome.startswith("refused")) for row in rows}
    assert ("midori", "trace.shared", True) in asked
    assert any(company == "midori" and name == "trace.handover" for company, name, _ in asked)
