"""What values of every data type become, read from a server that is not ours."""

from collections.abc import Callable, Iterator

import pytest
from asyncua import ua

from edge_agent.drivers.opcua.addresses import ConditionSettings, SignalSettings
from edge_agent.drivers.port import Driver
from tests.support.drivers import running
from tests.support.node_opcua import Peer, node_server
from tests.support.opcua import URI, Machine
from tests.support.servers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
Drivers = Callable[..., Driver]

SCALARS: dict[str, tuple[object, object]] = {
    "Boolean": (True, True), "SByte": (-5, -5), "Byte": (200, 200), "Int16": (-3000, -3000), "UInt16": (60000, 60000),
    "Int32": (-70000, -70000), "UInt32": (4000000000, 4000000000), "Float": (1.5, 1.5), "Double": (-2.25, -2.25),
    "String": ("レーザー", "レーザー"), "LocalizedText": ("主軸過負荷", "主軸過負荷"),
    "DateTime": ("2026-11-20T09:00:37.383Z", "2026-11-20T09:00:37.383000Z"), "Int64": ([4294967295, 4294967295], -1),
    "UInt64": ([1, 5], 4294967301),
}  # fmt: skip
REFUSED = {"Guid": "72962B91-FA75-4AE6-8D28-B404DC7DAF63", "ByteString": "00FF"}
WORDS = [{"value": 0, "displayName": "Stopped"}, {"value": 10, "displayName": "Cutting"}]


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    variables: list[dict[str, object]] = [
        {"name": name, "type": name, "value": value} for name, (value, _) in SCALARS.items()
    ]
    variables += [{"name": name, "type": name, "value": value} for name, value in REFUSED.items()]
    variables += [
        {"name": "Counts", "type": "UInt16", "value": [3, 4, 5], "array": True},
        {"name": "Texts", "type": "String", "value": ["a", "b"], "array": True},
        {"name": "Flags", "type": "Boolean", "value": [True, False], "array": True},
        {"name": "Strings", "words": ["Off", "On"], "type": "Int32", "value": 1},
        {"name": "Values", "words": WORDS, "type": "Int32", "value": 10},
        {"name": "Empty", "type": "Int32"},
    ]
    with node_server("plant.js", variables=variables) as peer:
        yield peer


async def test_every_scalar(server: Peer, driver_of: Drivers):
    nodes = [f"nsu={server.told['uri']};s={name}" for name in SCALARS]
    async with running(driver_of(server.endpoint, *nodes)) as run:
        await eventually(lambda: len(run.feed.readings) == len(SCALARS))
        told = {name: run.feed.of(n)[0] for n, name in enumerate(SCALARS)}
        assert {name: reading.value for name, reading in told.items()} == {n: v for n, (_, v) in SCALARS.items()}
        assert {reading.quality for reading in told.values()} == {"good"}
        assert all(reading.at_us is not None for reading in told.values())


async def test_what_is_no_reading_says_why(server: Peer, driver_of: Drivers):
    names = [*REFUSED, "Empty", "Counts"]
    async with running(driver_of(server.endpoint, *[f"nsu={server.told['uri']};s={name}" for name in names])) as run:
        await eventually(lambda: len(run.feed.readings) == len(names))
        told = {name: (run.feed.of(n)[0].value, run.feed.of(n)[0].quality) for n, name in enumerate(names)}
        assert set(told.values()) == {(None, "bad")}
        assert "holds a Guid" in run.feed.faults[0]
        assert "holds a ByteString" in run.feed.faults[1]
        assert "index" in run.feed.faults[3]


async def test_elements_of_arrays(server: Peer, driver_of: Drivers):
    wanted = [("Counts", 2, 5), ("Texts", 1, "b"), ("Flags", 0, True), ("Counts", 0, 3), ("Counts", 7, None)]
    signals = [SignalSettings(node=f"nsu={server.told['uri']};s={name}", index=index) for name, index, _ in wanted]
    async with running(driver_of(server.endpoint, *signals)) as run:
        await eventually(lambda: len(run.feed.readings) == len(wanted))
        assert [run.feed.values(n)[0] for n in range(len(wanted))] == [value for _, _, value in wanted]
        assert "3 elements, none at index 7" in run.feed.faults[4]


async def test_an_enumeration_says_the_servers_word_and_a_map_may_name_word_or_number(server: Peer, driver_of: Drivers):
    def node(name: str) -> str:
        return f"nsu={server.told['uri']};s={name}"

    signals = [
        SignalSettings(node=node("Strings")),
        SignalSettings(node=node("Values")),
        SignalSettings(node=node("Values"), map={"Cutting": "ACTIVE"}),
        SignalSettings(node=node("Values"), map={"10": "ACTIVE", "0": "READY"}),
        SignalSettings(node=node("Values"), unit="1"),
        ConditionSettings(node=node("Strings")),
    ]
    async with running(driver_of(server.endpoint, *signals)) as run:
        await eventually(lambda: len(run.feed.readings) == len(signals))
        assert [run.feed.values(n)[0] for n in range(len(signals))] == ["On", "Cutting", "Cutting", 10, 10, 1]
        server.ask(set={"Values": 5})
        await eventually(lambda: len(run.feed.of(1)) == 2)
        assert run.feed.values(1)[1] == 5, "a number without a word stays a number"
    probes = await driver_of(server.endpoint, *signals).probe(20)
    assert probes[0].value == "On"


async def test_a_data_type_that_has_only_a_definition(machine: Machine, driver_of: Drivers):
    kind = await machine.server.nodes.enum_data_type.add_data_type(machine.index, "Lamp")
    fields = [
        ua.EnumField(Value=n, DisplayName=ua.LocalizedText(text), Name=text) for n, text in ((0, "OFF"), (2, "ON"))
    ]
    definition = ua.DataValue(ua.Variant(ua.EnumDefinition(Fields=fields), ua.VariantType.ExtensionObject))
    await kind.write_attribute(ua.AttributeIds.DataTypeDefinition, definition)
    await machine.server.nodes.objects.add_variable(
        ua.NodeId("Lamp1", machine.index), "Lamp1", 2, ua.VariantType.Int32, datatype=kind.nodeid
    )
    async with running(driver_of(machine.endpoint, f"nsu={URI};s=Lamp1")) as run:
        await eventually(lambda: run.feed.readings)
        assert run.feed.values(0) == ["ON"]
