"""For every test: logging as it was before, since commands run in this process set it up on a stream that closes."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers = handlers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that in the end no worker is left alone with them."""
    items.sort(key=lambda item: "journey" not in item.path.parts)
