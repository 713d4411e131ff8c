"""Rows of the agent's stations: buffer, OPC UA → durable, MQTT → durable, uplink drain, memory."""

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import rig, scenes
from bench.measure import Row, cpu_us, spread
from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Entry, pack_record
from edge_agent.buffer.model import Row as Packed
from edge_agent.clocks import Clocks

ENTRIES, SIZE = 100, 500
SECONDS = 10.0
CLOCKS = Clocks(lambda: time.time_ns() // 1000, time.monotonic, lambda: uuid.uuid4().hex)


def buffer() -> Iterator[Row]:
    """Observations into the buffer, 500 at once, fsync'd; beside SQLite alone and a plain file."""
    rows = [pack_record(msgspec.structs.replace(scenes.observation(number), seq=1)) for number in range(SIZE)]
    events = ENTRIES * SIZE
    commits: list[float] = []
    yield Row(
        "buffer", "buffer, synchronous=FULL", cpu_us(lambda: asyncio.run(_fill(rows, commits)), events),
        "µs CPU a record", "≤ 2.5",
        (
            ("SQLite alone", cpu_us(lambda: _sqlite(rows), events)),
            ("append-only file with fdatasync", cpu_us(lambda: _file(rows), events)),
        ),
        note=f"commit p99 {statistics.quantiles(commits, n=100)[98] * 1e3:.2f} ms (target ≤ 2)",
    )  # fmt: skip


async def _fill(rows: list[Packed], commits: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opened = await Buffer.open(Path(folder) / "buffer.sqlite", Limits(2**31, 10**13), CLOCKS)
        for number in range(ENTRIES):
            start = time.perf_counter()
            await opened.append(Entry("main/machine-1", number, rows))
            commits.append(time.perf_counter() - start)
        await opened.close()


def _sqlite(rows: list[Packed]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "plain.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, kind INTEGER, body BLOB)")
        for _ in range(ENTRIES):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO records (kind, body) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
        connection.close()


def _file(rows: list[Packed]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(ENTRIES):
            file.write(b"\n".join(row.body for row in rows))
            file.flush()
            os.fdatasync(file.fileno())


def opcua() -> Iterator[Row]:
    """5,000 nodes of node-opcua, each changed ten times a second: the whole agent's processor time for each."""
    try:
        yield from _opcua(5000)
    except rig.MissingProgram as missing:
        yield Row("opcua", "OPC UA change → durable", spread([float("nan")]), "µs CPU", "≤ 4", note=str(missing))


def _opcua(count: int) -> Iterator[Row]:
    with rig.opcua_source(count) as (port, source):
        machine = (
            f'[[machines]]\nid = "m1"\ndriver = "opcua"\n[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:{port}"\n'
        )
        signals = "".join(f'v{i} = {{ node = "ns=1;s=V{i}", unit = "1" }}\n' for i in range(count))
        with rig.site(f"{machine}[machines.signals]\n{signals}") as site:
            site.config.write_text(site.config.read_text().replace(site.url, "http://127.0.0.1:9"))  # the hub is away
            with site.agent() as agent:
                rig.wait_for(site.connected, 30, "the agent's connection")
                time.sleep(3)
                costs = []
                for _ in range(5):
                    before, start = rig.cpu_s(agent.pid), time.monotonic()
                    time.sleep(SECONDS / 2)
                    events = count * 10 * (time.monotonic() - start)
                    costs.append((rig.cpu_s(agent.pid) - before) / events * 1e6)
                peer = _library_handler(port, count)
            held, missing = _ticks(site.folder / "agent" / "buffer.sqlite")
        del source
    yield Row(
        "opcua", f"OPC UA change → durable, {count * 10:,}/s held", spread(costs), "µs CPU each", "≤ 4",
        (("library's handler alone, not durable", spread([peer])),),
        note=f"{held:,} values in the buffer, {missing} missing",
    )  # fmt: skip


def _library_handler(port: int, count: int) -> float:
    """The library's own way, one callback for each change, in a process of its own; µs CPU each."""
    command = [rig.sys.executable, "-m", "bench.opcua_peer", str(port), str(count), str(SECONDS)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=rig.HERE.parent)
    return float(json.loads(done.stdout)["cpu_us"])


def _ticks(path: Path) -> tuple[int, int]:
    """(values, ticks missing between the first and the last of each node) in a buffer file."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    last: dict[str, float] = {}
    held = missing = 0
    for (body,) in connection.execute("SELECT body FROM records WHERE kind = 0 ORDER BY seq"):
        block = json.loads(b"{" + bytes(body))
        for value in block["values"]:
            if value is None:
                continue
            before = last.get(block["signal"])
            if before is not None and value > before + 1:
                missing += int(value - before - 1)
            last[block["signal"]] = value
            held += 1
    connection.close()
    return held, missing


def mqtt() -> Iterator[Row]:
    """60,000 JSON messages of 240 bytes as fast as they come: the whole agent's processor time for each."""
    count = 60_000
    try:
        with rig.broker() as port:
            yield from _mqtt(port, count)
    except rig.MissingProgram as missing:
        yield Row("mqtt", "MQTT message → durable", spread([float("nan")]), "µs CPU", "≤ 50", note=str(missing))


def _mqtt(port: int, count: int) -> Iterator[Row]:
    machine = f'[[machines]]\nid = "m1"\ndriver = "mqtt"\n[machines.mqtt]\nurl = "mqtt://127.0.0.1:{port}"\n'
    signals = 'load = { topic = "bench/m1", path = "$.load", time = "$.at", unit = "%" }\n'
    costs, rates, arrived = [], [], 0
    for run in range(3):
        with rig.site(f"{machine}[machines.signals]\n{signals}") as site, site.agent() as agent:
            rig.wait_for(site.connected, 30, "the agent's connection")
            before, start = rig.cpu_s(agent.pid), time.monotonic()
            _publish(port, count, run)
            rig.wait_for(lambda site=site: _samples(site) >= count, 60, "the last message's arrival")
            rates.append(count / (time.monotonic() - start))
            costs.append((rig.cpu_s(agent.pid) - before) / count * 1e6)
            arrived += _samples(site)
    peer = json.loads(
        subprocess.run(
            [rig.sys.executable, "-m", "bench.mqtt_peer", str(port), str(count)], check=True, capture_output=True,
            cwd=rig.HERE.parent,
        ).stdout
    )  # fmt: skip
    yield Row(
        "mqtt", "MQTT message → durable → acknowledged → hub", spread(costs), "µs CPU each", "≤ 50",
        (("paho's callback alone, not durable", spread([peer["cpu_us"]])),),
        note=f"{3 * count - arrived} of {3 * count:,} lost",
    )  # fmt: skip
    yield Row("mqtt", "MQTT, held", spread(rates), "messages/s", "≥ 15,000", (("paho alone", spread([peer["rate"]])),))


def _publish(port: int, count: int, run: int) -> None:
    lines = "".join(
        json.dumps({"load": n % 100 / 2, "at": 1_790_000_000 + run * 100_000 + n / 1000, "pad": "x" * 180}) + "\n"
        for n in range(count)
    )
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "bench/m1", "-l"]
    subprocess.run(command, input=lines.encode(), check=True, timeout=120)


def _samples(site: rig.Site) -> int:
    """Telemetry values in the agent's buffer, sent or not, numbered or not yet."""
    path = site.folder / "agent" / "buffer.sqlite"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.execute("BEGIN")  # one snapshot: a block that closes between the two counts is counted once
    total = 0
    for (body,) in connection.execute("SELECT body FROM records WHERE kind = 0"):
        total += len(json.loads(b"{" + bytes(body))["values"])
    (staged,) = connection.execute("SELECT coalesce(sum(count), 0) FROM staged").fetchone()
    connection.close()
    return total + int(staged)
