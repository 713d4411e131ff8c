"""An agent writes its own site's machines alone, whatever kind of record names another's, and whoever's it is."""

from datetime import UTC, datetime

import msgspec
import pytest

from contract.batch import Batch, MachineStatus, Status
from contract.records import Condition, Gap, Machine, Observation, Reason, Record, Samples
from tests.support.hubs import RunningHub, a_day, batch

NOW = datetime.now(UTC)
THEIRS = "east/laser-1"
COMMON = {"seq": 1, "machine": THEIRS, "seen": NOW}
FORGED: list[Record] = [
    Machine(at=NOW, driver="opcua", state_model="mtconnect", **COMMON),
    Observation(at=NOW, signal="execution", value="ACTIVE", **COMMON),
    Condition(at=NOW, id="hydraulics", level="fault", text="forged", **COMMON),
    Samples(signal="load", t0=NOW, dt_us=[0], values=[1.0], unit="%", **COMMON),
    Reason(at=NOW, from_=NOW, to=NOW, code="forged", **COMMON),
    Gap(at=NOW, from_=NOW, to=NOW, count=1, reason="forged", **COMMON),
]


@pytest.fixture
async def hub(hub: RunningHub) -> RunningHub:
    """Two sites of one company, each with an agent that delivered; and another company with a site of the same name."""
    for company, agent, site in (("aoba", "pi-east", "east"), ("midori", "pi-m", "east")):
        secret = await hub.credential(company, agent, site)
        body = batch(a_day(THEIRS, NOW), agent=agent, machine=THEIRS)
        assert (await hub.deliver(secret, body)).json()["acked"] == 6
        await hub.folded(company, await hub.token(company), THEIRS)
    return hub


async def of_theirs(hub: RunningHub, company: str) -> list[object]:
    token = await hub.token(company)
    parts = ("states", "runs", "conditions", "signals", "series/load")
    wide = {"from": "2000-01-01T00:00:00Z", "to": NOW.isoformat().replace("+00:00", "Z")}
    answers = [await hub.get(f"/machines/{THEIRS}/{part}", token, **wide) for part in parts]
    machines = (await hub.get("/machines", token)).json()["machines"]
    lives = [(row["site"], row["machine"], row["known_until"], row["connected"]) for row in machines]
    return [[answer.json() for answer in answers], lives]


@pytest.mark.parametrize("record", FORGED, ids=lambda record: type(record).__name__)
async def test_a_record_about_another_sites_machine_is_kept_aside(hub: RunningHub, record: Record) -> None:
    before = [await of_theirs(hub, company) for company in ("aoba", "midori")]
    secret = await hub.credential("aoba")
    receipt = (await hub.deliver(secret, batch([record]))).json()
    assert receipt["acked"] == 1
    assert [bad["seq"] for bad in receipt["rejected"]] == [1]
    assert "not of this agent's site" in receipt["rejected"][0]["reason"]
    assert [await of_theirs(hub, company) for company in ("aoba", "midori")] == before


async def test_nor_is_its_life_proved_or_ended_from_elsewhere(hub: RunningHub) -> None:
    before = [await of_theirs(hub, company) for company in ("aoba", "midori")]
    dead = MachineStatus(machine=THEIRS, connected=False, reason="forged")
    made = Batch(
        v=1, agent="pi-1", epoch="e1", after=0, upto=0, sent_at=datetime.now(UTC), status=Status(machines=(dead,)),
        records=[],
    )  # fmt: skip
    answer = await hub.deliver(await hub.credential("aoba"), msgspec.json.encode(made))
    assert answer.status_code == 200
    assert [await of_theirs(hub, company) for company in ("aoba", "midori")] == before


async def test_an_agent_that_moved_to_another_site_writes_there_alone(hub: RunningHub) -> None:
    await hub.credential("aoba", "pi-2", "main")
    await hub.do("aoba", "companies.revoke_agent", agent="pi-2")
    moved = await hub.credential("aoba", "pi-2", "east")
    receipt = (await hub.deliver(moved, batch(a_day("main/laser-1", NOW)[:1], agent="pi-2"))).json()
    assert len(receipt["rejected"]) == 1
