"""How much is sent at once, and a hub behind a line that hangs, forgets or trickles."""

import asyncio
import contextlib

from edge_agent.hub_client import HubClient
from edge_agent.pace import FIRST_S, LAST_S, LEAST_BYTES, MOST_BYTES, Pace
from edge_agent.uplink import Uplink
from tests.edge_agent.test_uplink import BRISK, add
from tests.support.agents import NOON_US, clocks, open_buffer, until
from tests.support.proxy import GOOD, Way, proxies
from tests.support.stand_in import StandIn

IMPATIENT_S = 0.2


def test_a_slow_line_gets_less_at_once_and_more_time():
    pace = Pace()
    for _ in range(10):
        pace.overdue()
    assert (pace.max_bytes, pace.patience_s) == (LEAST_BYTES, LAST_S)
    pace.answered(2.0)
    assert (pace.max_bytes, pace.patience_s) == (LEAST_BYTES, 6.0)
    for _ in range(10):
        pace.answered(0.01)
    assert (pace.max_bytes, pace.patience_s) == (MOST_BYTES, FIRST_S)


@contextlib.asynccontextmanager
async def delivering(tmp_path, url, pace):
    """An uplink with an empty buffer."""
    buffer = await open_buffer(tmp_path / "b.sqlite", BRISK, clocks(lambda: NOON_US + 5_000_000))
    client = HubClient(url, "secret")
    told = clocks(lambda: NOON_US + 5_000_000)
    uplink = Uplink("pi-1", buffer, client, told, lambda: 0.0, tuple, pace)
    task = asyncio.create_task(uplink.run())
    try:
        yield buffer, uplink
    finally:
        task.cancel()
        await asyncio.wait([task])
        await client.close()
        await buffer.close()


async def test_a_connection_that_was_forgotten_is_given_up(tmp_path):
    pace = Pace(IMPATIENT_S)
    async with StandIn() as hub:
        with proxies(int(hub.url.rpartition(":")[2])) as (way,):
            async with delivering(tmp_path, f"http://127.0.0.1:{way.port}", pace) as (buffer, uplink):
                await until(lambda: uplink.report.connected)
                way.be(Way(swallows=True))
                await add(buffer, 10)
                await until(lambda: "did not answer" in (uplink.report.trouble or ""))
                way.be(GOOD)
                await until(lambda: buffer.stats.acked == 10)


async def test_a_line_of_a_few_kilobytes_a_second_gets_everything_through(tmp_path):
    pace = Pace(IMPATIENT_S)
    async with StandIn() as hub:
        with proxies(int(hub.url.rpartition(":")[2])) as (way,):
            async with delivering(tmp_path, f"http://127.0.0.1:{way.port}", pace) as (buffer, uplink):
                await until(lambda: uplink.report.connected)
                way.be(Way(bytes_per_s=8_000))
                await add(buffer, 6000)
                await until(lambda: pace.max_bytes < MOST_BYTES)
                await until(lambda: buffer.stats.acked == 6000)
