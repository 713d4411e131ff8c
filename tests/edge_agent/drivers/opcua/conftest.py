"""One real server for a whole file of tests (it takes two seconds to start); each test adds nodes of its own."""

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from edge_agent.drivers.opcua.addresses import SignalSettings
from edge_agent.drivers.opcua.driver import create
from edge_agent.drivers.opcua.settings import ConnectionSettings
from edge_agent.drivers.port import Driver
from tests.support.opcua import Machine, opcua_server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine() -> AsyncIterator[Machine]:
    logging.getLogger("asyncua").setLevel(logging.ERROR)
    async with opcua_server() as started:
        yield started


@pytest.fixture
def driver_of() -> Callable[..., Driver]:
    """A driver reading nodes (or whole signal settings) of a server."""

    def build(endpoint: str, *signals: str | SignalSettings, **connection: object) -> Driver:
        named = [SignalSettings(node=s) if isinstance(s, str) else s for s in signals]
        return create(ConnectionSettings(endpoint=endpoint, **connection), named, "test", Path())

    return build
