"""Fills an agent's buffer with telemetry that was never sent. `python -m bench.backlog FOLDER SAMPLES BLOCK`."""

import asyncio
import math
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract.records import Samples
from edge_agent.buffer.buffer import FILE_NAME, Buffer
from edge_agent.buffer.gauge import Limits
from edge_agent.buffer.model import Entry, pack_record
from edge_agent.clocks import Clocks

CLOCKS = Clocks(lambda: time.time_ns() // 1000, time.monotonic, lambda: uuid.uuid4().hex)


async def main(folder: Path, samples: int, size: int) -> None:
    buffer = await Buffer.open(folder / FILE_NAME, Limits(), CLOCKS)
    start = datetime.now(UTC) - timedelta(days=1)
    rows = []
    for number in range(samples // size):
        t0 = start + timedelta(milliseconds=50 * size * number % 80_000_000)
        values: list[float | None] = [round(50 + 40 * math.sin((number * size + i) / 300), 2) for i in range(size)]
        block = Samples(
            seq=1, seen=t0, machine="main/m1", signal=f"s{number % 20}", unit="%", t0=t0,
            dt_us=[50_000 * i for i in range(size)], values=values,
        )  # fmt: skip
        rows.append(pack_record(block))
    for first in range(0, len(rows), 500):
        await buffer.append(Entry("main/m1", time.time_ns() // 1000, rows[first : first + 500]))
    await buffer.close()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
