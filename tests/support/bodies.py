"""Bodies of POST /batches written by hand, as somebody without our code would: plain dicts and `json.dumps`."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def stamp(us: int) -> str:
    """RFC 3339 of microseconds since 1970."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{us % 1_000_000:06d}Z"


def record(kind: str, seq: int, at_us: int, machine: str = "main/laser-1", **fields: Any) -> Json:
    """One record, seen when it happened."""
    return {"kind": kind, "seq": seq, "seen": stamp(at_us), "at": stamp(at_us), "machine": machine, **fields}


def change(seq: int, at_us: int, signal: str, value: Any, machine: str = "main/laser-1") -> Json:
    """An observation; None travels as a bad one."""
    quality = "bad" if value is None else "good"
    return record("observation", seq, at_us, machine, signal=signal, value=value, quality=quality)


def samples(seq: int, t0_us: int, signal: str, values: Sequence[float | None], machine: str = "main/laser-1") -> Json:
    """A block with a value a second; a block of Nones travels as a bad one."""
    body = record("samples", seq, t0_us, machine, signal=signal, values=list(values))
    del body["at"]
    quality = "bad" if None in values else "good"
    return body | {"t0": stamp(t0_us), "dt_us": [n * 1_000_000 for n in range(len(values))], "quality": quality}


def envelope(records: Sequence[Any], after: int, upto: int, now_us: int, **fields: Any) -> Json:
    """A batch of the agent `pi-1`; its machine is known until `now_us`."""
    machines = [{"machine": "main/laser-1", "connected": True, "known_until": stamp(now_us)}]
    head = {"v": 1, "agent": "pi-1", "epoch": "e1", "after": after, "upto": upto, "sent_at": stamp(now_us)}
    return head | {"status": {"backlog_records": 0, "machines": machines}, "records": list(records)} | fields


def packed(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
