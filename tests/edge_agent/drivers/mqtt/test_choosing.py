"""One stream for several machines, lists, wildcards, partial messages: which messages count, and what they say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.drivers.mqtt import topics
from edge_agent.drivers.mqtt.decode import MAX_ELEMENTS, Decoded
from edge_agent.drivers.mqtt.routing import MAX_KNOWN, routes_of
from edge_agent.drivers.mqtt.settings import SignalSettings

ARRIVED = 1_795_165_200_000_000
SENT = ARRIVED - 5_000_000


def decode(document: object, *signals: SignalSettings, topic: str = "t") -> Decoded:
    decoded = Decoded([], {})
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    decoder = routes_of(signals).of(topic)
    assert decoder is not None
    decoder.decode(payload, ARRIVED, decoded)
    return decoded


def said(document: object, *signals: SignalSettings, topic: str = "t") -> list[tuple[object, ...]]:
    readings = decode(document, *signals, topic=topic).readings
    return [(r.value if r.quality == "good" else r.code, (r.at_us or 0) - ARRIVED) for r in readings]


def signal(**fields: object) -> SignalSettings:
    return SignalSettings(**{"topic": "t", **fields})


@pytest.mark.parametrize(
    ("wanted", "told", "counts"),
    [
        ("P1", "P1", True), ("P1", "P1  ", True), ("P1", "P2", False), (3, 3, True), (3, "3", True), ("3", 3.0, True),
        (True, True, True), (True, "true", True), (True, 1, False), ("P1", None, False), ("P1", ["P1"], False),
        ("P1", {"P1": 1}, False),
    ],
)  # fmt: skip
def test_where_tells_the_machines_of_one_stream_apart(wanted: object, told: object, counts: bool):
    of_one = signal(path="$.v", where={"$.machine": wanted})
    assert said({"machine": told, "v": 7}, of_one) == ([(7, 0)] if counts else [])
    assert said({"v": 7}, of_one) == []


def test_all_of_where_must_hold():
    load = signal(path="$.v", where={"$.machine": "P1", "$.tag.name": "load"})
    assert said({"machine": "P1", "tag": {"name": "load"}, "v": 1}, load) == [(1, 0)]
    assert said({"machine": "P1", "tag": {"name": "temperature"}, "v": 2}, load) == []


def test_what_cannot_be_read_may_have_been_about_any_machine():
    assert said(b"{broken", signal(path="$.v", where={"$.machine": "P1"})) == [("BadPayload", 0)]


VALUES = {
    "gateway": "g1",
    "at": SENT // 1000,
    "values": [
        {"id": "P1.load", "v": 1, "t": (SENT + 1_000_000) // 1000},
        {"id": "P2.load", "v": 2, "t": (SENT + 2_000_000) // 1000},
        {"id": "P1.load", "v": 3},
        "strange",
    ],
}


def test_each_reads_a_list_of_named_values_with_their_own_times_or_the_messages():
    load = signal(each="$.values", where={"$.id": "P1.load"}, path="$.v", time="$.t")
    assert said(VALUES, load) == [(1, -4_000_000), ("NoPath", 0)]
    load = signal(each="$.values", where={"$.id": "P1.load", "$.gateway": "g1"}, path="$.v", time="$.at")
    assert said(VALUES, load) == [(1, -5_000_000), (3, -5_000_000)]
    assert said(VALUES, signal(each="$.values", where={"$.id": "P9.load"}, path="$.v")) == []


def test_each_reads_a_list_of_samples():
    assert said([1, 2.5, None], signal(each="$")) == [(1, 0), (2.5, 0), ("NoValue", 0)]
    samples = [{"t": SENT + n, "v": n} for n in range(3)]
    assert said(samples, signal(each="$", path="$.v", time="$.t")) == [(n, n - 5_000_000) for n in range(3)]


def test_a_value_that_its_message_does_not_call_good_is_bad():
    load = signal(path="$.v", good={"$.q": True}, time="$.t")
    assert said({"v": 1, "q": True, "t": SENT}, load) == [(1, -5_000_000)]
    assert said({"v": 1, "q": False, "t": SENT}, load) == [("NotGood", -5_000_000)]
    assert said({"v": 1, "t": SENT}, load) == [("NotGood", -5_000_000)]
    assert decode({"v": 1, "q": False, "t": SENT}, load).wrong == {}
    listed = signal(each="$", path="$.v", good={"$.quality": 192})
    assert said([{"v": 1, "quality": 192}, {"v": 2, "quality": 24}], listed) == [(1, 0), ("NotGood", 0)]


@pytest.mark.parametrize(
    ("document", "code"),
    [({"values": 5}, "WrongType"), ({}, "NoPath"), ({"values": [0] * (MAX_ELEMENTS + 1)}, "TooLarge")],
)
def test_a_list_that_is_none(document: object, code: str):
    assert said(document, signal(each="$.values")) == [(code, 0)]


def test_a_machine_that_sends_only_changes():
    load = signal(path="$.load", partial=True)
    assert said({"load": 1}, load) == [(1, 0)]
    assert said({"speed": 1}, load) == []
    assert said({"load": None}, load) == [("NoValue", 0)]
    assert said(b"broken", load) == [("BadPayload", 0)]
    assert said({}, signal(each="$.values", partial=True)) == []


def test_the_value_may_stand_in_the_topic():
    order = signal(topic="press-1/orders/+/done", level=3)
    assert said(b"", order, topic="press-1/orders/4711/done") == [("4711", 0)]
    at = signal(topic="press-1/#", level=2, time="$.ts")
    assert said({"ts": SENT}, at, topic="press-1/x") == [("x", -5_000_000)]
    assert said({"ts": SENT}, at, topic="press-1") == [("NoPath", -5_000_000)]


def test_one_topic_may_be_matched_by_several_filters():
    signals = (signal(topic="shop/+/state"), signal(topic="shop/p1/state"), signal(topic="shop/#"))
    assert said(5, *signals, topic="shop/p1/state") == [(5, 0)] * 3
    assert said(5, *signals, topic="shop/p2/state") == [(5, 0)] * 2
    assert routes_of(signals).subscriptions() == ["shop/#"]
    assert routes_of(signals).addresses("shop/#") == [1, 0, 2]
    assert routes_of(signals).of("other") is None


def test_topics_without_end_are_not_all_remembered():
    routes = routes_of([signal(topic="shop/+", level=2)])
    for number in range(MAX_KNOWN + 10):
        assert routes.of(f"shop/{number}") is not None
    assert len(routes._known) <= MAX_KNOWN


LEVEL = st.sampled_from(["a", "b", "", "$x"])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join).filter(bool)
FILTER = st.builds(
    lambda levels, rest: "/".join([*levels, *rest]),
    st.lists(st.one_of(LEVEL, st.just("+")), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
).filter(bool)


@given(FILTER, FILTER, TOPIC)
def test_what_filters_say_of_each_other_holds_for_every_topic(one: str, other: str, topic: str):
    assert topics.checked_filter(one) == one
    both = topics.matches(one, topic) and topics.matches(other, topic)
    assert topics.meet(one, other) or not both
    if topics.covers(one, other) and topics.matches(other, topic):
        assert topics.matches(one, topic)
    if topics.matches(one, topic):
        assert one in topics.that_match(topic)
    assert all(topics.matches(found, topic) for found in topics.that_match(topic) if topic[0] != "$")


@given(st.lists(FILTER, max_size=5), TOPIC)
def test_the_widest_filters_bring_each_message_once(filters: list[str], topic: str):
    try:
        kept = topics.widest(filters)
    except ValueError:
        return
    wanted = any(topics.matches(one, topic) for one in filters)
    assert sum(topics.matches(one, topic) for one in kept) == (1 if wanted else 0)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"level": 2, "path": "$.a", "topic": "a/b"}, "leave out path and each"),
        ({"level": 3, "topic": "a/b"}, "only 2 levels"),
        ({"partial": True}, "partial is about a path"),
        ({"topic": "shop/{machin}/a"}, r"nothing is known to put in place of \{machin\}"),
        ({"where": {"machine": "a"}}, "write a path"),
    ],
)
def test_settings_that_cannot_be_meant(fields: dict[str, object], says: str):
    with pytest.raises(ValidationError, match=says):
        signal(**fields)
