"""Walking real servers: asyncua's and node-opcua, large ones, with circles, limits and continuation points."""

import contextlib

import pytest
from asyncua import ua

from edge_agent.browsing.opcua import Bounds
from edge_agent.browsing.suggesting import suggest
from edge_agent.drivers.opcua.machinesignals import MACHINERY
from edge_agent.drivers.port import ConnectionLost
from tests.support.browsing import looked, walk
from tests.support.node_opcua import node_server
from tests.support.opcua import URI, opcua_server

FOLDERS, EACH = 50, 105
ALL = FOLDERS * (EACH + 1)


@pytest.fixture(scope="module")
def plant():
    with node_server(
        "browsed.js", folders=FOLDERS, each=EACH, nodesPerBrowse=20, nodesPerRead=300, continuationPoints=3
    ) as peer:
        yield peer


def own(found):
    return {node.id for node in found.nodes.values() if ";s=cell" in node.id}


async def test_a_large_server_is_walked_whole_within_its_limits(plant, tmp_path):
    found, stopped, resumed = await walk(plant.endpoint, tmp_path, Bounds())
    assert (stopped, resumed) == (None, False)
    assert len(own(found)) == ALL > 5000
    assert found.waiting(12) == []


async def test_long_answers_come_in_parts(plant, tmp_path):
    """Fewer continuation points than nodes asked at once: the rest is asked again, alone."""
    found, stopped, _ = await walk(plant.endpoint, tmp_path, Bounds(references=7, depth=3))
    tags = [node for node in found.nodes.values() if node.id.endswith(tuple(f"cell0.tag{n}" for n in range(EACH)))]
    assert stopped is None
    assert len(tags) == EACH
    assert len([node for node in found.children(f"nsu={plant.told['uri']};s=lathe") if "cell" in node.id]) > 20


async def test_references_in_circles_end_and_each_node_stands_once(plant, tmp_path):
    found, _, _ = await walk(plant.endpoint, tmp_path, Bounds(depth=2))
    placed = [child.id for node in found.nodes for child in found.children(node)]
    assert len(placed) == len(set(placed)) == len(found.nodes) - 1
    machine = found.nodes[f"nsu={plant.told['uri']};s=lathe"]
    assert machine.parent == "i=85", "the machine stands where it is nearest, not below a folder that points to it"


async def test_an_interrupted_walk_goes_on_and_a_second_is_instant(plant, tmp_path):
    steps = []

    def cut(nodes, _waiting):
        steps.append(nodes)
        if len(steps) == 5:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        await walk(plant.endpoint, tmp_path, Bounds(), cut)
    kept = (tmp_path / "walk.jsonl").read_bytes()
    (tmp_path / "walk.jsonl").write_bytes(kept + b'{"browsed": ["nsu=')  # cut while it was written
    found, stopped, resumed = await walk(plant.endpoint, tmp_path, Bounds(), lambda nodes, _: steps.append(nodes))
    assert (stopped, resumed) == (None, True)
    assert steps[5] >= steps[4] > 1
    assert len(own(found)) == ALL
    asked = []
    again, _, _ = await walk(plant.endpoint, tmp_path, Bounds(), lambda _nodes, waiting: asked.append(waiting))
    assert asked == [0], "nothing is asked that was asked before"
    assert again.nodes == found.nodes
    anew, _, resumed = await walk(plant.endpoint, tmp_path, Bounds(depth=1), anew=True)
    assert not resumed
    assert len(anew.nodes) < len(found.nodes)


async def test_bounds_stop_a_walk_and_say_so(plant, tmp_path):
    found, stopped, _ = await walk(plant.endpoint, tmp_path, Bounds(nodes=20, depth=2))
    assert len(found.nodes) == 20
    assert "--max-nodes" in stopped.reason
    found, stopped, resumed = await walk(plant.endpoint, tmp_path, Bounds(seconds=0, depth=2))
    assert resumed
    assert "call again to go on" in stopped.reason
    found, stopped, _ = await walk(plant.endpoint, tmp_path, Bounds(depth=2))
    assert stopped is None
    assert len(own(found)) == FOLDERS + FOLDERS // 5 * EACH, "what the bound cut off is found when it is lifted"


async def test_what_a_server_tells_of_its_variables(plant, tmp_path):
    look = await looked(plant.endpoint, tmp_path, bounds=Bounds(depth=4))
    prefix = f"nsu={plant.told['uri']};s=lathe."
    about = {
        name: look.found.nodes[prefix + name].about for name in ("主軸負荷", "Setpoint", "Hidden", "Door", "加工数")
    }
    assert (about["主軸負荷"].type, about["主軸負荷"].history, about["主軸負荷"].writable) == ("Double", True, False)
    assert (about["Setpoint"].writable, about["Hidden"].readable, about["加工数"].type) == (True, False, "UInt32")
    assert look.found.units[prefix + "主軸負荷"] == "%"
    assert look.found.words(look.found.nodes[prefix + "Door"]) == {"0": "Closed", "1": "Open"}
    assert look.values[prefix + "主軸負荷"].value == 42.5
    assert look.values[prefix + "運転状態"].value == "加工中"
    assert prefix + "Hidden" not in look.values
    assert not any(node.name in ("EURange", "EngineeringUnits") for node in look.found.nodes.values())


