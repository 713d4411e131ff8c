"""Outside of /api/v1: alive, ready, metrics."""

from datetime import datetime
from pathlib import Path
from random import Random

from prometheus_client.parser import text_string_to_metric_families

from contract.records import Observation, Record
from tests.support.hubs import RunningHub, a_day, batch, running_hub


async def test_alive_and_ready(hub: RunningHub) -> None:
    assert (await hub.http.get("/healthz")).json() == {"alive": True}
    assert (await hub.http.get("/readyz")).json() == {"ready": True, "faults": {}}


async def test_a_store_that_is_gone_is_not_ready_and_says_which_part(hub: RunningHub) -> None:
    store = hub.office.directory.path.parent / "companies" / "midori" / "company.db"
    hub.office.stores.open("midori").close()
    hub.office.stores._open.clear()
    store.rename(store.with_suffix(".gone"))
    answer = await hub.http.get("/readyz")
    assert (answer.status_code, list(answer.json()["faults"])) == (503, ["stores"])
    assert (await hub.http.get("/metrics")).status_code == 200
    assert (await hub.http.get("/healthz")).status_code == 200


async def test_metrics_count_what_happened(hub: RunningHub) -> None:
    credential = await hub.credential("aoba")
    await hub.deliver(credential, batch(a_day("main/laser-1", hub.clock.now())))
    await hub.deliver(credential, b"{")
    text = (await hub.http.get("/metrics")).text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["tsunagu_batches_total", "committed"] == 1
    assert found["tsunagu_batches_total", "unreadable"] == 1
    assert found["tsunagu_records_total",] == 6
    assert found["tsunagu_ingest_seconds_count",] == 1
    assert ("process_resident_memory_bytes",) in found
    assert "aoba" not in text


def incompressible(seed: int, now: datetime) -> list[Record]:
    """20 records that take 40 kB."""
    noise = Random(seed)
    return [
        Observation(seq=seq, machine="main/laser-1", at=now, seen=now, signal="program_comment",
                    value=noise.randbytes(2000).hex())
        for seq in range(1, 21)
    ]  # fmt: skip


async def test_a_full_store_says_so_and_takes_up_again(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "data", max_pages=300) as hub:
        credential = await hub.credential("aoba")
        committed = 0
        for number in range(100):
            answer = await hub.deliver(credential, batch(incompressible(number, hub.clock.now()), epoch=f"e{number}"))
            if answer.status_code != 200:
                break
            committed += 1
        assert answer.status_code == 507, answer.text
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["content-type"] == "application/problem+json"
        token = await hub.token("aoba")
        (agent,) = (await hub.get("/agents", token)).json()["agents"]
        assert (agent["lost"], agent["records"]) == (0, 20 * committed)
