"""Rows of the whole journey: uplink drain, latency from a change to the API, memory of the agent."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench import rig
from bench.measure import Row, spread

BACKLOG = 1_500_000
BLOCK = 500


def uplink() -> Iterator[Row]:
    """A backlog of 1.5 million samples in blocks of 500, drained into a real hub on the same two cores."""
    machine = '[[machines]]\nid = "m1"\ndriver = "opcua"\n[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:9"\n'
    rates, costs = [], []
    for _ in range(3):
        with rig.site(f'{machine}[machines.signals]\nload = {{ node = "ns=1;s=x", unit = "%" }}\n') as site:
            command = [rig.sys.executable, "-m", "bench.backlog", str(site.folder / "agent"), str(BACKLOG), str(BLOCK)]
            subprocess.run(command, check=True, cwd=rig.HERE.parent)
            with site.agent() as agent:
                start = time.monotonic()
                rig.wait_for(lambda site=site: _acked(site) >= BACKLOG / BLOCK, 120, "the end of the backlog")
                rates.append(BACKLOG / (time.monotonic() - start))
                costs.append(rig.cpu_s(agent.pid) / BACKLOG * 1e6)
    yield Row(
        "uplink", "uplink drain, agent and hub on two cores", spread(rates), "samples/s", "≥ 300,000",
        (("agent's CPU a sample, its start included, µs", spread(costs)),),
    )  # fmt: skip


def _acked(site: rig.Site) -> int:
    agents = site.get("/agents")["agents"]
    return int(agents[0].get("acked") or 0) if agents else 0


def latency() -> Iterator[Row]:
    """60 machines × 20 signals over OPC UA: from a change's source time until `GET /machines` shows it."""
    machines, signals = 60, 20
    port = rig.free_port()
    tables = []
    for number in range(machines):
        tables.append(
            f'[[machines]]\nid = "m{number}"\ndriver = "opcua"\nstate_model = "mtconnect"\n'
            f'[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:{port}"\n[machines.signals]\n'
            f'execution = {{ node = "ns=2;s=m{number}/execution" }}\n'
            f'program = {{ node = "ns=2;s=m{number}/program" }}\n'
        )
        tables += [f't{i} = {{ node = "ns=2;s=m{number}/t{i}", unit = "%" }}\n' for i in range(signals - 2)]
    source = (rig.sys.executable, "-m", "bench.latency_source", str(port), str(machines), str(signals - 2))
    with (
        rig.site("".join(tables)) as site,
        rig.process(*source, log=site.folder / "source.log") as started,
    ):
        assert started.stdout is not None
        started.stdout.readline()
        with site.agent():
            rig.wait_for(lambda: _all_known(site, machines), 60, "every machine's first state")
            delays = sorted(_delays(site, seconds=20))
    if len(delays) < 20:
        raise RuntimeError(f"only {len(delays)} changes were seen")
    p50, p99 = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
    yield Row(
        "latency", "machine change → API, p50", spread([p50 * 1e3]), "ms", "≤ 300",
        (("p99 (target ≤ 1,000)", spread([p99 * 1e3])),), note=f"{len(delays)} changes, polled every 20 ms",
    )  # fmt: skip


def _all_known(site: rig.Site, machines: int) -> bool:
    rows = site.get("/machines")["machines"]
    return len(rows) == machines and all(row["state"] != "unknown" for row in rows)


def _delays(site: rig.Site, seconds: float) -> list[float]:
    """How old each new state was when a poll first showed it."""
    seen: dict[str, Any] = {row["machine"]: row["since"] for row in site.get("/machines")["machines"]}
    delays: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows = site.get("/machines")["machines"]
        now = datetime.now(UTC)
        for row in rows:
            if row["since"] != seen[row["machine"]] and row["state"] != "unknown":
                seen[row["machine"]] = row["since"]
                delays.append((now - datetime.fromisoformat(row["since"])).total_seconds())
        time.sleep(0.02)
    return delays


def memory() -> Iterator[Row]:
    """1,000 tags at 1 Hz, half of them over OPC UA, half over MQTT: resident memory and share of a core."""
    try:
        with rig.broker() as broker:
            yield from _memory(broker, 500)
    except rig.MissingProgram as missing:
        yield Row("memory", "agent memory", spread([float("nan")]), "MB RSS", "≤ 80", note=str(missing))


def _memory(broker: int, tags: int) -> Iterator[Row]:
    port = rig.free_port()
    opcua = f'[[machines]]\nid = "m0"\ndriver = "opcua"\n[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:{port}"\n'
    opcua += "[machines.signals]\n" + "".join(
        f't{i} = {{ node = "ns=2;s=m0/t{i}", unit = "%" }}\n' for i in range(tags)
    )
    mqtt = f'[[machines]]\nid = "p1"\ndriver = "mqtt"\n[machines.mqtt]\nurl = "mqtt://127.0.0.1:{broker}"\n'
    mqtt += "[machines.signals]\n" + "".join(f't{i} = {{ topic = "b/t{i}", unit = "%" }}\n' for i in range(tags))
    source = (rig.sys.executable, "-m", "bench.latency_source", str(port), "1", str(tags), str(broker))
    with rig.site(opcua + mqtt) as site, rig.process(*source, log=site.folder / "source.log") as started:
        assert started.stdout is not None
        started.stdout.readline()
        with site.agent() as agent:
            rig.wait_for(site.connected, 30, "both connections")
            time.sleep(10)
            before, start = rig.cpu_s(agent.pid), time.monotonic()
            time.sleep(30)
            share = (rig.cpu_s(agent.pid) - before) / (time.monotonic() - start) * 100
            resident = rig.rss_mb(agent.pid)
    bare = subprocess.run(
        [rig.sys.executable, "-c", _BARE], check=True, capture_output=True, cwd=rig.HERE.parent
    ).stdout
    yield Row(
        "memory", "agent memory, 1,000 tags at 1 Hz, two drivers", spread([resident]), "MB RSS", "≤ 80",
        (("asyncua and paho imported, nothing else", spread([json.loads(bare)])),),
        note=f"{share:.2f} % of a core (target ≤ 1.5)",
    )  # fmt: skip


_BARE = "import asyncua, paho.mqtt.client, os; from bench import rig; print(rig.rss_mb(os.getpid()))"
