"""A traceback says where it happened, and nothing of what the variables held: a credential may be among them."""

import logging

import pytest
import structlog

from edge_agent import logs

SECRET = "tsa_not_to_be_seen"


@pytest.fixture(autouse=True)
def _own_logs():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def fail_with(credential: str) -> None:
    headers = {"Authorization": f"Bearer {credential}"}
    raise RuntimeError(f"a bug with {len(headers)} header")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_shows_no_values(form, capsys):
    logs.set_up(form)
    try:
        fail_with(SECRET)
    except RuntimeError:
        structlog.get_logger("edge_agent").exception("a part failed")
        logging.getLogger("a.library").exception("a library failed")
    said = capsys.readouterr().err
    assert said.count("a bug with 1 header") >= 2
    assert "fail_with" in said
    assert SECRET not in said
