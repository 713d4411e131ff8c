"""Looking around at a real broker: topics, samples, and lines that could be written."""

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt.browse import TopicSample, listen, proposals
from edge_agent.drivers.mqtt.samples import Gathering
from edge_agent.drivers.mqtt.settings import ConnectionSettings, SignalSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured
from tests.support.mqtt import publish
from tests.support.servers import Broker, eventually, free_port

STATE = {
    "ts": "2026-11-20T09:00:37+09:00",
    "run": True,
    "axes": [{"load": 3.5}, {"load": 4}],
    "prog": {"name": "O1234"},
}


async def look(broker: Broker, topic_filter: str = "#", seconds: float = 0.7, most: int = 100) -> list[TopicSample]:
    return await listen(ConnectionSettings(url=broker.url), "test", Path(), topic_filter, seconds, most)


NINE_TOKYO_US = 1_795_132_800_000_000


def sample_of(*payloads: object, topic: str = "shop/p1", retained: bool = False) -> TopicSample:
    gathering = Gathering(1)
    for payload in payloads:
        told = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        gathering.note(topic, told, NINE_TOKYO_US, retained=retained)
    return gathering.samples(2.0)[0]


async def test_topics_are_listed_with_what_they_hold(broker: Broker):
    publish(broker, [("shop/p1/state", json.dumps(STATE)), ("shop/p1/mode", "AUTO")], retain=True)
    looking = asyncio.create_task(look(broker, "shop/#", seconds=3))
    said: list[int] = []

    async def speaking() -> bool:
        publish(broker, [("shop/p1/count", "12"), ("shop/p1/picture", b"\x00\x01\x02"), ("other", "1")])
        said.append(1)
        return looking.done()

    await eventually(speaking)
    count, mode, picture, state = await looking
    assert [s.topic for s in (count, mode, picture, state)] == [
        f"shop/p1/{n}" for n in ("count", "mode", "picture", "state")
    ]
    assert [s.payload_kind for s in (count, mode, picture, state)] == ["number", "text", "binary", "json"]
    assert [s.retained for s in (count, mode, picture, state)] == [False, True, False, True]
    assert 0 < count.count <= len(said)
    assert count.rate_hz > 0 == mode.rate_hz
    assert ("$.axes[0].load", 3.5, "number") in state.leaves
    assert ("$.ts", STATE["ts"], "time") in state.leaves
    assert state.time == "$.ts"


async def test_looking_around_takes_nothing_away_and_is_bounded(broker: Broker):
    publish(broker, [(f"t/{n}", "1") for n in range(20)], retain=True)
    assert [s.topic for s in await look(broker, most=5)] == [f"t/{n}" for n in range(5)]
    assert len(await look(broker)) == 20


async def test_what_is_wrong_is_said(tmp_path: Path, broker: Broker):
    with pytest.raises(Misconfigured, match="# stands for all further levels"):
        await look(broker, "shop/#/a")
    with pytest.raises(ConnectionLost, match="nothing listens there"):
        await look(Broker(tmp_path, free_port()))


def test_each_value_becomes_a_line_that_the_settings_take():
    found = proposals(sample_of(STATE))
    assert [(p.name, p.table.get("path"), p.value) for p in found] == [
        ("run", "$.run", True),
        ("load", "$.axes[0].load", 3.5),
        ("load", "$.axes[1].load", 4),
        ("prog_name", "$.prog.name", "O1234"),
    ]
    assert found[0].line == 'run = { topic = "shop/p1", path = "$.run", time = "$.ts" }'
    for proposal in found:
        assert tomllib.loads(proposal.line)[proposal.name] == proposal.table
        SignalSettings(**proposal.table)


def test_a_list_of_named_values_is_read_by_name():
    gateway = {
        "at": 1_795_165_200_000,
        "values": [{"id": "Ch1.Load", "v": 1, "t": 5}, {"id": "Ch1.Speed", "v": 2, "t": 6}],
    }
    found = proposals(sample_of(gateway, topic="t"))
    assert [(p.name, p.value) for p in found] == [("ch1_load", 1), ("ch1_speed", 2)]
    line = 'ch1_load = { topic = "t", each = "$.values", where = { "$.id" = "Ch1.Load" }, path = "$.v", time = "$.t" }'
    assert found[0].line == line
    assert tomllib.loads(line)["ch1_load"] == found[0].table


def test_a_stream_of_named_values_is_read_by_name():
    found = proposals(
        sample_of({"tag": "load", "value": 1}, {"tag": "mode", "value": "AUTO"}, {"tag": "load", "value": 3})
    )
    assert [(p.name, p.table["where"], p.value, p.kind) for p in found] == [
        ("load", {"$.tag": "load"}, 3, "number"),
        ("mode", {"$.tag": "mode"}, "AUTO", "text"),
    ]


def test_japanese_is_read_and_its_encoding_proposed():
    sample = sample_of('{"運転":1,"alarm":"停止"}'.encode("cp932"))
    assert (sample.encoding, sample.excerpt) == ("shift_jis", '{"運転":1,"alarm":"停止"}')
    assert [(p.name, p.table["path"], p.table["encoding"]) for p in proposals(sample)] == [
        ("signal", "$.運転", "shift_jis"),
        ("alarm", "$.alarm", "shift_jis"),
    ]


@pytest.mark.parametrize(
    ("told", "retained", "expected"),
    [
        ("2026/11/20 09:00:01.383", False, {"time": "$.ts", "time_zone": "+09:00"}),
        (20261120085859, False, {"time": "$.ts", "time_zone": "+09:00"}),
        ("2026-11-19 19:00:01", False, {"time": "$.ts", "time_zone": "-05:00"}),
        ("2026/11/20 09:00:01.383", True, {}),  # said at any time before: nothing to compare it with
        ("2026/11/20 09:07:01", False, {}),  # no zone: that clock is wrong
        ("2025/11/20 09:00:01", False, {}),
        ("2026-11-20T00:00:01Z", True, {"time": "$.ts"}),
    ],
)
def test_a_time_without_offset_is_placed_by_our_own_clock(told: object, retained: bool, expected: dict[str, str]):
    (found,) = proposals(sample_of({"ts": told, "v": 1}, retained=retained))
    assert {key: value for key, value in found.table.items() if key.startswith("time")} == expected


def test_a_plain_payload_is_named_after_its_topic():
    assert [p.line for p in proposals(sample_of(b"12.5", topic="shop/p1/SpindleLoad"))] == [
        'spindle_load = { topic = "shop/p1/SpindleLoad" }'
    ]
    assert proposals(sample_of(b"\x00\x01\x02")) == []
