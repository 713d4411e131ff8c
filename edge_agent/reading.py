"""What a driver says: readings as the protocol gave them, and the deliveries they come in.

First station after the wire. Nothing here knows what a signal means. Times are microseconds since 1970, UTC.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from contract.records import Quality

Raw: TypeAlias = str | bool | int | float | None


NOT_PROVIDED: Final = "NotProvided"
"""Code of a bad reading: the machine has no such thing, and need not. Only news where it had it before."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one address. `address` is its index in the list of addresses the driver was built with.

    `at_us` is the source's own time, None where the source tells none. `code` is the native status where
    quality is not good; a bad reading has the value None. `held`: not a change but what the source holds (an MQTT
    broker's retained message). `arrived`: the source said no time, `at_us` is when it came in by the computer's clock.
    """

    address: int
    value: Raw
    at_us: int | None
    quality: Quality = "good"
    code: str | None = None
    held: bool = False
    arrived: bool = False


class InboxMark(msgspec.Struct, frozen=True, gc=False):
    """A broker's message as it can be recognised again: its packet id and a hash of topic and payload."""

    packet_id: int
    digest: bytes


class Delivery(msgspec.Struct, frozen=True):
    """Readings that arrived together and are made durable together, in the order they arrived.

    Over OPC UA: one notification with all its responses until `MoreNotifications` is false. Over MQTT:
    the messages that were waiting. `inbox` marks messages so that a redelivery is not recorded twice.
    `replayed`: from the machine's own history of a time in which nobody looked, complete for its addresses from their
    first reading to their last; a `held` reading says what was, without having changed then.
    """

    readings: list[Reading]
    seen_us: int
    inbox: tuple[InboxMark, ...] = ()
    replayed: bool = False


def in_our_time(delivery: Delivery, ours: Callable[[int], int]) -> Delivery:
    """What the computer's clock stamped, by the agent's time (`ours`); a source's own times stay."""
    seen_us = ours(delivery.seen_us)
    if seen_us == delivery.seen_us:
        return delivery
    readings = [
        msgspec.structs.replace(reading, at_us=ours(reading.at_us))
        if reading.arrived and reading.at_us is not None
        else reading
        for reading in delivery.readings
    ]
    return msgspec.structs.replace(delivery, readings=readings, seen_us=seen_us)
