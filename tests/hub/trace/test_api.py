"""Lots over HTTP: what is answered, and what is refused at which field."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from contract.records import Inspection, Progress
from hub.trace.certificate_model import MAX_BYTES
from tests.hub.api.test_openapi import assert_as_described
from tests.support.hubs import RunningHub, a_day, batch, bearer, running_hub
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
PDF = b"%PDF-1.7\n% a mill sheet\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("trace") / "data") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(hub: RunningHub) -> str:
    """A manager's token, when a laser has worked an hour and made brackets from half a coil, of which some went."""
    made = await hub.token("aoba", "manager")
    now = hub.clock.now()
    await hub.deliver(await hub.credential("aoba"), batch(a_day("main/laser-1", now), upto=7))
    await hub.folded("aoba", made, "main/laser-1")
    work = {"order": "A-100", "operation": "10", "machine": "main/laser-1"}
    for back_min, body in [
        (90, {"action": "receive", "lot": "COIL-1", "item": "SPCC", "quantity": 100, "unit": "kg"}),
        (80, {"action": "split", "lot": "COIL-1A", "quantity": 40, "unit": "kg", "parents": ["COIL-1"]}),
        (70, {"action": "consume", "lot": "COIL-1A", "quantity": 30, "unit": "kg", **work}),
        (20, {"action": "produce", "lot": "P-1", "item": "PN-1001", "quantity": 50, "unit": "pcs", **work}),
        (10, {"action": "ship", "lot": "P-1", "quantity": 20, "unit": "pcs", "customer": "Example Works"}),
    ]:
        at = (now - timedelta(minutes=back_min)).isoformat()
        answer = await post(hub, made, {**body, "at": at, "operator": "e-7"})
        assert answer.status_code == 201, answer.text
    return made


async def post(hub: RunningHub, token: str, body: dict[str, Any]) -> Any:
    return await hub.http.post("/api/v1/lots", headers=bearer(token), json=body)


async def test_the_genealogy_is_answered_in_the_words_that_scripts_use(hub: RunningHub, token: str) -> None:
    answer = await hub.get("/lots/P-1/trace", token, direction="back")
    assert answer.json() == {
        "lots": [
            {"lot": "P-1", "item": "PN-1001", "depth": 0},
            {"lot": "COIL-1A", "item": None, "depth": 1},
            {"lot": "COIL-1", "item": "SPCC", "depth": 2},
        ],
        "links": [
            {"from": "COIL-1A", "to": "P-1", "quantity": 30.0, "unit": "kg"},
            {"from": "COIL-1", "to": "COIL-1A", "quantity": 40.0, "unit": "kg"},
        ],
    }
    forward = (await hub.get("/lots/COIL-1A/trace", token, direction="forward")).json()
    assert [each["lot"] for each in forward["lots"]] == ["COIL-1A", "P-1"]
    assert (await hub.get("/lots/P-1/trace", token, direction="sideways")).status_code == 422


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/lots", "/lots"), ("/lots/P-1", "/lots/{lot}"), ("/lots/P-1/trace", "/lots/{lot}/trace"),
        ("/recall?lot=COIL-1", "/recall"), ("/lots-not-understood", "/lots-not-understood"),
    ],
)  # fmt: skip
async def test_every_answer_is_as_described(hub: RunningHub, token: str, path: str, route: str) -> None:
    answer = await hub.http.get(f"/api/v1{path}", headers=bearer(token))
    await assert_as_described(hub, f"/api/v1{route}", answer)


async def test_a_step_shows_what_its_machine_did_meanwhile(hub: RunningHub, token: str) -> None:
    detail = (await hub.get("/lots/P-1", token)).json()
    made = next(step for step in detail["steps"] if step["action"] == "produce")
    assert (made["site"], made["machine"], made["operator"]) == ("main", "laser-1", "e-7")
    assert made["programs"] == ["program of main/laser-1"]
    assert made["alarms"] == ["alarm of main/laser-1"]
    assert made["state_s"]["running"] == pytest.approx(1800, abs=2)
    assert detail["lot"]["came_by"] == {"produce": 50.0}
    assert detail["lot"]["left"] == 30.0


async def test_what_was_measured_on_a_lot_stands_beside_it(hub: RunningHub, token: str) -> None:
    at = hub.clock.now()
    measured = Inspection(seq=8, seen=at, at=at, characteristic="D1", lot="P-1", value=12.02, unit="mm", order="A-100")
    await hub.deliver(await hub.credential("aoba", "pi-2"), batch([measured], agent="pi-2", after=7))

    async def inspections() -> list[Any]:
        return (await hub.get("/lots/P-1", token)).json()["inspections"]

    await eventually(inspections, what="the measurement beside the lot")
    (found,) = await inspections()
    assert (found["characteristic"], found["value"], found["unit"]) == ("D1", 12.02, "mm")


