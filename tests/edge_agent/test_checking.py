"""`check`: values judged as they would be recorded, this computer, the hub; and how it looks at 80 columns."""

import io
import time

import pytest
from rich.console import Console
from rich.text import Text

from edge_agent import checking, credential, showing
from edge_agent.checking import HubCheck, MachineCheck, OwnCheck, SignalCheck, judged
from edge_agent.computer import lock_folder
from edge_agent.drivers.probed import Probed
from edge_agent.settings import AgentTable, BufferTable, ConditionBase, HubTable, Settings, SignalBase
from tests.support.stand_in import StandIn


def now_us():
    return time.time_ns() // 1000


def settings(folder, url="http://127.0.0.1:9", max_mb=2048):
    agent = AgentTable(id="pi-1", site="main", data_dir=folder)
    return Settings(agent=agent, hub=HubTable(url=url), buffer=BufferTable(max_mb=max_mb))


def enrolled(folder, url, secret="secret"):
    kept = credential.Credential(credential=secret, agent="pi-1", site="main", company="aoba", hub=url)
    credential.write(folder, kept)


@pytest.mark.parametrize(
    ("name", "source", "value", "kept", "raw"),
    [
        ("mode", SignalBase(map={"1": "AUTOMATIC"}), 1, "AUTOMATIC", "1"),
        ("execution", SignalBase(), "Active", "ACTIVE", "Active"),
        ("estop", SignalBase(map={"true": "TRIGGERED"}), True, "TRIGGERED", "true"),
        ("part_count", SignalBase(), 12.0, "12", None),
        ("spindle_load", SignalBase(unit="%"), 41.25, "41.25", None),
        ("tower_green", SignalBase(), True, "ON", "true"),
        ("note", SignalBase(), "text", "text", None),
    ],
)
def test_a_value_is_shown_as_it_would_be_recorded(name, source, value, kept, raw):
    found = judged(name, source, Probed(0, ok=True, value=value, age_s=0.2))
    assert (found.ok, found.value, found.raw, found.advice) == (True, kept, raw, None)


@pytest.mark.parametrize(
    ("name", "source", "value", "says"),
    [
        ("execution", SignalBase(), "加工中", 'map = { "加工中" = "READY" }'),
        ("mode", SignalBase(map={"1": "AUTO"}), 1, 'map = { "1" = "AUTOMATIC" }'),
        ("mode", SignalBase(), 3, '"3" is no word of mode'),
        ("part_count", SignalBase(), "O1201", "wrong type"),
        ("spindle_load", SignalBase(unit="%"), float("nan"), "no number (NaN)"),
        ("single_block", SignalBase(), "perhaps", "wrong type"),
    ],
)
def test_a_value_nobody_can_use_fails_and_says_what_to_do(name, source, value, says):
    found = judged(name, source, Probed(0, ok=True, value=value))
    assert not found.ok
    assert says in found.advice


def test_what_the_driver_says_stands():
    found = judged("mode", SignalBase(), Probed(0, ok=False, quality="bad", advice="no such node"))
    assert (found.ok, found.value, found.advice) == (False, None, "no such node")
    alarm = judged("servo", ConditionBase(), Probed(0, ok=True, value="Fault|401|1||SERVO"))
    assert (alarm.ok, alarm.value) == (True, "Fault|401|1||SERVO")


def test_a_machine_that_is_off_does_not_fail_but_is_said():
    found = judged("execution", SignalBase(), Probed(0, ok=True, value="UNAVAILABLE"))
    assert (found.ok, found.quality, found.value) == (True, "bad", None)
    assert "switched on" in found.advice


def test_this_computer(tmp_path):
    folder, disk, agent = checking.check_own(settings(tmp_path))
    assert (folder.ok, disk.ok, agent.ok) == (True, True, True)
    assert "not running" in agent.told
    with lock_folder(tmp_path):
        assert checking.check_own(settings(tmp_path))[2].told == "running"
    assert "made when the agent starts" in checking.check_own(settings(tmp_path / "new" / "deep"))[0].told
    assert not (tmp_path / "new").exists(), "a check makes nothing"


