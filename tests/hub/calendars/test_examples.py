"""The examples in the docstrings of calendars are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["holiday_model", "model", "text_model", "pages"])
def test_examples(name: str) -> None:
    done = doctest.testmod(importlib.import_module(f"hub.calendars.{name}"))
    assert (done.failed, done.attempted > 0) == (0, True)
