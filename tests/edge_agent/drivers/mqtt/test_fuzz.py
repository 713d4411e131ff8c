"""Whatever arrives: no payload, setting or packet makes the decoder or the client raise or hang."""

import json
import socket
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from contract.checks import fault_of
from edge_agent.drivers.mqtt.addresses import CODECS
from edge_agent.drivers.mqtt.client import LeanClient
from edge_agent.drivers.mqtt.decode import Decoded
from edge_agent.drivers.mqtt.routing import routes_of
from edge_agent.drivers.mqtt.samples import Gathering, proposals
from edge_agent.drivers.mqtt.settings import SignalSettings
from edge_agent.reading import Delivery
from tests.support.agents import normaliser

NOW_US = 1_795_165_200_000_000
SLOW_S = 2.0
"""Far more than any payload needs, also on a machine with other things to do."""

KEY = st.sampled_from(["a", "b", "id", "v", "t", "表", "load %", ""])
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["2026/11/20 09:00:37", "20261120090037", "[1]", "{", "UNAVAILABLE", 10**400, 2**63, NOW_US, 1e308]
    ),
)
DOCUMENT = st.recursive(
    SCALAR, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEY, inner, max_size=4)), max_leaves=12
)
PAYLOAD = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda told, codec: json.dumps(told, ensure_ascii=False).encode(codec, "replace"), DOCUMENT,
              st.sampled_from(list(CODECS.values()))),
    st.builds(lambda told, at, byte: (whole := json.dumps(told).encode())[:at] + byte + whole[at:], DOCUMENT,
              st.integers(0, 60), st.binary(max_size=3)),
    st.sampled_from([b"[" * 100_000, b"9" * 5_000, b'{"a":' * 50_000, b"-", b"1e999", b'{"a":' + b"9" * 5_000 + b"}"]),
)  # fmt: skip
PATH = st.sampled_from(["$", "$.a", "$.b", "$[0]", "$.a[1].b", "$.t", "$.v", "$.表"])
SIGNAL = st.fixed_dictionaries(
    {"topic": st.just("t")},
    optional={
        "path": PATH,
        "each": PATH,
        "where": st.dictionaries(PATH, st.one_of(st.booleans(), st.integers(), st.text(max_size=3)), max_size=2),
        "good": st.dictionaries(PATH, st.booleans(), max_size=1),
        "time": PATH,
        "time_unit": st.sampled_from(["auto", "s", "ms", "us", "ns"]),
        "time_zone": st.sampled_from(["Asia/Tokyo", "-23:59", "UTC"]),
        "encoding": st.sampled_from(list(CODECS)),
        "unit": st.just("%"),
    },
).map(lambda fields: SignalSettings(**fields))


@settings(deadline=None, max_examples=300)
@given(st.lists(SIGNAL, min_size=1, max_size=4), PAYLOAD)
def test_any_payload_with_any_settings_gives_readings_that_can_be_recorded(
    signals: list[SignalSettings], payload: bytes
):
    decoded = Decoded([], {})
    decoder = routes_of(signals).of("t")
    assert decoder is not None
    began = time.perf_counter()
    decoder.decode(payload, NOW_US, decoded)
    assert time.perf_counter() - began < SLOW_S
    assert all((r.quality == "bad") == (r.value is None) == (r.code is not None) for r in decoded.readings)
    assert all(len(reason) < 500 and "\n" not in reason for reason in decoded.wrong.values())
    plain = {n for n, one in enumerate(signals) if one.each is None and not one.where}
    assert plain <= {r.address for r in decoded.readings}
    of_machine, _ = normaliser(dict(zip(("execution", "part_count", "load", "text"), signals, strict=False)))
    found = of_machine.normalise(Delivery(decoded.readings, NOW_US))
    assert [fault for record in found.records if (fault := fault_of(record, "main")) is not None] == []


class Ears:
    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes, int, int]] = []

    def heard_message(self, topic, payload, packet_id, qos, *, duplicate, retained) -> None:
        self.heard.append((topic, payload, packet_id, qos))

    def heard_ping(self) -> None:
        pass


def client(protocol: MQTTProtocolVersion) -> tuple[LeanClient, Ears]:
    ears = Ears()
    made = LeanClient(
        ears,
        callback_api_version=CallbackAPIVersion.VERSION2,
        client_id="x",
        protocol=protocol,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    return made, ears


VERSION = st.sampled_from([MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
BYTES = st.lists(st.one_of(st.sampled_from([0, 1, 2, 3, 11, 35, 38, 128, 255]), st.integers(0, 255)), max_size=40).map(
    bytes
)


@given(VERSION, st.integers(0x30, 0x3F), BYTES)
def test_any_publish_is_a_message_or_a_protocol_error(protocol: MQTTProtocolVersion, command: int, packet: bytes):
    made, ears = client(protocol)
    made._in_packet = {"command": command, "packet": bytearray(packet)}
    answer = made._handle_publish()
    assert answer == (MQTTErrorCode.MQTT_ERR_SUCCESS if ears.heard else MQTTErrorCode.MQTT_ERR_PROTOCOL)
    for topic, payload, packet_id, qos in ears.heard:
        assert len(topic.encode()) + len(payload) <= len(packet)
        assert (packet_id == 0 and qos == 0) or (packet_id < 65_536 and qos == 1)


@settings(deadline=None, max_examples=300)
@given(VERSION, st.lists(st.tuples(st.integers(0, 255), BYTES), min_size=1, max_size=3))
def test_any_packets_from_a_broker_end_the_link_at_worst(
    protocol: MQTTProtocolVersion, packets: list[tuple[int, bytes]]
):
    made, _ = client(protocol)
    ours, brokers = socket.socketpair()
    with ours, brokers:
        ours.setblocking(False)
        made._sock = ours
        brokers.sendall(b"".join(bytes([command, len(body)]) + body for command, body in packets))
        brokers.close()
        began = time.perf_counter()
        while made.socket() is not None and made.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            assert time.perf_counter() - began < SLOW_S


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b/c", "表"]), st.one_of(st.none(), PAYLOAD), st.booleans()), max_size=8)
)
def test_anything_can_be_browsed(messages: list[tuple[str, bytes | None, bool]]):
    gathering = Gathering(2)
    for topic, payload, retained in messages:
        gathering.note(topic, payload, NOW_US, retained=retained)
    samples = gathering.samples(1.0)
    assert sum(sample.count for sample in samples) + gathering.more == len(messages)
    for sample in samples:
        for proposal in proposals(sample):
            SignalSettings(**proposal.table)