def test_too_little_room_and_a_folder_that_is_a_file(tmp_path):
    disk = checking.check_own(settings(tmp_path, max_mb=1_000_000))[1]
    assert not disk.ok
    assert "[buffer] max_mb" in disk.advice
    (tmp_path / "file").write_text("x")
    folder = checking.check_own(settings(tmp_path / "file" / "data"))[0]
    assert not folder.ok
    assert "data_dir" in folder.advice


async def test_the_hub_and_the_clocks(tmp_path):
    ahead = "Fri, 20 Nov 2026 12:00:00 GMT"
    async with StandIn(headers={"date": ahead}, script=[400]) as hub:
        enrolled(tmp_path, hub.url)
        found = await checking.check_hub(settings(tmp_path, hub.url), lambda: 1_795_176_000_000_000 - 90_000_000)
    assert (found.ok, found.clock_offset_s) == (True, 90.0)
    clock = checking.check_clock(found)
    assert (clock.ok, clock.told) == (False, "90 s behind the hub's")
    assert "time server" in clock.advice
    assert checking.check_clock(HubCheck("u", ok=True, reason=None, clock_offset_s=-2.0)).ok
    assert checking.check_clock(HubCheck("u", ok=False, reason="away")) is None


async def test_a_hub_that_refuses_or_is_away(tmp_path):
    assert "enrol first" in (await checking.check_hub(settings(tmp_path), now_us)).reason
    async with StandIn() as hub:
        enrolled(tmp_path, hub.url, secret="another")
        found = await checking.check_hub(settings(tmp_path, hub.url), now_us)
    assert not found.ok
    assert "refuses this agent" in found.reason
    away = await checking.check_hub(settings(tmp_path), now_us)
    assert "cannot be reached" in away.reason


def shown(machines, hub, own, *, terminal=False, width=80):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, no_color=True)
    showing.checks(console, machines, hub, own)
    return out.getvalue()


GOOD = SignalCheck("execution", ok=True, value="ACTIVE", quality="good", age_s=10_900.0, advice=None)
LONG = SignalCheck(
    "program_comment", ok=True, value="ベースプレート SS400 6.0t " * 2, quality="good", age_s=0.2, advice=None
)
BAD = SignalCheck("mode", ok=False, value=None, quality="bad", age_s=None, advice="this server has no such node; " * 5)
HUB = HubCheck("http://hub.example:8000", ok=True, reason=None)


def test_it_fits_80_columns_and_sums_up():
    machine = MachineCheck("main/laser-1", "opcua", ok=False, reason=None, signals=(GOOD, LONG, BAD))
    text = shown([machine], HUB, [OwnCheck("disk", ok=True, told="9 GB free")], terminal=True)
    lines = [Text.from_ansi(line) for line in text.splitlines()]
    assert max(line.cell_len for line in lines) <= 80
    text = "\n".join(line.plain for line in lines)
    assert "3.0 h" in text
    assert "main/laser-1 over opcua: 2 of 3 signals" in text
    assert "not ready: 1 of 1 machines answer, 2 of 3 signals work, the hub is ready" in " ".join(text.split())


def test_a_program_reads_each_advice_on_one_line():
    machine = MachineCheck("main/laser-1", "opcua", ok=False, reason=None, signals=(BAD,))
    assert f"mode: {BAD.advice.strip()}" in shown([machine], HUB, [])


def test_a_long_list_shows_what_fails():
    many = tuple(SignalCheck(f"s{n}", ok=True, value="1", quality="good", age_s=0.1, advice=None) for n in range(500))
    text = shown([MachineCheck("main/x", "opcua", ok=False, reason=None, signals=(*many, BAD))], HUB, [])
    assert "… and 460 more that work" in text
    assert "✗  mode" in text
    assert text.count("\n") < 60


def test_all_well():
    machine = MachineCheck("main/laser-1", "opcua", ok=True, reason=None, signals=(GOOD,))
    assert "all well: 1 of 1 machines answer, 1 of 1 signals work, the hub is ready" in shown([machine], HUB, [])
