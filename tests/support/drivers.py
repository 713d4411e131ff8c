"""A driver running in the background of a test, its feed collecting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_agent.drivers.port import Driver
from tests.support.feeds import Collector


@dataclass
class Running:
    """`feed` collects; `ended` raises what ended the run."""

    feed: Collector
    task: asyncio.Task[None]

    async def ended(self, timeout_s: float = 30.0) -> BaseException | None:
        done, _ = await asyncio.wait([self.task], timeout=timeout_s)
        assert done, f"the driver still runs after {timeout_s} s"
        return self.task.exception()


@asynccontextmanager
async def running(driver: Driver, feed: Collector | None = None) -> AsyncIterator[Running]:
    feed = feed or Collector()
    task = asyncio.create_task(driver.run(feed))
    try:
        yield Running(feed, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
