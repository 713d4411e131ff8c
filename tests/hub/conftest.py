"""Hubs for tests: files alone, or served."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.hubs import Clock, RunningHub, TestOffice, make_office, running_hub


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TestOffice]:
    made = make_office(tmp_path / "data", Clock())
    yield made
    made.office.close()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "data") as running:
        yield running
