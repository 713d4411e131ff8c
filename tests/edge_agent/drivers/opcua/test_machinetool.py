"""A machine tool with the official OPC 40501-1 nodeset is read without a mapping, and the hub knows its state."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.machinesignals import GIVEN
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Driver, Misconfigured
from edge_agent.normalise.values import mapped
from tests.support.drivers import running
from tests.support.feeds import Collector
from tests.support.node_opcua import Peer, node_server
from tests.support.opcua import Machine
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
MACHINES = [
    {"name": "MC-01", "version": "1.02", "channel": True},
    {"name": "MC-02", "version": "1.01", "channel": False},
]


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    with node_server("machinetool.js", machines=MACHINES) as peer:
        yield peer


def driver(endpoint: str, model: str = "machinetool", **connection: object) -> Driver:
    settings = ConnectionSettings(endpoint=endpoint, **connection)
    return create(settings, list(GIVEN[model].values()), "test", Path())


def newest(feed: Collector, model: str = "machinetool") -> dict[str, object]:
    """The newest value of each signal; those never told are left out."""
    given = list(GIVEN[model].items())
    good = [(*given[reading.address], reading.value) for reading in feed.readings if reading.quality == "good"]
    return {name: mapped(value, signal.map or {}) for name, signal, value in good}


async def test_everything_a_machine_with_a_channel_tells(server: Peer):
    server.ask(
        machine="MC-01",
        set={
            "program": "O1234", "job": "J-7", "programState": 1, "jobState": 3, "itemState": 3, "operationMode": 3,
            "machineMode": 1, "parts": 41, "machineFeed": 90.0, "channelState": 0, "channelMode": 0, "feed": 80.0,
            "rapid": 50.0, "singleStep": False, "dryRun": True,
        },
    )  # fmt: skip
    async with running(driver(server.endpoint, machine="MC-01")) as run:
        await eventually(lambda: len(newest(run.feed)) == len(GIVEN["machinetool"]))
        assert newest(run.feed) == {
            "program": "O1234", "job": "J-7", "program_state": "Running", "job_state": "Running",
            "item_state": "Executing", "operation_mode": "Processing", "machine_mode": "Automatic", "part_count": 41,
            "feed_override": 80.0, "rapid_override": 50.0, "channel_state": "Active", "channel_mode": "Automatic",
            "single_block": False, "dry_run": True,
        }  # fmt: skip
        assert run.feed.faults == {}
        await asyncio.to_thread(server.ask, machine="MC-01", set={"channelState": 1, "programState": 3, "parts": 42})
        await eventually(lambda: newest(run.feed)["part_count"] == 42)
        assert (newest(run.feed)["channel_state"], newest(run.feed)["program_state"]) == ("Interrupted", "Interrupted")


async def test_what_an_older_machine_does_not_have_is_no_trouble(server: Peer):
    server.ask(
        machine="MC-02", set={"program": "O77", "programState": 3, "machineMode": 1, "parts": 7, "machineFeed": 60.0}
    )
    async with running(driver(server.endpoint, machine="MC-02")) as run:
        await eventually(lambda: newest(run.feed).get("feed_override") == 60.0)
        told = newest(run.feed)
        assert (told["program"], told["program_state"], told["machine_mode"], told["part_count"]) == (
            "O77", "Interrupted", "Automatic", 7,
        )  # fmt: skip
        absent = {list(GIVEN["machinetool"])[r.address] for r in run.feed.readings if r.code == "NotProvided"}
        assert {"channel_state", "channel_mode", "job_state", "item_state", "operation_mode", "dry_run"} <= absent
        assert run.feed.faults == {}
    probes = await driver(server.endpoint, machine="MC-02").probe(20)
    assert [probe.ok for probe in probes] == [
        name != "job" or "job" not in told or told["job"] is not None for name in GIVEN["machinetool"]
    ]
    assert "does not have it" in str(probes[0].advice)


async def test_a_machine_with_the_building_blocks_alone(server: Peer):
    server.ask(machine="MC-01", set={"itemState": 2, "operationMode": 1})
    async with running(driver(server.endpoint, "machinery", machine="MC-01")) as run:
        await eventually(lambda: {"item_state", "operation_mode"} <= newest(run.feed, "machinery").keys())
        told = newest(run.feed, "machinery")
        assert (told["item_state"], told["operation_mode"]) == ("NotExecuting", "Maintenance")


@pytest.mark.parametrize(
    ("machine", "says"),
    [(None, "has several machines: MC-01, MC-02"), ("MC-3", "has no machine MC-3; it has MC-01, MC-02")],
)
async def test_which_machine_is_asked_of_a_person(server: Peer, machine: str | None, says: str):
    async with running(driver(server.endpoint, machine=machine)) as run:
        why = await run.ended()
    assert isinstance(why, Misconfigured)
    assert says in str(why)


async def test_a_server_without_the_nodeset_says_so(machine: Machine):
    async with running(driver(machine.endpoint)) as run:
        why = await run.ended()
    assert isinstance(why, ConnectionLost)
    assert "http://opcfoundation.org/UA/MachineTool/ is missing" in str(why)
