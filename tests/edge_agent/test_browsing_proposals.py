"""Which signals are proposed for which names, types and values; and that the block is one our own reader takes."""

import doctest
import importlib
import tomllib

import pytest

from contract.keys import is_signal_name, is_slug
from edge_agent.browsing.block import Block, value_of, written
from edge_agent.browsing.proposing import Candidate, machines_in, propose
from edge_agent.browsing.saving import save
from edge_agent.browsing.wording import slug, snake, ucum
from edge_agent.settings_file import SettingsError, read_settings

JAPANESE = [
    Candidate("k1", "運転状態", ("旋盤1",), "加工中", "String"),
    Candidate("k2", "モード", ("旋盤1",), "自動", "String"),
    Candidate("k3", "プログラム", ("旋盤1",), "O1201", "String"),
    Candidate("k4", "加工数", ("旋盤1",), 41, "UInt32"),
    Candidate("k5", "非常停止", ("旋盤1",), False, "Boolean"),
    Candidate("k6", "アラーム", ("旋盤1",), "", "String"),
    Candidate("k7", "主軸負荷", ("旋盤1",), 42.5, "Double", "%"),
]
STATES = {"0": "Idle", "1": "Running", "2": "Hold", "3": "Warmup"}


def by_signal(candidates):
    found = propose(candidates)
    return {proposal.signal: proposal for proposal in (*found.signals, *found.conditions)}


