"""Batches over HTTP: who may deliver, and what becomes of bodies that are wrong in every way."""

import gzip
import json
from datetime import UTC, datetime

import msgspec
import pytest

from contract.batch import Receipt
from contract.codec import pack
from contract.records import Observation
from tests.support.hubs import RunningHub, a_day, batch, bearer

NOW = datetime.now(UTC)
RECORDS = a_day("main/laser-1", NOW)
BODY = batch(RECORDS)


async def test_a_batch_is_on_disk_before_its_receipt(hub: RunningHub) -> None:
    answer = await hub.deliver(await hub.credential("aoba"), BODY)
    assert answer.status_code == 200
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert (receipt.acked, receipt.rejected) == (6, ())
    token = await hub.token("aoba")
    (agent,) = (await hub.get("/agents", token)).json()["agents"]
    assert (agent["agent"], agent["site"], agent["epoch"], agent["acked"]) == ("pi-1", "main", "e1", 6)
    assert (agent["holes"], agent["lost"], agent["quarantined"], agent["records"]) == ([], 0, 0, 6)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("zstd", pack(BODY)), ("gzip", gzip.compress(BODY)), ("identity", BODY), ("GZIP", gzip.compress(BODY))],
)
async def test_every_encoding_of_the_contract_is_taken(hub: RunningHub, encoding: str, body: bytes) -> None:
    answer = await hub.deliver(await hub.credential("aoba"), body, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["acked"]) == (200, 6)


async def test_sending_again_is_harmless_and_other_content_is_a_conflict(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    await hub.deliver(credential, BODY)
    again = (await hub.deliver(credential, BODY)).json()
    assert (again["acked"], again.get("rejected", [])) == (6, [])
    other = Observation(seq=3, machine="main/laser-1", at=NOW, seen=NOW, signal="execution", value="STOPPED")
    changed = (await hub.deliver(credential, batch([other], after=2, upto=3))).json()
    assert changed["acked"] == 6
    assert [bad["seq"] for bad in changed["rejected"]] == [3]
    (agent,) = (await hub.get("/agents", await hub.token("aoba"))).json()["agents"]
    assert (agent["records"], agent["repeated"], agent["quarantined"]) == (6, 6, 1)


async def test_who_may_not_deliver(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    token = await hub.token("aoba", "admin")
    for headers in ({}, bearer("tsa_wrong"), bearer(token), {"Authorization": f"Basic {credential}"}):
        answer = await hub.http.post("/api/v1/batches", content=BODY, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"] == "Bearer"
    await hub.do("aoba", "companies.revoke_agent", agent="pi-1")
    revoked = await hub.deliver(credential, BODY)
    assert (revoked.status_code, "revoked" in revoked.json()["detail"]) == (401, True)


async def test_another_agents_name_is_refused_and_nothing_is_taken(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    await hub.credential("aoba", "pi-2")
    answer = await hub.deliver(credential, batch(RECORDS, agent="pi-2"))
    assert answer.status_code == 403
    assert "pi-1" in answer.json()["detail"]
    agents = (await hub.get("/agents", await hub.token("aoba"))).json()["agents"]
    assert [agent["acked"] for agent in agents] == [None, None]


async def test_a_credential_asks_nothing(hub: RunningHub) -> None:
    answer = await hub.get("/machines", await hub.credential("aoba"))
    assert (answer.status_code, "agent" in answer.json()["detail"]) == (401, True)


async def test_records_are_judged_singly(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    good = json.loads(msgspec.json.encode(RECORDS[2]))
    bad = [
        good | {"seq": 2, "kind": "dream"},
        good | {"seq": 3, "machine": "main/laser-1/x"},
        good | {"seq": 4, "machine": "elsewhere/laser-1"},
        good | {"seq": 5, "signal": "x" * 500},
        good | {"seq": 6, "signal": "🙂"},
        good | {"seq": 7, "at": "yesterday"},
        good | {"seq": 8, "value": {"deep": 1}},
        good | {"seq": 9, "quality": "splendid"},
        "no record at all",
    ]
    body = json.loads(batch([RECORDS[0]])) | {"records": [good | {"seq": 1}, *bad], "upto": 9}
    answer = (await hub.deliver(credential, json.dumps(body).encode())).json()
    assert answer["acked"] == 9
    assert sorted(each["seq"] or 0 for each in answer["rejected"]) == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    held = (await hub.get("/quarantine", await hub.token("aoba"), limit="4")).json()
    rest = (await hub.get("/quarantine", await hub.token("aoba"), cursor=held["next_cursor"])).json()
    assert (len(held["quarantine"]), len(rest["quarantine"]), rest["next_cursor"]) == (4, 5, None)
