"""Rows of bad days: how soon data flows again, a day offline drained, the agent's cost at 1,000 and 10,000 tags."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import rig
from bench.measure import Row, spread
from tests.journey.faults.world import Kind, World, world

AWAY_S = 10.0
RUNS = 3
DAY_S = 86_400
RATE = 100
BLOCK = 500
TAGS = (1_000, 10_000)


def reconnect() -> Iterator[Row]:
    """Each of the agent's three peers away for 10 s: from its return until data of every machine is durable at the hub.

    The world of the fault suite: four machines, half of them over OPC UA, half over MQTT, all processes of their own.
    """
    away: dict[str, tuple[Callable[[World], object], Callable[[World], object]]] = {
        "OPC UA server": (
            lambda made: made.plant.order("stop server"),
            lambda made: made.plant.order("start server", shift=0),
        ),
        "broker": (lambda made: made.broker.stop(), lambda made: made.broker.start()),
        "hub": (lambda made: made.hub.process.kill(), lambda made: made.hub.start()),
    }
    both = frozenset({"opcua", "mqtt"})
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), seed=1) as made:
        for name, (leave, come) in away.items():

            def act(
                made: World, leave: Callable[[World], object] = leave, come: Callable[[World], object] = come
            ) -> None:
                leave(made)
                made.pause(AWAY_S, AWAY_S)
                come(made)

            kind = Kind(name, act, blind=both, lossy=both, repeats=both)
            flows = [made.suffer(kind).flow_s for _ in range(RUNS)]
            peer = "ThingsBoard gateway, OPC UA: 91–99 s" if name == "OPC UA server" else ""
            yield Row(
                "reconnect", f"{name} back after {AWAY_S:.0f} s → data at the hub", spread(flows), "s", "≤ 5", note=peer
            )


def day() -> Iterator[Row]:
    """A day's telemetry of 100 samples a second waits in the agent's buffer; the hub takes it."""
    machine = '[[machines]]\nid = "m1"\ndriver = "opcua"\n[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:9"\n'
    samples = DAY_S * RATE
    with rig.site(f'{machine}[machines.signals]\nload = {{ node = "ns=1;s=x", unit = "%" }}\n') as site:
        command = [rig.sys.executable, "-m", "bench.backlog", str(site.folder / "agent"), str(samples), str(BLOCK)]
        subprocess.run(command, check=True, cwd=rig.HERE.parent)
        with site.agent():
            start = time.monotonic()
            rig.wait_for(lambda: _acked(site) >= samples / BLOCK, 600, "the end of the day")
            took_s = time.monotonic() - start
    yield Row(
        "day", f"a day offline at {RATE} samples/s, drained", spread([took_s]), "s", "≤ 30",
        (("samples/s", spread([samples / took_s])),), note="at 1,000 samples/s ten times as long (target 5 min)",
    )  # fmt: skip


def _acked(site: rig.Site) -> int:
    agents = site.get("/agents")["agents"]
    return int(agents[0].get("acked") or 0) if agents else 0


def tags() -> Iterator[Row]:
    """Many tags of one OPC UA server, each changed once a second: processor share and resident memory of the agent."""
    for count in TAGS:
        port = rig.free_port()
        machine = (
            f'[[machines]]\nid = "m0"\ndriver = "opcua"\n[machines.opcua]\nendpoint = "opc.tcp://127.0.0.1:{port}"\n'
        )
        lines = "".join(f't{i} = {{ node = "ns=2;s=m0/t{i}", unit = "%" }}\n' for i in range(count))
        source = (rig.sys.executable, "-m", "bench.latency_source", str(port), "1", str(count))
        with (
            rig.site(f"{machine}[machines.signals]\n{lines}") as site,
            rig.process(*source, log=site.folder / "source.log") as started,
        ):
            assert started.stdout is not None
            started.stdout.readline()
            with site.agent() as agent:
                begun = time.monotonic()
                rig.wait_for(site.connected, 60, "the agent's connection")
                connected_s = time.monotonic() - begun
                time.sleep(10)
                before, start = rig.cpu_s(agent.pid), time.monotonic()
                time.sleep(30)
                share = (rig.cpu_s(agent.pid) - before) / (time.monotonic() - start) * 100
                resident = rig.rss_mb(agent.pid)
        target = "≤ 1.5" if count == TAGS[0] else ""
        yield Row(
            "tags", f"agent at {count:,} tags, 1 Hz, OPC UA", spread([share]), "% of a core", target,
            (("resident memory, MB", spread([resident])),), note=f"reading {connected_s:.1f} s after its start",
        )  # fmt: skip
