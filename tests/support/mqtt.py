"""Publishing to a test's broker, in order, each message acknowledged by the broker before this returns."""

from collections.abc import Sequence
from pathlib import Path

from paho.mqtt import publish as paho

from tests.support.servers import Broker


def publish(
    broker: Broker,
    messages: Sequence[tuple[str, str | bytes]],
    qos: int = 1,
    *,
    retain: bool = False,
    ca_file: Path | None = None,
) -> None:
    """Sends (topic, payload) pairs over one connection; `ca_file`: with TLS."""
    told = [{"topic": topic, "payload": payload, "qos": qos, "retain": retain} for topic, payload in messages]
    name, word = next(iter(broker.users.items()), (None, None))
    auth = {"username": name, "password": word} if name else None
    tls = None if ca_file is None else {"ca_certs": str(ca_file)}
    paho.multiple(told, hostname="127.0.0.1", port=broker.port, auth=auth, tls=tls)
