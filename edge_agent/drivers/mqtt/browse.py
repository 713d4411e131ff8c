"""Listens to a broker for a while and says what its topics hold. For `tsunagu-agent browse`; stores nothing.

Listens under a name and a session of its own, at QoS 0: no message is taken away from the running agent. Bounded in
time (seconds) and in topics.
"""

import time
from pathlib import Path
from typing import Final

from edge_agent.drivers.mqtt import advice, topics
from edge_agent.drivers.mqtt.link import Link
from edge_agent.drivers.mqtt.samples import Gathering, Leaf, Proposal, TopicSample, proposals
from edge_agent.drivers.mqtt.settings import ConnectionSettings
from edge_agent.drivers.port import ConnectionLost, Misconfigured

__all__ = ["Leaf", "Proposal", "TopicSample", "listen", "proposals"]

_AT_ONCE: Final = 500


async def listen(
    connection: ConnectionSettings,
    client_name: str,
    data_dir: Path,  # noqa: ARG001 - every driver's look-around is given it
    topic_filter: str,
    seconds: float,
    max_topics: int,
) -> list[TopicSample]:
    """The topics that spoke within `seconds`, at most `max_topics`, sorted by name.

    Raises ConnectionLost where the broker cannot be reached, or is lost before anything was heard; Misconfigured
    where it refuses us, or the filter is none.
    """
    try:
        topics.checked_filter(topic_filter)
    except ValueError as error:
        raise Misconfigured(f"{topic_filter!r} is no topic to listen to: {error}") from error
    gathering = Gathering(max_topics)
    link = Link(connection.model_copy(update={"client_id": None}), f"{client_name}-browse", keep_session=False)
    began = time.monotonic()
    try:
        await link.open()
        refused = await link.subscribe([topic_filter], qos=0)
        if refused:
            raise Misconfigured(advice.refused_topic(topic_filter, refused[topic_filter]))
        began = time.monotonic()
        await _hear(link, gathering, began + seconds)
    finally:
        await link.close()
    return gathering.samples(time.monotonic() - began)


async def _hear(link: Link, gathering: Gathering, until: float) -> None:
    """Notes messages until then (monotonic seconds); what was heard before the link was lost is worth showing."""
    while (left_s := until - time.monotonic()) > 0:
        try:
            messages = await link.take(_AT_ONCE, left_s)
        except ConnectionLost:
            if gathering.topics:
                return
            raise
        for message in messages:
            if message.topic is not None:
                gathering.note(message.topic, message.payload, message.at_us, retained=message.retained)
