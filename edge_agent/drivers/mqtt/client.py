"""paho's client, leaner where a message passes, and telling of ping answers.

Overrides eight methods of paho-mqtt 2.2 that its documentation does not name, each for a measured reason (236 B
messages, QoS 1, manual acknowledgement: a message costs 63 µs of CPU with MQTT 5 as the library comes, a
third of it so) or to know why TLS failed. If a later version moves them, the tests against a real broker fail.
"""

import contextlib
import ssl
import struct
import time
from collections.abc import Iterable
from socket import socket
from typing import Any, Final, Protocol

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

CHUNK: Final = 65_536
_PUBACK: Final = 0x40
_ACKNOWLEDGE = struct.Struct("!BBH")


class Listener(Protocol):
    """Told from the client's thread."""

    def heard_message(
        self, topic: str, payload: bytes, packet_id: int, qos: int, *, duplicate: bool, retained: bool
    ) -> None:
        """A PUBLISH arrived."""

    def heard_ping(self) -> None:
        """The broker answered a ping."""


class LeanClient(Client):
    """Used as paho's own; messages go to the listener, not to `on_message`."""

    def __init__(self, listener: Listener, **options: Any) -> None:
        super().__init__(**options)
        self.server_name: str | None = None
        """The name to find in the server's certificate, where it is not the host connected to."""
        self.trouble: OSError | None = None
        """What ended the connection; the library keeps it to itself."""
        self.ask_s = float("inf")
        """So long without a word from the broker, and it is asked for a sign of life."""
        self._listener = listener
        self._buffer = b""
        self._at = 0

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """PUBACKs of many messages in one write; the library writes and wakes its thread for each."""
        packets = b"".join([_ACKNOWLEDGE.pack(_PUBACK, 2, packet_id) for packet_id in packet_ids])
        if packets:
            self._packet_queue(_PUBACK, packets, 0, 1)

    def _sock_recv(self, bufsize: int) -> bytes:
        """From a buffer: the library asks the system three times for each packet."""
        if self._at == len(self._buffer):
            try:
                self._buffer, self._at = super()._sock_recv(CHUNK), 0
            except BlockingIOError:
                raise
            except OSError as error:
                self.trouble = error
                raise
        start = self._at
        data = self._buffer[start : start + bufsize]
        self._at = start + len(data)
        return data

    def _sock_send(self, buf: bytes | bytearray) -> int:
        """With TLS 1.3 a refusal arrives after the handshake, and our first packet fails before it is read."""
        try:
            return super()._sock_send(buf)
        except BlockingIOError:
            raise
        except OSError as error:
            self.trouble = error
            with contextlib.suppress(OSError):
                self._sock_recv(1)
            raise

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Everything in the buffer: the socket no longer tells that there is more."""
        answer = super().loop_read(max_packets)
        while answer == MQTTErrorCode.MQTT_ERR_SUCCESS and self._at < len(self._buffer) and self.socket():
            answer = super().loop_read(max_packets)
        return answer

    def _ssl_wrap_socket(self, tcp_sock: socket) -> ssl.SSLSocket:
        """With the name that the certificate must hold; the library takes the host connected to."""
        assert self._ssl_context is not None, "asked for only with TLS"
        wrapped = self._ssl_context.wrap_socket(
            tcp_sock, server_hostname=self.server_name or self._host, do_handshake_on_connect=False
        )
        wrapped.settimeout(self._connect_timeout)
        wrapped.do_handshake()
        return wrapped

    def _handle_publish(self) -> MQTTErrorCode:
        """Without building properties and a message object, which cost more than all the rest."""
        command: int = self._in_packet["command"]
        packet = self._in_packet["packet"]
        qos = command >> 1 & 3
        try:
            end = 2 + (packet[0] << 8 | packet[1])
            topic = packet[2:end].decode()
            packet_id = 0
            if qos:
                packet_id = packet[end] << 8 | packet[end + 1]
                end += 2
            if self._protocol == MQTTProtocolVersion.MQTTv5:
                end = _behind_properties(packet, end)
        except (IndexError, UnicodeDecodeError):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if qos > 1 or end > len(packet):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL  # we subscribe at QoS 1: a broker never sends more
        payload = bytes(packet[end:])
        self._listener.heard_message(
            topic, payload, packet_id, qos, duplicate=bool(command & 8), retained=bool(command & 1)
        )
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _check_keepalive(self) -> None:
        """Asks for a sign of life after `ask_s` of silence; the library only after the whole keep-alive."""
        if self._ping_t == 0 and self.is_connected() and self._sock is not None:
            with self._msgtime_mutex:
                silent_s = time.monotonic() - self._last_bytes_received
            if silent_s >= self.ask_s:
                with contextlib.suppress(OSError):  # a socket that died is found by the library's next look at it
                    self._send_pingreq()
        super()._check_keepalive()

    def _handle_pingresp(self) -> MQTTErrorCode:
        """The library has no callback for it, and it is a proof of life."""
        answer = super()._handle_pingresp()
        if answer == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._listener.heard_ping()
        return answer


def _behind_properties(packet: bytes | bytearray, at: int) -> int:
    """Position behind an MQTT 5 property list: its length is a variable byte integer of at most 4 bytes."""
    length = shift = 0
    for position in range(at, at + 4):
        byte = packet[position]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return position + 1 + length
    raise IndexError("property length of more than 4 bytes")
