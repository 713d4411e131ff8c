"""The machine tool with the official nodeset is read without a mapping under each policy and mode."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.machinesignals import GIVEN
from edge_agent.drivers.opcua.settings import ConnectionSettings
from tests.support.drivers import running
from tests.support.node_opcua import Peer, node_server
from tests.support.secured import CLIENT, MODES, POLICIES
from tests.support.servers import eventually

SIGNALS = GIVEN["machinetool"]
PARTS = list(SIGNALS).index("part_count")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    machines = [{"name": "MC-01", "version": "1.02", "channel": True}]
    pki = str(tmp_path_factory.mktemp("machinetool") / "pki")
    with node_server("machinetool.js", machines=machines, pki=pki, policies=["None", *POLICIES]) as started:
        yield started


@pytest.mark.parametrize(
    ("policy", "mode"), [("None", None), *((policy, mode) for policy in POLICIES for mode in MODES)]
)
async def test_parts_are_counted_under_each_policy(peer: Peer, tmp_path: Path, policy: str, mode: str | None):
    peer.ask(machine="MC-01", set={"program": "O1234", "parts": 41})
    settings = ConnectionSettings(endpoint=peer.endpoint, security=policy, mode=mode)
    async with running(create(settings, list(SIGNALS.values()), CLIENT, tmp_path)) as run:
        await eventually(lambda: 41 in run.feed.values(PARTS) or run.task.done(), what="the count of parts")
        if run.task.done():
            await run.task
        peer.ask(machine="MC-01", set={"parts": 42})
        await eventually(lambda: 42 in run.feed.values(PARTS), what="one more part")
    assert "O1234" in [reading.value for reading in run.feed.readings]
    assert run.feed.faults == {}
