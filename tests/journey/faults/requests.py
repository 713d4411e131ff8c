"""HTTP/1.1 requests found again in the bytes that a proxy heard: header and body of each POST, by connection."""

from collections import defaultdict
from collections.abc import Iterable

Request = tuple[dict[str, str], bytes]
KEPT = ("authorization", "content-type", "content-encoding")


def bodies(heard: Iterable[tuple[int, bytes]]) -> list[Request]:
    """Every whole request to /batches, with the header fields that matter."""
    streams: dict[int, bytearray] = defaultdict(bytearray)
    for connection, data in heard:
        streams[connection] += data
    return [request for stream in streams.values() for request in _requests(bytes(stream))]


def _requests(stream: bytes) -> Iterable[Request]:
    while b"\r\n\r\n" in stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(fields.get("content-length", "0"))
        if len(rest) < length:
            return
        if first.startswith("POST") and "/batches" in first:
            yield {name: fields[name] for name in KEPT if name in fields}, rest[:length]
        stream = rest[length:]
