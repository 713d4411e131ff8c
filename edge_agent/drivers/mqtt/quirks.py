"""What brokers do differently, as data. A broker that nobody described gets the defaults.

An MQTT broker does not say what it is, so nothing here is matched by name: it is what a refusal means, by
the reason codes of MQTT 5 (§2.4; paho gives those of 3.1.1 the same names).
"""

from typing import Final

RECEIVE_MAXIMUM: Final = 2_000
"""Messages the broker may send ahead of our acknowledgement (MQTT 5). With 3.1.1 the broker decides; Mosquitto's
`max_inflight_messages` is 20 by default, which allows 20 messages per commit."""

MAXIMUM_PACKET: Final = 16 * 2**20
"""Bytes of a message; the broker discards a larger one (MQTT 5), which no memory of ours could bear. A payload over
256 kB is no value anyway: up to this size it makes its signals bad, with the reason."""

SESSION_EXPIRY_S: Final = 7 * 86_400
"""How long the broker keeps missed messages while the agent is away. EMQX and others may cap it."""

TOPICS_PER_SUBSCRIBE: Final = 8
"""Brokers in clouds close the connection on more (AWS IoT Core allows 8)."""

REFUSED_FOR_GOOD: Final = {
    0x84: "does not speak this version of MQTT; set protocol to the other one",
    0x85: "refuses this client's name; set client_id to one it takes",
    0x86: "refuses user or password; check username and the password",
    0x87: "does not allow this client to connect; give it the right there, or set username and password",
    0x8A: "has banned this client; lift the ban there",
    0x8C: "wants another way of authentication; user and password, or none, are possible here",
    0x95: "finds our packets too large; raise its limit (max_packet_size) to 64 kB or more",
    0x9D: "has moved for good; set url to its new address",
}
"""Refusals that a retry cannot help; all others are retried."""

NOT_AUTHORISED: Final = 0x87
REFUSED_311: Final = 0x80  # 3.1.1 has one code for every refused subscription
TAKEN_OVER: Final = 0x8E
NO_RETRY_HINT: Final = "another client connected with the same name; give each agent its own id"
