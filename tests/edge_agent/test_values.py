"""Raw values → words of the dictionary."""

import math

import pytest

from contract.checks import MAX_TEXT
from edge_agent.normalise.conditions import read_alarm
from edge_agent.normalise.values import coerce, mapped


@pytest.mark.parametrize(
    ("form", "signal", "raw", "value", "code"),
    [
        ("word", "execution", "ACTIVE", "ACTIVE", None),
        ("word", "execution", "Active", "ACTIVE", None),
        ("word", "execution", "warming up", "warming up", None),
        ("word", "item_state", "NotExecuting", "NotExecuting", None),
        ("word", "tower_green", True, "ON", None),
        ("word", "tower_green", 0, "OFF", None),
        ("word", "mode", True, None, "WrongType"),
        ("word", "mode", 2, "2", None),
        ("word", "availability", "UNAVAILABLE", None, "UNAVAILABLE"),
        ("text", "program", 795.0, "795", None),
        ("text", "program", 795.5, "795.5", None),
        ("text", "program", 795, "795", None),
        ("text", "program", "", "", None),
        ("text", "program", "プログラム 7", "プログラム 7", None),
        ("text", "program", "UNAVAILABLE", None, "UNAVAILABLE"),
        ("text", "program", "x" * (MAX_TEXT + 1), None, "TooLong"),
        ("text", "program", "\ud800", None, "NotText"),
        ("text", "program", math.nan, None, "NaN"),
        ("text", "program", True, None, "WrongType"),
        ("counter", "part_count", 7.0, 7, None),
        ("counter", "part_count", "7", 7, None),
        ("counter", "part_count", 7.5, None, "WrongType"),
        ("counter", "part_count", True, None, "WrongType"),
        ("counter", "part_count", 2**60, None, "TooLarge"),
        ("counter", "part_count", math.inf, None, "Infinity"),
        ("flag", "dry_run", 1, True, None),
        ("flag", "dry_run", "off", False, None),
        ("flag", "dry_run", 3, None, "WrongType"),
        ("number", "feed_override", "100", 100.0, None),
        ("number", "feed_override", 100, 100, None),
        ("samples", "load", "12.5", 12.5, None),
        ("samples", "load", "1_000", None, "WrongType"),
        ("samples", "load", "nan", None, "NaN"),
        ("samples", "load", -math.inf, None, "Infinity"),
        ("samples", "load", "cold", None, "WrongType"),
        ("samples", "load", 10**400, None, "TooLarge"),
        ("samples", "load", False, None, "WrongType"),
        ("samples", "load", None, None, "NoValue"),
    ],
)
def test_coerce(form, signal, raw, value, code):
    found = coerce(form, signal, raw)
    assert found == (value, code)
    assert type(found[0]) is type(value)


def test_mapping_leaves_what_is_not_listed():
    words = {"1": "AUTOMATIC", "true": "ON", "x": "UNAVAILABLE"}
    assert [mapped(raw, words) for raw in (1, 1.0, True, "x", 2, None)] == [
        "AUTOMATIC", "AUTOMATIC", "ON", "UNAVAILABLE", 2, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "raw", "alarm", "code"),
    [
        ("text", "", ("normal", None, None), None),
        ("text", "0", ("normal", None, None), None),
        ("text", False, ("normal", None, None), None),
        ("text", None, ("normal", None, None), None),
        ("text", "door open", ("fault", None, "door open"), None),
        ("text", 401.0, ("fault", None, "401"), None),
        ("flag", True, ("fault", None, None), None),
        ("flag", 0, ("normal", None, None), None),
        ("flag", "maybe", None, "WrongType"),
        ("mtconnect", "NORMAL||||", ("normal", None, None), None),
        ("mtconnect", "Warning|12|2|HIGH|Oil low", ("warning", "12", "Oil low"), None),
        ("mtconnect", "Fault|1|||a|b", ("fault", "1", "a|b"), None),
        ("mtconnect", "Unavailable||||", None, "UNAVAILABLE"),
        ("mtconnect", "UNAVAILABLE", None, "UNAVAILABLE"),
        ("mtconnect", "Broken", None, "WrongType"),
        ("mtconnect", 5, None, "WrongType"),
    ],
)
def test_alarm(form, raw, alarm, code):
    assert read_alarm(form, raw) == (alarm, code)