async def test_operators_do_not_see_who_it_was(hub: RunningHub, token: str) -> None:
    detail = (await hub.get("/lots/P-1", await hub.token("aoba", "operator"))).json()
    assert {step["operator"] for step in detail["steps"]} == {None}
    assert "operator" in {each["field"] for each in detail["withheld"]}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"action": "consume", "lot": "COIL-1A", "quantity": 10.5, "unit": "kg"}, "quantity",
         "lot COIL-1A has 10 kg left, 10.5 cannot be taken"),
        ({"action": "split", "lot": "X", "quantity": 61, "unit": "kg", "parents": ["COIL-1"]}, "quantity",
         "lot COIL-1 has 60 kg left, 61 cannot be taken"),
        ({"action": "produce", "lot": "X", "parents": ["COIL-1"], "taken": [99]}, "taken",
         "lot COIL-1 has 60 kg left, 99 cannot be taken"),
        ({"action": "ship", "lot": "P-1", "quantity": 1, "unit": "kg"}, "unit",
         "lot P-1 is counted in pcs, not in kg"),
        ({"action": "merge", "lot": "COIL-1", "quantity": 1, "unit": "pcs", "parents": ["P-1"]}, "parents",
         "lot COIL-1 cannot come from P-1: P-1 comes from COIL-1"),
        ({"action": "produce", "lot": "X", "parents": ["NO-SUCH"]}, "parents",
         "lot NO-SUCH never came in; receive or produce it first"),
        ({"action": "ship", "lot": "NO-SUCH"}, "lot", "lot NO-SUCH never came in; receive or produce it first"),
        ({"action": "receive", "lot": "  "}, "lot", "lot is empty"),
        ({"action": "produce", "lot": "A", "parents": ["Ａ"]}, "parents", "lot A cannot come from itself"),
        ({"action": "receive", "lot": "X", "machine": "main/no-such"}, "machine",
         "there is no machine main/no-such; write it as site/machine"),
        ({"action": "receive", "lot": "X", "at": "2099-01-01T00:00:00Z"}, "at",
         "at is more than 5 minutes ahead of the hub's clock"),
        ({"action": "receive", "lot": "X", "quantity": -1}, "quantity", "Expected `float` >= 0.0"),
    ],
)  # fmt: skip
async def test_a_slip_is_refused_at_its_field(
    hub: RunningHub, token: str, body: dict[str, Any], field: str, message: str
) -> None:
    before = (await hub.get("/lots", token)).json()
    answer = await post(hub, token, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == [{"field": field, "detail": message}]
    assert (await hub.get("/lots", token)).json() == before, "nothing half written"


async def test_a_recall_finds_every_shipment(hub: RunningHub, token: str) -> None:
    rows = (await hub.get("/recall", token, lot="COIL-1")).json()["lots"]
    assert [(row["lot"], row["depth"], row["left"]) for row in rows] == [
        ("COIL-1", 0, 60.0), ("COIL-1A", 1, 10.0), ("P-1", 2, 30.0),
    ]  # fmt: skip
    assert (rows[2]["customers"], rows[2]["quantities"]) == (["Example Works"], [20.0])


async def test_a_recall_by_machine_and_time(hub: RunningHub, token: str) -> None:
    now = hub.clock.now()

    async def lots(from_min: int, to_min: int) -> list[str]:
        window = {"from": (now - timedelta(minutes=from_min)).isoformat()}
        window["to"] = (now - timedelta(minutes=to_min)).isoformat()
        answer = await hub.get("/recall", token, machine="main/laser-1", **window)
        return [row["lot"] for row in answer.json()["lots"]]

    assert await lots(60, 50) == ["P-1"], "it was being made from 70 until 20 minutes ago"
    assert await lots(15, 5) == await lots(100, 75) == []
    assert (await hub.get("/recall", token, machine="main/no-such")).status_code == 404
    assert (await hub.get("/recall", token)).status_code == 422


async def test_certificates(hub: RunningHub, token: str) -> None:
    path = "/api/v1/lots/COIL-1/certificates"
    made = await hub.http.post(path, headers=bearer(token), params={"name": "../ミル シート.exe"}, content=PDF)
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "ミル シート.pdf"
    got = await hub.http.get(f"{path}/{made.json()['id']}", headers=bearer(token))
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "sandbox" in got.headers["content-security-policy"]
    again = await hub.http.post(path, headers=bearer(token), content=PDF)
    assert again.status_code == 409
    for content, status in [(b"MZ\x90 a program", 422), (b"%PDF-" + b"x" * MAX_BYTES, 413)]:
        refused = await hub.http.post(path, headers=bearer(token), content=content)
        assert refused.status_code == status, refused.text
    assert (await hub.get("/lots/COIL-1", token)).json()["certificates"][0]["by"]
    gone = await hub.http.delete(f"{path}/{made.json()['id']}", headers=bearer(token))
    assert gone.status_code == 200
    assert (await hub.http.get(f"{path}/{made.json()['id']}", headers=bearer(token))).status_code == 404


async def test_lots_are_paged_and_searched(hub: RunningHub, token: str) -> None:
    first = (await hub.get("/lots", token, limit="2")).json()
    rest = (await hub.get("/lots", token, limit="2", cursor=first["next_cursor"])).json()
    assert [row["lot"] for row in first["lots"] + rest["lots"]] == ["P-1", "COIL-1A", "COIL-1"]
    assert rest["next_cursor"] is None
    assert [row["lot"] for row in (await hub.get("/lots", token, text="spcc")).json()["lots"]] == ["COIL-1"]
    assert (await hub.get("/lots", token, text="%")).json()["lots"] == []
    assert (await hub.get("/lots", token, odd="true")).json()["lots"] == []


async def test_what_is_made_of_a_lot_has_a_unit_of_its_own(hub: RunningHub, token: str) -> None:
    made = await post(hub, token, {"action": "receive", "lot": "BAR-1", "quantity": 6, "unit": "m"})
    assert made.status_code == 201
    body = {"action": "produce", "lot": "PIN-1", "quantity": 30, "unit": "pcs", "parents": ["BAR-1"], "taken": [4.5]}
    assert (await post(hub, token, body)).status_code == 201
    assert (await hub.get("/lots/BAR-1", token)).json()["lot"]["left"] == 1.5
    last = {"action": "produce", "lot": "PIN-2", "quantity": 5, "unit": "pcs", "parents": ["BAR-1"]}
    assert (await post(hub, token, last)).status_code == 201
    bar = (await hub.get("/lots/BAR-1", token)).json()["lot"]
    assert (bar["left"], bar["findings"]) == (None, [{"kind": "unsaid", "amount": 1.0}]), "nobody said how much"


async def test_another_company_knows_nothing_of_it(hub: RunningHub, token: str) -> None:
    other = await hub.token("midori", "admin")
    for path in ("/lots/P-1", "/lots/P-1/trace", "/lots/P-1/epcis", "/lots/COIL-1/certificates/1", "/recall?lot=P-1"):
        full = f"/api/v1{path}"
        assert (await hub.http.get(full, headers=bearer(other))).status_code == 404, path
        theirs = await hub.http.get(f"{full}{'&' if '?' in full else '?'}company=aoba", headers=bearer(other))
        assert theirs.status_code == 404, path
    assert (await hub.get("/lots", other)).json()["lots"] == []


async def test_a_recall_by_machine_finds_a_lot_that_was_only_reported_when_it_was_done(
    hub: RunningHub, token: str
) -> None:
    now = hub.clock.now()
    at = now - timedelta(minutes=300)
    started = Progress(
        seq=1, seen=at, at=at, order="W-9", operation="10", action="start", machine="main/laser-1"
    )  # somebody tapped it at the terminal
    await hub.deliver(await hub.credential("aoba", "pi-3"), batch([started], agent="pi-3", machine=None))
    made = {"action": "produce", "lot": "W-9-1", "quantity": 5, "unit": "pcs", "order": "W-9", "operation": "10"}
    answer = await post(hub, token, made | {"at": (now - timedelta(minutes=200)).isoformat()})
    assert answer.status_code == 201, answer.text
    window = {"from": (now - timedelta(minutes=280)).isoformat(), "to": (now - timedelta(minutes=260)).isoformat()}
    answer = await hub.get("/recall", token, machine="main/laser-1", **window)
    assert [row["lot"] for row in answer.json()["lots"]] == ["W-9-1"], "in work there, whatever machine was named"
    later = {"from": (now - timedelta(minutes=190)).isoformat(), "to": (now - timedelta(minutes=180)).isoformat()}
    assert (await hub.get("/recall", token, machine="main/laser-1", **later)).json()["lots"] == []