@pytest.mark.parametrize("module", ["wording", "block", "proposing", "describing", "nodeids"])
def test_examples(module):
    found = doctest.testmod(importlib.import_module(f"edge_agent.browsing.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_japanese_names_are_known():
    found = by_signal(JAPANESE)
    keys = {signal: proposal.candidate.key for signal, proposal in found.items()}
    assert keys == {
        "execution": "k1", "mode": "k2", "program": "k3", "part_count": "k4", "estop": "k5", "alarm": "k6",
        "spindle_load": "k7",
    }  # fmt: skip
    assert found["execution"].map == {"加工中": "ACTIVE"}
    assert found["mode"].map == {"自動": "AUTOMATIC"}
    assert found["estop"].map == {"true": "TRIGGERED", "false": "ARMED"}
    assert "other way round" in found["estop"].advice
    assert (found["spindle_load"].unit, propose(JAPANESE).state_model) == ("%", "mtconnect")


@pytest.mark.parametrize(
    ("signal", "name", "above", "value", "type_"),
    [
        ("execution", "ExecutionState", (), "ACTIVE", "String"),
        ("execution", "Execution", (), "READY", "String"),
        ("execution", "nRunStatus", (), 1, "Int16"),
        ("program", "ProgramName", (), "O1", "String"),
        ("program", "Name", ("ActiveProgram",), "MAIN.NC", "String"),
        ("program", "ProgramNo", (), 1043, "UInt32"),
        ("estop", "EmergencyStop", (), "ARMED", "String"),
        ("mode", "Mode", (), "MANUAL", "String"),
        ("mode", "OperationMode", (), 2, "Int32"),
        ("operation_mode", "OperationMode", (), "Processing", "String"),
        ("part_count", "PartCount", (), 3, "UInt32"),
        ("part_count", "dwProdCount", (), 3, "UInt32"),
        ("part_count", "PartCuont", (), 3, "UInt32"),
        ("feed_override", "Fovr", (), 100.0, "Double"),
        ("step", "LineNumber", (), 120, "UInt32"),
        ("tower_green", "Green", ("SignalTower",), True, "Boolean"),
        ("tower_red", "表示灯赤", (), False, "Boolean"),
        ("spindle_load", "SpindleLoad", (), 41.0, "Double"),
        ("spindle_speed", "主軸回転数", (), 3000.0, "Double"),
        ("order", "製番", (), "24-117", "String"),
    ],
)
def test_a_name_finds_its_signal(signal, name, above, value, type_):
    assert signal in by_signal([Candidate("k", name, above, value, type_)])


@pytest.mark.parametrize(
    ("signal", "name", "above", "value", "type_"),
    [
        ("mode", "Model", (), "VM-5", "String"),
        ("tower_green", "Green", ("PaintRatio",), 0.5, "Double"),
        ("tower_green", "Green", ("PaintRatio",), True, "Boolean"),
        ("power", "LaserPower", (), 2800.0, "Double"),
        ("power", "Power", (), 3.5, "Double"),
        ("part_count", "PartCount", (), True, "Boolean"),
        ("part_count", "PartCount", (), 3.5, "Double"),
        ("part_count", "PartCount", (), "none", "String"),
        ("serial", "SerialNumber", ("Identification",), "S1", "String"),
        ("program", "Program", (), True, "Boolean"),
        ("state", "State", ("ActiveProgram",), 1, "Int32"),
    ],
)
def test_what_only_looks_alike_is_not_proposed(signal, name, above, value, type_):
    assert signal not in by_signal([Candidate("k", name, above, value, type_)])


def test_the_surer_one_wins_and_the_other_is_named():
    found = by_signal(
        [
            Candidate("k1", "ProgramStatus", (), 3, "Int32"),
            Candidate("k2", "Execution", (), "ACTIVE", "String"),
            Candidate("k3", "CycleState", (), "x", "String"),
        ]
    )
    assert found["execution"].candidate.key == "k2"
    assert "k1" in found["execution"].others


def test_an_enumeration_is_translated_by_its_texts_and_the_rest_is_asked():
    found = by_signal([Candidate("k", "ExecutionState", (), 1, "CncState", None, STATES)])["execution"]
    assert found.map == {"Idle": "READY", "Running": "ACTIVE", "Hold": "FEED_HOLD"}
    assert "Warmup" in found.advice


def test_words_that_nobody_told_us_are_asked():
    text = by_signal([Candidate("k", "Execution", (), "ZUSTAND 5", "String")])["execution"]
    assert 'map = { "ZUSTAND 5" = "READY" }' in text.advice
    number = by_signal([Candidate("k", "Execution", (), 5, "Int16")])["execution"]
    assert "say what its numbers mean" in number.advice
    nothing = by_signal([Candidate("k", "Execution", (), None, "String")])["execution"]
    assert "no value now" in nothing.advice


def test_unusable_variables_are_left_out():
    assert by_signal([Candidate("k", "Execution", (), "ACTIVE", usable=False)]) == {}
    assert "its state is unknown" in propose([Candidate("k", "Program", (), "O1")]).advice


def test_numbers_have_names_of_their_own_and_are_not_too_many():
    twins = [Candidate(f"k{n}", "SpindleLoad", (f"Spindle{n}",), 1.0, "Double", "%") for n in (1, 2)]
    assert set(by_signal(twins)) == {"spindle_load", "spindle_2_load"}
    assert set(by_signal([Candidate("k", "主軸温度", (), 1.0, "Double", "°C")])) == {"spindle_temperature"}
    assert set(by_signal([Candidate("k", "謎", (), 1.0, "Double")])) == {"value"}
    many = propose([Candidate(f"k{n}", f"Tag{n}", (), 1.0, "Double") for n in range(500)])
    assert (len(many.signals), many.left_out) == (24, 476)
    assert len({proposal.signal for proposal in many.signals}) == 24


def test_several_machines_on_one_server_are_told_apart():
    cells = {
        name: [Candidate(f"{name}/{c.name}", c.name, ("Hall", name), c.value, c.type) for c in JAPANESE[:4]]
        for name in "AB"
    }
    groups = machines_in([*cells["A"], *cells["B"]], lambda candidate: candidate.above)
    assert {place: len(found) for place, found in groups.items()} == {("Hall", "A"): 4, ("Hall", "B"): 4}
    assert list(machines_in(cells["A"], lambda candidate: candidate.above)) == [()]
    programs = [Candidate(f"p{n}", "Program", (f"Slot{n}",), "O1") for n in range(3)]
    assert list(machines_in(programs, lambda candidate: candidate.above)) == [()], "a program alone is no machine"


def test_the_block_is_read_by_our_own_reader(tmp_path):
    mapping = propose([*JAPANESE, Candidate("k8", 'Odd "name" \\ \n#', (), 1.0, "Double", '"\x7f')])
    block = Block(
        "lathe-1", "opcua", {"endpoint": "opc.tcp://192.0.2.10:4840"}, "mtconnect", name='旋盤 "1"', mapping=mapping
    )
    text = written(block, lambda proposal: {"node": f"nsu=urn:example:machine;s={proposal.candidate.name}"})
    path = tmp_path / "agent.toml"
    assert save(path, [text], {}) is True
    settings = read_settings(path, {})
    (machine,) = settings.machines
    assert machine.table.name == '旋盤 "1"'
    assert machine.signals["execution"].map == {"加工中": "ACTIVE"}
    assert machine.signals["execution"].node == "nsu=urn:example:machine;s=運転状態"
    assert set(machine.conditions) == {"alarm"}
    assert is_slug(settings.agent.id)


def test_saving_appends_and_never_leaves_a_wrong_file(tmp_path):
    path = tmp_path / "agent.toml"
    head = '[agent]\nid = "a"\nsite = "main"\ndata_dir = "d"\n[hub]\nurl = "http://hub.example"\n# my own remark'
    path.write_text(head)
    path.chmod(0o640)
    one = Block("m-1", "opcua", {"endpoint": "opc.tcp://192.0.2.10:4840"}, "mtconnect", mapping=propose(JAPANESE))
    text = written(one, lambda proposal: {"node": f"ns=2;s={proposal.signal}"})
    assert save(path, [text], {}) is False
    before = path.read_text()
    assert before.startswith(head)
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(SettingsError, match=r"agent\.toml: machines\[2\].*'m-1' is machine 1 already"):
        save(path, [text], {})
    assert path.read_text() == before
    assert [found.name for found in tmp_path.iterdir()] == ["agent.toml"]


@pytest.mark.parametrize("text", ["a\x00b", "\x7f", '"', "\\", "線\n行", "\u2028", "tab\t"])
def test_any_text_survives_toml(text):
    assert tomllib.loads(f"x = {value_of({text: text})}")["x"] == {text: text}


def test_names_are_names():
    for name in ("9Tool", "温度", "A" * 100, "Ä-Wert", "__x__", "X 1/2"):
        made = snake(name)
        assert made == "" or is_signal_name(made), name
        assert slug(name) == "" or is_slug(slug(name)), name
    assert (ucum("℃"), ucum(" mm / min ")) == ("Cel", "mm / min")
