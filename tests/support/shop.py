"""Machines that report by hand-written JSON: what an agent sends over the wire, without the project's own encoder.

Times are microseconds since 1970 and travel as RFC 3339.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.support.hubs import RunningHub

S = 1_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE


def rfc3339(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Shop:
    """One agent with its machines; `post` sends what has been gathered since the last time."""

    hub: RunningHub
    credential: str
    agent: str = "pi-1"
    epoch: str = "by-hand-1"
    acked: int = 0
    seq: int = 0
    records: list[dict[str, object]] = field(default_factory=list)
    known: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, kind: str, at_us: int, **fields: object) -> None:
        self.seq += 1
        at = {} if kind == "samples" else {"at": rfc3339(at_us)}
        self.records.append({"kind": kind, "seq": self.seq, "seen": rfc3339(at_us), **at, **fields})

    def machine(self, machine: str, name: str, at_us: int, **fields: object) -> None:
        known = {"driver": "opcua", "state_model": "mtconnect", "signals": [{"name": "load", "unit": "%"}]}
        self.add("machine", at_us, machine=machine, name=name, **(known | fields))
        self.known[machine] = {"machine": machine, "connected": True}

    def observe(self, machine: str, at_us: int, **signals: object) -> None:
        for signal, value in signals.items():
            self.add("observation", at_us, machine=machine, signal=signal, value=value)

    def samples(self, machine: str, signal: str, t0_us: int, step_us: int, values: list[float]) -> None:
        for start in range(0, len(values), 500):
            block = values[start : start + 500]
            self.add(
                "samples", t0_us + (start + len(block)) * step_us, machine=machine, signal=signal, unit="%",
                t0=rfc3339(t0_us + start * step_us), dt_us=[i * step_us for i in range(len(block))], values=block,
            )  # fmt: skip

    def condition(self, machine: str, at_us: int, level: str, text: str) -> None:
        self.add("condition", at_us, machine=machine, id="hydraulics", level=level, code="ALM 401", text=text)

    def body(self, now_us: int) -> bytes:
        for machine in self.known.values():
            if machine["connected"]:
                machine["known_until"] = rfc3339(now_us)
        status = {"backlog_records": 12, "backlog_s": 0.5, "survives_days": 41.0, "clock_offset": 0.02}
        batch = {
            "v": 1, "agent": self.agent, "epoch": self.epoch, "after": self.acked, "upto": self.seq,
            "sent_at": rfc3339(now_us), "status": status | {"machines": list(self.known.values())},
            "records": self.records,
        }  # fmt: skip
        return json.dumps(batch, ensure_ascii=False).encode()

    async def post(self) -> dict[str, object]:
        """Delivers; the receipt."""
        answer = await self.hub.deliver(self.credential, self.body(self.hub.clock()))
        assert answer.status_code == 200, answer.text
        self.acked, self.records = self.seq, []
        receipt: dict[str, object] = answer.json()
        return receipt


LASER, PRESS, MILL = "main/laser-1", "main/press-1", "main/mill-1"


async def a_shop(hub: RunningHub) -> Shop:
    """Three machines of `aoba` with the last hours of a working day, reported up to now."""
    shop = Shop(hub, await hub.credential("aoba"))
    now = hub.clock() // S * S
    shop.machine(LASER, "レーザー1号機", now - 6 * HOUR)
    shop.machine(PRESS, "ベンダー1", now - 6 * HOUR, proof="path")
    shop.machine(MILL, "マシニング MC-01", now - 6 * HOUR)
    _laser_hours(shop, now)
    shop.observe(PRESS, now - 6 * HOUR, execution="READY", mode="AUTOMATIC")
    shop.observe(PRESS, now - 30 * MINUTE, mode="MANUAL")
    shop.observe(MILL, now - 6 * HOUR, execution="READY", mode="AUTOMATIC")
    shop.observe(MILL, now - 12 * MINUTE, estop="TRIGGERED")
    shop.condition(MILL, now - 12 * MINUTE, "fault", "主軸オーバーロード")
    await shop.post()
    await hub.folded("aoba", await hub.token("aoba"), LASER)
    return shop


def _laser_hours(shop: Shop, now: int) -> None:
    start = now - 6 * HOUR
    shop.observe(LASER, start, execution="READY", mode="AUTOMATIC", program="O2231")
    for turn in range(11):
        at = start + turn * 30 * MINUTE
        shop.observe(LASER, at + 2 * MINUTE, execution="ACTIVE", step="10")
        shop.observe(LASER, at + 9 * MINUTE, step="20")
        shop.observe(LASER, at + 12 * MINUTE, execution="FEED_HOLD")
        shop.observe(LASER, at + 14 * MINUTE, execution="ACTIVE", part_count=turn)
        shop.observe(LASER, at + 25 * MINUTE, execution="READY")
    shop.observe(LASER, now - 28 * MINUTE, execution="ACTIVE", step="10")
    shop.samples(LASER, "load", now - 2 * HOUR, 5 * S, [40 + (i % 60) * 0.5 for i in range(1440)])