async def test_the_servers_own_diagnostics_are_no_machine(plant, tmp_path):
    found, _, _ = await walk(plant.endpoint, tmp_path, Bounds(depth=2))
    assert found.children("i=2253") == []
    found, _, _ = await walk(plant.endpoint, tmp_path, Bounds(depth=1), start="i=2253", anew=True)
    assert any(node.name == "ServerStatus" for node in found.nodes.values())


async def test_a_start_that_is_not_there_is_said(plant, tmp_path):
    with pytest.raises(ConnectionLost, match="no such namespace; it has "):
        await walk(plant.endpoint, tmp_path, Bounds(), start="nsu=urn:nowhere;s=X")
    with pytest.raises(ConnectionLost, match="no such node"):
        await walk(plant.endpoint, tmp_path, Bounds(), start=f"nsu={plant.told['uri']};s=nowhere")


async def test_values_are_of_now_and_one_that_nobody_can_read_costs_only_itself(tmp_path):
    async with opcua_server() as machine:
        await machine.add("Program", "O1", ua.VariantType.String)
        await machine.add("Blob", b"\x01", ua.VariantType.ByteString)
        await machine.add("Axes", [1.0, 2.0], ua.VariantType.Double)
        await machine.add("Lost", 1, ua.VariantType.Int32)
        await machine.set("Lost", 1, ua.VariantType.Int32, status=ua.StatusCodes.BadNoCommunication)
        first = await looked(machine.endpoint, tmp_path)
        await machine.set("Program", "O2", ua.VariantType.String, us=5)
        second = await looked(machine.endpoint, tmp_path)
    seen = {name: first.values[f"nsu={URI};s={name}"] for name in ("Program", "Blob", "Axes", "Lost")}
    assert seen["Program"].value == "O1"
    assert second.resumed
    assert second.values[f"nsu={URI};s=Program"].value == "O2"
    assert "ByteString" in seen["Blob"].wrong
    assert "array" in seen["Axes"].wrong
    assert (seen["Lost"].quality, seen["Lost"].code) == ("bad", "BadNoCommunication")
    assert first.found.nodes[f"nsu={URI};s=Axes"].about.array


async def test_a_server_that_is_away_is_shown_as_it_was(tmp_path):
    async with opcua_server() as machine:
        await machine.add("Program", "O1", ua.VariantType.String)
        await looked(machine.endpoint, tmp_path)
        endpoint = machine.endpoint
    look = await looked(endpoint, tmp_path)
    assert "nothing listens there" in look.offline
    assert f"nsu={URI};s=Program" in look.found.nodes
    assert look.values == {}
    with pytest.raises(ConnectionLost):
        await looked(endpoint, tmp_path, anew=True)


async def test_another_server_at_the_same_address_is_walked_anew(tmp_path):
    async with opcua_server() as machine:
        await machine.add("Old", 1, ua.VariantType.Int32)
        await looked(machine.endpoint, tmp_path)
        port = machine.port
    async with opcua_server(port, namespaces=("urn:example:other", URI)) as machine:
        await machine.add("New", 1, ua.VariantType.Int32)
        look = await looked(machine.endpoint, tmp_path)
    assert not look.resumed
    assert {node.name for node in look.found.nodes.values()} >= {"New"}
    assert "Old" not in {node.name for node in look.found.nodes.values()}


async def test_a_server_that_says_too_much_only_when_asked_is_asked_less(tmp_path):
    async with opcua_server() as machine:
        view = machine.server.iserver.view_service
        browse, most, refused = view.browse, [], []

        def refusing(params):
            if len(params.NodesToBrowse) > 7:
                refused.append(len(params.NodesToBrowse))
                raise ua.UaStatusCodeError(ua.StatusCodes.BadTooManyOperations)
            most.append(len(params.NodesToBrowse))
            return browse(params)

        view.browse = refusing
        for number in range(60):
            await machine.add(f"Tag{number}", number, ua.VariantType.Int32)
        found, stopped, _ = await walk(machine.endpoint, tmp_path, Bounds())
    assert stopped is None
    assert sum(";s=Tag" in node.id for node in found.nodes.values()) == 60
    assert max(most) <= 7 < sum(most)
    assert len(refused) < 6, "what was too much is not tried again"


async def test_a_machine_of_opc_40001_is_known_by_its_item_state(tmp_path):
    async with opcua_server(namespaces=(URI, MACHINERY)) as machine:
        index = await machine.server.get_namespace_index(MACHINERY)
        objects = machine.server.nodes.objects
        folder = await objects.add_folder(ua.NodeId(1001, index), ua.QualifiedName("Machines", index))
        for name in ("Press-1", "Shelf"):
            made = await folder.add_object(ua.NodeId(name, machine.index), ua.QualifiedName(name, machine.index))
            if name == "Press-1":
                await made.add_variable(
                    ua.NodeId("state", machine.index), ua.QualifiedName("MachineryItemState", index), "Executing"
                )
        look = await looked(machine.endpoint, tmp_path)
    assert [(node.name, model) for node, model in look.machines] == [("Press-1", "machinery")]
    (made,) = suggest(look.found, look.values, look.machines, {"endpoint": machine.endpoint}, None)
    assert (made.id, made.state_model, made.mapping) == ("press-1", "machinery", None)
    assert "[machines.signals]" not in made.block
