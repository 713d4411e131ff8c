"""An hour with a fault every twenty seconds: what agent and hub hold in memory stays as it is.

`TSUNAGU_SOAK_MINUTES` (60) says how long. A process that a fault starts anew begins anew too, so only faults that leave
both alive are drawn. Resident memory is read from the kernel after every fault, in MB.
"""

import os
import statistics
import time
from pathlib import Path

import pytest

from tests.journey.faults.kinds import KINDS
from tests.journey.faults.links import SLOW
from tests.journey.faults.world import World, world
from tests.support.processes import Process
from tests.support.servers import wait_until

MINUTES = float(os.environ.get("TSUNAGU_SOAK_MINUTES", "60"))
EVERY_S = 20.0
WARM_UP = 1 / 6
"""The share of the time in which memory may still grow: caches fill, the allocator settles."""
FLAT = 0.05
STAY_ALIVE = tuple(
    name
    for name in KINDS
    if name.startswith(("opcua", "mqtt", "hub ", "broker", "server", "node", "batches"))
    and not name.startswith(("hub killed", "hub stopped", "hub full", "hub restored"))
    and not name.endswith(SLOW)
)


def rss_mb(process: Process) -> float:
    assert process.process is not None
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def flatness(series: list[float]) -> tuple[float, float]:
    """The median of what followed the warm-up, and how far its last third lies from its first third, as a share."""
    settled = series[int(len(series) * WARM_UP) :]
    third = max(1, len(settled) // 3)
    first, last = statistics.median(settled[:third]), statistics.median(settled[-third:])
    return statistics.median(settled), (last - first) / first


def suffer_for(made: World, seconds: float) -> dict[str, list[float]]:
    """Memory of agent and hub after each fault."""
    series: dict[str, list[float]] = {"agent": [], "hub": []}
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        row = made.suffer(KINDS[made.dice.choice(STAY_ALIVE)])
        series["agent"].append(rss_mb(made.agent.process))
        series["hub"].append(rss_mb(made.hub.process))
        print(
            f"{passed / 60:5.1f} min  agent {series['agent'][-1]:6.1f} MB  hub {series['hub'][-1]:6.1f} MB"
            f"  {row.kind}, {row.flow_s:.1f} s",
            flush=True,
        )
        due = begun + EVERY_S * len(series["hub"])
        wait_until(lambda due=due: time.monotonic() >= due, 2 * EVERY_S, "the next fault", 0.2)
    return series


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 600)
def test_memory_is_flat(tmp_path: Path):
    with world(tmp_path, seed=60) as made:
        series = suffer_for(made, MINUTES * 60)
        made.finish()
    for name, values in series.items():
        level, drift = flatness(values)
        print(f"{name}: {level:.1f} MB after warm-up, {drift:+.1%} from its first third to its last")
        assert abs(drift) <= FLAT, f"{name}: {[round(value, 1) for value in values]}"


def test_growth_is_noticed():
    assert flatness([90.0] * 60) == (90.0, 0.0)
    assert flatness([60.0 + n for n in range(10)] + [90.0 + n * 0.2 for n in range(50)])[1] > FLAT
    assert abs(flatness([50.0] * 10 + [90.0, 91.0] * 25)[1]) <= FLAT
