"""`tsunagu-agent browse mqtt://…` against a real Mosquitto: topics as shops have them, and a block that checks."""

import doctest
import json
import logging
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import structlog
from typer.testing import CliRunner

from edge_agent.browsing import command_mqtt
from edge_agent.cli import app
from tests.support.mqtt import publish
from tests.support.servers import free_port, mosquitto


@pytest.fixture(autouse=True)
def _own_logs():
    """Commands set up logging; what runs after them must not notice."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with mosquitto(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def say(broker):
    """Publishes; what was retained is taken back after the test."""
    held = []

    def tell(topic, payload, *, retain=True):
        publish(broker, [(topic, payload if isinstance(payload, bytes) else json.dumps(payload))], retain=retain)
        held.extend([topic] if retain else [])

    yield tell
    if held:
        publish(broker, [(topic, b"") for topic in held], retain=True)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@contextmanager
def saying(say, *messages):
    """Says these again and again, not retained, while the block runs."""
    going = [True]

    def talk():
        while going:
            for topic, payload in messages:
                say(topic, payload, retain=False)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk)
        try:
            yield
        finally:
            going.clear()
            talking.result(30)


def blocks(found):
    return {machine["id"]: machine for machine in json.loads(found.stdout)["machines"]}


def test_examples():
    assert doctest.testmod(command_mqtt).attempted > 0
    assert doctest.testmod(command_mqtt).failed == 0


def test_topics_values_and_what_they_may_be(broker, say):
    say(
        "shop/press-1/state",
        {"ts": "2026-11-20T09:00:00Z", "execution": "ACTIVE", "program": "B-2207", "counts": {"parts": 41}},
    )
    say("shop/press-1/note", "手で".encode("cp932"))
    found = invoke("browse", broker.url, "--for", "1")
    assert found.exit_code == 0, found.stderr
    shown = " ".join(found.stdout.split())
    assert 'shop/press-1/state json, 1 in all, retained $.execution "ACTIVE" → execution' in shown
    assert "$.counts.parts 41 → part_count" in shown
    assert "2 topics spoke within 1 s" in shown
    table = tomllib.loads(blocks(invoke("browse", broker.url, "--for", "1", "--json"))["press-1"]["block"])
    (machine,) = table["machines"]
    assert machine["signals"]["program"] == {"topic": "shop/press-1/state", "path": "$.program", "time": "$.ts"}
    assert machine["state_model"] == "mtconnect"


def test_what_is_written_passes_check(broker, say, tmp_path):
    say("shop/press-1/state", {"運転状態": "加工中", "モード": "自動", "加工数": 12, "油温": 41.5})
    config = tmp_path / "agent.toml"
    wrote = invoke("browse", broker.url, "--topic", "shop/#", "--for", "1", "--save", config, "--machine", "press-1")
    assert wrote.exit_code == 0, wrote.stderr
    checked = json.loads(invoke("check", "--config", config, "--json").stdout)
    (machine,) = checked["machines"]
    values = {signal["name"]: (signal["value"], signal["raw"]) for signal in machine["signals"]}
    assert machine["ok"], machine
    assert values == {
        "execution": ("ACTIVE", "加工中"), "mode": ("AUTOMATIC", "自動"), "part_count": ("12", None),
        "oil_temperature": ("41.5", None),
    }  # fmt: skip


def test_heartbeats_tell_machines_apart_and_are_proposed(broker, say):
    messages = [(f"aoba/{name}/{what}", {"value": value}) for name in ("m-1", "m-2")
                for what, value in (("alive", 1), ("torch_temperature", 41.5))]  # fmt: skip
    with saying(say, *messages):
        made = blocks(invoke("browse", broker.url, "--topic", "aoba/#", "--for", "2", "--json"))
    assert set(made) == {"m-1", "m-2"}
    (machine,) = tomllib.loads(made["m-2"]["block"])["machines"]
    assert machine["mqtt"]["alive"] == {"topic": "aoba/m-2/alive", "limit_s": 10}
    assert machine["signals"]["torch_temperature"] == {"topic": "aoba/m-2/torch_temperature", "path": "$.value"}
    assert "nothing is retained" in made["m-2"]["block"]


def test_a_list_that_names_its_elements(broker, say):
    tags = [
        {"name": "Execution", "value": "READY"},
        {"name": "PartCount", "value": 3},
        {"name": "SpindleLoad", "value": 1.5},
    ]
    say("gw/tags", {"tags": tags})
    made = blocks(invoke("browse", broker.url, "--topic", "gw/#", "--for", "1", "--json", "--machine", "m-1"))
    (machine,) = tomllib.loads(made["m-1"]["block"])["machines"]
    assert set(machine["signals"]) == {"execution", "part_count", "spindle_load"}
    assert machine["signals"]["part_count"]["where"] == {"$.name": "PartCount"}


def test_silence_says_what_to_try(broker):
    found = invoke("browse", broker.url, "--topic", "nobody/#", "--for", "0.5")
    assert found.exit_code == 0
    assert "0 topics spoke" in found.stdout
    assert "listen longer with --for" in found.stdout


def test_no_broker_and_no_topic_are_one_line(broker):
    away = invoke("browse", f"mqtt://127.0.0.1:{free_port()}")
    assert (away.exit_code, away.stderr.count("\n")) == (1, 1)
    assert "nothing listens there; is the broker running" in away.stderr
    wrong = invoke("browse", broker.url, "--topic", "a#b", "--for", "1")
    assert wrong.exit_code == 1
    assert "is no topic to listen to" in wrong.stderr
