"""Whatever an agent sends inside a sound envelope: a receipt, then answers; never a 500, never a stopped fold."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.records import Gap, Lot, Progress
from tests.support.hubs import RunningHub, a_day, batch, running_hub
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime.now(UTC)
GOOD = [
    *a_day("main/laser-1", NOW),
    Progress(seq=7, seen=NOW, at=NOW, order="A-1", operation="10", action="start"),
    Lot(seq=8, seen=NOW, at=NOW, action="receive", lot="L-1"),
    Gap(seq=9, seen=NOW, at=NOW, from_=NOW, to=NOW, count=3, reason="full"),
]
RECORDS: list[dict[str, Any]] = json.loads(msgspec.json.encode(GOOD))
TIMES = ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=40),
    st.sampled_from([*TIMES, "a/b", "🙂" * 70, "x" * 5000, "UNAVAILABLE", "ACTIVE", 2**70, -1, 1e308, "\x00"]),
    st.lists(st.one_of(st.integers(-10, 10), st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(0, len(RECORDS) - 1), st.integers(0, 12), ODD), min_size=1, max_size=12)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path_factory.mktemp("fuzz") / "data") as running:
        running.secret = await running.credential("aoba")
        running.reader = await running.token("aoba", "admin")
        yield running


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(changes=CHANGES, number=st.integers(0, 2**40))
async def test_odd_records_are_taken_or_kept_aside(hub: RunningHub, changes, number: int) -> None:
    records = [dict(record) for record in RECORDS]
    for which, field, value in changes:
        record = records[which]
        record[list(record)[field % len(record)]] = value
    envelope = json.loads(batch(GOOD, epoch=f"e{number}"))
    answer = await hub.deliver(hub.secret, json.dumps(envelope | {"records": records}).encode())
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    assert receipt["acked"] == len(GOOD)
    rows = (await hub.get("/agents", hub.reader)).json()["agents"]
    assert rows[0]["acked"] == len(GOOD)


async def test_afterwards_every_answer_is_sound(hub: RunningHub) -> None:
    async def caught_up() -> bool:
        return "tsunagu_projector_lag_segments 0.0" in (await hub.http.get("/metrics")).text

    await eventually(caught_up, timeout_s=20)
    assert "tsunagu_folds_stopped 0.0" in (await hub.http.get("/metrics")).text
    wide = {"from": "1900-01-01T00:00:00Z", "to": "2200-12-31T00:00:00Z", "limit": "5000"}
    machines = (await hub.get("/machines", hub.reader)).json()["machines"]
    assert machines
    for row in machines:
        for what in ("states", "runs", "conditions", "signals", "series/load"):
            answer = await hub.get(f"/machines/{row['site']}/{row['machine']}/{what}", hub.reader, **wide)
            assert answer.status_code == 200, answer.text
    assert (await hub.get("/quarantine", hub.reader)).status_code == 200
